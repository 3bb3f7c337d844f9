"""The embedded servers: loopback only, found again, ended by their own id, data kept over a restart."""

from __future__ import annotations

import io
import json
import os
import socket
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
import redis
from psycopg import sql

from infra.database.migrate import MIGRATIONS, migrate
from infra.database.rights import LOGINS, role
from infra.local.process import Process, StartFailed, free_port, members, read_state, spawn, wait_until, write_state
from infra.local.servers import Emulator, Postgres, Valkey

FUNCTION = "import os\ndef handler(event, context):\n    return os.getpid()\n"


@pytest.fixture
def new_valkey(tmp_path: Path) -> Iterator[Valkey]:
    with Valkey(tmp_path) as server:
        yield server


def client(emulator: Emulator, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=emulator.url,
        region_name=emulator.region,
        aws_access_key_id="test",
        aws_secret_access_key=emulator.secret,
    )


def listens_on(port: int, host: str) -> bool:
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False


def other_address() -> str:
    """A loopback address that a server bound to every interface would answer on, but not one on 127.0.0.1."""
    return "127.0.0.2"


def test_starting_twice_is_starting_once(new_valkey: Valkey) -> None:
    pid = new_valkey.pid
    new_valkey.start()
    assert new_valkey.pid == pid


def test_another_process_finds_a_running_server_by_its_folder(new_valkey: Valkey) -> None:
    assert Valkey(new_valkey.folder.parent).alive()


def test_stopping_twice_is_stopping_once(new_valkey: Valkey) -> None:
    new_valkey.stop()
    new_valkey.stop()
    assert not new_valkey.alive()


def test_a_server_keeps_its_url_over_a_crash(new_valkey: Valkey) -> None:
    url = new_valkey.url
    new_valkey.kill()
    assert new_valkey.start() == url


def test_a_taken_port_is_left_to_its_owner(new_valkey: Valkey) -> None:
    new_valkey.stop()
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", new_valkey.port))
        owner.listen()
        taken = new_valkey.port
        new_valkey.start()
        assert new_valkey.port != taken


def test_a_context_ends_with_the_server(tmp_path: Path) -> None:
    with Valkey(tmp_path) as server:
        process = Process.of(server.pid or 0)
    assert not process.alive()


def test_removing_leaves_no_file(tmp_path: Path) -> None:
    server = Valkey(tmp_path)
    server.start()
    server.remove()
    assert not server.folder.exists()


def test_a_server_that_was_never_started_has_no_port(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="never started"):
        _ = Valkey(tmp_path).url


def test_a_start_that_fails_says_so_and_leaves_nothing_running(tmp_path: Path) -> None:
    class Broken(Valkey):
        def _launch(self) -> None:
            process = spawn(["sleep", "60"], self.log, {"PATH": os.defpath}, self.folder)
            self._remember(port=1, pid=process.pid, birth=process.birth)
            raise StartFailed("broken")

    server = Broken(tmp_path)
    with pytest.raises(StartFailed):
        server.start()
    assert not server.alive()


def test_a_start_that_fails_once_is_tried_again(tmp_path: Path) -> None:
    class Unlucky(Valkey):
        tries = 0

        def _launch(self) -> None:
            self.tries += 1
            if self.tries == 1:
                raise StartFailed("the port was taken")
            super()._launch()

    with Unlucky(tmp_path) as server:
        assert server.alive()


def test_a_reused_process_id_is_not_mistaken_for_the_server() -> None:
    assert not Process(os.getpid(), "another birth").alive()


def test_a_state_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    write_state(tmp_path / "state.json", {"password": "x"})
    assert stat.S_IMODE((tmp_path / "state.json").stat().st_mode) == 0o600


def test_a_broken_state_file_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{")
    assert read_state(tmp_path / "state.json") == {}


def test_a_free_port_is_free() -> None:
    assert not listens_on(free_port(), "127.0.0.1")


def test_valkey_answers_on_its_url(new_valkey: Valkey) -> None:
    with redis.Redis.from_url(new_valkey.url) as connection:
        assert connection.ping()


def test_valkey_listens_on_the_loopback_address_only(new_valkey: Valkey) -> None:
    assert not listens_on(new_valkey.port, other_address())


def test_valkey_is_empty_after_a_restart(new_valkey: Valkey) -> None:
    with redis.Redis.from_url(new_valkey.url) as connection:
        connection.set("key", "value")
    new_valkey.stop()
    new_valkey.start()
    with redis.Redis.from_url(new_valkey.url) as connection:
        assert connection.dbsize() == 0


def test_postgres_listens_on_the_loopback_address_only(postgres: Postgres) -> None:
    assert not listens_on(postgres.port, other_address())


def test_postgres_wants_its_password(postgres: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres.url, password="wrong").close()


def test_postgres_refuses_the_password_that_the_set_up_showed(postgres: Postgres) -> None:
    recorded = (postgres.home / ".pg0" / "instances" / "default" / "instance.json").read_text("utf-8")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres.url, password=json.loads(recorded)["password"]).close()


def test_postgres_never_runs_as_root(postgres: Postgres) -> None:
    assert (postgres.home / "data").stat().st_uid != 0


def test_postgres_keeps_its_data_over_stop_and_crash(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1")
    postgres.stop()
    postgres.start()
    postgres.kill()
    with psycopg.connect(postgres.start()) as connection:
        connection.execute("DROP TABLE kept")


def test_a_second_migration_has_nothing_to_do(postgres: Postgres) -> None:
    assert migrate(postgres.start()) == []


def test_every_migration_is_applied_in_its_order(postgres: Postgres) -> None:
    with psycopg.connect(postgres.start()) as connection:
        applied = connection.execute("SELECT migration_id FROM _yoyo_migration ORDER BY applied_at_utc").fetchall()
    assert [name for (name,) in applied] == sorted(path.stem for path in MIGRATIONS.glob("*.sql"))


@pytest.mark.parametrize("statement", ["DELETE FROM core.ledger", "TRUNCATE core.ledger", "DROP TABLE core.ledger"])
def test_no_function_can_drop_or_empty_the_ledger(postgres: Postgres, statement: str) -> None:
    for name in LOGINS:
        with psycopg.connect(postgres.start()) as connection:
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role(name))))
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_the_emulator_listens_on_the_loopback_address_only(emulator: Emulator) -> None:
    assert not listens_on(emulator.port, other_address())


def test_a_stopped_emulator_leaves_no_lambda_worker(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path)
    emulator.start()
    group = emulator.pid or 0
    worker = invoke(emulator)
    assert emulator.workers() == [worker]
    emulator.stop()
    assert members(group) == []


def test_a_killed_emulator_leaves_no_lambda_worker(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path)
    emulator.start()
    worker = Process.of(invoke(emulator))
    emulator.kill()
    assert wait_until(lambda: not worker.alive(), 5)


def invoke(emulator: Emulator) -> int:
    """Make a function, call it, and give its worker's process id."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("app.py", FUNCTION)
    functions = client(emulator, "lambda")
    functions.create_function(
        FunctionName="pid",
        Runtime="python3.12",
        Role="arn:aws:iam::000000000000:role/none",
        Handler="app.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="pid", WaiterConfig={"Delay": 1})
    return int(json.loads(functions.invoke(FunctionName="pid")["Payload"].read()))
