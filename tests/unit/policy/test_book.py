"""The rule book: memory, Redis, PostgreSQL, the last known; and what Redis may and may not hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core.errors import ConfigurationError, MailroomError, Permanent, Retryable
from chalicelib.policy.book import CACHE_SECONDS, KEY, MEMORY_SECONDS, NO_RULES, PLACE, REST_SECONDS, RuleBook
from chalicelib.policy.ruleset import InvalidRules
from chalicelib.privacy.mapping import seal
from tests.twins.cache import MemoryCache
from tests.twins.rules import MemoryRuleStore

SECRET = bytes(range(32))
FIRST: dict[str, Any] = {"allowlist": {"domains": ["example.org"]}}
BROKEN = ConfigurationError("database_url", "the server refuses this login", "Check it")
SECOND: dict[str, Any] = {"allowlist": {"domains": ["example.com"]}}


class World:
    """A rule book over twins and a clock that stands still."""

    def __init__(self) -> None:
        self.now = 0.0
        self.cache = MemoryCache(lambda: self.now)
        self.store = MemoryRuleStore()
        self.failures: list[str] = []
        self.book = self.another()

    def another(self, key: bytes = SECRET) -> RuleBook:
        """The rule book of another container."""
        return RuleBook(self.cache, lambda: self.store, lambda: key, self._clock(), self.failures.append)

    def later(self, seconds: float = MEMORY_SECONDS) -> None:
        self.now += seconds

    def away(self, code: str = "database_unavailable") -> None:
        self.store.error = Retryable(code)

    def _clock(self) -> Callable[[], float]:
        return lambda: self.now


@pytest.fixture
def world() -> World:
    return World()


def seen(book: RuleBook) -> tuple[int, Any]:
    rules = book.current()
    return rules.version, rules.document


def test_before_any_were_saved_there_are_none(world: World) -> None:
    assert seen(world.book) == (0, {})
    assert world.book.current().empty


def test_what_was_saved_is_in_force_at_once_where_it_was_saved(world: World) -> None:
    world.book.current()
    world.book.save(FIRST, "ann", "", 0)
    assert seen(world.book) == (1, FIRST)


def test_what_was_saved_is_seen_by_another_container_after_seconds(world: World) -> None:
    other = world.another()
    other.current()
    world.book.save(FIRST, "ann", "", 0)
    world.later()
    assert seen(other) == (1, FIRST)


def test_an_answer_is_kept_for_seconds(world: World) -> None:
    other = world.another()
    other.current()
    world.book.save(FIRST, "ann", "", 0)
    world.later(MEMORY_SECONDS - 0.1)
    assert seen(other) == (0, {})


def test_a_container_asks_postgresql_first_and_then_believes_redis(world: World) -> None:
    world.book.save(FIRST, "ann", "", 0)
    reads, other = world.store.reads, world.another()
    for _ in range(int(CACHE_SECONDS / MEMORY_SECONDS)):
        assert seen(other) == (1, FIRST)
        world.later()
    assert world.store.reads == reads + 1


def test_older_rules_that_are_put_back_are_not_believed_by_a_container_that_saw_no_others(world: World) -> None:
    world.book.save(FIRST, "ann", "", 0)
    old = world.cache.get(KEY)
    assert old is not None
    world.book.save(SECOND, "bob", "", 1)
    world.cache.set(KEY, old, 10**6)
    other = world.another()
    for _ in range(3):
        assert seen(other) == (2, SECOND)
        world.later()
        world.cache.set(KEY, old, 10**6)


def test_a_value_that_never_ends_in_redis_is_believed_for_minutes_only(world: World) -> None:
    world.book.save(FIRST, "ann", "", 0)
    kept, other = world.cache.get(KEY), world.another()
    assert kept is not None
    other.current()
    world.store.save(SECOND, "bob", "", 1)
    world.cache.set(KEY, kept, 10**6)
    world.later(CACHE_SECONDS)
    assert seen(other) == (2, SECOND)


def test_while_postgresql_is_unavailable_a_new_container_believes_redis(world: World) -> None:
    world.book.save(FIRST, "ann", "", 0)
    world.away()
    other, reads = world.another(), world.store.reads
    assert seen(other) == (1, FIRST)
    assert world.failures == ["database_unavailable"]
    world.later()
    assert seen(other) == (1, FIRST)
    assert world.store.reads == reads + 1


def test_that_there_are_none_is_known_to_redis_too(world: World) -> None:
    world.book.current()
    world.away()
    assert seen(world.another()) == (0, {})


def test_what_postgresql_says_is_learned_by_redis(world: World) -> None:
    world.store.save(FIRST, "ann", "", 0)
    world.book.current()
    world.away()
    assert seen(world.another()) == (1, FIRST)


def test_unchanged_rules_are_not_read_again(world: World) -> None:
    world.book.save(FIRST, "ann", "", 0)
    first = world.another()
    held = first.current()
    world.later()
    assert first.current() is held
    world.later(CACHE_SECONDS)
    assert first.current() is held


def test_a_change_that_redis_missed_is_seen_when_its_value_ends(world: World) -> None:
    world.book.current()
    world.store.save(FIRST, "ann", "", 0)
    world.later(CACHE_SECONDS)
    assert seen(world.book) == (1, FIRST)


def test_a_reader_that_was_slow_does_not_undo_a_change_in_redis(world: World) -> None:
    class Slow(MemoryRuleStore):
        """Another operator saves while its answer is on the way."""

        def current(self) -> Any:
            found = super().current()
            world.book.save(SECOND, "bob", "", 1)
            return found

    world.store.save(FIRST, "ann", "", 0)
    slow = Slow()
    slow._saved = world.store._saved
    reader = RuleBook(world.cache, lambda: slow, lambda: SECRET, lambda: world.now)
    assert seen(reader) == (1, FIRST)
    assert seen(world.another()) == (2, SECOND)


# Redis away, database away


def test_without_redis_postgresql_decides(world: World) -> None:
    world.book.save(FIRST, "ann", "", 0)
    world.cache.down = True
    assert seen(world.another()) == (1, FIRST)


def test_a_change_without_redis_is_in_force(world: World) -> None:
    world.cache.down = True
    world.book.save(FIRST, "ann", "", 0)
    assert seen(world.another()) == (1, FIRST)


def test_a_broken_setup_is_reported_by_its_name_where_no_rules_are_held(world: World) -> None:
    world.store.error = BROKEN
    for _ in range(2):  # the second time without asking again
        with pytest.raises(ConfigurationError, match="database_url"):
            world.book.current()
    assert (world.store.reads, world.failures) == (1, ["configuration"])


def test_a_broken_setup_leaves_the_rules_that_are_held_in_force(world: World) -> None:
    world.book.save(FIRST, "ann", "", 0)
    world.book.current()
    world.cache.down, world.store.error = (
        True,
        ConfigurationError("database_url", "the server refuses this login", "Check it"),
    )
    world.later()
    assert seen(world.book) == (1, FIRST)


@pytest.mark.parametrize("error", [Retryable("database_unavailable"), Permanent("database_rejected")])
def test_when_nothing_answers_the_rules_are_unavailable(world: World, error: MailroomError) -> None:
    world.store.error = error
    with pytest.raises(Retryable, match="rules_unavailable"):
        world.book.current()
    assert world.failures == [error.code]


def test_when_nothing_answers_the_last_known_are_in_force(world: World) -> None:
    world.book.save(FIRST, "ann", "", 0)
    world.book.current()
    world.away()
    world.later(CACHE_SECONDS)
    assert seen(world.book) == (1, FIRST)


def test_after_a_failure_nothing_is_asked_for_seconds(world: World) -> None:
    world.away()
    for _ in range(3):
        with pytest.raises(Retryable):
            world.book.current()
        world.later(REST_SECONDS / 4)
    assert world.store.reads == 1


def test_after_a_failure_the_rules_come_back(world: World) -> None:
    world.store.save(FIRST, "ann", "", 0)
    world.away()
    with pytest.raises(Retryable):
        world.book.current()
    world.store.error = None
    world.later(REST_SECONDS)
    assert seen(world.book) == (1, FIRST)


def test_a_failure_is_not_written_to_redis(world: World) -> None:
    world.away()
    with pytest.raises(Retryable):
        world.book.current()
    assert world.cache.values == {}


def test_saved_rules_that_this_code_does_not_understand_leave_the_last_known(world: World) -> None:
    world.book.save(FIRST, "ann", "", 0)
    world.book.current()
    world.store.save({"from_the_future": 1}, "ann", "", 1)
    world.later(CACHE_SECONDS)
    assert seen(world.book) == (1, FIRST)
    assert world.failures == ["rules_not_understood"]


# what Redis holds


def test_what_redis_holds_is_sealed(world: World) -> None:
    world.book.save({"allowlist": {"addresses": ["ada@example.com"]}}, "ann", "", 0)
    [(value, _)] = world.cache.values.values()
    assert b"ada" not in value
    assert b"allowlist" not in value


def test_the_key_in_redis_names_nobody(world: World) -> None:
    world.book.save({"allowlist": {"addresses": ["ada@example.com"]}}, "ann", "", 0)
    assert list(world.cache.values) == [KEY]


def sealed(version: object, document: object, key: bytes = SECRET, place: str = PLACE) -> bytes:
    return seal({"version": str(version), "document": json.dumps(document)}, key, place)


OTHER_KEY = bytes(32)
GARBAGE: dict[str, bytes] = {
    "empty": b"",
    "text": b"no rules at all",
    "clear": json.dumps({"version": "9", "document": "{}"}).encode(),
    "cut": sealed(9, SECOND)[:-1],
    "changed": sealed(9, SECOND)[:-1] + b"\x00",
    "of another key": sealed(9, SECOND, OTHER_KEY),
    "of another place": sealed(9, SECOND, place="0f8fad5b-d9cb-469f-a165-70867728950e"),
    "without its fields": seal({"rules": "[]"}, SECRET, PLACE),
    "no version": sealed("x", SECOND),
    "no document": seal({"version": "9", "document": "{"}, SECRET, PLACE),
    "another kind of document": sealed(9, [SECOND]),
    "not understood": sealed(9, {"from_the_future": 1}),
    "a claim that there are none": NO_RULES,
    "a forged claim that there are none": NO_RULES + bytes(32),
}


@pytest.mark.parametrize("value", GARBAGE.values(), ids=GARBAGE)
def test_a_broken_or_foreign_value_in_redis_counts_as_absent(world: World, value: bytes) -> None:
    world.store.save(FIRST, "ann", "", 0)
    world.cache.set(KEY, value, 60)
    assert seen(world.book) == (1, FIRST)


@pytest.mark.parametrize("value", GARBAGE.values(), ids=GARBAGE)
def test_a_broken_or_foreign_value_is_replaced(world: World, value: bytes) -> None:
    world.store.save(FIRST, "ann", "", 0)
    world.cache.set(KEY, value, 60)
    world.book.current()
    world.away()
    assert seen(world.another()) == (1, FIRST)


def test_older_rules_that_are_put_back_into_redis_are_not_believed(world: World) -> None:
    world.book.save(FIRST, "ann", "", 0)
    old = world.cache.get(KEY)
    assert old is not None
    world.book.save(SECOND, "bob", "", 1)
    world.book.current()
    world.later()
    world.cache.set(KEY, old, 60)
    assert seen(world.book) == (2, SECOND)


# changing


def test_rules_that_are_not_valid_are_not_saved(world: World) -> None:
    with pytest.raises(InvalidRules):
        world.book.save({"from_the_future": 1}, "ann", "", 0)
    assert world.store.current() is None


def test_a_change_of_another_version_changes_nothing(world: World) -> None:
    world.book.save(FIRST, "ann", "", 0)
    with pytest.raises(Permanent, match="version_conflict"):
        world.book.save(SECOND, "bob", "", 0)
    assert seen(world.another()) == (1, FIRST)


def test_a_change_that_is_not_durable_is_none(world: World) -> None:
    world.book.save(FIRST, "ann", "", 0)
    world.away()
    with pytest.raises(Retryable):
        world.book.save(SECOND, "bob", "", 1)
    assert seen(world.book) == (1, FIRST)
