"""Limits failed authentications, by address and in total. Counted after a failure only: success costs nothing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from chalicelib.core.errors import Retryable
from chalicelib.core.keyed_hashes import keyed_hash
from chalicelib.core.networks import network as network_of
from chalicelib.resilience.rates import MemoryLimiter, Quota

if TYPE_CHECKING:
    from chalicelib.ports import Limiter

ONE_ADDRESS = (10.0, 20)
"""Failures a minute, and at once, of one address (`core.networks` says what counts as one)."""
ALL = (300.0, 600)
"""Failures a minute, and at once, of all addresses together."""
CROWDED = 60.0
"""Seconds that an address is blocked after one failure while all together fail too often."""
MOST = 10_000
"""Addresses that a container remembers as blocked; the oldest is forgotten first."""


class AuthFailureLimiter:
    """The failures of a container's callers. Without Redis or the key of the hashes, the container counts alone."""

    def __init__(self, limiter: Callable[[], Limiter], key: Callable[[], bytes], clock: Callable[[], float]) -> None:
        self._limiter = limiter
        self._key = key
        self._clock = clock
        self._here = MemoryLimiter(clock)
        self._blocked: OrderedDict[str, float] = OrderedDict()

    def blocked_for(self, address: str) -> float:
        """Seconds until this address may try again; 0 for one that is not blocked."""
        return max(0.0, self._blocked.get(network_of(address), 0.0) - self._clock()) if self._blocked else 0.0

    def record(self, address: str) -> float:
        """Count a failure; the seconds that the address is now blocked, 0 while it may try again."""
        wait = self.blocked_for(address)
        if wait:
            return wait
        network = network_of(address)
        try:
            limiter, name = self._limiter(), keyed_hash("network", network, self._key())
        except Retryable:
            limiter, name = self._here, network
        [wait] = limiter.take([[Quota(f"failed:{name}", *ONE_ADDRESS)]])
        if not wait and limiter.take([[Quota("failed", *ALL)]])[0]:
            wait = CROWDED
        if wait:
            self._blocked[network] = self._clock() + wait
            self._blocked.move_to_end(network)
            while len(self._blocked) > MOST:
                self._blocked.popitem(last=False)
        return wait
