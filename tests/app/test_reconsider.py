"""The operator's route that has excluded mail re-evaluated, from the exclusion to the store."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.core.messages import Envelope, Exclusion, decode
from chalicelib.intake.intake import Arrival, Intake
from chalicelib.operations import reconsider as pipeline
from chalicelib.pipeline.store import StoreWorker
from tests.app.world import ADMIN, World, verdict
from tests.twins.telemetry import Telemetry

ROUTE = "/admin/reconsider"
RULES: dict[str, Any] = {
    "allowlist": {"domains": ["friends.example"]},
    "rules": [
        {"name": "no news", "when": {"subject": {"contains": ["news"]}}, "then": {"stop_processing": True}},
    ],
}


def excluded(world: World, number: int, sender: str, subject: str = "Hi") -> str:
    """Push a mail that the rules keep out, and let the store stage note it; its id."""
    given = world.push({"id": f"19a06462e1d08a{number:02x}", "sender": sender, "subject": subject, "body": "x"})
    assert given.json_body["status"].startswith(("skipped", "stopped")), given.json_body
    worker = StoreWorker(world.store, world.spool, world.cache, Telemetry())
    for queued in world.queues.queues["store"]:
        note = decode(queued.body)
        assert isinstance(note, Exclusion)
        worker.process(note)
    world.queues.queues["store"].clear()
    return str(given.json_body["mail_id"])


def ask(world: World, **body: Any) -> dict[str, Any]:
    response = world.request("POST", ROUTE, json.dumps({"author": "ada"} | body).encode(), ADMIN)
    assert response.status_code == 200, response.json_body
    answered: dict[str, Any] = response.json_body
    return answered


@pytest.fixture
def held(world: World) -> dict[str, str]:
    """Four excluded mails by name."""
    world.rule(RULES)
    return {
        "eve": excluded(world, 1, "Eve <eve@strangers.example>"),
        "eve again": excluded(world, 2, "EVE+shop@strangers.example"),
        "mallory": excluded(world, 3, "mallory@strangers.example"),
        "friend": excluded(world, 4, "ben@friends.example", "The news"),
    }


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"sender": "eve@strangers.example"}, {"eve", "eve again"}),
        ({"sender": "Eve@STRANGERS.example"}, {"eve", "eve again"}),
        ({"domain": "strangers.example"}, {"eve", "eve again", "mallory"}),
        ({"domain": "@strangers.example"}, {"eve", "eve again", "mallory"}),
        ({"rule": "no news"}, {"friend"}),
        ({"reason": "sender_not_allowed"}, {"eve", "eve again", "mallory"}),
        ({"all": True}, {"eve", "eve again", "mallory", "friend"}),
        ({"sender": "eve@strangers.example", "reason": "stopped_by_routing_rule"}, set()),
        ({"sender": "nobody@example.com"}, set()),
    ],
)
def test_exactly_what_is_named_is_re_evaluated(
    world: World, held: dict[str, str], wanted: dict[str, Any], names: set[str]
) -> None:
    answered = ask(world, **wanted)
    assert set(answered["requeued"]) == set(world.queued) == {held[name] for name in names}


def test_a_pointer_without_routing_goes_to_the_first_stage(world: World, held: dict[str, str]) -> None:
    ask(world, rule="no news")
    message = decode(world.queues.queues["anonymize"][0].body)
    assert isinstance(message, Envelope)
    assert (message.routing, message.spool_key in world.spool.objects) == (None, True)


def test_a_dry_run_changes_nothing(world: World, held: dict[str, str]) -> None:
    answered = ask(world, all=True, dry_run=True)
    assert (len(answered["requeued"]), answered["dry_run"]) == (4, True)
    assert (world.queued, world.ledger.decisions) == ([], [])


def test_after_a_change_of_the_allowlist_the_operator_sees_how_many_it_concerns(
    world: World, held: dict[str, str]
) -> None:
    world.rule(RULES | {"allowlist": {"addresses": ["eve@strangers.example"]}})
    assert ask(world, all=True, dry_run=True)["allowed_now"] == 2


def test_an_allowed_domain_concerns_all_of_it(world: World, held: dict[str, str]) -> None:
    world.rule(RULES | {"allowlist": {"domains": ["strangers.example"]}})
    assert ask(world, all=True, dry_run=True)["allowed_now"] == 3


def test_without_an_allowlist_every_sender_is_allowed(world: World, held: dict[str, str]) -> None:
    world.rule({})
    assert ask(world, all=True, dry_run=True)["allowed_now"] == 3


def test_who_asked_is_recorded(world: World, held: dict[str, str]) -> None:
    ask(world, rule="no news")
    reason = "stopped_by_routing_rule"
    assert world.ledger.decisions == [(held["friend"], "anonymize", "reconsidered", reason, "ada")]


def test_what_the_spool_has_forgotten_is_reported(world: World, held: dict[str, str]) -> None:
    del world.spool.objects[f"sealed/praxis/{held['eve']}"]
    answered = ask(world, sender="eve@strangers.example")
    assert (answered["status"], answered["forgotten"], answered["requeued"]) == (
        "partial",
        [held["eve"]],
        [held["eve again"]],
    )


def test_what_the_queue_does_not_take_is_reported_and_stays(world: World, held: dict[str, str]) -> None:
    world.queues.down = True
    answered = ask(world, rule="no news")
    assert (answered["status"], answered["failed"], answered["requeued"]) == ("partial", [held["friend"]], [])
    assert world.store.ledger_state([held["friend"]])[held["friend"]][0] == "excluded"


def test_many_are_read_page_by_page(world: World, held: dict[str, str]) -> None:
    desk, seen, after = world.container.reconsider_desk, [], ""
    for _ in range(3):
        page = desk.page(pipeline.Wanted(), "ada", True, after, limit=2)
        seen += page.requeued
        after = page.last
    assert (sorted(seen), after) == (sorted(held.values()), "")


def test_a_stored_mail_is_not_re_evaluated(world: World, held: dict[str, str]) -> None:
    world.store.ledger[held["friend"]].state = "stored"
    assert ask(world, rule="no news")["found"] == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "all"),
        ({"all": False}, "all"),
        ({"all": True, "rule": "x"}, "all"),
        ({"all": "yes"}, "all"),
        ({"sender": ""}, "sender"),
        ({"sender": " "}, "sender"),
        ({"sender": 1}, "sender"),
        ({"sender": "x" * 321}, "sender"),
        ({"domain": "a\x00b"}, "domain"),
        ({"reason": "duplicate"}, "reason"),
        ({"rule": "x", "after": "y"}, "after"),
        ({"rule": "x", "dry_run": 1}, "dry_run"),
        ({"rule": "x", "author": ""}, "author"),
        ({"rule": "x", "unknown": 1}, "unknown"),
    ],
)
def test_a_wrong_order_is_refused_by_its_field(world: World, body: dict[str, Any], field: str) -> None:
    raw = json.dumps({"author": "ada"} | body).encode()
    response = world.request("POST", ROUTE, raw, ADMIN)
    assert (verdict(response), response.json_body["field"]) == ((400, "invalid_field"), field)


def test_it_is_for_the_operator_alone(world: World) -> None:
    assert verdict(world.request("POST", ROUTE, b'{"all": true}')) == (401, "unauthorized")


def test_the_arrival_of_a_fetched_mail_is_found_where_it_was_sealed_whole(world: World) -> None:
    """Another door's mail: its note names the object that holds it."""
    world.rule(RULES)
    intake = Intake(world.spool, world.queues, world.cache, Telemetry())
    [given] = intake.take([Arrival("praxis", "emailengine", "emailengine", b"{}", "x")], "t")
    note = Exclusion(
        *(given.mail_id, "praxis", "emailengine", f"fetched/praxis/{given.mail_id}", "2026-01-02T03:04:05+00:00", "t"),
        *("sender_not_allowed", "", 1, "a" * 32, "b" * 32),
    )
    world.store.exclude(note)
    world.spool.put(note.spool_key, b"")
    world.queues.queues["anonymize"].clear()
    ask(world, all=True)
    message = decode(world.queues.queues["anonymize"][0].body)
    assert isinstance(message, Envelope)
    assert message.spool_key == note.spool_key


def test_a_page_ends_when_the_time_does_and_the_next_one_goes_on(world: World, held: dict[str, str]) -> None:
    desk, seen, after, pages = world.container.reconsider_desk, [], "", 0
    while pages == 0 or after:
        page = desk.page(pipeline.Wanted(), "ada", True, after, time_left=lambda: 0.0)
        seen += page.requeued
        after, pages = page.last, pages + 1
    assert (seen, pages) == (sorted(held.values()), 4)


def test_what_no_time_is_left_to_send_stays_excluded(world: World, held: dict[str, str]) -> None:
    page = world.container.reconsider_desk.page(pipeline.Wanted(rule="no news"), "ada", time_left=lambda: 0.0)
    assert (page.failed, page.requeued, world.queued) == ((held["friend"],), (), [])
