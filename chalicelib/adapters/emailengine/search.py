"""Finds a message that is no longer under its id: it was moved, or its id names another mail by now."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.adapters.emailengine.client import UNAVAILABLE, Client, NotFound, Refused
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.mail.reference import CUT, facts_of, same_mail
from chalicelib.ports import MessageReference

MAX_FOLDERS = 60
MAX_PAGES = 10
"""Pages of hits in one folder; what a search finds beyond them is not looked at."""

FIND_SECONDS = 15.0
"""A search begins no call after this: with the last call and the fetch it stays under a minute."""

PAGE_SIZE = 50
SUBJECT_CHARS = 200

ALL = "\\All"
LAST = frozenset({"\\Trash", "\\Junk", "\\Drafts", "\\Sent"})
"""Folders that are searched last: mail is seldom filed there."""


def find(client: Client, reference: MessageReference) -> str:
    """The present id of a moved message.

    Raises `Permanent` with `message_gone`, `message_ambiguous` (several mails of one folder look like it) or
    `account_unknown`; `NotReady`; `Retryable`.
    """
    until = time.monotonic() + FIND_SECONDS
    for folder in _folders(client, reference):
        for terms in _terms(reference):
            entries = _search(client, reference.account, folder, terms, until)
            ids = list(dict.fromkeys(str(hit["id"]) for hit in entries if hit.get("id") and is_same(reference, hit)))
            if len(ids) > 1 and "emailId" not in terms:
                raise Permanent("message_ambiguous")
            if ids:
                return ids[0]
    raise Permanent("message_gone")


def is_same(reference: MessageReference, entry: Mapping[str, Any]) -> bool:
    """Whether an entry is the message: IMAP's searches also find what only contains the text."""
    if reference.email_id and entry.get("emailId"):
        return _plain_id(entry["emailId"]) == _plain_id(reference.email_id)
    return same_mail(reference.facts, facts_of(entry))


def _folders(client: Client, reference: MessageReference) -> Iterator[str]:
    """Folders to search, likeliest first: where it was, everything, then each folder of the account."""
    tried = {reference.path, ALL, ""}
    if reference.path:
        yield reference.path
    yield ALL
    boxes = client.mailboxes(reference.account)
    boxes.sort(key=lambda box: (str(box.get("specialUse")) in LAST, box["path"] != "INBOX"))
    yield from (box["path"] for box in boxes[:MAX_FOLDERS] if box["path"] not in tried)


def _terms(reference: MessageReference) -> list[dict[str, Any]]:
    """What to search by, the surest first: emailId, Message-ID, or all that is known of a mail without one."""
    terms: list[dict[str, Any]] = []
    if reference.email_id:
        terms.append({"emailId": reference.email_id})
    if reference.message_id:
        # A header search is by substring (RFC 3501 section 6.4.4), so the start of a long id finds it.
        return [*terms, {"header": {"Message-ID": reference.message_id[:CUT]}}]
    stated: dict[str, Any] = {}
    if reference.size:
        stated |= {"larger": reference.size - 1, "smaller": reference.size + 1}
    if reference.sender:
        stated["from"] = reference.sender[:CUT]
    # Not every server decodes 8-bit or encoded subjects for a search: those are compared in the entries alone.
    if reference.subject and reference.subject.isascii() and reference.subject.isprintable():
        stated["subject"] = reference.subject[:SUBJECT_CHARS]
    return [*terms, stated] if reference.size or reference.date else terms


def _search(
    client: Client, account: str, folder: str, terms: Mapping[str, Any], until: float
) -> Iterator[dict[str, Any]]:
    """Entries of a folder that answer the terms; nothing where the folder or the criterion is unknown there."""
    for page in range(MAX_PAGES):
        if time.monotonic() > until:
            raise Retryable(UNAVAILABLE)
        params = {"path": folder, "page": str(page), "pageSize": str(PAGE_SIZE)}
        try:
            value = client.json("POST", client.path(account, "search"), params, {"search": terms})
        except (NotFound, Refused):
            return
        messages, pages = value.get("messages"), value.get("pages")
        yield from (entry for entry in messages if isinstance(entry, dict)) if isinstance(messages, list) else ()
        if not isinstance(pages, int) or page + 1 >= pages:
            return


def _plain_id(value: object) -> str:
    """An emailId in one form: Gmail's decimal X-GM-MSGID over IMAP is its API's hexadecimal id."""
    text = str(value).lower()
    return f"{int(text):x}" if text.isascii() and text.isdigit() and len(text) > 16 else text
