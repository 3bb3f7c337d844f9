"""From a parsed mail to what the rules are asked: addresses in the one form that lists are compared in."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from chalicelib.rules.decision import Facts

if TYPE_CHECKING:
    from chalicelib.mail.model import Mail


def facts_of(mail: Mail, account: str, labels: Iterable[str] = ()) -> Facts:
    """The mail as the rules see it; `labels` are those that the Gmail door was told. Never raises."""
    return Facts(
        account=account,
        sender=plain_address(mail.sender.address) if mail.sender else "",
        sender_name=mail.sender.name if mail.sender else "",
        recipients=tuple(dict.fromkeys(filter(None, (plain_address(one.address) for one in (*mail.to, *mail.cc))))),
        subject=mail.subject,
        body=mail.text,
        html=mail.html,
        labels=tuple(labels),
        attachments=tuple(attachment.filename for attachment in mail.attachments),
    )


def plain_address(address: str) -> str:
    """Lower case, the domain in A-labels (RFC 3490) without a dot at its end; what is no address stays as it is."""
    local, at, domain = address.strip().casefold().rpartition("@")
    if not at:
        return domain
    domain = domain.rstrip(".")
    if not domain.isascii() and len(domain) < 256:
        with suppress(UnicodeError):  # no domain that could receive mail: compared as it is
            domain = domain.encode("idna").decode("ascii")
    return f"{local}@{domain}"
