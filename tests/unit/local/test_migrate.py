"""Migrations: from nothing to the newest schema, once, even if two run at the same moment."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from click.testing import CliRunner, Result

from infra.cli.__main__ import mailroom
from infra.database.migrate import MIGRATIONS
from infra.database.rights import LOGINS, role
from infra.local.patience import scaled
from infra.local.servers import Postgres

COMMAND = [sys.executable, "-m", "infra.cli.start", "migrate", "--yes", "-"]
ASKING = [sys.executable, "-m", "infra.cli.start", "migrate", "-"]


def run(*arguments: str) -> Result:
    """The command in this process."""
    return CliRunner().invoke(mailroom, ["migrate", *arguments])


@pytest.fixture
def empty_database(postgres: Postgres) -> Iterator[str]:
    """URL of a database without any schema."""
    with psycopg.connect(postgres.start(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE fresh")
        yield postgres.url.rpartition("/")[0] + "/fresh"
        connection.execute("DROP DATABASE fresh WITH (FORCE)")


def applied(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [name for (name,) in connection.execute("SELECT migration_id FROM _yoyo_migration ORDER BY 1")]


def test_two_migrations_at_the_same_time_apply_everything_once(empty_database: str) -> None:
    runs = [subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for run in runs:
        assert run.stdin is not None
        run.stdin.write(empty_database + "\n")
        run.stdin.close()
    answers = sorted((run.stdout.read() if run.stdout else "")[:7] for run in runs)
    assert [run.wait(60) for run in runs] == [0, 0]
    for run in runs:
        if run.stdout:
            run.stdout.close()
    assert answers == ["applied", "nothing"]


def test_the_lock_of_a_killed_migration_does_not_block_the_next(empty_database: str) -> None:
    run("--yes", empty_database)
    with psycopg.connect(empty_database) as connection:
        connection.execute("INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now(), 1)")
    assert run("--yes", empty_database).exit_code == 0


def test_the_command_applies_every_file(empty_database: str) -> None:
    run("--yes", empty_database)
    assert applied(empty_database) == sorted(path.stem for path in MIGRATIONS.glob("*.sql"))


def test_the_command_explains_itself() -> None:
    assert run().exit_code == 2


def tables(url: str) -> int:
    with psycopg.connect(url) as connection:
        [count] = connection.execute("SELECT count(*) FROM pg_tables WHERE tablename !~ '^(pg|sql)_'").fetchone() or (
            0,
        )
    return int(count)


def test_a_dry_run_names_migrations_and_roles_and_changes_nothing(empty_database: str) -> None:
    done = run("--dry-run", empty_database)
    assert done.exit_code == 0
    applying, granting = done.output.splitlines()
    assert applying == f"would apply: {', '.join(sorted(path.stem for path in MIGRATIONS.glob('*.sql')))}"
    assert granting.endswith(", ".join(role(name) for name in LOGINS))
    assert tables(empty_database) == 0


def test_a_dry_run_of_a_migrated_database_finds_nothing_to_apply(empty_database: str) -> None:
    run("--yes", empty_database)
    done = run("--dry-run", empty_database)
    assert (done.exit_code, done.output.splitlines()[0]) == (0, "nothing to apply")


def test_where_nobody_can_be_asked_nothing_is_done(empty_database: str) -> None:
    done = subprocess.run(ASKING, input=f"{empty_database}\ny\n", capture_output=True, text=True, timeout=scaled(60))
    assert done.returncode == 1
    assert "database fresh on 127.0.0.1:" in done.stderr
    assert "--yes" in done.stderr
    assert "@" not in done.stderr, "no login, no password"
    assert tables(empty_database) == 0


@pytest.mark.parametrize(("said", "code"), [("n", 1), ("", 1), ("y", 0)])
def test_a_person_is_asked(empty_database: str, said: str, code: int) -> None:
    person, terminal = pty.openpty()
    os.write(person, f"{said}\n".encode())
    with os.fdopen(terminal) as stdin:
        done = subprocess.run(
            [*ASKING[:-1], empty_database], stdin=stdin, capture_output=True, text=True, timeout=scaled(60)
        )
    os.close(person)
    assert (done.returncode, "Migrate database fresh on 127.0.0.1:" in done.stdout) == (code, True)
    assert bool(tables(empty_database)) is (code == 0)


def test_an_option_that_is_none_is_not_taken_for_an_address() -> None:
    assert run("--force").exit_code == 2


@pytest.mark.parametrize("url", ["mailroom", "http://example.org/mailroom", ""])
def test_what_is_no_address_of_a_database_is_refused(url: str) -> None:
    done = run("--yes", url)
    assert (done.exit_code, "postgresql://" in done.output) == (2, True)


def test_a_server_that_does_not_answer_is_reported_in_a_sentence() -> None:
    done = run("--yes", "postgresql://owner:a-password@127.0.0.1:1/mailroom")
    assert (done.exit_code, done.output.startswith("Error: PostgreSQL reports: ")) == (1, True)
    assert "a-password" not in done.output
