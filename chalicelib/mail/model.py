"""The parsed mail: what the form of every source becomes before anything is done with it."""

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
    empty where the source gives only name, type and size. `inline` says that it is a picture inside the text.
    """

    filename: str
    content_type: str
    size: int
    sha256: str = ""
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, decoded to text. Every string is free of NUL and lone surrogates.

    `headers` are (lower-case name, decoded value) in their order, bounded in number
    and size. `text` is what the sender wrote, as plain text (derived from the HTML where that says more), `quoted`
    the earlier mail below it; a mail that only quotes has it all in `text`. `html` is the HTML as it came. `date` is
    timezone-aware. `defects` are codes of what was wrong, cut or guessed (`no_date`, `truncated_text`,
    `charset_guessed`, …), never content. `marks` are codes of what the structure says (`dsn_failed`, `read_receipt`,
    `pgp_signed`, …): `traits` passes them on.
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
    quoted: str = ""
    marks: tuple[str, ...] = ()

    @property
    def full_text(self) -> str:
        """What the sender wrote, then what is quoted."""
        return "\n\n".join(text for text in (self.text, self.quoted) if text)

    def header(self, name: str) -> str:
        """First value of a header, or an empty string."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), "")
