"""The operator's routes for failed messages, and the sweep that looks for lost mail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chalice.test import HTTPResponse

from chalicelib.bootstrap import handlers
from chalicelib.core.clock import TimeLeft, unlimited
from chalicelib.core.messages import Routing, decode, encode
from chalicelib.core.stages import STAGE_NAMES
from chalicelib.ports import Inspection
from chalicelib.web import dead_letter_routes, http
from tests.app.world import ADMIN, Minute, World, installed, verdict
from tests.contract.mails import ORIGINAL, envelope, mail_id, note
from tests.twins.dead_letters import MemoryDeadLetterQueues
from tests.unit.bootstrap.logs import captured

WHY = {"reason": "spool_missing", "error": "Permanent", "attempts": "2", "last_at": "2026-01-02T03:00:05+00:00"}
ROUTES = [
    ("GET", "/admin/dlq"),
    ("GET", f"/admin/dlq/{mail_id('a')}"),
    ("POST", "/admin/dlq/redrive"),
    ("POST", "/admin/dlq/discard"),
]


@pytest.fixture
def world() -> Iterator[World]:
    with installed(World()) as world:
        yield world


def bury(world: World, name: str = "a", stage: str = "store") -> str:
    """A quarantined mail; its id."""
    world.queues.send_dead(stage, encode(envelope(name)), WHY)
    world.store.quarantine(note(name))
    return mail_id(name)


def post(world: World, what: str, **body: Any) -> HTTPResponse:
    return world.request("POST", f"/admin/dlq/{what}", json.dumps({"author": "ann"} | body).encode(), ADMIN)


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer gmail-token-1"}], ids=["none", "a door's"])
def test_without_the_operator_s_token_nothing_is_reported_or_done(
    world: World, method: str, path: str, headers: dict[str, str]
) -> None:
    bury(world)
    body = json.dumps({"author": "ann", "mail_ids": [mail_id("a")], "reason": "spam"}).encode()
    response = world.request(method, path, body if method == "POST" else b"", headers)
    assert (response.status_code, response.json_body) == (401, {"status": "unauthorized"})
    assert len(world.queues.dead["store"]) == 1


def test_the_failed_messages_are_listed(world: World) -> None:
    bury(world)
    answer = world.request("GET", "/admin/dlq", headers=ADMIN).json_body
    [record] = answer["messages"]
    assert (record["mail_id"], record["stage"], record["reason"], record["attempts"]) == (
        *(mail_id("a"), "store", "spool_missing"),
        2,
    )
    assert (answer["status"], answer["complete"]) == ("ok", True)


def test_a_list_carries_no_text_of_a_mail(world: World) -> None:
    bury(world)
    assert "PERSON" not in str(world.request("GET", "/admin/dlq", headers=ADMIN).json_body)


@pytest.mark.parametrize("query", ["stage=other", "limit=0", "limit=1001", "limit=x", "limit=-1", "limit=99999999999"])
def test_a_query_that_asks_for_something_else_is_refused(world: World, query: str) -> None:
    assert verdict(world.request("GET", f"/admin/dlq?{query}", headers=ADMIN)) == (400, "invalid_field")


def test_a_list_can_be_limited(world: World) -> None:
    bury(world, "a")
    bury(world, "b")
    answer = world.request("GET", "/admin/dlq?stage=store&limit=1", headers=ADMIN).json_body
    assert (len(answer["messages"]), answer["complete"]) == (1, False)


def test_a_mail_is_shown_anonymized(world: World) -> None:
    answer = world.request("GET", f"/admin/dlq/{bury(world)}", headers=ADMIN)
    assert answer.json_body["messages"][0]["subject"] == "Results of <PERSON_1>"


def test_an_unknown_mail_is_not_found(world: World) -> None:
    path = f"/admin/dlq/{mail_id('other')}"
    assert verdict(world.request("GET", path, headers=ADMIN)) == (404, "unknown_message")


def test_an_id_that_is_none_is_refused(world: World) -> None:
    assert verdict(world.request("GET", "/admin/dlq/ada", headers=ADMIN)) == (400, "invalid_field")


def test_a_mail_is_redriven(world: World) -> None:
    answer = post(world, "redrive", mail_ids=[bury(world)])
    assert verdict(answer) == (200, "ok")
    assert [record["mail_id"] for record in answer.json_body["redriven"]] == [mail_id("a")]
    assert (len(world.queues.queues["store"]), world.queues.dead["store"]) == (1, [])


def test_of_several_mails_the_unknown_are_named(world: World) -> None:
    answer = post(world, "redrive", mail_ids=[bury(world), mail_id("other")])
    assert verdict(answer) == (200, "partial")
    assert answer.json_body["unknown"] == [mail_id("other")]


def test_mails_that_are_all_unknown_are_not_found(world: World) -> None:
    assert verdict(post(world, "redrive", mail_ids=[mail_id("other")])) == (404, "unknown_message")


def test_a_stage_s_failed_messages_are_moved_natively(world: World) -> None:
    bury(world)
    assert verdict(post(world, "redrive", stage="store", all=True)) == (202, "moving")
    assert len(world.queues.queues["store"]) == 1


def test_without_a_stage_the_failed_messages_of_every_stage_are_moved(world: World) -> None:
    for name, stage in (("a", "anonymize"), ("b", "store"), ("c", "deliver")):
        bury(world, name, stage)
    answer = post(world, "redrive", all=True)
    assert (verdict(answer), answer.json_body["stages"]) == ((202, "moving"), list(STAGE_NAMES))
    assert [len(world.queues.queues[stage]) for stage in ("anonymize", "store", "deliver")] == [1, 1, 1]
    assert not any(world.queues.dead.values())


def test_a_move_that_is_under_way_in_one_stage_does_not_hold_up_the_others(world: World) -> None:
    bury(world, "a", "anonymize")
    bury(world, "b", "store")
    world.dead.moving = {"anonymize"}
    answer = post(world, "redrive", all=True)
    assert (verdict(answer), "anonymize" in answer.json_body["stages"]) == ((202, "moving"), False)
    assert (len(world.queues.dead["anonymize"]), len(world.queues.queues["store"])) == (1, 1)


def test_where_moves_are_under_way_everywhere_the_route_says_so(world: World) -> None:
    world.dead.moving = set(STAGE_NAMES)
    assert verdict(post(world, "redrive", all=True)) == (409, "move_refused")


def test_a_dry_run_of_all_lists_all_and_moves_none(world: World) -> None:
    for name, stage in (("a", "anonymize"), ("b", "store")):
        bury(world, name, stage)
    answer = post(world, "redrive", all=True, dry_run=True)
    assert sorted(one["stage"] for one in answer.json_body["messages"]) == ["anonymize", "store"]
    assert (len(world.queues.dead["anonymize"]), len(world.queues.dead["store"])) == (1, 1)


def test_where_the_queue_cannot_move_the_route_says_so_and_does_nothing(world: World) -> None:
    bury(world)
    world.dead.movable = False
    assert verdict(post(world, "redrive", stage="store", all=True)) == (501, "move_unsupported")
    assert len(world.queues.dead["store"]) == 1


def test_a_mail_is_discarded_with_its_reason(world: World) -> None:
    assert verdict(post(world, "discard", mail_ids=[bury(world)], reason="spam")) == (200, "ok")
    assert world.store.ledger_state([mail_id("a")]) == {mail_id("a"): ("excluded", "discarded:spam")}


@pytest.mark.parametrize("what", ["redrive", "discard"])
def test_a_dry_run_changes_nothing(world: World, what: str) -> None:
    more = {"reason": "spam"} if what == "discard" else {}
    answer = post(world, what, mail_ids=[bury(world)], dry_run=True, **more)
    assert (answer.json_body["dry_run"], len(world.queues.dead["store"])) == (True, 1)


def test_a_dry_run_of_a_stage_lists_it(world: World) -> None:
    bury(world)
    answer = post(world, "redrive", stage="store", all=True, dry_run=True)
    assert ([one["mail_id"] for one in answer.json_body["messages"]], len(world.queues.dead["store"])) == (
        [mail_id("a")],
        1,
    )


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("redrive", {}, "mail_ids"),
    ("redrive", {"mail_ids": []}, "mail_ids"),
    ("redrive", {"mail_ids": ["x"]}, "mail_ids"),
    ("redrive", {"mail_ids": [1]}, "mail_ids"),
    ("redrive", {"mail_ids": "x"}, "mail_ids"),
    ("redrive", {"mail_ids": [mail_id("a")] * 101}, "mail_ids"),
    ("redrive", {"mail_ids": [mail_id("a")], "stage": "store"}, "stage"),
    ("redrive", {"mail_ids": [mail_id("a")], "stage": "store", "all": True}, "mail_ids"),
    ("redrive", {"all": True, "stage": None}, "stage"),
    ("redrive", {"all": True, "mail_ids": [mail_id("a")]}, "mail_ids"),
    ("redrive", {"all": True, "stage": ["store"]}, "stage"),
    ("redrive", {"all": "yes", "stage": "store"}, "all"),
    ("redrive", {"mail_ids": [mail_id("a")], "dry_run": 1}, "dry_run"),
    ("redrive", {"mail_ids": [mail_id("a")], "author": ""}, "author"),
    ("redrive", {"mail_ids": [mail_id("a")], "author": "a\nb"}, "author"),
    ("redrive", {"mail_ids": [mail_id("a")], "extra": 1}, "unknown"),
    ("discard", {"mail_ids": [mail_id("a")]}, "reason"),
    ("discard", {"mail_ids": [mail_id("a")], "reason": "Two words"}, "reason"),
    ("discard", {"mail_ids": [mail_id("a")], "reason": None}, "reason"),
]


@pytest.mark.parametrize(("what", "body", "field"), WRONG)
def test_a_body_of_another_form_is_refused_by_its_field(
    world: World, what: str, body: dict[str, Any], field: str
) -> None:
    bury(world)
    answer = post(world, what, **body)
    assert (verdict(answer), answer.json_body["field"]) == ((400, "invalid_field"), field)
    assert len(world.queues.dead["store"]) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"null"])
def test_a_body_that_is_no_object_is_refused(world: World, body: bytes) -> None:
    assert verdict(world.request("POST", "/admin/dlq/redrive", body, ADMIN)) == (400, "invalid_json")


@pytest.mark.parametrize(("method", "path"), ROUTES[:2])
def test_queues_that_are_unavailable_are_a_passing_failure(world: World, method: str, path: str) -> None:
    world.queues.down = True
    assert verdict(world.request(method, path, headers=ADMIN)) == (503, "try_again")


def lose(world: World) -> str:
    """A mail that was sealed half an hour ago and whose pointer never came; its id."""
    world.push({"id": "1", "sender": "Ada <ada@example.org>", "body": "text"})
    [lost] = world.queued
    world.queues.queues["anonymize"].clear()
    for key in world.spool.modified:
        world.spool.modified[key] = datetime.now(UTC) - timedelta(minutes=30)
    return lost


@pytest.fixture
def sweeping(world: World) -> World:
    """A world whose notifications are off: the sweep has nothing else to do."""
    world.container.flags.switch("notifications_enabled", False, "ann")
    world.container.__dict__["notifier"] = Nobody()
    return world


class Nobody:
    """A notify stage that is switched off."""

    def enabled(self) -> bool:
        return False


def run_sweep(at: str) -> dict[str, int]:
    """The sweep, called by a schedule's event of that time."""
    found: dict[str, int] = handlers.run_schedule("sweep", {"time": at}, Minute())
    return found


