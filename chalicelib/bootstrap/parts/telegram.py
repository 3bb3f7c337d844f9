"""The Bot API."""

from __future__ import annotations

from chalicelib.adapters.breaker import GuardedMessenger
from chalicelib.adapters.postgres.chats import PostgresChatBook
from chalicelib.adapters.telegram.messenger import Telegram
from chalicelib.adapters.telegram.places import MemoryChatBook
from chalicelib.bootstrap.container import Container
from chalicelib.ports import ChatBook, Messenger


def messenger(parts: Container) -> Messenger:
    """Telegram, behind its circuit breaker; where the chat is now is kept in the database."""
    return _guarded(parts, PostgresChatBook(parts.database))


def alarm_messenger(parts: Container) -> Messenger:
    """As `messenger`, without a database: the alarm may be about it, and its function has no login."""
    return _guarded(parts, MemoryChatBook())


def _guarded(parts: Container, book: ChatBook) -> Messenger:
    settings, token = parts.settings, parts.backend_secrets.text("telegram_token")
    telegram = Telegram(settings.telegram_url, token, settings.telegram_chat, settings.telegram_topics, book)
    return GuardedMessenger(telegram, parts.breaker("telegram"))
