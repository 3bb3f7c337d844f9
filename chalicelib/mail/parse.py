"""RFC 822 bytes to a `Mail`: tolerant of everything, bounded in everything."""

from __future__ import annotations

from datetime import datetime

from chalicelib.mail import bounds
from chalicelib.mail.addresses import addresses
from chalicelib.mail.body import Body
from chalicelib.mail.charset import Decoder
from chalicelib.mail.dates import parse_date
from chalicelib.mail.headers import is_forward, message_ids, text_of, unpack
from chalicelib.mail.model import Address, Mail
from chalicelib.mail.readers.quotes import split_quotation
from chalicelib.mail.structure import Part, parse_structure

_SINGLE = ("from", "subject", "date", "message-id", "to", "reply-to", "content-type")


def parse(raw: bytes) -> Mail:
    """Read a mail. Never raises for any bytes; what is wrong, missing or cut is named in `Mail.defects`.

    Structure by the standard library's compat32 parser, headers and bodies by own guarded decoding
    (`email.policy.default` fails on real mail). Attachments are measured and hashed,
    never opened; a `message/rfc822` part is an attachment whose text is read too. Cost grows with the
    bytes, never with their nesting.
    """
    root, defects = parse_structure(raw)
    decoder = Decoder()
    body = Body(decoder)
    text = body.read_mail(root)
    if len(text) > bounds.MAX_TEXT_CHARS:
        text = text[: bounds.MAX_TEXT_CHARS]
        defects.add("truncated_text")
    subject = text_of(root.field("subject"), decoder, bounds.MAX_SUBJECT_CHARS)
    text, quoted = split_quotation(text, is_forward(subject))
    authors = addresses(root.field("from"), decoder)
    sender = next((author for author in authors if author.address), next(iter(authors), None))
    date = parse_date(unpack(root.field("date"), decoder))
    ids = message_ids(unpack(root.field("message-id"), decoder))
    headers = _headers(root, decoder)
    defects |= _missing(root, sender, date, ids) | body.defects | decoder.defects
    return Mail(
        subject=subject,
        sender=sender,
        text=text,
        quoted=quoted,
        html="\n".join(body.html)[: bounds.MAX_HTML_CHARS],
        to=addresses(root.field("to"), decoder),
        cc=addresses(root.field("cc"), decoder),
        reply_to=addresses(root.field("reply-to"), decoder),
        date=date,
        message_id=ids[0] if ids else "",
        in_reply_to=next(iter(message_ids(unpack(root.field("in-reply-to"), decoder))), ""),
        references=message_ids(unpack(root.field("references"), decoder)),
        attachments=tuple(body.attachments),
        headers=headers,
        defects=tuple(sorted(defects)),
        marks=tuple(sorted(body.marks)),
    )


def _headers(root: Part, decoder: Decoder) -> tuple[tuple[str, str], ...]:
    """All headers as readable text, bounded once more: decoding may not be a way around the bounds."""
    return tuple(
        (text_of(name.lower(), decoder, 100), text_of(value, decoder, bounds.MAX_HEADER_CHARS))
        for name, value in root.fields()
    )


def _missing(root: Part, sender: Address | None, date: datetime | None, ids: tuple[str, ...]) -> set[str]:
    names = [name.lower() for name, _ in root.fields()]
    found = set()
    if sender is None or not sender.address:
        found.add("no_from")
    if date is None:
        found.add("bad_date" if "date" in names else "no_date")
    if not ids:
        found.add("no_message_id")
    if any(names.count(name) > 1 for name in _SINGLE):
        found.add("duplicate_headers")
    if not all(value.isascii() for _, value in root.fields()):
        found.add("raw_8bit_headers")
    return found
