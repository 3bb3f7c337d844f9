"""All stand-ins in one process, as the demo runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import requests

from infra.local.standins.control import TOKENS


def test_the_process_tells_its_ports_serves_and_ends_on_sigterm() -> None:
    command = [
        sys.executable,
        "-m",
        "infra.local.standins",
        "--no-limits",
        "--llm-port",
        "0",
    ]
    tokens = dict(zip(TOKENS, ("1:t", "ee", "llm", "secret"), strict=True))
    environment = {**os.environ, **tokens}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            ports = json.loads(process.stdout.readline())
            health = requests.get(f"http://127.0.0.1:{ports['emailengine']}/health", timeout=5)
            refused = requests.get(f"http://127.0.0.1:{ports['telegram']}/_control/messages", timeout=5)
            shown = requests.get(f"http://control:secret@127.0.0.1:{ports['telegram']}/_control/messages", timeout=5)
            me = requests.get(f"http://127.0.0.1:{ports['telegram']}/bot1:t/getMe", timeout=5)
        finally:
            process.terminate()
        assert process.wait(10) == 0
    assert (health.status_code, me.json()["ok"]) == (200, True)
    assert (refused.status_code, shown.status_code) == (403, 200)
    assert set(ports) == {"telegram", "emailengine", "llm"}
