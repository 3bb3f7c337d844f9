"""The parsed mail: what every door's form becomes before anything is done with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of an address header (RFC 5322 section 3.4); either part may be empty."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """What is known of an attachment; its content is never opened here.

    `size` is in decoded bytes; `sha256` is lower-case hex of the decoded bytes, or
    empty where the door told only name, type and size.
    """

    filename: str
    content_type: str
    size: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, decoded to text. Every string is free of NUL and lone surrogates.

    `headers` are (lower-case name, decoded value) in their order, bounded in number
    and size. `text` is the plain text (derived from the HTML where there is no other),
    `html` the HTML as it came. `date` is timezone-aware. `defects` are codes of what was
    wrong or cut (`no_date`, `truncated_text`, …), never content.
    """

    subject: str
    sender: Address | None
    text: str
    html: str = ""
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    defects: tuple[str, ...] = ()

    def header(self, name: str) -> str:
        """First value of a header, or an empty string."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), "")
