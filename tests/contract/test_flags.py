"""`ports.FlagStore`: the same cases over the in-memory twin and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.flags import PostgresFlagStore
from chalicelib.core.errors import Permanent
from chalicelib.ports import FlagStore
from tests.twins.flags import MemoryFlagStore

Change = tuple[str, bool | None, bool, str]


@dataclass
class Side:
    """A flag store and its record of changes."""

    store: FlagStore
    changes: Callable[[], list[Change]]


@pytest.fixture(params=["memory", "postgres"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    if request.param == "memory":
        twin = MemoryFlagStore()
        yield Side(twin, lambda: twin.changes)
    else:
        database: Database = request.getfixturevalue("database")
        query = "SELECT name, old_value, new_value, author FROM core.flag_changes ORDER BY id"
        yield Side(
            PostgresFlagStore(database), lambda: database.run(lambda connection: connection.execute(query).fetchall())
        )


def test_there_are_no_flags_at_first(side: Side) -> None:
    assert side.store.flags() == {}


def test_a_flag_that_was_set_is_read(side: Side) -> None:
    side.store.set_flag("ingress.gmail", False, "operator")
    assert side.store.flags() == {"ingress.gmail": False}


def test_the_last_value_counts(side: Side) -> None:
    for value in (False, True):
        side.store.set_flag("ingress.gmail", value, "operator")
    assert side.store.flags() == {"ingress.gmail": True}


def test_every_change_is_recorded_with_its_author(side: Side) -> None:
    side.store.set_flag("ingress.gmail", False, "ann")
    side.store.set_flag("ingress.gmail", True, "bob")
    assert side.changes() == [("ingress.gmail", None, False, "ann"), ("ingress.gmail", False, True, "bob")]


def test_the_same_value_again_changes_nothing(side: Side) -> None:
    for author in ("ann", "bob"):
        side.store.set_flag("ingress.gmail", False, author)
    assert side.changes() == [("ingress.gmail", None, False, "ann")]


def test_a_name_that_looks_like_sql_is_only_a_name(side: Side) -> None:
    side.store.set_flag("x'; DROP TABLE core.flags; --", True, "ann")
    assert side.store.flags() == {"x'; DROP TABLE core.flags; --": True}


@pytest.mark.parametrize("name", ["", "a\0b", "a\ud800b", "x" * 101], ids=["empty", "nul", "surrogate", "long"])
def test_a_name_that_does_not_fit_is_refused(side: Side, name: str) -> None:
    with pytest.raises(Permanent, match="database_rejected"):
        side.store.set_flag(name, True, "ann")


def test_a_refused_flag_leaves_the_others(side: Side) -> None:
    side.store.set_flag("ingress.gmail", False, "ann")
    with pytest.raises(Permanent):
        side.store.set_flag("a\0b", True, "ann")
    assert side.store.flags() == {"ingress.gmail": False}


def test_the_history_tells_who_changed_what_and_when_newest_first(side: Side) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    for name, value, author in (("a", False, "ann"), ("b", True, "bob"), ("a", True, "cy")):
        side.store.set_flag(name, value, author)
    history = side.store.history(5)
    assert [(one.name, one.old, one.new, one.author) for one in history] == [
        ("a", False, True, "cy"),
        ("b", None, True, "bob"),
        ("a", None, False, "ann"),
    ]
    assert all(before < one.changed_at < before + timedelta(minutes=2) for one in history)


def test_the_history_has_so_many_changes_of_each_flag(side: Side) -> None:
    for number in range(4):
        side.store.set_flag("a", number % 2 == 0, f"ann {number}")
    side.store.set_flag("b", True, "bob")
    assert [one.author for one in side.store.history(2)] == ["bob", "ann 3", "ann 2"]


def test_flags_that_were_never_set_have_no_history(side: Side) -> None:
    assert side.store.history(5) == []
