"""Erases the mail of one person from everything that Mailroom has, and leaves a receipt without personal data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.core.cache_keys import history_key, mapping_key
from chalicelib.core.clock import Now, utc_now
from chalicelib.core.errors import Permanent
from chalicelib.core.spool_keys import keys
from chalicelib.core.stages import STAGES
from chalicelib.data_rights.find import HIDE_SECONDS, RECORDS, Found, PersonalDataFinder
from chalicelib.intake.load_mail import upload_named
from chalicelib.mail import sealed
from chalicelib.ports import Cache, Erasure, FileTarget, MailLocation, MailStore, People, Spool
from chalicelib.ports.dead_letter_records import read


@dataclass
class Eraser:
    """Each step can be repeated: a run that was killed continues where it stopped. `accounts` are those configured."""

    finder: PersonalDataFinder
    people: People
    spool: Spool
    cache: Cache
    store: MailStore
    accounts: Sequence[str]
    files: FileTarget | None = None
    now: Now = utc_now

    def erase(self, address: str, author: str) -> Erasure:
        """Erase all of it and return the receipt. `Retryable`: what was done stays done.

        When nothing is left and an earlier erasure was finished, its receipt is returned and nothing changes. Count
        `unread_queues`: dead-letter queues that could not be read whole; erase again once they have fewer messages.
        """
        key = self.finder.key(address)
        found = self.finder.find(address, remember=True)
        earlier = self.people.finished(key)
        if earlier and not found.mails and not self._records_left():
            return earlier
        # From here on the store stage refuses what is still in flight, which is searched for once more afterwards.
        erasure = self.people.begin(key, author)
        counts = Counter(dict(erasure.counts))
        erased: set[str] = set()
        self._all(erasure, found, counts, erased)
        late = self.finder.find(address, remember=True)
        self._all(erasure, late, counts, erased)
        for account in {*self.accounts, *(mail.place.account for mail in (*found.mails, *late.mails))}:
            self.cache.delete(history_key(account, key))
        self._drop_messages(counts)
        return self.people.finish(erasure, counts)

    def _all(self, erasure: Erasure, found: Found, counts: Counter[str], erased: set[str]) -> None:
        """Erase what was found; a mail of `erased` that is found again, in a failed message, is counted once."""
        counts["unreadable"] = len(found.unreadable)
        counts["mails"] += 0  # a receipt of nothing says so
        for number, mail in enumerate(found.mails, start=1):
            counts.update(self._one(mail))
            counts["mails"] += mail.place.mail_id not in erased
            erased.add(mail.place.mail_id)
            self.people.progress(erasure, counts)  # a run that is killed finds none of these mails again
            self.finder.progress("mails erased", number)
        self.people.progress(erasure, counts)

    def _one(self, mail: MailLocation) -> Counter[str]:
        """The ledger first, so that the mail has an end when its seal is gone; the seal last, by which it is found."""
        place = mail.place
        counts = self._drop_files(place.mail_id)
        header, upload = self._sealed(mail, counts)
        counts.update(self.people.erase(mail, header.source or "unknown", header.received_at))
        self.cache.delete(mapping_key(place.mail_id))
        if upload:
            self.spool.delete(upload)
        self._clear(mail, header)
        return counts

    def _drop_files(self, mail_id: str) -> Counter[str]:
        """Before the rows that name them. Without a bucket in the configuration they stay, and are counted."""
        counts: Counter[str] = Counter()
        for key, upload in self.people.files(mail_id):
            if self.files is None:
                counts["files_left"] += 1
                continue
            if upload:
                self.files.abort(key, upload)
            self.files.delete(key)
            counts["files"] += 1
        return counts

    def _clear(self, mail: MailLocation, header: sealed.Header) -> None:
        """A pointer to the mail may still be in a queue: a stage that opens the seal sees why it is gone, and stops."""
        place = mail.place
        stone = sealed.seal(sealed.Header(sealed.ERASED, place.account, place.mail_id, header.received_at, ""), b"")
        sealed_key, fetched_key, links_key, text_key = keys(place)
        self.spool.delete(links_key)
        if mail.state == "stored" or not header.kind:
            self.spool.delete(text_key)
            self.spool.delete(fetched_key)
        else:
            self.spool.put(text_key, b"")
            self.spool.put(fetched_key, stone)
        if header.kind:
            self.spool.put(sealed_key, stone)

    def _sealed(self, mail: MailLocation, counts: Counter[str]) -> tuple[sealed.Header, str]:
        """The seal's header and the key of its upload, or a substitute: of kind "" where the seal is gone.

        A seal that cannot be read may hold the mail all the same. It gets the kind of an erased one, so that it is
        replaced like any other, and is counted: an upload that it named is left to retention.
        """
        place = mail.place
        try:
            header, payload = sealed.unseal(self.spool.head(keys(place)[0], sealed.HEADER_BYTES))
            return header, upload_named(place.account, payload) if header.kind == sealed.UPLOAD else ""
        except Permanent as error:
            kind = ""
            if error.code != "spool_missing":
                kind = sealed.ERASED
                counts["seals_unreadable"] += 1
            now = self.now().isoformat(timespec="milliseconds")
            return sealed.Header(kind, place.account, place.mail_id, now, ""), ""

    def _records_left(self) -> bool:
        records, unread = self.finder.records()
        return bool(unread) or bool(self._erased([record.mail_id for record in records]))

    def _drop_messages(self, counts: Counter[str]) -> None:
        """Delete the failed messages of every mail that the ledger calls erased, also by a run that was killed."""
        dead = self.finder.dead
        counts["unread_queues"] = 0
        for stage in STAGES:
            inspection = dead.take(stage.name, RECORDS, HIDE_SECONDS)
            records = [read(message) for message in inspection.messages]
            gone = self._erased([record.mail_id for record in records])
            for record in records:
                if record.mail_id in gone:
                    dead.remove(record.dead)
                    counts["dead_letters"] += 1
            dead.give_back(record.dead for record in records if record.mail_id not in gone)
            counts["unread_queues"] += not inspection.complete

    def _erased(self, mail_ids: list[str]) -> frozenset[str]:
        states = self.store.ledger_state(sorted({mail_id for mail_id in mail_ids if mail_id}))
        return frozenset(mail_id for mail_id, state in states.items() if state == ("excluded", "erased"))
