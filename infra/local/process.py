"""Starting, recognising and ending the processes of the local stack, by their own id only."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.patience import Deadline, advice

LOOPBACK = "127.0.0.1"
PORTS = range(15_000, 32_000)
"""Below the range from which the systems give ports to outgoing connections: none is taken between look and bind."""


class StartFailed(RuntimeError):
    """A part of the local stack did not come up; the text names it and shows the end of its log."""

    @classmethod
    def of(cls, part: str, log: Path, why: str = "did not start") -> StartFailed:
        """For a part that wrote a log."""
        return cls(f"{part} {why}. {advice()}\nThe last lines of {log}:\n{tail(log) or '(empty)'}")


def free_port(preferred: int = 0) -> int:
    """A free TCP port on the loopback interface: `preferred` when it is (or soon becomes) free, else any."""
    # A killed server's last thread may hold its port for some milliseconds more.
    if preferred and wait_until(lambda: _bind(preferred) is not None, 2.0):
        return preferred
    for port in (*random.sample(PORTS, 50), 0):
        if (found := _bind(port)) is not None:
            return found
    raise StartFailed("no free port on the loopback interface")


@dataclass(frozen=True, slots=True)
class Process:
    """A process by id *and* birth, so that a reused id is never mistaken for it."""

    pid: int
    birth: str

    @classmethod
    def of(cls, pid: int) -> Process:
        return cls(pid, _birth(pid) or "")

    def alive(self) -> bool:
        _reap(self.pid)
        return bool(self.birth) and _birth(self.pid) == self.birth

    def end(self, number: int = signal.SIGTERM, timeout: float = 15.0) -> None:
        """Signal it and wait for its end; SIGKILL when it does not listen. Harmless when it is gone."""
        if not self.alive():
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)
        if not wait_until(lambda: not self.alive(), timeout):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            wait_until(lambda: not self.alive(), 5.0)
        # A zombie counts as dead, but its last threads may be ending still: leave none behind.
        wait_until(lambda: _reap(self.pid), 2.0)

    def end_group(self, number: int = signal.SIGTERM, timeout: float = 15.0) -> None:
        """End the leader gently, then whatever is left of the process group that it led."""
        self.end(number, timeout)
        # While any member lives, the kernel gives the group's id to no new process: a process
        # of that id and another birth therefore means that the group is gone.
        if self.birth and _birth(self.pid) is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            wait_until(lambda: not members(self.pid), 5.0)


def members(group: int) -> list[int]:
    """The living processes of a process group, its leader left out."""
    found = []
    for pid in _all_pids():
        with contextlib.suppress(OSError):
            if pid != group and os.getpgid(pid) == group and _birth(pid) is not None:
                found.append(pid)
    return found


def spawn(
    command: Sequence[str | Path],
    log: Path,
    environment: Mapping[str, str],
    cwd: Path,
    user: int | None = None,
    group: int | None = None,
) -> Process:
    """Start a command in a session of its own (Ctrl-C must not reach it), its output appended to `log`."""
    identity: dict[str, Any] = {} if user is None else {"user": user, "group": group, "extra_groups": []}
    with open(log, "ab", opener=_private) as output:
        child = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=cwd,
            start_new_session=True,
            umask=0o077,  # what a server keeps is mail, passwords and keys
            **identity,
        )
    # The handle is not kept: the process outlives this one (`up`), and `alive` reaps it by id.
    child.returncode = 0
    return Process.of(child.pid)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def wait_until(condition: Callable[[], bool], timeout: float, pause: float = 0.02) -> bool:
    """Poll until the condition holds; False when `timeout` seconds have passed, more of them on a busy machine."""
    deadline = Deadline(timeout)
    while not condition():
        if deadline.passed():
            return False
        time.sleep(pause)
    return True


def accepts(port: int) -> bool:
    """True when something listens on that loopback port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def tail(log: Path, lines: int = 15, size: int = 4000) -> str:
    """The last lines of a log file, for a start that failed; empty when there is none."""
    try:
        return "\n".join(log.read_bytes()[-size:].decode("utf-8", "replace").splitlines()[-lines:])
    except OSError:
        return ""


def read_state(path: Path) -> dict[str, Any]:
    """The state that an earlier run wrote, empty when there is none or it is broken."""
    try:
        state = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write atomically, readable by the owner alone: it holds the local password."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(state, file)
    draft.replace(path)


def _birth(pid: int) -> str | None:
    """When the process was born, in the system's own notation; None when it is gone or a zombie."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else fields[19]
    answer = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, born = answer.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else born.strip()


def _bind(port: int) -> int | None:
    """The port that could be bound (0 takes any), None when it is taken."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # The servers set it too: without it a port in TIME_WAIT looks taken after a restart.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return None
        return int(probe.getsockname()[1])


def _all_pids() -> list[int]:
    if sys.platform == "linux":
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    answer = subprocess.run(["ps", "-axo", "pid="], capture_output=True, text=True, check=False)
    return [int(line) for line in answer.stdout.split()]


def _reap(pid: int) -> bool:
    """Collect an ended child; False while there is a child of that id that has not ended."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True
