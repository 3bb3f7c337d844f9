"""The real Gmail script, under Node, pushes through the real door into the deployed stack, with faults."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.template import ROOT
from tests.e2e.world import World

MAILS = 120


def run_script(world: World, **more: str) -> dict[str, Any]:
    """One life of the script against the door; what it says of every mail."""
    credentials = world.info.credentials
    environment = {
        "PATH": os.environ["PATH"],
        "MAILROOM_URL": f"{world.info.api}/api/ingress/gmail",
        "MAILROOM_TOKEN": credentials["gmail_tokens"][0],
        "MAILROOM_KEY": credentials["gmail_keys"][0],
        "MAILROOM_ACCOUNT": "personal",
        "MAILROOM_MAILS": str(MAILS),
        "MAILROOM_SEED": "20261121",
        **more,
    }
    node = Path(sys.executable).parent / "node"
    command = [str(node), str(ROOT / "apps_script" / "test" / "live.mjs")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=110, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.timeout(240)
def test_the_script_loses_and_repeats_no_mail(world: World) -> None:
    """Pushes get lost, answers get lost, runs are killed and doubled: the ledger shows each mail once."""
    told = run_script(world)
    ids = [mail["mail_id"] for mail in told["mails"]]
    assert len(set(ids)) == len(ids) == MAILS, told["statuses"]
    assert not told["open"]
    assert not told["failed"]
    assert sum(told["faults"].values()) > 0
    world.accepted += [mail_id for mail_id in ids if mail_id not in world.accepted]
    ends = world.ends(*ids, timeout=150)
    assert {fate.state for fate in ends.values()} == {"stored"}
    assert len(ends) == MAILS