def test_every_fifth_minute_the_sweep_sends_lost_mail_on_its_way(sweeping: World) -> None:
    lost = lose(sweeping)
    result = run_sweep("2026-01-01T00:05:00Z")
    assert (result["missing"], result["requeued"], sweeping.queued) == (1, 1, [lost])


def test_the_sweep_sends_a_webhook_again_whose_message_is_gone(
    sweeping: World, capsys: pytest.CaptureFixture[str]
) -> None:
    sweeping.store.store(envelope("a", routing=Routing(1, webhooks=("desk",))), "text", ORIGINAL, [])
    sweeping.store.deliveries[mail_id("a"), "desk"].last_at -= timedelta(hours=1)
    result = run_sweep("2026-01-01T00:05:00Z")
    assert (result["overdue_webhooks"], result["resent_webhooks"]) == (1, 1)
    assert run_sweep("2026-01-01T00:10:00Z")["resent_webhooks"] == 0
    [queued] = sweeping.queues.queues["deliver"]
    assert decode(queued.body).mail_id == mail_id("a")
    assert '"kind":"resent_webhooks"' in capsys.readouterr().out.replace(" ", "")


def test_in_between_the_sweep_lists_nothing(sweeping: World) -> None:
    lose(sweeping)
    sweeping.spool.down = True
    assert run_sweep("2026-01-01T00:04:00Z") == {"notified": 0}


