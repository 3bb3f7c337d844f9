"""Finds the mail of one person, wherever it is, by keyed hashes of the addresses in its headers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from chalicelib.core.errors import Permanent
from chalicelib.core.keyed_hashes import sender_key
from chalicelib.core.mail_ids import MAIL_ID, MailRef
from chalicelib.core.messages import Envelope
from chalicelib.core.spool_keys import SEALED_PREFIX, keys, sealed_mail
from chalicelib.core.stages import STAGES
from chalicelib.intake.load_mail import ERASED, LoadedMail, parse_source, reopen, upload_named
from chalicelib.mail import sealed
from chalicelib.mail.everyone import all_addresses
from chalicelib.mail.model import Mail
from chalicelib.ports import DeadLetterQueues, MailLocation, People, Spool
from chalicelib.ports.dead_letter_records import DeadLetterRecord, read

PAGE = 500
RECORDS, HIDE_SECONDS = 2_000, 60
"""Messages read from one dead-letter queue, and for how long they are hidden meanwhile."""

REFERENCES = (sealed.EMAILENGINE, sealed.UPLOAD)
"""Seals that hold only a reference to the mail; it lies beside them once it was fetched."""


@dataclass(frozen=True)
class Found:
    """`mails` are the person's; `unreadable` are seals that cannot be opened, so that their owner is unknown.

    `unread` are the stages whose dead-letter queue could not be read whole: mail may be missing from the answer.
    """

    mails: tuple[MailLocation, ...]
    unreadable: tuple[str, ...]
    opened: int
    unread: tuple[str, ...] = ()


@dataclass
class PersonalDataFinder:
    """`pseudonym_key` keys the hashes; `progress` is called with what is being searched and how much of it was."""

    people: People
    spool: Spool
    dead: DeadLetterQueues
    pseudonym_key: bytes
    progress: Callable[[str, int], None] = lambda _what, _number: None

    def key(self, address: str) -> str:
        """The keyed hash of an address."""
        return sender_key(address, self.pseudonym_key)

    def find(self, address: str, remember: bool) -> Found:
        """Find all mail that names the address as sender or recipient, in whatever state. `Retryable`.

        Originals without stored hashes are opened; with `remember` their hashes are stored, so that they are opened
        only once.
        """
        key = self.key(address)
        old, opened = self._in_originals(key, remember)
        mails = {mail.place.mail_id: mail for mail in (*self.people.of(key), *self.people.held(sorted(old)))}
        unreadable: list[str] = []
        for place, mail in self._in_spool(frozenset(mails), unreadable):
            if key in self._keys(mail):
                [mails[place.mail_id]] = self.people.held([place.mail_id]) or [MailLocation(place, "")]
        records, unread = self.records()
        for record in records:
            message = record.message
            if isinstance(message, Envelope) and message.content and message.mail_id not in mails:
                content = message.content
                if key in (content.sender_key, *content.address_keys):
                    place = MailRef(message.mail_id, message.account)
                    [mails[place.mail_id]] = self.people.held([place.mail_id]) or [MailLocation(place, "")]
        return Found(tuple(mails.values()), tuple(unreadable), opened, unread)

    def records(self) -> tuple[list[DeadLetterRecord], tuple[str, ...]]:
        """Read the dead-letter queues; also return the stages that were not read whole."""
        found: list[DeadLetterRecord] = []
        unread: list[str] = []
        for stage in STAGES:
            inspection = self.dead.take(stage.name, RECORDS, HIDE_SECONDS)
            self.dead.give_back(inspection.messages)
            found += map(read, inspection.messages)
            unread += [] if inspection.complete else [stage.name]
        return found, tuple(unread)

    def open(self, place: MailRef) -> LoadedMail | None:
        """The mail as the spool holds it; None for a reference that was never fetched, and for nothing."""
        [sealed_key, fetched_key, *_] = keys(place)
        try:
            header, payload = sealed.unseal(self.spool.head(sealed_key, sealed.HEADER_BYTES))
            if header.kind == sealed.UPLOAD:
                return self._upload(place, header, payload, fetched_key)
            return reopen(fetched_key if header.kind in REFERENCES else sealed_key, self.spool)
        except Permanent as error:
            if error.code in (ERASED, "spool_missing"):
                return None
            raise

    def _upload(self, place: MailRef, header: sealed.Header, payload: bytes, fetched_key: str) -> LoadedMail:
        try:
            return reopen(fetched_key, self.spool)
        except Permanent as error:
            if error.code != "spool_missing":
                raise
        source = self.spool.get(upload_named(place.account, payload), 41 * 1024 * 1024)
        return LoadedMail(parse_source(source), source, fetched_key, "raw", header.provider_id)

    def _in_originals(self, key: str, remember: bool) -> tuple[list[str], int]:
        found: list[str] = []
        opened, after = 0, ""
        while page := self.people.unjudged(after, PAGE):
            for mail_id in page:
                source = self.people.source(mail_id)
                hashes = self._keys(parse_source(source)) if source is not None else ()
                opened += 1
                self.progress("originals opened", opened)
                if key in hashes:
                    found.append(mail_id)
                if remember and hashes:
                    self.people.remember(mail_id, hashes)
            after = page[-1]
        return found, opened

    def _in_spool(self, known: frozenset[str], unreadable: list[str]) -> Iterator[tuple[MailRef, Mail]]:
        """Sealed mails whose hashes the database does not have: duplicates, excluded, quarantined, in flight."""
        entries = self.spool.list(SEALED_PREFIX)
        searched = 0
        while page := list(islice(entries, PAGE)):
            places = [sealed_mail(entry.key) for entry in page]
            wanted = [place for place in places if MAIL_ID.fullmatch(place.mail_id)]
            judged = self.people.judged([place.mail_id for place in wanted]) | known
            for place in wanted:
                searched += 1
                self.progress("sealed mails searched", searched)
                if place.mail_id in judged:
                    continue
                try:
                    opened = self.open(place)
                except Permanent:
                    unreadable.append(place.mail_id)
                    continue
                if opened is not None:
                    yield place, opened.mail

    def _keys(self, mail: Mail) -> tuple[str, ...]:
        return tuple(self.key(address) for address in all_addresses(mail))
