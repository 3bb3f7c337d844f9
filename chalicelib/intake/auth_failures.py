"""Failed tries to come in, counted by address and in all; asked after a failure only, so that success costs nothing."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from chalicelib.core.errors import Retryable
from chalicelib.resilience.rates import MemoryLimiter, Quota

if TYPE_CHECKING:
    from chalicelib.ports import Limiter

ONE_ADDRESS = (10.0, 20)
"""Failed tries a minute and at once, of one address (an IPv6 network of 64 bits is one)."""
ALL = (300.0, 600)
"""Failed tries a minute and at once, of all strangers together."""
CROWDED = 60.0
"""Seconds that an address waits after one failure while all together fail too often."""
MOST = 10_000
"""Addresses that a container remembers as barred; the oldest is forgotten first."""


class AuthFailureLimiter:
    """The failures of a container's callers. Without Redis, or the key of the hashes, it counts for itself."""

    def __init__(self, limiter: Callable[[], Limiter], key: Callable[[], bytes], clock: Callable[[], float]) -> None:
        self._limiter = limiter
        self._key = key
        self._clock = clock
        self._here = MemoryLimiter(clock)
        self._blocked: OrderedDict[str, float] = OrderedDict()

    def blocked_for(self, address: str) -> float:
        """Seconds that this address still has to wait; 0 for one that is not known for failures."""
        return max(0.0, self._blocked.get(_network(address), 0.0) - self._clock()) if self._blocked else 0.0

    def record(self, address: str) -> float:
        """Count a failure; the seconds that the address has to wait, 0 while it may try again."""
        wait = self.blocked_for(address)
        if wait:
            return wait
        network = _network(address)
        try:
            limiter, name = self._limiter(), _hashed(network, self._key())
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


def _network(address: str) -> str:
    """The address, or the network of one that may change the lower 64 bits as it likes."""
    if ":" not in address:
        return address
    from ipaddress import IPv6Address

    try:
        return str(int(IPv6Address(address)) >> 64)
    except ValueError:
        return address


def _hashed(text: str, key: bytes) -> str:
    return hmac.new(key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]
