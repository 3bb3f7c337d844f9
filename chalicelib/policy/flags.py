"""Runtime flags: Redis first, the durable copy next, a safe default when neither answers.

A container asks the durable copy for a flag at its first use and again every 15 minutes, whatever Redis says: a switch
that somebody made in Redis alone does not last.
"""

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
"""A switch that Redis missed is seen after this at the latest; so often each container asks PostgreSQL."""
UNCHECKED_SECONDS = 60.0
"""While PostgreSQL does not answer, Redis is believed, and PostgreSQL asked again after so long."""
MEMORY_SECONDS = 2.0
VALUES = {b"1": True, b"0": False}
"""What Redis may hold; anything else counts as no answer."""


@dataclass
class Flags:
    """`durable` is called when PostgreSQL is to be asked: its driver is loaded then, and not before."""

    cache: Cache
    durable: Callable[[], FlagStore]
    clock: Callable[[], float]
    _held: dict[str, tuple[float, bool]] = field(default_factory=dict, init=False)
    _check_at: dict[str, float] = field(default_factory=dict, init=False)

    def on(self, name: str) -> bool:
        """The flag's value, at most two seconds old. Raises KeyError for a name that is none."""
        default = DEFAULTS[name]
        held = self._held.get(name)
        now = self.clock()
        if held and now - held[0] < MEMORY_SECONDS:
            return held[1]
        value = self._read(name, default, now)
        self._held[name] = (now, value)
        return value

    def hinted(self, name: str) -> bool | None:
        """What Redis says, None where it does not know; asks no database."""
        return VALUES.get(self.cache.get(_key(name)) or b"")

    def _read(self, name: str, default: bool, now: float) -> bool:
        cached = VALUES.get(self.cache.get(_key(name)) or b"")
        if cached is not None and now < self._check_at.get(name, float("-inf")):
            return cached
        try:
            value = self.durable().flags().get(name, default)
        except (MailroomError, ConfigurationError):  # an endpoint accepts mail without a database, broken or absent
            self._check_at[name] = now + UNCHECKED_SECONDS
            return default if cached is None else cached
        self._check_at[name] = now + CACHE_SECONDS
        if cached not in (None, value):
            # Not overwritten: a switch that was made since the question must not be undone.
            self.cache.delete(_key(name))
        self.cache.set(_key(name), b"1" if value else b"0", CACHE_SECONDS, only_if_absent=True)
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
