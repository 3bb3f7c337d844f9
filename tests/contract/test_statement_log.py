"""A server that logs every statement writes no parameter of a function's login, or the operator is warned."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from click.testing import CliRunner
from psycopg import sql

from infra.cli.__main__ import mailroom
from infra.database.rights import LOGINS, login
from infra.database.roles import login_url, make_login, make_logins
from infra.database.statement_log import logged, silence
from infra.local.patience import scaled
from infra.local.process import wait_until
from infra.local.servers import Postgres

PASSWORDS = {name: f"password of {name}" for name in LOGINS}
LOUD = {"log_min_duration_statement": "0", "log_error_verbosity": "default", "log_min_error_statement": "error"}
"""As PostgreSQL's defaults are; on the login itself, so that no other test's statements are logged."""


@pytest.fixture(scope="module")
def logins(postgres: Postgres) -> Postgres:
    make_logins(postgres.start(), PASSWORDS)
    return postgres


@contextmanager
def loud(postgres: Postgres, who: str, **settings: str) -> Iterator[None]:
    """A login whose statements are all logged."""
    with psycopg.connect(postgres.url, autocommit=True) as owner:
        for name, value in settings.items():
            command = sql.SQL("ALTER ROLE {} SET {} = {}")
            owner.execute(command.format(sql.Identifier(who), sql.Identifier(name), sql.Literal(value)))
        try:
            yield
        finally:
            for name in settings:
                owner.execute(sql.SQL("ALTER ROLE {} RESET {}").format(sql.Identifier(who), sql.Identifier(name)))


def run_and_log(postgres: Postgres, url: str, mark: str) -> str:
    """What the server logs while a statement and a failing one have a secret as parameter."""
    start = postgres.log.stat().st_size
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT %s::text AS marked", (f"secret {mark}",))
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT 1 / (length(%s::text) - length(%s::text))", (f"secret {mark}",) * 2)
        connection.execute("SELECT 'the end of ' || 'this test'")

    def written() -> str:
        with postgres.log.open("rb") as log:
            log.seek(start)
            return log.read().decode(errors="replace")

    assert wait_until(lambda: "'the end of '" in written(), scaled(10))
    return written()


@pytest.mark.parametrize("name", ["store", "deliver", "operator"])
def test_no_parameter_of_a_function_s_statement_is_logged(logins: Postgres, name: str) -> None:
    with loud(logins, login(name), **LOUD):
        text = run_and_log(logins, login_url(logins.url, name, PASSWORDS[name]), name)
    assert ("AS marked" in text, "division by zero" in text, f"secret {name}" in text) == (True, True, False)


def test_without_the_settings_it_would_be(logins: Postgres) -> None:
    with psycopg.connect(logins.url, autocommit=True) as owner:
        owner.execute("CREATE ROLE mailroom_loud LOGIN PASSWORD 'x'")
    try:
        url = login_url(logins.url, "store", "x").replace(login("store"), "mailroom_loud")
        with loud(logins, "mailroom_loud", **LOUD, log_parameter_max_length_on_error="-1"):
            text = run_and_log(logins, url, "loud")
        assert len([line for line in text.splitlines() if "secret loud" in line]) >= 2, "of both statements"
    finally:
        with psycopg.connect(logins.url, autocommit=True) as owner:
            owner.execute("DROP ROLE mailroom_loud")


@pytest.fixture
def limited(logins: Postgres) -> Iterator[str]:
    """URL of an owner who may create roles and is no superuser, on a server that logs statements."""
    with psycopg.connect(logins.url, autocommit=True) as owner:
        owner.execute("CREATE ROLE limited LOGIN CREATEROLE PASSWORD 'x'")
        with loud(logins, "limited", log_min_duration_statement="5000"):
            yield login_url(logins.url, "store", "x").replace(login("store"), "limited")
        owner.execute("REVOKE SET ON PARAMETER log_parameter_max_length FROM limited")
        owner.execute("DROP ROLE IF EXISTS quiet_login")
        owner.execute("DROP ROLE limited")


def test_an_owner_who_may_not_set_it_is_warned(limited: str) -> None:
    with psycopg.connect(limited) as connection:
        connection.execute("CREATE ROLE quiet_login LOGIN")
        silence(connection, "quiet_login")
        [found] = logged(connection, ["quiet_login"])
        assert "log_min_duration_statement is 5000" in str(found)
        assert "log_parameter_max_length = 0" in str(found)


def test_before_the_logins_are_made_the_right_to_set_it_decides(logins: Postgres, limited: str) -> None:
    with psycopg.connect(limited) as connection:
        assert [one.remedy for one in logged(connection, ["no_login_yet"])] == ["log_parameter_max_length"]
    with psycopg.connect(logins.url) as owner:
        owner.execute("GRANT SET ON PARAMETER log_parameter_max_length TO limited")
    with psycopg.connect(limited) as connection:
        assert logged(connection, ["no_login_yet"]) == []


def test_an_owner_with_the_right_sets_it_and_is_not_warned(logins: Postgres, limited: str) -> None:
    with psycopg.connect(logins.url) as owner:
        owner.execute("GRANT SET ON PARAMETER log_parameter_max_length TO limited")
    with psycopg.connect(limited) as connection:
        connection.execute("CREATE ROLE quiet_login LOGIN")
        silence(connection, "quiet_login")
        assert logged(connection, ["quiet_login"]) == []


def test_a_login_that_lost_its_setting_is_warned_of_and_gets_it_again(logins: Postgres) -> None:
    def warned() -> bool:
        done = CliRunner().invoke(mailroom, ["migrate", "--dry-run", logins.url])
        assert done.exit_code == 0
        return "warning: log_min_duration_statement is 5000" in done.output

    with loud(logins, "postgres", log_min_duration_statement="5000"):
        assert not warned()
        with psycopg.connect(logins.url, autocommit=True) as owner:
            owner.execute("ALTER ROLE mailroom_notify_login RESET log_parameter_max_length")
            assert warned()
            make_login(owner, "notify", PASSWORDS["notify"])
        assert not warned()
