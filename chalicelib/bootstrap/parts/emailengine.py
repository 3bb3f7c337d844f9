"""EmailEngine's API."""

from __future__ import annotations

from chalicelib.adapters.breaker import GuardedSource
from chalicelib.adapters.emailengine.listing import EmailEngineListing
from chalicelib.adapters.emailengine.messages import EmailEngine
from chalicelib.bootstrap.container import Container
from chalicelib.ports import Listing, MessageSource


def listing(parts: Container) -> Listing:
    """What the mailboxes hold."""
    token = parts.backend_secrets.text("emailengine_token")
    return EmailEngineListing(parts.settings.emailengine_url, token, parts.breaker("emailengine"))


def messages(parts: Container) -> MessageSource:
    """Full messages, behind the circuit breaker."""
    settings, token = parts.settings, parts.backend_secrets.text("emailengine_token")
    source = EmailEngine(settings.emailengine_url, token, source_limit=settings.max_source)
    return GuardedSource(source, parts.breaker("emailengine"))
