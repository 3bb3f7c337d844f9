"""A mail that comes in fields (the Gmail push) to a `Mail`; the endpoint checks types, the content is anyone's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chalicelib.mail import bounds
from chalicelib.mail.addresses import addresses
from chalicelib.mail.characters import clean, one_line, tidy
from chalicelib.mail.charset import Decoder
from chalicelib.mail.choose import richer
from chalicelib.mail.dates import parse_date
from chalicelib.mail.headers import is_forward, message_ids, text_of
from chalicelib.mail.html import html_to_text
from chalicelib.mail.model import Address, Attachment, Mail
from chalicelib.mail.readers.protected import without_armor
from chalicelib.mail.readers.quotes import split_quotation


def from_push(push: Mapping[str, object]) -> Mail:
    """The mail of one push (sender, body, subject, date, message_id, to, cc, …).

    Never raises: a field of another type than expected counts as absent. `to` and `cc` may be a header's
    text or a list; `headers` name → text or list of texts. Missing text comes from `body_html`.
    """
    decoder = Decoder()
    headers = header_pairs(push.get("headers"), decoder)
    found = dict(reversed(headers))
    text, html, defects = bodies(push.get("body"), push.get("body_html"))
    date = parse_date(string(push.get("date")) or found.get("date", ""))
    ids = message_ids(string(push.get("message_id")) or found.get("message-id", ""))
    sender = next(iter(mailboxes(push.get("sender"), decoder)), None)
    defects |= absent(sender, date is not None, bool(ids)) | decoder.defects
    subject = text_of(string(push.get("subject")), decoder, bounds.MAX_SUBJECT_CHARS)
    text, quoted = split_quotation(text, is_forward(subject))
    return Mail(
        subject=subject,
        sender=sender,
        text=text,
        quoted=quoted,
        html=html,
        to=mailboxes(push.get("to"), decoder),
        cc=mailboxes(push.get("cc"), decoder),
        reply_to=mailboxes(found.get("reply-to"), decoder),
        date=date,
        message_id=ids[0] if ids else "",
        in_reply_to=next(iter(message_ids(found.get("in-reply-to", ""))), ""),
        references=message_ids(found.get("references", "")),
        attachments=tuple(_attachments(push.get("attachments"))),
        headers=tuple(headers),
        defects=tuple(sorted(defects)),
    )


def string(value: object) -> str:
    """A text, or an empty one for anything else."""
    return value if isinstance(value, str) else ""


def items(value: object) -> list[object]:
    """A list (bounded), a list of one for a single value, an empty one for None."""
    if value is None:
        return []
    return list(value[: bounds.MAX_ADDRESSES]) if isinstance(value, list | tuple) else [value]


def mailboxes(value: object, decoder: Decoder) -> tuple[Address, ...]:
    """Addresses of a header text or a list of them."""
    found = [box for item in items(value) for box in addresses(string(item)[: bounds.MAX_HEADER_CHARS], decoder)]
    return tuple(found[: bounds.MAX_ADDRESSES])


def header_pairs(value: object, decoder: Decoder) -> list[tuple[str, str]]:
    """Bounded (lower-case name, text) pairs of a mapping name → text or list of texts."""
    pairs: list[tuple[str, str]] = []
    room = bounds.MAX_ALL_HEADER_CHARS
    for name, content in _entries(value):
        text = text_of(string(content)[: bounds.MAX_HEADER_CHARS], decoder, bounds.MAX_HEADER_CHARS)
        room -= len(text)
        if room < 0 or len(pairs) >= bounds.MAX_HEADERS:
            break
        pairs.append((one_line(name, 100).lower(), text))
    return pairs


def _entries(value: object) -> Iterable[tuple[str, object]]:
    if isinstance(value, Mapping):
        for name, content in value.items():
            for item in items(content):
                yield string(name), item


def bodies(plain: object, html: object) -> tuple[str, str, set[str]]:
    """(text, HTML, defects) of the two body fields; the text is the HTML's where that says more, as in a raw mail."""
    defects: set[str] = set()
    markup = clean(string(html)[: bounds.MAX_HTML_CHARS])
    given = string(plain)
    if len(string(html)) > bounds.MAX_HTML_CHARS:
        defects.add("truncated_html")
    text, marks = without_armor(tidy(given[: bounds.MAX_TEXT_CHARS]))
    if markup and not marks:
        shown, simplified = html_to_text(markup)
        if (chosen := richer(text, shown[: bounds.MAX_TEXT_CHARS])) != text:
            text, given = chosen, shown
            if simplified:
                defects.add("html_simplified")
    if len(given) > bounds.MAX_TEXT_CHARS:
        defects.add("truncated_text")
    return text, markup, defects


def absent(sender: Address | None, date: bool, message_id: bool) -> set[str]:
    """The defect codes for what a mail lacks."""
    lacking = {"no_from": not (sender and sender.address), "no_date": not date, "no_message_id": not message_id}
    return {code for code, true in lacking.items() if true}


def attachment_name(value: object) -> str:
    """A file name without folders, on one line."""
    name = one_line(string(value), 1_000).replace("\\", "/").rpartition("/")[2]
    return name.strip(". ")[: bounds.MAX_FILENAME_CHARS]


def size_of(value: object) -> int:
    """A size in bytes; 0 for anything that is none."""
    return min(value, 2**40) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _attachments(value: object) -> Iterable[Attachment]:
    for item in items(value)[: bounds.MAX_ATTACHMENTS]:
        if isinstance(item, Mapping):
            kind = one_line(string(item.get("type")), 200).lower() or "application/octet-stream"
            yield Attachment(
                attachment_name(item.get("name")), kind, size_of(item.get("size")), inline=kind.startswith("image/")
            )
