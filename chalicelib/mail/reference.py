"""What a mailbox's entry states of a mail, and whether a mail is the one that was referenced. Light to import.

EmailEngine's ids are a mailbox's counter and a UID. The counter starts again when an account is removed and added, so
an id names a mail only together with what its entry states: Message-ID, date, size, and subject and sender of a mail
without Message-ID. Webhooks and listings state them alike.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

ID_CHARS = 998
"""Characters of a Message-ID that are kept (RFC 5322: of a line); a longer one is cut, with its digest."""

CUT = 500
"""Characters that a cut text keeps; a search by them finds the whole."""

NOBODY = "missing_mailbox@missing_domain"
"""EmailEngine's address for an empty `From: <>`, in lower case."""

HEADER_BYTES = 2 * 1024 * 1024
"""Bytes of a mail that are read for its header at most."""

_NOT_VISIBLE = re.compile(r"[^!-~]+")
_ANGLES = re.compile(r"<[^<>]+>")
_END_OF_HEADER = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is stated of one mail; empty or 0 where nothing is.

    `message_id` and `subject` are bounded by `cut`, `date` is ISO 8601 in UTC and whole seconds, `size` is in bytes,
    `sender` an address in lower case.
    """

    message_id: str = ""
    date: str = ""
    size: int = 0
    subject: str = ""
    sender: str = ""


def cut(text: str, limit: int = ID_CHARS) -> str:
    """The text; a longer one is its first `CUT` characters and its digest, so that two of them stay apart."""
    if len(text) <= limit:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{text[:CUT]}#{digest}"


def facts_of(entry: Mapping[str, Any]) -> Facts:
    """The facts in a webhook's `data`, an entry of a listing, or a message. Odd values count as absent."""
    size, sender = entry.get("size"), entry.get("from")
    address = _text(sender.get("address")).strip().casefold() if isinstance(sender, Mapping) else ""
    return Facts(
        message_id=cut(_text(entry.get("messageId")).strip()),
        date=whole_seconds(_text(entry.get("date"))),
        size=size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else 0,
        subject=cut(" ".join(_text(entry.get("subject")).split())),
        sender="" if address == NOBODY else cut(address),
    )


def whole_seconds(date: str) -> str:
    """An ISO 8601 date with a zone, in UTC and whole seconds; empty for anything else."""
    try:
        found = datetime.fromisoformat(date.replace("Z", "+00:00"))
        return found.astimezone(UTC).replace(microsecond=0).isoformat() if found.tzinfo else ""
    except (ValueError, OverflowError):
        return ""


def facts_of_raw(raw: bytes) -> tuple[Facts, tuple[str, ...]]:
    """The facts in the header of RFC 822 bytes, and all Message-IDs that it bears."""
    from chalicelib.mail.parse import parse  # an endpoint has entries only, and need not load the parser

    end = _END_OF_HEADER.search(raw, 0, HEADER_BYTES)
    mail = parse(raw[: end.start() if end else HEADER_BYTES])
    ids = tuple(cut(value.strip()) for name, value in mail.headers if name == "message-id" and value.strip())
    facts = Facts(
        message_id=ids[0] if ids else "",
        date=mail.date.astimezone(UTC).replace(microsecond=0).isoformat() if mail.date else "",
        size=len(raw),
        subject=cut(" ".join(mail.subject.split())),
        sender=cut(mail.sender.address.casefold()) if mail.sender else "",
    )
    return facts, ids


def same_mail(named: Facts, found: Facts, found_ids: Iterable[str] = ()) -> bool:
    """Whether `found` can be the mail that `named` names: one Message-ID, and nothing that both state differs.

    `found_ids` are all Message-IDs of the mail: a broken one bears several, of which EmailEngine states one. Subject
    and sender count for a mail without Message-ID, where one fact at least must be comparable.
    """
    known = {_visible(_bracketed(text)) for text in (found.message_id, *found_ids)} - {""}
    if named.message_id:
        same = _visible(_bracketed(named.message_id)) in known
        return same and _agree(named.date, found.date) and _agree(named.size, found.size)
    stated = [
        (named.date, found.date),
        (named.size, found.size),
        (_visible(named.subject), _visible(found.subject)),
        (named.sender, found.sender),
    ]
    return not known and any(map(all, stated)) and all(_agree(one, other) for one, other in stated)


def _agree(one: object, other: object) -> bool:
    return not one or not other or one == other


def _visible(text: str) -> str:
    """A text for comparison: visible ASCII where there is any, because 8-bit headers are decoded in several ways."""
    return _NOT_VISIBLE.sub("", text) or text


def _bracketed(text: str) -> str:
    """The part of a Message-ID in brackets, without comments; the whole where there is none."""
    found = _ANGLES.search(text)
    return found[0] if found else text


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
