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
from chalicelib.data_rights.find import HEADER_BYTES, HIDE_SECONDS, LETTERS, Found, PersonalDataFinder
from chalicelib.intake.load_mail import upload_named
from chalicelib.mail import sealed
from chalicelib.ports import Cache, Erasure, FileTarget, MailLocation, MailStore, People, Spool
from chalicelib.ports.dead_letter_records import read

SAVED = 20
"""Mails between two notes of the progress."""


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
        """Erase all of it and give the receipt. `Retryable`: what was done stays done.

        When nothing is left and an earlier erasure came to its end, that one's receipt is given and nothing changes.
        """
        key = self.finder.key(address)
        found = self.finder.find(address, remember=True)
        earlier = self.people.finished(key)
        if earlier and not found.mails and not self._letters_left():
            return earlier
        # From here on the store stage refuses what is still on its way: looked for once more after it.
        erasure = self.people.begin(key, author)
        counts = Counter(dict(erasure.counts))
        self._all(erasure, found, counts)
        late = self.finder.find(address, remember=True)
        self._all(erasure, late, counts)
        for account in {*self.accounts, *(mail.place.account for mail in (*found.mails, *late.mails))}:
            self.cache.delete(history_key(account, key))
        counts["dead_letters"] += self._drop_letters()
        return self.people.finish(erasure, counts)

    def _all(self, erasure: Erasure, found: Found, counts: Counter[str]) -> None:
        counts["unreadable"] = len(found.unreadable)
        counts["mails"] += 0  # a receipt of nothing says so
        for number, mail in enumerate(found.mails, start=1):
            counts.update(self._one(mail))
            self.finder.tell("mails erased", number)
            if number % SAVED == 0:
                self.people.progress(erasure, counts)
        self.people.progress(erasure, counts)

    def _one(self, mail: MailLocation) -> Counter[str]:
        """The ledger first, so that the mail has an end when its seal is gone; the seal last, by which it is found."""
        place = mail.place
        header, payload = self._header(mail)
        counts = self._drop_files(place.mail_id)
        counts.update(self.people.erase(mail, header.source or "unknown", header.received_at))
        counts["mails"] += 1
        self.cache.delete(mapping_key(place.mail_id))
        if header.kind == sealed.UPLOAD:
            self.spool.delete(upload_named(place.account, payload))
        self._clear(mail, header)
        return counts

    def _drop_files(self, mail_id: str) -> Counter[str]:
        """Before the rows that name them. Without a bucket in the configuration they are left, and counted."""
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
        """A pointer to the mail may still be in a queue: who opens the seal sees why it is gone, and stops."""
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

    def _header(self, mail: MailLocation) -> tuple[sealed.Header, bytes]:
        """The seal's header; one made up where there is no seal any more: then the ledger knows the mail."""
        place = mail.place
        try:
            return sealed.unseal(self.spool.head(keys(place)[0], HEADER_BYTES))
        except Permanent:
            now = self.now().isoformat(timespec="milliseconds")
            return sealed.Header("", place.account, place.mail_id, now, ""), b""

    def _letters_left(self) -> bool:
        return bool(self._erased([letter.mail_id for letter in self.finder.letters()]))

    def _drop_letters(self) -> int:
        """Letters of every mail that the ledger calls erased: also those of a run that was killed."""
        dead, dropped = self.finder.dead, 0
        for stage in STAGES:
            letters = [read(letter) for letter in dead.take(stage.name, LETTERS, HIDE_SECONDS).letters]
            gone = self._erased([letter.mail_id for letter in letters])
            for letter in letters:
                if letter.mail_id in gone:
                    dead.remove(letter.dead)
                    dropped += 1
            dead.give_back(letter.dead for letter in letters if letter.mail_id not in gone)
        return dropped

    def _erased(self, mail_ids: list[str]) -> frozenset[str]:
        states = self.store.ledger_state(sorted({mail_id for mail_id in mail_ids if mail_id}))
        return frozenset(mail_id for mail_id, state in states.items() if state == ("excluded", "erased"))
