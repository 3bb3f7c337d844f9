"""The cache in Redis or Valkey: a hint, whose absence costs a moment and never an error (design invariant 5)."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from chalicelib.core.errors import ConfigurationError, Retryable

REST_SECONDS = 5.0
"""After a failure Redis is not asked for so long: a batch must not wait its time-out for every mail."""

SWAP = """
local held = redis.call('GET', KEYS[1])
if (held or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""
"""Compare and set in one step: a script runs alone in the server."""

T = TypeVar("T")


def _nothing() -> None:
    pass


class RedisCache:
    """A `Cache` and a `Board`. `timeout` bounds connecting and each answer, in seconds; `url` may hold a password.

    `unavailable` counts the failures; `on_unavailable` is called at each (a metric, say). Calls
    that are skipped while Redis rests count for neither.
    """

    def __init__(
        self,
        url: str,
        timeout: float = 0.2,
        on_unavailable: Callable[[], None] = _nothing,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.unavailable = 0
        self._url = url
        self._timeout = timeout
        self._on_unavailable = on_unavailable
        self._clock = clock
        self._client: Any = None
        self._rest_until = 0.0
        self._refused = False

    def __repr__(self) -> str:
        return "RedisCache(***)"

    def get(self, key: str) -> bytes | None:
        """The value, or None: also where Redis does not answer."""
        value: bytes | None = self._hint(lambda redis: redis.get(key), None)
        return value

    def set(self, key: str, value: bytes, ttl: int, only_if_absent: bool = False) -> bool:
        """True when written; False also where Redis does not answer."""
        return self._hint(lambda redis: bool(redis.set(key, value, ex=max(1, ttl), nx=only_if_absent)), False)

    def delete(self, key: str) -> None:
        """Remove, where Redis answers."""
        self._hint(lambda redis: redis.delete(key), None)

    def read(self, key: str) -> bytes | None:
        """The value. `Retryable("cache_unavailable")`, also while Redis rests."""
        found: bytes | None = self._certain(lambda redis: redis.get(key))
        return found

    def compare_and_set(self, key: str, old: bytes | None, new: bytes, ttl: int) -> bool:
        """Compare and set. `Retryable("cache_unavailable")`, also while Redis rests."""
        return bool(self._certain(lambda redis: redis.eval(SWAP, 1, key, old or b"", new, max(1, ttl))))

    def _certain(self, call: Callable[[Any], Any]) -> Any:
        answered: list[Any] = self._hint(lambda redis: [call(redis)], [])
        if not answered:
            raise Retryable("cache_unavailable")
        return answered[0]

    def script(self, text: str, keys: Sequence[str], arguments: Sequence[str]) -> Any:
        """The answer of a Lua script, which Redis runs as one step; None where Redis does not answer."""
        digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

        def call(redis: Any) -> Any:
            from redis.exceptions import NoScriptError

            try:
                return redis.evalsha(digest, len(keys), *keys, *arguments)
            except NoScriptError:
                return redis.eval(text, len(keys), *keys, *arguments)

        return self._hint(call, None)

    def ping(self) -> None:
        """Ask Redis now, also while it is paused. `Retryable("cache_unavailable")`, `ConfigurationError`.

        Mail goes on without Redis, so only here a refused login is more than "no answer".
        """
        self._rest_until = 0.0
        if self._hint(lambda redis: bool(redis.ping()), False):
            return
        if self._refused:
            raise ConfigurationError("redis_url", "the server refuses this login", "Check user and password")
        raise Retryable("cache_unavailable")

    def close(self) -> None:
        """End the kept connections; the next call opens new ones."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _hint(self, call: Callable[[Any], T], otherwise: T) -> T:
        if self._clock() < self._rest_until:
            return otherwise
        import redis

        try:
            return call(self._open())
        except (redis.RedisError, OSError) as error:
            self._refused = isinstance(error, redis.AuthenticationError | redis.exceptions.NoPermissionError)
            self.unavailable += 1
            self._rest_until = self._clock() + REST_SECONDS
            self._on_unavailable()
            return otherwise

    def _open(self) -> Any:
        if self._client is None:
            import redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry

            try:
                client = redis.Redis.from_url(
                    self._url,
                    socket_timeout=self._timeout,
                    socket_connect_timeout=self._timeout,
                    # One more try at once: a container that was frozen wakes up with a closed connection.
                    retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
                )
                client.connection_pool.make_connection()  # connects to nothing, and checks the URL's options
            except (ValueError, TypeError, redis.RedisError):
                raise ConfigurationError(
                    "redis_url", "it is not a Redis URL", "Write redis://, rediss:// or unix://"
                ) from None
            self._client = client
        return self._client
