"""The real Gmail script, under Node, pushes through the real door into the deployed stack, with faults and rules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from infra.cloudformation.template import ROOT
from infra.local.patience import scaled
from tests.e2e.test_verdicts import document, put, state, sweep
from tests.e2e.world import World

MAILS = 210
WORDS = ("stopword", "skipword", "refuseword", "holdword")
"""What the rules of `test_verdicts` look for in a subject."""

EXCLUDED = {"stopword": "stopped_by_routing_rule", "skipword": "outside_time_window"}


@contextmanager
def script(world: World, **more: str) -> Iterator[subprocess.Popen[str]]:
    """One life of the script against the door."""
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
    command = [str(Path(sys.executable).parent / "node"), str(ROOT / "apps_script" / "test" / "live.mjs")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=environment, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def reported(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What the script says of every mail at its end."""
    out, err = process.communicate("\n", timeout=scaled(110))
    assert process.returncode == 0, out[-2000:] + err[-2000:]
    answer: dict[str, Any] = json.loads(out)
    return answer


@pytest.mark.timeout(300)
def test_the_script_loses_and_repeats_no_mail(world: World) -> None:
    """Pushes get lost, answers get lost, runs are killed and doubled, rules keep out, hold and refuse, mail is large:
    the ledger shows each mail once."""
    put(world, document(allowlist={}))
    try:
        with script(world, MAILROOM_WORDS=",".join(WORDS), MAILROOM_PAUSE="1") as process:
            assert process.stdout
            assert process.stdout.readline() == "refused\n"  # all but these have ended; the window opens
            put(world, {})
            said = reported(process)
    finally:
        put(world, {})
    mails = said["mails"]
    assert len({mail["mail_id"] for mail in mails}) == len(mails) == MAILS, said["statuses"]
    assert (said["open"], said["failed"]) == (0, [])
    assert min(said["faults"].values()) > 0, said["faults"]
    ids = {word: [mail["mail_id"] for mail in mails if mail["word"] == word] for word in ("", *WORDS)}
    assert said["refused"] == len(ids["refuseword"]) > 0

    # Mail that a rule stops is excluded; held mail is stored and its notice waits.
    for word, reason in EXCLUDED.items():
        world.wait(lambda word=word: all(state(world, one)[0] for one in ids[word]), f"{word} noted")
        assert {state(world, one) for one in ids[word]} == {("excluded", reason)}
    held = ids["holdword"]
    world.wait(lambda: all(state(world, one) == ("stored", "") for one in held), "the held mail to be stored")
    waiting = "UPDATE core.outbox SET not_before = now() WHERE mail_id = ANY(%s) AND sent_at IS NULL RETURNING id"
    assert len(world.rows(waiting, held)) == len(held)
    sweep(world)

    # The rest is stored, each once, the large ones whole.
    stored = ids[""] + ids["refuseword"] + held
    world.accepted += [mail_id for mail_id in stored if mail_id not in world.accepted]
    ends = world.ends(*stored, timeout=150)
    assert {fate.state for fate in ends.values()} == {"stored"}
    assert len(ends) == len(stored)
    large = [mail["mail_id"] for mail in mails if mail["form"] == "upload"]
    scans = "SELECT count(*) FROM ingestion.emails WHERE mail_id = ANY(%s) AND cardinality(attachments) = 1"
    assert world.rows(scans, large) == [(MAILS // 40,)]
