"""The message source in memory: mails in folders, under ids that change on a move."""

from __future__ import annotations

import email
import itertools
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any

from chalicelib.core.errors import NotReady, Permanent, Retryable
from chalicelib.mail.emailengine_message import from_message
from chalicelib.mail.reference import Facts, facts_of, same_mail
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
        return _entry(self.raw, self.received) | {
            name: value for name, value in (("id", self.reference.id), ("emailId", self.reference.email_id)) if value
        }


class MemorySource:
    """A `MessageSource` and a `Listing`. While `down` nothing answers. `fetched` counts the calls.

    `trouble`: account → the code of its trouble. After `forget` an account's ids start again.
    """

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], Held] = {}
        self.accounts: set[str] = set()
        self.trouble: dict[str, str] = {}
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
        facts = facts_of(_entry(raw, received))
        stated = (facts.date, facts.size, facts.subject, facts.sender)
        reference = MessageReference(account, f"id{next(self._ids)}", email_id, facts.message_id, path, *stated)
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

    def forget(self, account: str) -> None:
        """Remove an account; the ids of the next one are used again."""
        self.accounts.discard(account)
        self.held = {key: held for key, held in self.held.items() if key[0] != account}
        self._ids = itertools.count(1)

    def fetch(self, reference: MessageReference) -> Fetched:
        self.fetched += 1
        self._ask(reference.account)
        held = self.held.get((reference.account, reference.id))
        if held is None:
            held = self._find(reference)
        elif not _is(reference, held):
            try:
                held = self._find(reference)
            except Permanent as error:
                raise Permanent("message_replaced" if error.code == "message_gone" else error.code) from None
        if held.source:
            return Fetched(raw=held.raw, mail=None)
        shown = _described(held.raw)
        return Fetched(raw=json.dumps(shown).encode("ascii"), mail=from_message(shown))

    def folders(self, account: str) -> list[Folder]:
        """INBOX, and wherever a mail lies."""
        self._ask(account)
        return [Folder("INBOX", "\\Inbox"), *map(Folder, sorted(self._paths(account) - {"INBOX"}))]

    def received(self, account: str, path: str, since: datetime, page: int) -> Page:
        """Newest first, `page_size` a page."""
        self.folders(account)
        here = [held for held in self.held.values() if (held.reference.account, held.reference.path) == (account, path)]
        found = [held.entry() for held in reversed(here) if held.received.date() >= since.date()]
        first = page * self.page_size
        return Page(tuple(found[first : first + self.page_size]), first + self.page_size < len(found))

    def _ask(self, account: str) -> None:
        if self.down:
            raise Retryable("emailengine_unavailable")
        if account not in self.accounts:
            raise Permanent("account_unknown")
        if account in self.trouble:
            raise NotReady(self.trouble[account])

    def _paths(self, account: str) -> set[str]:
        return {held.reference.path for held in self.held.values() if held.reference.account == account}

    def _find(self, reference: MessageReference) -> Held:
        here = [held for held in self.held.values() if held.reference.account == reference.account]
        found = [held for held in here if reference.facts != Facts() and _is(reference, held)]
        if len(found) > 1 and not reference.email_id:
            raise Permanent("message_ambiguous")
        if not found:
            raise Permanent("message_gone")
        return found[0]


def _is(reference: MessageReference, held: Held) -> bool:
    if reference.email_id and held.reference.email_id:
        return reference.email_id == held.reference.email_id
    return reference.facts == Facts() or same_mail(reference.facts, held.reference.facts)


def _entry(raw: bytes, received: datetime) -> dict[str, Any]:
    message = email.message_from_bytes(raw)
    try:
        stated = parsedate_to_datetime(message["date"]) if message["date"] else received
    except ValueError:
        stated = received
    name, address = parseaddr(str(message["from"] or ""))
    entry = {"messageId": str(message["message-id"] or ""), "subject": str(message["subject"] or "")}
    sender = {"from": {"name": name, "address": address}} if address else {}
    return entry | sender | {"date": stated.isoformat(), "size": len(raw), "flags": []}


def _described(raw: bytes) -> dict[str, Any]:
    """What EmailEngine's JSON states of a plain mail."""
    message = email.message_from_bytes(raw)
    name, address = parseaddr(str(message["from"] or ""))
    return {
        "subject": str(message["subject"] or ""),
        "from": {"name": name, "address": address},
        "messageId": str(message["message-id"] or ""),
        "text": {"plain": str(message.get_payload()), "hasMore": False},
    }
