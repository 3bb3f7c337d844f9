"""`ports.RuleStore`: the same cases over the in-memory twin and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.rules import PostgresRuleStore
from chalicelib.core.errors import Permanent
from chalicelib.ports import RuleStore
from infra.database.rights import role
from infra.local.servers import Postgres
from tests.twins.rules import MemoryRuleStore

FIRST: dict[str, Any] = {"allowlist": ["example.org", "ada@example.com"], "rules": [{"name": "b"}, {"name": "a"}]}
SECOND: dict[str, Any] = {"allowlist": ["\u00e9t\u00e9.example"], "rate_limits": {"global": {"per_minute": 1.5}}}


@dataclass
class Side:
    """A rule store, and how another process reaches the same one."""

    store: RuleStore
    another: Callable[[], RuleStore]


@pytest.fixture(params=["memory", "postgres"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    if request.param == "memory":
        twin = MemoryRuleStore()
        yield Side(twin, lambda: twin)
        return
    server: Postgres = request.getfixturevalue("postgres")
    opened = [request.getfixturevalue("database")]

    def another() -> RuleStore:
        opened.append(Database(server.url))
        return PostgresRuleStore(opened[-1])

    yield Side(PostgresRuleStore(opened[0]), another)
    for database in opened:
        database.close()


def test_there_are_no_rules_at_first(side: Side) -> None:
    assert (side.store.current(), side.store.version(1), side.store.versions(10)) == (None, None, [])


def test_what_was_saved_is_in_force(side: Side) -> None:
    side.store.save(FIRST, "ann", "", 0)
    found = side.store.current()
    assert found is not None
    assert (found.change.version, found.document) == (1, FIRST)


def test_a_save_answers_with_the_new_version(side: Side) -> None:
    saved = side.store.save(FIRST, "ann", "first", 0)
    assert (saved.change.version, saved.document) == (1, FIRST)


def test_the_last_version_is_in_force(side: Side) -> None:
    side.store.save(FIRST, "ann", "", 0)
    side.store.save(SECOND, "bob", "", 1)
    found = side.store.current()
    assert found is not None
    assert (found.change.version, found.document) == (2, SECOND)


def test_an_older_version_is_still_there(side: Side) -> None:
    side.store.save(FIRST, "ann", "", 0)
    side.store.save(SECOND, "bob", "", 1)
    found = side.store.version(1)
    assert found is not None
    assert found.document == FIRST


def test_changes_are_listed_newest_first(side: Side) -> None:
    side.store.save(FIRST, "ann", "at first", 0)
    side.store.save(SECOND, "bob", "\u00e9t\u00e9", 1)
    side.store.save(FIRST, "ann", "", 2, restores=1)
    shown = [(one.version, one.author, one.comment, one.restores) for one in side.store.versions(10)]
    assert shown == [(3, "ann", "", 1), (2, "bob", "\u00e9t\u00e9", None), (1, "ann", "at first", None)]


def test_changes_are_listed_up_to_a_limit(side: Side) -> None:
    for base in range(3):
        side.store.save(FIRST, "ann", "", base)
    assert [one.version for one in side.store.versions(2)] == [3, 2]


def test_a_change_knows_its_time(side: Side) -> None:
    created = side.store.save(FIRST, "ann", "", 0).change.created_at
    assert abs(datetime.now(UTC) - created) < timedelta(minutes=1)


@pytest.mark.parametrize("base", [-1, 0, 2, 99])
def test_a_change_of_another_version_is_a_conflict(side: Side, base: int) -> None:
    side.store.save(FIRST, "ann", "", 0)
    with pytest.raises(Permanent, match="version_conflict"):
        side.store.save(SECOND, "bob", "", base)


def test_a_conflict_changes_nothing(side: Side) -> None:
    side.store.save(FIRST, "ann", "", 0)
    with pytest.raises(Permanent):
        side.store.save(SECOND, "bob", "", 0)
    assert [(one.version, one.author) for one in side.store.versions(10)] == [(1, "ann")]


def test_of_writers_at_once_one_wins(side: Side) -> None:
    stores = [side.another() for _ in range(4)]
    for store in stores:
        store.current()  # connected

    def write(number: int) -> str:
        try:
            stores[number].save({"rules": [{"name": f"n{number}"}]}, f"w{number}", "", 0)
        except Permanent as error:
            return error.code
        return "saved"

    with ThreadPoolExecutor(len(stores)) as pool:
        outcomes = sorted(pool.map(write, range(len(stores))))
    assert outcomes == ["saved"] + ["version_conflict"] * 3
    assert len(side.store.versions(10)) == 1


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "no author": (FIRST, "", ""),
    "long author": (FIRST, "x" * 101, ""),
    "long comment": (FIRST, "ann", "x" * 501),
    "nul in the comment": (FIRST, "ann", "a\0b"),
    "nul in the document": ({"allowlist": ["a\0b"]}, "ann", ""),
    "surrogate in the document": ({"allowlist": ["a\ud800b"]}, "ann", ""),
    "no number": ({"rate": float("nan")}, "ann", ""),
    "no json": ({"rate": object()}, "ann", ""),
    "huge": ({"allowlist": ["x" * 1_100_000]}, "ann", ""),
}


@pytest.mark.parametrize(("document", "author", "comment"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_refused(side: Side, document: dict[str, Any], author: str, comment: str) -> None:
    with pytest.raises(Permanent, match="database_rejected"):
        side.store.save(document, author, comment, 0)
    assert side.store.current() is None


def test_a_comment_that_looks_like_sql_is_only_a_comment(side: Side) -> None:
    side.store.save(FIRST, "ann", "'; DROP TABLE core.rule_versions; --", 0)
    assert side.store.versions(1)[0].comment == "'; DROP TABLE core.rule_versions; --"


@pytest.mark.parametrize("statement", ["UPDATE core.rule_versions SET author = 'x'", "DELETE FROM core.rule_versions"])
def test_no_function_can_change_a_version(database: Database, statement: str) -> None:
    PostgresRuleStore(database).save(FIRST, "ann", "", 0)
    with psycopg.connect(database._url) as connection:
        connection.execute(SQL("SET ROLE {}").format(Identifier(role("api"))))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())
