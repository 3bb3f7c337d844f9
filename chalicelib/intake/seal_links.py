"""Seals the links of a mail whose files the rules ask for; `offload` reads them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from chalicelib.core.messages import Envelope
from chalicelib.core.spool_keys import links_key
from chalicelib.mail.links import Provider, find
from chalicelib.mail.model import Mail
from chalicelib.ports import Spool

MAX_LINKS = 50


def with_links(message: Envelope, mail: Mail, providers: Callable[[], Sequence[Provider]], spool: Spool) -> Envelope:
    """Seal the links of a mail whose rules ask for their files. A mail without links does not go to `offload`."""
    if message.routing is None or not message.routing.offload:
        return message
    links = find(mail.text, mail.html, providers())
    if not links:
        return message.changed(routing=replace(message.routing, offload=False))
    seal_links(spool, message, [(link.provider, link.url) for link in links])
    return message


def seal_links(spool: Spool, message: Envelope, links: Sequence[tuple[str, str]]) -> None:
    """Put the links (provider, URL) into the spool. `Retryable`."""
    spool.put(links_key(message.account, message.mail_id), json.dumps(list(links)[:MAX_LINKS]).encode())
