"""Runtime flags: Redis first, the durable copy next, a safe default when neither answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.core.doors import DOORS
from chalicelib.core.errors import ConfigurationError, MailroomError

if TYPE_CHECKING:  # the endpoints read flags and need only these names of the ports
    from chalicelib.ports import Cache, FlagStore

DEFAULTS = {
    **{door.flag: True for door in DOORS},
    "notifications_enabled": True,
    "webhook_sending_enabled": True,
}
"""Every flag and its safe default: what keeps mail flowing, because nothing that was accepted may wait unseen."""

CACHE_SECONDS = 15 * 60
"""Seconds after which a switch that Redis missed is seen at the latest: how often an endpoint asks PostgreSQL."""
MEMORY_SECONDS = 2.0
VALUES = {b"1": True, b"0": False}
"""What Redis may hold; anything else counts as no answer."""


@dataclass
class Flags:
    """`durable` is called only when Redis has no answer, so that an endpoint loads no database driver otherwise."""

    cache: Cache
    durable: Callable[[], FlagStore]
    clock: Callable[[], float]
    _held: dict[str, tuple[float, bool]] = field(default_factory=dict, init=False)

    def on(self, name: str) -> bool:
        """The flag's value, at most two seconds old. Raises KeyError for a name that is none."""
        default = DEFAULTS[name]
        held = self._held.get(name)
        now = self.clock()
        if held and now - held[0] < MEMORY_SECONDS:
            return held[1]
        value = self._read(name, default)
        self._held[name] = (now, value)
        return value

    def hinted(self, name: str) -> bool | None:
        """What Redis says, None where it does not know; asks no database."""
        return VALUES.get(self.cache.get(_key(name)) or b"")

    def _read(self, name: str, default: bool) -> bool:
        cached = self.cache.get(_key(name))
        if cached in VALUES:
            return VALUES[cached]
        try:
            value = self.durable().flags().get(name, default)
        except (MailroomError, ConfigurationError):  # an endpoint accepts mail without a database, broken or absent
            return default
        self.cache.set(_key(name), b"1" if value else b"0", CACHE_SECONDS)
        return value

    def switch(self, name: str, value: bool, author: str) -> None:
        """Write the durable copy, then Redis. Raises KeyError, or `Retryable` when the database is unavailable."""
        if name not in DEFAULTS:
            raise KeyError(name)
        self.durable().set_flag(name, value, author)
        if not self.cache.set(_key(name), b"1" if value else b"0", CACHE_SECONDS):
            self.cache.delete(_key(name))
        self._held.pop(name, None)


def _key(name: str) -> str:
    return f"flag:{name}"
