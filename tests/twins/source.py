"""The message source in memory: mails in folders, under ids that change on a move."""

from __future__ import annotations

import email
import itertools
import json
from dataclasses import dataclass, replace
from email.utils import parseaddr
from typing import Any

from chalicelib.mail.emailengine_message import from_message
from chalicelib.ports import Fetched, MessageReference
from chalicelib.runtime.errors import Permanent, Retryable


@dataclass(frozen=True, slots=True)
class Held:
    """One mail; `source` False: only its text can be had."""

    raw: bytes
    reference: MessageReference
    source: bool


class MemorySource:
    """While `down` nothing answers. `fetched` counts the calls."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], Held] = {}
        self.accounts: set[str] = set()
        self.down = False
        self.fetched = 0
        self._ids = itertools.count(1)

    def add(
        self, account: str, raw: bytes, path: str = "INBOX", email_id: str = "", source: bool = True
    ) -> MessageReference:
        """Hold a mail and say where."""
        self.accounts.add(account)
        message_id = str(email.message_from_bytes(raw)["message-id"] or "")
        reference = MessageReference(account, f"id{next(self._ids)}", email_id, message_id, path)
        self.held[account, reference.id] = Held(raw, reference, source)
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
        told = _told(held.raw)
        return Fetched(raw=json.dumps(told).encode("ascii"), mail=from_message(told))

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


def _told(raw: bytes) -> dict[str, Any]:
    """What EmailEngine's JSON tells of a plain mail."""
    message = email.message_from_bytes(raw)
    name, address = parseaddr(str(message["from"] or ""))
    return {
        "subject": str(message["subject"] or ""),
        "from": {"name": name, "address": address},
        "messageId": str(message["message-id"] or ""),
        "text": {"plain": str(message.get_payload()), "hasMore": False},
    }
