"""Files of links and webhooks on the whole stack: rules, doors, stages, bucket and receivers."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from chalicelib.core.stages import DELIVER
from chalicelib.policy.book import MEMORY_SECONDS
from infra.cloudformation.deploy import client
from infra.local.rehearsal import control
from infra.local.stack import FILES
from infra.local.watch import depths
from tests.e2e.test_failures_of_workers import kill_workers
from tests.e2e.test_proof import run
from tests.e2e.world import NUMBERS, World

HOST = "https://files.example.net"
DESK, SHOP = "https://receiver.example.net/desk", "https://receiver.example.net/shop"
RULES = {
    "providers": {"files": {"hosts": ["files.example.net"], "paths": ["/s/"]}},
    "destinations": {"desk": {"url": DESK, "clear_fields": ["sender"]}, "shop": {"url": SHOP}},
    "rules": [
        {
            "name": "files delivered",
            "when": {"subject": {"contains": ["parcel of files"]}},
            "then": {"offload": True, "webhooks": ["desk"]},
        },
        {
            "name": "both",
            "when": {"subject": {"contains": ["for desk and shop"]}},
            "then": {"webhooks": ["desk", "shop"]},
        },
    ],
}


def save(world: World, document: dict[str, Any]) -> None:
    """A new version of the rules."""
    token = {"Authorization": f"Bearer {world.info.credentials['admin_tokens'][0]}"}
    base = world.request("GET", "/admin/rules", headers=token).json()["version"]
    body = {"document": document, "author": "e2e", "comment": "test", "base_version": base}
    answer = world.request("PUT", "/admin/rules", headers=token, json=body)
    assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def in_force(stack_world: World) -> Iterator[None]:
    """With the rules above; without any afterwards."""
    save(stack_world, RULES)
    until = time.monotonic() + MEMORY_SECONDS
    stack_world.wait(lambda: time.monotonic() > until, "every container to have forgotten the rules before")
    yield
    save(stack_world, {})


@pytest.fixture
def ruled(in_force: None, world: World) -> Iterator[World]:
    """The stack with rules; what came outside is forgotten afterwards."""
    yield world
    control(world.info.outside_url, "clear", {"all": True})


def share(world: World, size: int, **more: Any) -> tuple[str, str]:
    """A file at the provider; its link and path."""
    path = f"/s/share{next(NUMBERS)}"
    control(world.info.outside_url, "file", {"path": path, "size": size, "seed": size} | more)
    return HOST + path, path


def mail(world: World, subject: str, text: str) -> str:
    """A mail of that subject and text; its id."""
    sample = world.sample(subject, text=text)
    [mail_id] = world.send(sample)
    return mail_id


def hooks(world: World, mail_id: str) -> list[dict[str, Any]]:
    """Webhooks that came about a mail, with what the documented code says of their signature."""
    came = requests.get(f"{world.info.outside_url}/_control/messages", timeout=10).json()
    found = []
    for message in came:
        body = base64.b64decode(message["body"])
        reported = json.loads(body)
        if reported["mail_id"] == mail_id:
            found.append({**message, "reported": reported, "verified": verified(world, message["headers"], body)})
    return found


def verified(world: World, headers: dict[str, str], body: bytes) -> bool:
    document = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
    [code] = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    space: dict[str, Any] = {}
    exec(code, space)
    answer: bool = space["verify"](headers, body, world.info.credentials["webhook_keys"]["default"])
    return answer


def content(world: World, key: str) -> tuple[int, str]:
    """Size and SHA-256 of a file in the bucket."""
    body = client("s3", world.info.aws).get_object(Bucket=FILES, Key=key)["Body"].read()
    return len(body), hashlib.sha256(body).hexdigest()


def expected(size: int) -> tuple[int, str]:
    from infra.local.standins.outside import File

    return size, File(size, seed=size).sha256()


def reported(world: World, mail_id: str) -> dict[str, Any]:
    """The one webhook about a mail, once it is there."""
    world.wait(lambda: bool(hooks(world, mail_id)), "the webhook")
    world.wait(world.idle, "the queues to run empty")
    [hook] = hooks(world, mail_id)
    assert hook["verified"]
    found: dict[str, Any] = hook["reported"]
    return found


def state(world: World, mail_id: str) -> str:
    [(found,)] = world.rows("SELECT state FROM core.ledger WHERE mail_id = %s", mail_id)
    return str(found)


def test_a_file_goes_into_the_bucket_and_the_receiver_gets_one_webhook(ruled: World) -> None:
    size = 9_000_001
    link, _ = share(ruled, size, name="film one.mov", type="video/quicktime")
    mail_id = mail(ruled, "A parcel of files", f"Here: {link}")
    hook = reported(ruled, mail_id)
    [stored] = hook["links"]
    assert (stored["status"], stored["url"], stored["file"]["name"]) == ("stored", link, "film one.mov")
    assert content(ruled, stored["file"]["key"]) == expected(size)
    assert (hook["clear"], "desk@workshop.example" in hook["mail"]["sender"]) == (["sender"], True)
    assert ruled.lost(mail_id) == []


def test_a_receiver_that_is_down_gets_its_webhook_later_and_the_other_only_once(ruled: World) -> None:
    control(
        ruled.info.outside_url, "fail", {"path": "/desk", "status": 503, "times": 2, "headers": {"Retry-After": "1"}}
    )
    mail_id = mail(ruled, "News for desk and shop", "No links here")
    ruled.wait(lambda: len(hooks(ruled, mail_id)) == 2, "both webhooks")
    ruled.wait(ruled.idle, "the queues to run empty")
    assert sorted(hook["path"] for hook in hooks(ruled, mail_id)) == ["/desk", "/shop"]
    rows = ruled.rows("SELECT destination, state, attempts FROM core.deliveries WHERE mail_id = %s ORDER BY 1", mail_id)
    assert rows == [("desk", "delivered", 3), ("shop", "delivered", 1)]


def test_a_file_outlives_a_worker_that_is_killed_while_it_fetches(ruled: World) -> None:
    size = 24 * 1024 * 1024 + 7
    link, path = share(ruled, size, pause=0.05)
    with ruled.soon_visible("offload"):
        mail_id = mail(ruled, "A parcel of files, killed", f"Here: {link}")
        parts = "SELECT 1 FROM ingestion.links WHERE mail_id = %s AND cardinality(parts) > 0"
        ruled.wait(lambda: bool(ruled.rows(parts, mail_id)), "the first part")
        assert kill_workers(ruled, "Offload")
        control(ruled.info.outside_url, "file", {"path": path, "size": size, "seed": size})
        hook = reported(ruled, mail_id)
    assert content(ruled, hook["links"][0]["file"]["key"]) == expected(size)
    asked = [entry for entry in ruled.asked("outside", path) if "range" in entry["headers"]]
    assert asked[-1]["headers"]["range"] in ("bytes=8388608-", "bytes=16777216-")


@pytest.mark.parametrize(
    "location", ["https://127.0.0.1/", "https://169.254.169.254/latest/", "http://files.example.net/"]
)
def test_a_link_that_leads_inside_is_not_followed(ruled: World, location: str) -> None:
    link, _ = share(ruled, 0, redirect=location)
    mail_id = mail(ruled, "A parcel of files, misled", f"Here: {link}")
    [kept] = reported(ruled, mail_id)["links"]
    assert (kept["status"], kept["url"], kept["reason"].startswith("target_")) == ("original", link, True)


def test_a_webhook_whose_queue_was_emptied_is_found_and_sent_once(ruled: World) -> None:
    ruled.wait(ruled.idle, "the queues to run empty")
    queues = client("sqs", ruled.info.aws)
    with ruled.paused("deliver"):
        mail_id = mail(ruled, "A parcel of files, emptied", "No link")
        ruled.wait(lambda: any(one.name == "deliver" and one.waiting for one in depths(ruled.info)), "the message")
        queues.purge_queue(QueueUrl=queues.get_queue_url(QueueName=DELIVER.queue)["QueueUrl"])
    aged = "UPDATE core.deliveries SET last_at = now() - interval '1 hour' WHERE mail_id = %s RETURNING state"
    assert ruled.rows(aged, mail_id) == [("waiting",)]
    result = run(ruled, "verify", "--repair", "--json")
    assert result.exit_code == 1, result.output
    repaired = json.loads(result.stdout)
    assert repaired["resent_webhooks"]["sent"] == [[mail_id, "desk"]]
    assert (reported(ruled, mail_id)["links"], state(ruled, mail_id)) == ([], "stored")


def test_a_webhook_that_is_refused_for_good_leaves_the_mail_stored_and_can_be_sent_again(ruled: World) -> None:
    control(ruled.info.outside_url, "fail", {"path": "/desk", "status": 404})
    mail_id = mail(ruled, "A parcel of files, refused", "No link")
    ruled.wait(lambda: bool(ruled.dead("deliver")), "the failed message")
    assert (state(ruled, mail_id), hooks(ruled, mail_id)) == ("stored", [])
    token = {"Authorization": f"Bearer {ruled.info.credentials['admin_tokens'][0]}"}
    answer = ruled.request("POST", "/admin/dlq/redrive", headers=token, json={"mail_ids": [mail_id], "author": "e2e"})
    assert answer.status_code == 200, answer.text
    assert reported(ruled, mail_id)["links"] == []
    assert (ruled.dead("deliver"), state(ruled, mail_id)) == ([], "stored")
