"""The mail servers behind the EmailEngine stand-in, and how EmailEngine 2.58 numbers what lies on them.

An id is a counter of the folder and the UID. The counter belongs to the account: it starts at 1 again when the
account is removed and added, and a folder whose UIDVALIDITY changed gets the next one.
"""

from __future__ import annotations

import base64
import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from infra.local.standins.message_json import describe

SPECIAL = {
    "INBOX": "\\Inbox",
    "Sent": "\\Sent",
    "Drafts": "\\Drafts",
    "Junk": "\\Junk",
    "Trash": "\\Trash",
    "Archive": "\\Archive",
}
EVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Held:
    """One message; `source` False is a server that refuses the raw source."""

    path: str
    uid: int
    id: str
    email_id: str
    raw: bytes
    source: bool
    received: datetime

    @property
    def identity(self) -> dict[str, Any]:
        """The fields that EmailEngine adds to what the mail says."""
        value: dict[str, Any] = {"id": self.id, "uid": self.uid, "flags": []}
        return value | ({"emailId": self.email_id} if self.email_id else {})

    def entry(self) -> dict[str, Any]:
        """The list entry."""
        return describe(self.raw, self.identity, self.received)


@dataclass(slots=True)
class Account:
    """One account of EmailEngine and its mailbox.

    `notify_from`: no webhook for mail whose Date is older; `next_notify_from` takes effect with a reconnect.
    """

    name: str
    state: str = "connected"
    email_ids: bool = False
    notify_from: datetime = EVER
    next_notify_from: datetime = EVER
    folders: list[str] = field(default_factory=lambda: list(SPECIAL))
    held: dict[str, Held] = field(default_factory=dict)
    next_uid: dict[str, int] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)

    def folder(self, path: str) -> str | None:
        """The folder of that path or special-use label; INBOX in any case."""
        if path.upper() == "INBOX":
            return "INBOX"
        labels = {SPECIAL[name]: name for name in self.folders if name in SPECIAL}
        path = labels.get(path, path)
        return path if path in self.folders else None

    def within(self, path: str) -> list[Held]:
        """A folder's messages, newest first."""
        return sorted((held for held in self.held.values() if held.path == path), key=lambda held: -held.uid)

    def place(self, path: str, raw: bytes, email_id: str, source: bool, received: datetime) -> Held:
        """Put a message into a folder, under the next id."""
        if path not in self.folders:
            self.folders.append(path)
        counter = self.counters.setdefault(path, max(self.counters.values(), default=0) + 1)
        uid = self.next_uid.get(path, 1)
        self.next_uid[path] = uid + 1
        id_ = base64.urlsafe_b64encode(counter.to_bytes(4, "big") + uid.to_bytes(4, "big")).decode().rstrip("=")
        held = self.held[id_] = Held(path, uid, id_, email_id, raw, source, received)
        return held

    def renumber(self, path: str) -> list[Held]:
        """A new UIDVALIDITY: the folder's messages, oldest first, get new UIDs under a new counter."""
        before = self.within(path)[::-1]
        for held in before:
            del self.held[held.id]
        self.counters[path] = max(self.counters.values(), default=0) + 1
        self.next_uid.pop(path, None)
        return [self.place(path, one.raw, one.email_id, one.source, one.received) for one in before]


class Mailboxes:
    """All accounts; safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.accounts: dict[str, Account] = {}

    def account(
        self,
        name: str,
        *,
        state: str | None = None,
        email_ids: bool | None = None,
        notify_from: datetime | None = None,
    ) -> Account:
        """Get or make an account, and change it."""
        with self._lock:
            account = self.accounts.setdefault(name, Account(name))
            if state is not None:
                account.state = state
            if email_ids is not None:
                account.email_ids = email_ids
            if notify_from is not None:
                account.notify_from = account.next_notify_from = notify_from
            return account

    def add(
        self, name: str, raw: bytes, *, path: str = "INBOX", email_id: str | None = None, source: bool = True
    ) -> Held:
        """A new message; `email_id` None makes one up where the account has such ids."""
        with self._lock:
            account = self.account(name)
            if email_id:
                account.email_ids = True
            elif email_id is None and account.email_ids:
                email_id = str(1_000_000_000_000_000_000 + secrets.randbelow(10**17))
            return account.place(path, raw, email_id or "", source, datetime.now(UTC))

    def move(self, name: str, id_: str, path: str) -> Held:
        """To another folder: a new id, the same `emailId`. Raises KeyError."""
        with self._lock:
            account = self.accounts[name]
            held = account.held.pop(id_)
            return account.place(path, held.raw, held.email_id, held.source, held.received)

    def delete(self, name: str, id_: str) -> None:
        """Raises KeyError."""
        with self._lock:
            del self.accounts[name].held[id_]

    def remove(self, name: str) -> None:
        """The account, and all that EmailEngine knows of it."""
        with self._lock:
            self.accounts.pop(name, None)

    def reset(self, name: str, path: str) -> list[Held]:
        """A folder whose UIDVALIDITY changed: its messages under their new ids, oldest first. Raises KeyError."""
        with self._lock:
            return self.accounts[name].renumber(path)

    def get(self, name: str, id_: str) -> Held | None:
        """A message by its present id."""
        with self._lock:
            return self.accounts[name].held.get(id_)

    def within(self, name: str, path: str) -> list[Held] | None:
        """A folder's messages newest first; None for no such folder."""
        with self._lock:
            account = self.accounts[name]
            folder = account.folder(path)
            return None if folder is None else account.within(folder)
