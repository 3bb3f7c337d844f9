"""The message source in memory: mails in folders, under ids that change on a move."""

from __future__ import annotations

import email
import itertools
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any

from chalicelib.core.errors import Permanent, Retryable
from chalicelib.mail.emailengine_message import from_message
from chalicelib.ports import Fetched, Folder, MessageReference, Page

RECEIVED = datetime(2026, 1, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Held:
    """One mail; `source` False: only its text can be had."""

    raw: bytes
    reference: MessageReference
    source: bool
    received: datetime

    def entry(self) -> dict[str, Any]:
        """As a listing has it."""
        shown = {"id": self.reference.id, "emailId": self.reference.email_id, "messageId": self.reference.message_id}
        date = str(email.message_from_bytes(self.raw)["date"] or "")
        stated = parsedate_to_datetime(date) if date else self.received
        return {name: value for name, value in shown.items() if value} | {"date": stated.isoformat(), "flags": []}


class MemorySource:
    """A `MessageSource` and a `Listing`. While `down` nothing answers. `fetched` counts the calls."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], Held] = {}
        self.accounts: set[str] = set()
        self.down = False
        self.page_size = 200
        self.fetched = 0
        self._ids = itertools.count(1)

    def add(
        self,
        account: str,
        raw: bytes,
        path: str = "INBOX",
        email_id: str = "",
        source: bool = True,
        received: datetime = RECEIVED,
    ) -> MessageReference:
        """Hold a mail and say where."""
        self.accounts.add(account)
        message_id = str(email.message_from_bytes(raw)["message-id"] or "")
        reference = MessageReference(account, f"id{next(self._ids)}", email_id, message_id, path)
        self.held[account, reference.id] = Held(raw, reference, source, received)
        return reference

    def move(self, reference: MessageReference, path: str) -> MessageReference:
        """To another folder, under a new id."""
        held = self.held.pop((reference.account, reference.id))
        moved = replace(held.reference, id=f"id{next(self._ids)}", path=path)
        self.held[reference.account, moved.id] = replace(held, reference=moved)
        return moved

    def delete(self, reference: MessageReference) -> None:
        """Remove a mail."""
        del self.held[reference.account, reference.id]

    def fetch(self, reference: MessageReference) -> Fetched:
        self.fetched += 1
        if self.down:
            raise Retryable("emailengine_unavailable")
        if reference.account not in self.accounts:
            raise Permanent("account_unknown")
        held = self.held.get((reference.account, reference.id)) or self._find(reference)
        if held.source:
            return Fetched(raw=held.raw, mail=None)
        shown = _described(held.raw)
        return Fetched(raw=json.dumps(shown).encode("ascii"), mail=from_message(shown))

    def folders(self, account: str) -> list[Folder]:
        """INBOX, and wherever a mail lies."""
        if self.down:
            raise Retryable("emailengine_unavailable")
        if account not in self.accounts:
            raise Permanent("account_unknown")
        return [Folder("INBOX", "\\Inbox"), *map(Folder, sorted(self._paths(account) - {"INBOX"}))]

    def received(self, account: str, path: str, since: datetime, page: int) -> Page:
        """Newest first, `page_size` a page."""
        self.folders(account)
        here = [held for held in self.held.values() if (held.reference.account, held.reference.path) == (account, path)]
        found = [held.entry() for held in reversed(here) if held.received.date() >= since.date()]
        first = page * self.page_size
        return Page(tuple(found[first : first + self.page_size]), first + self.page_size < len(found))

    def _paths(self, account: str) -> set[str]:
        return {held.reference.path for held in self.held.values() if held.reference.account == account}

    def _find(self, reference: MessageReference) -> Held:
        here = [held for held in self.held.values() if held.reference.account == reference.account]
        found = [held for held in here if reference.email_id and held.reference.email_id == reference.email_id]
        if found:
            return found[0]
        found = [held for held in here if reference.message_id and held.reference.message_id == reference.message_id]
        if len(found) > 1:
            raise Permanent("message_ambiguous")
        if not found:
            raise Permanent("message_gone")
        return found[0]


def _described(raw: bytes) -> dict[str, Any]:
    """What EmailEngine's JSON tells of a plain mail."""
    message = email.message_from_bytes(raw)
    name, address = parseaddr(str(message["from"] or ""))
    return {
        "subject": str(message["subject"] or ""),
        "from": {"name": name, "address": address},
        "messageId": str(message["message-id"] or ""),
        "text": {"plain": str(message.get_payload()), "hasMore": False},
    }
