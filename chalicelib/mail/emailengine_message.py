"""EmailEngine's message answer (`GET …/message/{id}?textType=*`) to a `Mail`, for when the source cannot be had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chalicelib.mail import bounds
from chalicelib.mail.characters import one_line
from chalicelib.mail.charset import Decoder
from chalicelib.mail.dates import parse_date
from chalicelib.mail.fields import absent, attachment_name, bodies, header_pairs, items, size_of, string
from chalicelib.mail.headers import is_forward, message_ids, text_of
from chalicelib.mail.model import Address, Attachment, Mail
from chalicelib.mail.readers.quotes import split_quotation
from chalicelib.mail.reference import NOBODY


def from_message(message: Mapping[str, object]) -> Mail:
    """The mail of one answer. Never raises: missing or odd fields count as absent.

    Attachment sizes are estimates: EmailEngine states the encoded size (`encodedSize`), and no digest.
    A text that EmailEngine cut (`hasMore`) gets the defect `truncated_text`.
    """
    decoder = Decoder()
    headers = header_pairs(message.get("headers"), decoder)
    found = dict(reversed(headers))
    given = message.get("text")
    texts = given if isinstance(given, Mapping) else {}
    text, html, defects = bodies(_joined(texts.get("plain")), _joined(texts.get("html")))
    if texts.get("hasMore") is True:
        defects.add("truncated_text")
    # EmailEngine's `date` is the server's internal date where the mail has none: the header, if present, is better.
    date = parse_date(found.get("date", "")) or parse_date(string(message.get("date")))
    ids = message_ids(string(message.get("messageId")) or found.get("message-id", ""))
    sender = next(iter(_people(message.get("from"), decoder)), None)
    defects |= absent(sender, date is not None, bool(ids)) | decoder.defects
    subject = text_of(string(message.get("subject")), decoder, bounds.MAX_SUBJECT_CHARS)
    text, quoted = split_quotation(text, is_forward(subject))
    return Mail(
        subject=subject,
        sender=sender,
        text=text,
        quoted=quoted,
        html=html,
        to=tuple(_people(message.get("to"), decoder)),
        cc=tuple(_people(message.get("cc"), decoder)),
        reply_to=tuple(_people(message.get("replyTo"), decoder)),
        date=date,
        message_id=ids[0] if ids else "",
        in_reply_to=next(iter(message_ids(string(message.get("inReplyTo")))), ""),
        references=message_ids(found.get("references", "")),
        attachments=tuple(_attachments(message.get("attachments"))),
        headers=tuple(headers),
        defects=tuple(sorted(defects)),
    )


def _joined(value: object) -> str:
    """EmailEngine gives a text, older versions a list of them."""
    return "\n".join(string(item) for item in items(value))


def _people(value: object, decoder: Decoder) -> Iterable[Address]:
    for item in items(value):
        if isinstance(item, Mapping):
            name = text_of(string(item.get("name"))[:5_000], decoder, bounds.MAX_NAME_CHARS)
            address = "".join(one_line(string(item.get("address")), bounds.MAX_ADDRESS_CHARS).split())
            if address.casefold() == NOBODY:
                address = ""
            if name or address:
                yield Address(name, address)


def _attachments(value: object) -> Iterable[Attachment]:
    for item in items(value)[: bounds.MAX_ATTACHMENTS]:
        if isinstance(item, Mapping):
            kind = one_line(string(item.get("contentType")), 200).lower() or "application/octet-stream"
            size = size_of(item.get("encodedSize")) * 3 // 4
            inline = kind.startswith("image/") and item.get("inline") is not False
            yield Attachment(attachment_name(item.get("filename")), kind, size, inline=inline)
