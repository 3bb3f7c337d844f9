"""Migrations: from nothing to the newest schema, once, whoever else does it at the same moment."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from infra.local.servers import Postgres
from infra.migrate import MIGRATIONS, main

COMMAND = [sys.executable, "-m", "infra.migrate", "-"]


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
    main([empty_database])
    with psycopg.connect(empty_database) as connection:
        connection.execute("INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now(), 1)")
    assert main([empty_database]) == 0


def test_the_command_applies_every_file(empty_database: str) -> None:
    main([empty_database])
    assert applied(empty_database) == sorted(path.stem for path in MIGRATIONS.glob("*.sql"))


def test_the_command_explains_itself() -> None:
    assert main([]) == 2
