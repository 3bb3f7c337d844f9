"""The rules in force: memory for two seconds, Redis (sealed), PostgreSQL, and the last known when nothing answers.

A container asks PostgreSQL at its first use and again every 15 minutes, whatever Redis says: an older value that was
put back into Redis is not believed, not even by a container that has seen no newer one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib.core.errors import ConfigurationError, MailroomError, Permanent, Retryable
from chalicelib.policy.ruleset import InvalidRules, RuleSet, load

if TYPE_CHECKING:  # the endpoints read the rules and need only these names of the ports
    from chalicelib.ports import Cache, RuleStore, RuleVersion

KEY = "rules:in_force"
CACHE_SECONDS = 15 * 60
"""A change that Redis missed is seen after this at the latest; so often each container asks PostgreSQL."""
MEMORY_SECONDS = 2.0
UNCHECKED_SECONDS = 60.0
"""While PostgreSQL does not answer, Redis is believed, and PostgreSQL asked again after so long."""
REST_SECONDS = 10.0
"""Seconds without asking PostgreSQL after a failure: a batch must not wait for its time-out once per mail."""

PLACE = "rules in force"
"""What the sealed value is authenticated for: no other sealed value can take its place."""
NO_RULES = b"\x02"
"""What the value begins with that says "none yet"; a sealed one begins with its format's number, 1."""


def _nothing(_code: str) -> None:
    pass


@dataclass
class RuleBook:
    """`durable` is called when PostgreSQL is to be asked: its driver is loaded then, and not before.

    `key` is the mapping key (32 bytes), asked for only when there is something to open or to seal.
    `on_unavailable` is called with a code at each failure to read them (a metric, say).
    """

    cache: Cache
    durable: Callable[[], RuleStore]
    key: Callable[[], bytes]
    clock: Callable[[], float]
    on_unavailable: Callable[[str], None] = _nothing
    _held: RuleSet | None = field(default=None, init=False)
    _value: bytes | None = field(default=None, init=False)
    _broken: ConfigurationError | None = field(default=None, init=False)
    _until: float = field(default=float("-inf"), init=False)
    _check_at: float = field(default=float("-inf"), init=False)

    def current(self) -> RuleSet:
        """The rules, at most two seconds old; version 0 and empty while none were ever saved.

        `Retryable("rules_unavailable")` when neither Redis nor PostgreSQL answers and none are held from before,
        or when the saved ones are none that this code understands; `ConfigurationError` when none are held and the
        set-up is broken.
        """
        now = self.clock()
        if now < self._until:
            return self._known()
        try:
            self._held = self._read(now)
            self._until = now + MEMORY_SECONDS
        except ConfigurationError as error:
            self._until, self._broken = now + REST_SECONDS, error
            self.on_unavailable("configuration")
        except (MailroomError, InvalidRules) as error:
            self._until, self._broken = now + REST_SECONDS, None
            self.on_unavailable(error.code if isinstance(error, MailroomError) else "rules_not_understood")
        return self._known()

    def save(
        self, document: Mapping[str, Any], author: str, comment: str, base_version: int, restores: int | None = None
    ) -> RuleVersion:
        """Check, write the next version, let Redis know. Raises `InvalidRules`, and what `RuleStore.save` raises."""
        load(document, base_version + 1)
        saved = self.durable().save(document, author, comment, base_version, restores)
        value = _sealed(saved, self.key())
        if not self.cache.set(KEY, value, CACHE_SECONDS):
            self.cache.delete(KEY)
        self._until = float("-inf")
        return saved

    def _known(self) -> RuleSet:
        if self._held is None:
            raise self._broken or Retryable("rules_unavailable")
        return self._held

    def _read(self, now: float) -> RuleSet:
        if now < self._check_at:
            return self._from_cache() or self._from_store()
        cached = self._from_cache()
        try:
            found = self._from_store()
        except (MailroomError, ConfigurationError) as error:
            if cached is None:
                raise
            self._check_at = now + UNCHECKED_SECONDS
            self.on_unavailable(error.code if isinstance(error, MailroomError) else "configuration")
            return cached
        self._check_at = now + CACHE_SECONDS
        if cached is not None and cached.version != found.version:
            self.cache.delete(KEY)
        return found

    def _from_cache(self) -> RuleSet | None:
        value = self.cache.get(KEY)
        if value is None:
            return None
        if self._held is not None and value == self._value:
            return self._held
        try:
            version, document = _opened(value, self.key())
            found = load(document, version)
        except (Permanent, InvalidRules):
            found = None
        # Another client put back an older version than this process has seen: PostgreSQL decides.
        if found is None or (self._held is not None and found.version < self._held.version):
            self.cache.delete(KEY)
            return None
        self._value = value
        return found

    def _from_store(self) -> RuleSet:
        saved = self.durable().current()
        version, document = (saved.change.version, saved.document) if saved else (0, {})
        if self._held is None or (self._held.version, self._held.document) != (version, document):
            found = load(document, version)
        else:
            found = self._held
        value = _sealed(saved, self.key())
        # Only if there is none: a change that was saved in the meantime must not be undone.
        if self.cache.set(KEY, value, CACHE_SECONDS, only_if_absent=True):
            self._value = value
        return found


def _sealed(saved: RuleVersion | None, key: bytes) -> bytes:
    """What Redis holds. "No rules" is no secret, so it is marked without loading a cipher."""
    if saved is None:
        return NO_RULES + _none(key)
    from chalicelib.privacy.mapping import seal

    return seal({"version": str(saved.change.version), "document": json.dumps(saved.document)}, key, PLACE)


def _opened(value: bytes, key: bytes) -> tuple[int, dict[str, Any]]:
    """Version and document. `Permanent` for anything that was not sealed by `_sealed` with this key."""
    if hmac.compare_digest(value, NO_RULES + _none(key)):
        return 0, {}
    if value[:1] == NO_RULES:
        raise Permanent("mapping_unreadable")
    from chalicelib.privacy.mapping import open_sealed

    opened = open_sealed(value, key, PLACE)
    try:
        version, document = int(opened["version"]), json.loads(opened["document"])
    except (KeyError, ValueError):
        raise Permanent("mapping_unreadable") from None
    if not isinstance(document, dict):
        raise Permanent("mapping_unreadable")
    return version, document


def _none(key: bytes) -> bytes:
    return hmac.new(key, b"no " + PLACE.encode(), hashlib.sha256).digest()
