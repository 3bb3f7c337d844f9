"""All stand-ins in one process, as the demo runs them."""

from __future__ import annotations

import json
import subprocess
import sys

import requests


def test_the_process_tells_its_ports_serves_and_ends_on_sigterm() -> None:
    command = [
        sys.executable,
        "-m",
        "infra.local.standins",
        "--no-limits",
        "--telegram-token",
        "1:t",
        "--llm-port",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ports = json.loads(process.stdout.readline())
            health = requests.get(f"http://127.0.0.1:{ports['emailengine']}/health", timeout=5)
            me = requests.get(f"http://127.0.0.1:{ports['telegram']}/bot1:t/getMe", timeout=5)
        finally:
            process.terminate()
        assert process.wait(10) == 0
    assert (health.status_code, me.json()["ok"]) == (200, True)
    assert set(ports) == {"telegram", "emailengine", "llm"}
