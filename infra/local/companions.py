"""The two small processes beside the embedded servers: the stand-ins, and CloudWatch's part of the alarms."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection
from pathlib import Path

from infra.local.alarms import STARTED
from infra.local.certificates import authority
from infra.local.emulator import Emulator
from infra.local.process import LOOPBACK, Process, StartFailed, free_port, spawn, wait_until
from infra.local.server import Server
from infra.local.standins.control import TOKENS

OUTSIDE = ("files.example.net", "receiver.example.net")
"""Names in the world outside that the laptop plays: a provider of files and a receiver of webhooks."""

PROJECT = Path(__file__).resolve().parents[2]


class StandIns(Server):
    """Telegram's Bot API and EmailEngine's API, played on loopback (`infra/local/standins/`).

    `tokens` gives the ones of Telegram and EmailEngine, in that order, at the start. With an `llm_key` also an LLM
    provider, which accepts that key. `without` are the ones that are real: `telegram`, `emailengine`.
    """

    name = "standins"

    def __init__(
        self,
        folder: Path,
        tokens: Callable[[], tuple[str, str]],
        webhook_retry: float = 5.0,
        llm_key: str = "",
        without: Collection[str] = (),
    ) -> None:
        super().__init__(folder)
        self._tokens = tokens
        self._retry = webhook_retry
        self._llm_key = llm_key
        self._without = frozenset(without)

    @property
    def title(self) -> str:
        """What is played, for people."""
        names = {"telegram": "Telegram", "emailengine": "EmailEngine"}
        played = [text for name, text in names.items() if name not in self._without]
        return f"stand-ins for {' and '.join(played or ['receivers of webhooks'])}"

    @property
    def url(self) -> str:
        return self.outside_url

    @property
    def telegram_url(self) -> str:
        """Base URL of the Bot API."""
        return self._played("telegram")

    @property
    def emailengine_url(self) -> str:
        """Base URL of EmailEngine."""
        return self._played("emailengine")

    @property
    def llm_url(self) -> str:
        """Base URL of the LLM provider, empty where it is not played."""
        return f"http://{LOOPBACK}:{self._state()['llm_port']}" if self._llm_key else ""

    def controlled(self, url: str) -> str:
        """A stand-in's URL for its control routes: with the token in it, which `requests` sends as a password."""
        scheme, _, place = url.partition("://")
        return f"{scheme}://control:{self._secret('control')}@{place}" if place else ""

    @property
    def outside_url(self) -> str:
        """Where the world outside is controlled, without TLS (`infra/local/standins/outside.py`)."""
        return f"http://{LOOPBACK}:{self._state()['outside_control_port']}"

    @property
    def outside(self) -> dict[str, str]:
        """Host → address:port of the providers and receivers of the world outside."""
        place = f"{LOOPBACK}:{self._state()['outside_port']}"
        return dict.fromkeys(OUTSIDE, place)

    @property
    def outside_ca(self) -> str:
        """PEM of the authority that vouches for them."""
        return (self.folder / "outside-ca.pem").read_text()

    def alive(self) -> bool:
        """True while it plays exactly what it should: a service that is real now must not be played any longer."""
        return super().alive() and frozenset(self._state().get("without", ())) == self._without

    def _played(self, name: str) -> str:
        return "" if name in self._without else f"http://{LOOPBACK}:{self._state()[f'{name}_port']}"

    def _launch(self) -> None:
        self.stop()  # one that plays something else
        names = ("telegram", "emailengine", "outside", "outside_control")
        ports = {name: free_port(self._state().get(f"{name}_port", 0)) for name in names}
        command = [sys.executable, "-m", "infra.local.standins", "--webhook-retry", str(self._retry)]
        for name, port in ports.items():
            command += [f"--{name.replace('_', '-')}-port", str(port)]
        for name in sorted(self._without):
            command += ["--without", name]
        command += ["--outside-chain", str(self._certificates())]
        if self._llm_key:
            ports["llm"] = free_port(self._state().get("llm_port", 0))
            command += ["--llm-port", str(ports["llm"])]
        # By the environment: every user of the machine reads a command line.
        telegram, emailengine = self._tokens()
        values = (telegram, emailengine, self._llm_key, self._made_secret("control"))
        tokens = dict(zip(TOKENS, values, strict=True))
        self.log.write_bytes(b"")
        process = spawn(command, self.log, {**os.environ, **tokens, "PYTHONUNBUFFERED": "1"}, PROJECT)
        named = {f"{name}_port": port for name, port in ports.items()}
        self._remember(
            **named, without=sorted(self._without), port=ports["telegram"], pid=process.pid, birth=process.birth
        )
        _until_ready(self, "the stand-ins", process, lambda: self.log.read_text().lstrip().startswith("{"))

    def _certificates(self) -> Path:
        """A new authority for each start, whose key is not kept."""
        made, chain = authority(), self.folder / "outside.pem"
        (self.folder / "outside-ca.pem").write_text(made.pem)
        chain.touch(mode=0o600)
        chain.write_bytes(made.issue(OUTSIDE))
        return chain


class Alarms(Server):
    """Judges the queue alarms as CloudWatch does (`infra/local/alarms.py`)."""

    name = "alarms"

    def __init__(self, folder: Path, emulator: Emulator) -> None:
        super().__init__(folder)
        self._emulator = emulator

    @property
    def url(self) -> str:
        return self._emulator.url

    def _launch(self) -> None:
        command = [sys.executable, "-m", "infra.local.alarms", self._emulator.url, self._emulator.region]
        environment = {**os.environ, "AWS_SECRET_ACCESS_KEY": self._emulator.secret, "PYTHONUNBUFFERED": "1"}
        self.log.write_bytes(b"")
        process = spawn(command, self.log, environment, PROJECT)
        self._remember(port=0, pid=process.pid, birth=process.birth)
        _until_ready(self, "the alarms", process, lambda: STARTED in self.log.read_text())


def _until_ready(server: Server, part: str, process: Process, ready: Callable[[], bool]) -> None:
    if not wait_until(lambda: ready() or not process.alive(), 20) or not process.alive():
        raise StartFailed.of(part, server.log)
