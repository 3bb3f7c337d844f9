"""Turns a parsed mail into the facts that rules read; addresses get the form in which lists are compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib.policy.decision import Facts

if TYPE_CHECKING:
    from chalicelib.mail.model import Mail

MAX_DOMAIN_CHARS = 255
_NEEDS_QUOTES = frozenset(' "(),:;<>@[\\]')


def facts_of(mail: Mail, account: str, labels: Iterable[str] = ()) -> Facts:
    """The mail as the rules see it; `labels` are those of a Gmail push. Never raises."""
    return Facts(
        account=account,
        sender=plain_address(mail.sender.address) if mail.sender else "",
        sender_name=mail.sender.name if mail.sender else "",
        recipients=tuple(dict.fromkeys(filter(None, (plain_address(one.address) for one in (*mail.to, *mail.cc))))),
        subject=mail.subject,
        body=mail.full_text,
        html=mail.html,
        labels=tuple(labels),
        attachments=tuple(attachment.filename for attachment in mail.attachments),
    )


def sender_of(raw: str) -> tuple[str, str]:
    """(address, name) of a raw From: `"a@b" <c@d>` is c@d with the name a@b; empty where there is none."""
    from chalicelib.mail.addresses import addresses
    from chalicelib.mail.charset import Decoder

    box = next(iter(addresses(raw, Decoder())), None)
    return (plain_address(box.address), box.name) if box else ("", "")


def plain_address(address: str) -> str:
    """Lower case, the domain in A-labels without a dot at its end; what is no address stays as it is.

    Quotes around a local part that needs none go: with and without, it is the same (RFC 5321 section 4.1.2).
    """
    local, at, domain = address.strip().rpartition("@")
    domain = a_labels(domain)
    if not at:
        return domain
    if len(local) > 2 and local[0] == local[-1] == '"' and not _NEEDS_QUOTES & set(local[1:-1]):
        local = local[1:-1]
    return f"{unicodedata.normalize('NFC', local).casefold()}@{domain}"


@lru_cache(maxsize=1024)
def a_labels(domain: str) -> str:
    """A domain in lower case and A-labels (IDNA 2008, UTS 46), without a dot at its end; what is none: lower case."""
    domain = domain.strip().rstrip(".")
    if domain.isascii() or len(domain) > MAX_DOMAIN_CHARS:
        return domain.lower()
    import idna  # tables of Unicode: only for the few domains that need them

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return domain.lower()