def test_the_sweep_reports_what_it_found_without_personal_data(
    sweeping: World, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = lose(sweeping)
    capsys.readouterr()
    with captured() as lines:
        run_sweep("2026-01-01T00:05:00Z")
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["mail_id"] for line in lines.records if line["message"] == "repaired"] == [lost]
    assert {line["kind"]: line["Audit"] for line in metrics if "Audit" in line} == {"missing": [1.0], "requeued": [1.0]}
    assert "ada" not in lines.getvalue() + str(metrics)


def test_a_sweep_with_nothing_to_find_says_nothing(sweeping: World, capsys: pytest.CaptureFixture[str]) -> None:
    result = run_sweep("2026-01-01T00:05:00Z")
    assert (set(result.values()), capsys.readouterr().out) == ({0}, "")


def test_of_a_mail_with_many_failed_messages_the_first_are_shown(world: World) -> None:
    for _ in range(dead_letter_routes.SHOWN + 2):
        bury(world)
    shown = world.request("GET", f"/admin/dlq/{mail_id('a')}", headers=ADMIN).json_body["messages"]
    assert len(shown) == dead_letter_routes.SHOWN


class Timed(MemoryDeadLetterQueues):
    """Remembers the time that it was given."""

    given: list[float]

    def take(self, stage: str, limit: int, seconds: int, time_left: TimeLeft = unlimited) -> Inspection:
        self.given.append(time_left())
        return super().take(stage, limit, seconds, time_left)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/admin/dlq", {}),
        ("GET", f"/admin/dlq/{mail_id('a')}", {}),
        ("POST", "/admin/dlq/redrive", {"mail_ids": [mail_id("a")]}),
        ("POST", "/admin/dlq/redrive", {"all": True, "dry_run": True}),
        ("POST", "/admin/dlq/discard", {"mail_ids": [mail_id("a")], "reason": "spam"}),
    ],
)
def test_no_route_works_longer_than_api_gateway_waits(
    world: World, method: str, path: str, body: dict[str, Any]
) -> None:
    timed = Timed(world.queues)
    timed.given = []
    world.container.__dict__["dead_letters"] = timed
    world.request(method, path, json.dumps({"author": "ann"} | body).encode() if body else b"", ADMIN)
    assert timed.given
    assert max(timed.given) <= http.WORK_SECONDS / 2
