"""The fault proxy between the functions and the emulator: AWS errors that the SDK believes (microburst).

Run as `python -m infra.local.fault_proxy` it is microburst's own command line, with one thing fixed: microburst 0.10
takes Content-Length off every answer that it forwards, which S3 never leaves out, and the spool's adapter believes no
answer without it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from infra.local.companions import PROJECT
from infra.local.process import LOOPBACK, StartFailed, accepts, free_port, spawn, wait_until
from infra.local.server import Server

CONTROL_TIMEOUT = 10.0


class FaultProxy(Server):
    """Forwards to `upstream`, a URL given at the start, and misbehaves by rules that can be changed at any time.

    Its port is chosen at once, because the emulator passes it to its workers before it can be started itself.
    A rule is microburst's: `service`, `operation`, `body` (a JMESPath expression) say which calls it concerns;
    `error`, `latency` (ms), `reset`, `response`, `request` say what happens; `times` and `ttl_s` end it.
    """

    name = "faultproxy"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.upstream = ""
        if not self._state().get("port"):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._remember(port=free_port())

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def add(self, rule: Mapping[str, Any]) -> int:
        """Misbehave from now on; the rule's number."""
        [added] = self._rules("PATCH", [dict(rule)])
        return int(added["id"])

    def clear(self) -> None:
        """Behave again."""
        self._rules("POST", [])

    def fired(self, rule: int) -> int:
        """How often a rule was used, as far as the proxy remembers."""
        return len(self._ask("GET", f"fired?rule_id={rule}&limit=10000"))

    def faults(self) -> dict[str, int]:
        """`service operation` → number of calls that were spoiled since the start."""
        lines = requests.get(f"{self.url}/_microburst/metrics", timeout=CONTROL_TIMEOUT).text.splitlines()
        found: dict[str, int] = {}
        for line in lines:
            if line.startswith("microburst_faults_total{"):
                labels = dict(part.split("=", 1) for part in line[line.index("{") + 1 : line.rindex("}")].split(",", 2))
                name = f"{labels['service']} {labels['operation']}".replace('"', "")
                found[name] = found.get(name, 0) + int(float(line.rsplit(" ", 1)[1]))
        return found

    def _rules(self, method: str, rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = self._ask(method, "rules", rules)
        return answer

    def _ask(self, method: str, path: str, value: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/_microburst/{path}", json=value, timeout=CONTROL_TIMEOUT)
        answer.raise_for_status()
        return answer.json()

    def _launch(self) -> None:
        port = free_port(self.port)
        if port != self.port:
            raise StartFailed(f"the port {self.port}, which the functions know, is taken by another process")
        command = [
            sys.executable,
            "-m",
            "infra.local.fault_proxy",
            "--upstream",
            self.upstream,
            "--port",
            str(port),
            "--no-resign",
        ]
        process = spawn(command, self.log, {**os.environ, "PYTHONUNBUFFERED": "1"}, PROJECT)
        self._remember(pid=process.pid, birth=process.birth)
        if not wait_until(lambda: accepts(port) or not process.alive(), 20) or not process.alive():
            raise StartFailed.of("the fault proxy", self.log)


def main() -> int:
    """microburst, whose answers keep their length."""
    from microburst import cli, forward  # type: ignore[import-untyped]

    forward.HOP_BY_HOP = forward.HOP_BY_HOP - {"content-length"}
    answer: int = cli.main()
    return answer


if __name__ == "__main__":
    sys.exit(main())
