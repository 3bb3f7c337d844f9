"""Mail whose webhook never came is found in the mailbox by the deployed reconciler."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from click.testing import CliRunner

from chalicelib.mail.identity import door_identity, mail_id
from infra.cli.__main__ import mailroom
from tests.e2e.world import World

ACCOUNT = "research"


def reconcile(world: World, *options: str) -> dict[str, Any]:
    """What `mailroom reconcile` says of the account."""
    result = CliRunner().invoke(mailroom, ["--folder", str(world.stack.folder), "reconcile", "--json", *options])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = {look["account"]: look for look in json.loads(result.stdout)}[ACCOUNT]
    return found


def without_webhook(world: World) -> str:
    """A mail that lies in the mailbox, of which EmailEngine said nothing; its id."""
    stated = (datetime.now(UTC) - timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S +0000")
    head = f"Message-ID: <unannounced@workshop.example>\r\nDate: {stated}\r\nFrom: Workshop <desk@workshop.example>\r\n"
    raw = f"{head}Subject: Nobody rang\r\n\r\nThe new lathe is here.\r\n".encode()
    held = {"account": ACCOUNT, "raw": base64.b64encode(raw).decode("ascii")}
    entry = requests.post(f"{world.info.emailengine_url}/_control/message", json=held, timeout=10).json()
    return mail_id(ACCOUNT, door_identity(entry.get("emailId", ""), entry=entry))


def test_a_mail_whose_webhook_never_came_is_stored_and_notified_once(world: World) -> None:
    [known] = world.send(world.sample("One that was announced", "emailengine", ACCOUNT))
    assert world.lost(known) == []
    before = reconcile(world)
    assert before["outcome"] == "complete"
    missed = without_webhook(world)
    found = reconcile(world)
    assert (found["outcome"], found["gaps"]) == ("complete", 1)
    world.accepted.append(missed)
    assert world.lost(missed) == []
    again = reconcile(world)
    assert (again["gaps"], again["gaps_total"]) == (0, before["gaps_total"] + 1)
    assert reconcile(world, "--dry-run") == again | {
        "last_event": None
    }  # the status knows the account's last event, too
