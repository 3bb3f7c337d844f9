"""The mailboxes behind the EmailEngine stand-in: messages in folders, with ids that change on a move."""

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
        value: dict[str, Any] = {"id": self.id, "uid": self.uid, "path": self.path, "flags": [], "labels": []}
        return value | ({"emailId": self.email_id} if self.email_id else {})

    def entry(self) -> dict[str, Any]:
        """The list entry."""
        return describe(self.raw, self.identity, self.received)


@dataclass(slots=True)
class Account:
    """One account; `email_ids` False is a server without permanent ids."""

    name: str
    state: str = "connected"
    email_ids: bool = True
    folders: list[str] = field(default_factory=lambda: list(SPECIAL))
    held: dict[str, Held] = field(default_factory=dict)
    next_uid: dict[str, int] = field(default_factory=dict)

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


class Mailboxes:
    """All accounts; safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.accounts: dict[str, Account] = {}

    def account(self, name: str, *, state: str | None = None, email_ids: bool | None = None) -> Account:
        """Get or make an account, and change it."""
        with self._lock:
            account = self.accounts.setdefault(name, Account(name))
            if state is not None:
                account.state = state
            if email_ids is not None:
                account.email_ids = email_ids
            return account

    def add(
        self, name: str, raw: bytes, *, path: str = "INBOX", email_id: str | None = None, source: bool = True
    ) -> Held:
        """A new message; `email_id` None makes one up where the account has such ids."""
        with self._lock:
            account = self.account(name)
            if email_id is None:
                email_id = str(1_000_000_000_000_000_000 + secrets.randbelow(10**17)) if account.email_ids else ""
            return self._place(account, path, raw, email_id, source)

    def _place(self, account: Account, path: str, raw: bytes, email_id: str, source: bool) -> Held:
        if path not in account.folders:
            account.folders.append(path)
        uid = account.next_uid.get(path, 1)
        account.next_uid[path] = uid + 1
        folder = account.folders.index(path) + 1
        id_ = base64.urlsafe_b64encode(folder.to_bytes(4, "big") + uid.to_bytes(4, "big")).decode().rstrip("=")
        held = Held(path, uid, id_, email_id, raw, source, datetime.now(UTC))
        account.held[id_] = held
        return held

    def move(self, name: str, id_: str, path: str) -> Held:
        """To another folder: a new id, the same `emailId`. Raises KeyError."""
        with self._lock:
            account = self.accounts[name]
            held = account.held.pop(id_)
            return self._place(account, path, held.raw, held.email_id, held.source)

    def delete(self, name: str, id_: str) -> None:
        """Raises KeyError."""
        with self._lock:
            del self.accounts[name].held[id_]

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
