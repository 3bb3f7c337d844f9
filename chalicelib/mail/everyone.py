"""Pure: every address that a mail names in its headers, whatever the part that it plays there."""

from __future__ import annotations

from chalicelib.mail.addresses import addresses
from chalicelib.mail.charset import Decoder
from chalicelib.mail.model import Mail

OTHERS = (
    "from", "sender", "reply-to", "to", "cc", "bcc", "return-path", "delivered-to", "x-original-to", "errors-to",
    "disposition-notification-to", "resent-from", "resent-sender", "resent-to", "resent-cc", "resent-bcc",
)  # fmt: skip
"""Address fields of RFC 5322 section 3.6, RFC 9228 and common practice."""
MOST = 20_000
"""A field as long as the parser reads it (`bounds.MAX_HEADER_CHARS`) names fewer, the shortest addresses included."""


def all_addresses(mail: Mail) -> tuple[str, ...]:
    """Addresses as they stand there, without repeats, at most `MOST`."""
    boxes = [*((mail.sender,) if mail.sender else ()), *mail.reply_to, *mail.to, *mail.cc]
    found = [box.address for box in boxes]
    for name, value in mail.headers:
        if name in OTHERS:
            found += [box.address for box in addresses(value, Decoder(), MOST)]
    return tuple(dict.fromkeys(address for address in found if "@" in address))[:MOST]
