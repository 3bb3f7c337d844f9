"""What every local server has in common: a folder, a state file, start, stop and a context."""

from __future__ import annotations

import secrets
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from chalicelib.core.errors import ConfigurationError
from infra.local.folders import closed
from infra.local.process import Process, StartFailed, read_state, write_state


class Server:
    """A loopback server that lives in `folder` and outlives the process that started it.

    Its folder is closed to other users. Another process with the same folder finds the running server again through
    the state file.
    The port is kept over stop and start, and so is what the server keeps on disk.
    """

    name = "server"

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute() / self.name
        self._state_file = self.folder / "state.json"

    @property
    def url(self) -> str:
        """Where it listens. Raises RuntimeError before the first start."""
        raise NotImplementedError

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.folder / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        process = self._process()
        return process.pid if process.alive() else None

    @property
    def port(self) -> int:
        """The port of the last start. Raises RuntimeError before the first one."""
        port = self._state().get("port")
        if not isinstance(port, int):
            raise RuntimeError(f"{self.name} was never started in this folder")
        return port

    def alive(self) -> bool:
        """True while its process runs."""
        return self._process().alive()

    def start(self) -> str:
        """Start unless it runs already, wait until it answers, and give its URL. Raises `StartFailed`."""
        if not self.alive():
            closed(self.folder)
            # Another server may take the port between the look at it and the bind: once more, with another.
            for last in (False, True):
                try:
                    self._launch()
                    break
                except StartFailed:
                    self.kill()
                    if last:
                        raise
                except BaseException:
                    self.kill()
                    raise
        return self.url

    def stop(self) -> None:
        """End it gently and keep its data; harmless when it does not run."""
        self._process().end()

    def kill(self) -> None:
        """End it as a crash would; harmless when it does not run."""
        self._process().end(signal.SIGKILL)

    def remove(self) -> None:
        """Stop it and delete its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _launch(self) -> None:
        raise NotImplementedError

    def _state(self) -> dict[str, Any]:
        return read_state(self._state_file)

    def _remember(self, **changes: Any) -> None:
        write_state(self._state_file, self._state() | changes)

    def _secret(self, name: str) -> str:
        """A random value that the first start made. Raises RuntimeError before it."""
        found = self._state().get(name)
        if not isinstance(found, str):
            raise RuntimeError(f"{self.name} was never started in this folder")
        return found

    def _made_secret(self, name: str) -> str:
        """The value for a start: kept in the state file from the first one on."""
        if not self._state().get(name):
            self._remember(**{name: secrets.token_hex(32)})
        return self._secret(name)

    def _process(self) -> Process:
        state = self._state()
        return Process(int(state.get("pid", 0)), str(state.get("birth", "")))


@contextmanager
def named(part: str, server: Server) -> Iterator[None]:
    """A part that does not start is named, with the end of the log that may show why."""
    try:
        yield
    except (StartFailed, ConfigurationError):
        raise
    except Exception as error:
        raise StartFailed.of(part, server.log, f"failed: {str(error) or type(error).__name__}") from error
