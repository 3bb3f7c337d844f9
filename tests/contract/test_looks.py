"""`ports.ReconciliationStore`: the same cases over the in-memory twin and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.reconciliations import PostgresReconciliations
from chalicelib.core.errors import Retryable
from chalicelib.ports import ReconciliationRun, ReconciliationStore
from tests.contract.mails import mail_id
from tests.twins.looks import MemoryLooks

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
LOOK = ReconciliationRun("practice", NOW, "complete", since=NOW, listed=7, gaps=2, gaps_total=5)


@pytest.fixture(params=["memory", "postgres"])
def looks(request: pytest.FixtureRequest) -> Iterator[ReconciliationStore]:
    if request.param == "memory":
        yield MemoryLooks()
    else:
        yield PostgresReconciliations(request.getfixturevalue("database"))


def test_at_first_there_was_no_look(looks: ReconciliationStore) -> None:
    assert (looks.latest(), looks.older([mail_id("a")])) == ({}, frozenset())


def test_the_last_look_at_each_account_is_known(looks: ReconciliationStore) -> None:
    absent = ReconciliationRun("personal", NOW, "absent", "account_unknown")
    later = replace(LOOK, checked_at=NOW.replace(hour=13), gaps=0)
    for look in (LOOK, absent, later):
        looks.note(look)
    assert looks.latest() == {"personal": absent, "practice": later}


def test_mail_that_was_there_before_is_remembered(looks: ReconciliationStore) -> None:
    looks.note(LOOK, [mail_id("a"), mail_id("b")])
    looks.note(LOOK, [mail_id("b")])
    assert looks.older([mail_id("a"), mail_id("b"), mail_id("c")]) == {mail_id("a"), mail_id("b")}


def test_a_database_that_is_away_is_a_passing_failure() -> None:
    away = PostgresReconciliations(Database("postgresql://nobody@127.0.0.1:9/none"))
    for call in (away.latest, lambda: away.older([mail_id("a")]), lambda: away.note(LOOK)):
        with pytest.raises(Retryable):
            call()
