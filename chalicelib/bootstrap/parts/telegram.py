"""The Bot API."""

from __future__ import annotations

from chalicelib.adapters.breaker import GuardedMessenger
from chalicelib.adapters.telegram.messenger import Telegram
from chalicelib.bootstrap.container import Container
from chalicelib.ports import Messenger


def messenger(parts: Container) -> Messenger:
    """Telegram, behind its circuit breaker."""
    settings, token = parts.settings, parts.backend_secrets.text("telegram_token")
    telegram = Telegram(settings.telegram_url, token, settings.telegram_chat, settings.telegram_topics)
    return GuardedMessenger(telegram, parts.breaker("telegram"))
