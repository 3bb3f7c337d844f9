"""Where a running local stack is reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from infra.local.settings import ACCOUNTS


@dataclass(frozen=True)
class Info:
    """Where a running stack is reached, and with which credentials.

    `redis_url` and `database_url` are the owner's. The URLs of the stand-ins have the token of their control routes;
    that of a service which is real is empty.
    """

    api: str
    aws: dict[str, str] = field(repr=False)
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    telegram_url: str = field(repr=False)
    emailengine_url: str = field(repr=False)
    credentials: dict[str, Any] = field(repr=False)
    outside_url: str = field(repr=False, default="")
    llm_url: str = field(repr=False, default="")
    accounts: tuple[str, ...] = ACCOUNTS
