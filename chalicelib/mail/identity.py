"""What makes two deliveries the same mail: identities for the endpoints, claims for the ledger. Light to import.

Which forms compare equal, within one account:

- Two mails with a provider's permanent id, in any form: when the ids are equal. Gmail's hexadecimal id and
  X-GM-MSGID's decimal are one id. Different ids are two mails, whatever they say.
- raw and raw: when Message-ID and full content are equal; without Message-ID, the full content alone.
- raw and fields, fields and fields: when Message-ID and light content are equal. Without Message-ID never, but
  for two pushes of the very same fields, which have the same identity at the endpoint.

*raw* is a mail parsed from RFC 822 bytes (Gmail `raw`, EmailEngine source), *fields* one that an endpoint got
in fields (Gmail push, EmailEngine `textType=*`). Full content is From, Date, Subject, text and attachment
digests. Light content has no Date (a push may default it) and attachments by name and size. Transport
headers, labels, folders and recipients are not content. EmailEngine's JSON has encoded sizes only: with an
attachment its light content differs from the raw form's, and without an id the mail is stored twice rather
than lost.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from chalicelib.mail.reference import facts_of

if TYPE_CHECKING:  # endpoints make ids of what they got, and know no parsed mail
    from chalicelib.mail.model import Mail

Form = Literal["raw", "fields"]

NAMESPACE = uuid.UUID("8f6d0c5e-3a51-5b8e-9d0f-6f2f4a1c7b90")
_HEX = re.compile(r"[0-9a-fA-F]{16}")
_DECIMAL = re.compile(r"[0-9]{17,20}")
_CONTENT_HEADERS = frozenset(
    (b"from", b"date", b"subject", b"message-id", b"content-type", b"content-transfer-encoding")
)
_PUSHED = ("message_id", "sender", "subject", "body", "body_html")


def provider_id(value: str) -> str:
    """A provider's permanent message id in one spelling.

    Gmail: 16 lower-case hexadecimal digits, also from the 17 to 20 decimal digits of X-GM-MSGID.
    Others are kept as they are, very long ones as their digest. Empty for empty.
    """
    text = "".join(char for char in value.strip() if char.isprintable())
    if _DECIMAL.fullmatch(text) and int(text) < 2**64:
        return f"{int(text):016x}"
    if _HEX.fullmatch(text):
        return text.lower()
    return text if len(text) <= 200 else _digest("long-id", text)


def door_identity(
    provider: str = "",
    *,
    raw: bytes | None = None,
    push: Mapping[str, object] | None = None,
    entry: Mapping[str, Any] | None = None,
) -> str:
    """The best identity that an endpoint can know: the provider's id, else what the mail itself says.

    `entry` is what EmailEngine states of a mail (a webhook's `data`, an entry of a listing), for a mailbox without
    permanent ids. Raises ValueError when nothing is given.
    """
    if provider_id(provider):
        return f"provider:{provider_id(provider)}"
    if raw is not None:
        return identity_of_raw(raw)
    if push is not None:
        return identity_of_push(push)
    if entry is not None:
        return identity_of_entry(entry)
    raise ValueError("nothing to identify the mail by")


def identity_of_raw(raw: bytes) -> str:
    """Identity of RFC 822 bytes without parsing them: content headers and body, white space aside.

    Equal for two deliveries of one mail with other transport headers or line ends. Looser equality
    (re-encoded bodies, other forms) is found by `claims` after parsing.
    """
    data = raw.replace(b"\r\n", b"\n")
    head, _, body = data.partition(b"\n\n")
    fields = [(name, b" ".join(value.split())) for name, value in _headers(head) if name in _CONTENT_HEADERS]
    digest = hashlib.sha256()
    for name, value in sorted(fields):
        digest.update(name + b":" + value + b"\n")
    digest.update(b"\n" + body.rstrip())
    return f"raw:{digest.hexdigest()}"


def _headers(head: bytes) -> list[tuple[bytes, bytes]]:
    unfolded = re.sub(rb"\n[ \t]", b" ", head)
    lines = (line.partition(b":") for line in unfolded.split(b"\n"))
    return [(name.strip().lower(), value) for name, colon, value in lines if colon]


def identity_of_push(push: Mapping[str, object]) -> str:
    """Identity of a field push: its `id`, else its Message-ID and content; the date is never part of it."""
    given = push.get("id")
    if isinstance(given, str) and provider_id(given):
        return f"provider:{provider_id(given)}"
    texts = [_plain(value) if isinstance(value := push.get(name), str) else "" for name in _PUSHED]
    listed = push.get("attachments")
    files = [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []
    attached = [[str(item.get(key))[:1_000] for key in ("name", "type", "size")] for item in files]
    return f"fields:{_digest('push', texts, attached)}"


def identity_of_entry(entry: Mapping[str, Any]) -> str:
    """Identity of a mail that EmailEngine has no `emailId` of. Its `id` alone is used again (`mail.reference`)."""
    facts = facts_of(entry)
    stated: list[object] = [str(entry["id"]), facts.message_id, facts.date, facts.size]
    if not facts.message_id:
        stated += [facts.subject, facts.sender]
    return f"emailengine:{_digest('entry', *stated)}"


def mail_id(account: str, identity: str) -> str:
    """UUIDv5 of account and identity: the same mail of an account always has the same id."""
    return str(uuid.uuid5(NAMESPACE, f"{account}\n{identity}".encode("utf-8", "replace").decode()))


def claims(mail: Mail, provider: str, form: Form) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(identities, matches): digests to register for this mail, and digests that make it a known one.

    A mail is another delivery of a known mail when one of its `matches` is among that mail's `identities`.
    All are SHA-256 in hex: no Message-ID in clear. The labels keep apart what must not be compared: two raw
    mails never meet by light content, two mails with provider ids never by content.
    """
    known = provider_id(provider)
    label = "known" if known else "unknown"
    others = ("unknown",) if known else ("known", "unknown")
    identities = [_digest("provider", known)] if known else []
    matches = list(identities)
    light = _light(mail) if mail.message_id else ""
    if form == "raw":
        full = _full(mail)
        identities.append(_digest("full", label, full))
        matches += [_digest("full", other, full) for other in others]
    if light:
        identities.append(_digest(f"{form}-light", label, light))
        across = ("fields",) if form == "raw" else ("raw", "fields")
        matches += [_digest(f"{counterpart}-light", other, light) for counterpart in across for other in others]
    return tuple(identities), tuple(matches)


def thread_root(mail: Mail) -> str:
    """The Message-ID that a thread's mails share: first reference, else what it answers, else its own; may be empty."""
    return next(iter(mail.references), "") or mail.in_reply_to or mail.message_id


def _full(mail: Mail) -> str:
    date = int(mail.date.timestamp()) if mail.date else None
    attached = sorted(item.sha256 for item in mail.attachments)
    return _digest(
        "content", mail.message_id, _sender(mail), date, _plain(mail.subject), _plain(mail.full_text), attached
    )


def _light(mail: Mail) -> str:
    # Pictures inside the text are attachments to one provider and none to another; nameless parts likewise.
    named = sorted(
        (item.filename, item.size)
        for item in mail.attachments
        if item.filename and not item.content_type.startswith("image/")
    )
    return _digest("light", mail.message_id, _sender(mail), _plain(mail.subject), _plain(mail.full_text), named)


def _sender(mail: Mail) -> str:
    return mail.sender.address.casefold() if mail.sender else ""


def _plain(text: str) -> str:
    """Text without any white space: line wrapping and folding differ between the forms of one mail."""
    return "".join(unicodedata.normalize("NFC", text).split())


def _digest(label: str, *values: object) -> str:
    payload = json.dumps([label, *values], ensure_ascii=True, sort_keys=True, default=str)
    return hashlib.sha256(payload.encode("ascii")).hexdigest()
