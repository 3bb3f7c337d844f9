"""The operator's routes for the rules: every answer, and that nothing else changes anything."""

from __future__ import annotations

import json
import time
from base64 import b64encode, urlsafe_b64encode
from dataclasses import replace
from typing import Any

import pytest
from chalice.test import HTTPResponse

from chalicelib.core.errors import Retryable
from chalicelib.policy.book import RuleBook
from chalicelib.policy.validate import MAX_ERRORS
from chalicelib.ports import RuleVersion
from chalicelib.web import policy_schemas
from tests.app.world import ADMIN, World, verdict
from tests.twins.rules import MemoryRuleStore
from tests.unit.bootstrap.logs import captured

FIRST: dict[str, Any] = {"allowlist": {"domains": ["example.org"]}}
SECOND: dict[str, Any] = {"allowlist": {"domains": ["example.com", "example.net"]}}
MAIL = b"From: Ada <ada@example.net>\r\nSubject: Private words\r\n\r\nHello.\r\n"
ROUTES = [
    ("GET", "/admin/rules"),
    ("PUT", "/admin/rules"),
    ("GET", "/admin/rules/versions"),
    ("GET", "/admin/rules/versions/1"),
    ("POST", "/admin/rules/rollback"),
    ("POST", "/admin/rules/test"),
]


def get(world: World, path: str = "") -> HTTPResponse:
    return world.request("GET", f"/admin/rules{path}", headers=ADMIN)


def put(world: World, document: Any = FIRST, base: Any = 0, **more: Any) -> HTTPResponse:
    body = {"document": document, "author": "ann", "comment": "as asked", "base_version": base} | more
    return world.request("PUT", "/admin/rules", json.dumps(body).encode(), ADMIN)


def post(world: World, what: str, **body: Any) -> HTTPResponse:
    return world.request("POST", f"/admin/rules/{what}", json.dumps(body).encode(), ADMIN)


def tried(world: World, **body: Any) -> HTTPResponse:
    return post(world, "test", **({"raw": b64encode(MAIL).decode()} | body))


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_a_token_nothing_is_shown_or_changed(world: World, method: str, path: str) -> None:
    put(world)
    body = b"" if method == "GET" else json.dumps({"version": 0, "author": "ann"}).encode()
    assert verdict(world.request(method, path, body)) == (401, "unauthorized")
    assert len(world.rules.versions(9)) == 1


def test_before_the_first_change_there_are_none(world: World) -> None:
    body = get(world).json_body
    assert (body["version"], body["document"], body["author"]) == (0, {}, "")


def test_what_was_saved_is_shown_with_author_and_comment(world: World) -> None:
    put(world)
    body = get(world).json_body
    assert (body["version"], body["document"], body["author"], body["comment"]) == (
        1,
        FIRST,
        "ann",
        "as asked",
    )


def test_what_was_saved_is_in_force(world: World) -> None:
    put(world)
    assert world.container.rules.current().document == FIRST


def test_a_change_answers_with_what_it_changes(world: World) -> None:
    put(world)
    body = put(world, SECOND, 1).json_body
    assert (body["status"], body["version"], body["changes"]) == (
        "ok",
        2,
        ["allowlist: domains 2 added, 1 removed"],
    )
    assert body["diff"].startswith("--- version 1\n+++ version 2\n")
    assert '-   "example.org"' in body["diff"]


def test_a_change_needs_no_comment(world: World) -> None:
    body = json.dumps({"document": FIRST, "author": "ann", "base_version": 0}).encode()
    assert verdict(world.request("PUT", "/admin/rules", body, ADMIN)) == (200, "ok")


def test_a_dry_run_answers_and_changes_nothing(world: World) -> None:
    body = put(world, dry_run=True).json_body
    assert (body["version"], body["dry_run"], body["changes"]) == (1, True, ["allowlist: domains added"])
    assert world.rules.current() is None


@pytest.mark.parametrize("dry_run", [True, False])
def test_rules_that_ask_for_clear_fields_elsewhere_are_saved_with_a_warning(world: World, dry_run: bool) -> None:
    hosts = {"clear_field_hosts": ("crm.example",)}
    world.container.__dict__["settings"] = replace(world.container.settings, **hosts)
    destinations = {
        "crm": {"url": "https://crm.example/hook", "clear_fields": ["sender"]},
        "elsewhere": {"url": "https://evil.example/hook", "clear_fields": ["body"]},
        "anonymized": {"url": "https://other.example/hook"},
    }
    answer = put(world, {"destinations": destinations}, dry_run=dry_run)
    [warning] = answer.json_body["warnings"]
    assert (verdict(answer), warning["path"]) == ((200, "ok"), "destinations.elsewhere.clear_fields")
    assert warning["message"].startswith("evil.example is not in ClearFieldHosts")


@pytest.mark.parametrize("base", [0, 2])
def test_a_change_of_another_version_is_a_conflict_and_names_the_one_in_force(world: World, base: int) -> None:
    put(world)
    answer = put(world, SECOND, base)
    assert (verdict(answer), answer.json_body["version"]) == ((409, "version_conflict"), 1)
    assert get(world).json_body["document"] == FIRST


class Overtaken(MemoryRuleStore):
    """Another operator saves right after each look."""

    def current(self) -> RuleVersion | None:
        found = super().current()
        self.save(SECOND, "bob", "", found.change.version if found else 0)
        return found


def test_of_two_operators_the_faster_wins(world: World) -> None:
    store = Overtaken()
    world.container.__dict__["rules"] = RuleBook(world.cache, lambda: store, lambda: bytes(32), time.monotonic)
    answer = put(world)
    assert (verdict(answer), answer.json_body["version"]) == ((409, "version_conflict"), 1)
    assert [change.author for change in store.versions(9)] == ["bob"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_rules_that_are_not_valid_are_refused_with_every_path(world: World, dry_run: bool) -> None:
    answer = put(world, {"from_the_future": 1, "allowlist": 5}, dry_run=dry_run)
    assert verdict(answer) == (400, "invalid_rules")
    assert len(answer.json_body["errors"]) == 2
    assert all(error["message"] for error in answer.json_body["errors"])
    assert world.rules.current() is None


def test_errors_without_end_are_cut(world: World) -> None:
    answer = put(world, {f"unknown_{number}": 1 for number in range(500)})
    assert len(answer.json_body["errors"]) == MAX_ERRORS


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"document": []}, "document"),
    ({"document": None}, "document"),
    ({"author": ""}, "author"),
    ({"author": "a\nb"}, "author"),
    ({"author": "x" * 101}, "author"),
    ({"author": 1}, "author"),
    ({"comment": "x" * 501}, "comment"),
    ({"comment": "a\nb"}, "comment"),
    ({"comment": None}, "comment"),
    ({"base_version": "0"}, "base_version"),
    ({"base_version": -1}, "base_version"),
    ({"base_version": True}, "base_version"),
    ({"base_version": None}, "base_version"),
    ({"base_version": 2**40}, "base_version"),
    ({"dry_run": 1}, "dry_run"),
    ({"version": 1}, "unknown"),
]


@pytest.mark.parametrize(("more", "field"), WRONG)
def test_a_body_of_another_form_is_refused_by_its_field(world: World, more: dict[str, Any], field: str) -> None:
    answer = put(world, **more)
    assert (verdict(answer), answer.json_body["field"]) == ((400, "invalid_field"), field)
    assert world.rules.current() is None


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"[" * 5_000])
@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[0] != "GET"])
def test_a_body_that_is_no_object_is_refused(world: World, method: str, path: str, body: bytes) -> None:
    assert verdict(world.request(method, path, body, ADMIN)) == (400, "invalid_json")


def test_a_body_that_is_too_large_is_refused_with_the_limit(world: World) -> None:
    answer = put(world, {"about": "x" * policy_schemas.MAX_BODY})
    assert (verdict(answer), answer.json_body["limit"]) == ((413, "too_large"), policy_schemas.MAX_BODY)


def test_the_history_is_shown_newest_first_without_documents(world: World) -> None:
    put(world)
    put(world, SECOND, 1, author="bob")
    body = get(world, "/versions").json_body["versions"]
    assert [(one["version"], one["author"], one["restores"]) for one in body] == [
        (2, "bob", None),
        (1, "ann", None),
    ]
    assert "example" not in str(body)


def test_the_history_can_be_limited(world: World) -> None:
    put(world)
    put(world, SECOND, 1)
    assert [one["version"] for one in get(world, "/versions?limit=1").json_body["versions"]] == [2]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "limit=-1", "limit=9999999"])
def test_a_limit_that_is_none_is_refused(world: World, query: str) -> None:
    assert verdict(get(world, f"/versions?{query}")) == (400, "invalid_field")


def test_an_old_version_is_shown(world: World) -> None:
    put(world)
    put(world, SECOND, 1)
    assert get(world, "/versions/1").json_body["document"] == FIRST


@pytest.mark.parametrize("number", ["0", "9", "999999999"])
def test_a_version_that_is_not_there_is_not_found(world: World, number: str) -> None:
    assert verdict(get(world, f"/versions/{number}")) == (404, "unknown_rules")


@pytest.mark.parametrize("number", ["x", "-1", "1.5", "9999999999"])
def test_a_version_that_is_no_number_is_refused(world: World, number: str) -> None:
    assert verdict(get(world, f"/versions/{number}")) == (400, "invalid_field")


def test_a_rollback_is_a_new_version_with_the_old_document(world: World) -> None:
    put(world)
    put(world, SECOND, 1)
    answer = post(world, "rollback", version=1, author="bob", comment="it was wrong")
    assert (verdict(answer), answer.json_body["version"]) == ((200, "ok"), 3)
    assert answer.json_body["changes"] == ["allowlist: domains 1 added, 2 removed"]
    body = get(world).json_body
    assert (body["document"], body["restores"], body["author"], body["comment"]) == (
        FIRST,
        1,
        "bob",
        "it was wrong",
    )


def test_a_rollback_to_before_the_first_leaves_no_rules(world: World) -> None:
    put(world)
    assert verdict(post(world, "rollback", version=0, author="bob")) == (200, "ok")
    assert (world.container.rules.current().version, world.container.rules.current().document) == (2, {})


def test_a_rollback_can_be_tried(world: World) -> None:
    put(world)
    assert post(world, "rollback", version=0, author="bob", dry_run=True).json_body["dry_run"] is True
    assert len(world.rules.versions(9)) == 1


def test_a_rollback_to_a_version_that_is_not_there_is_not_found(world: World) -> None:
    put(world)
    assert verdict(post(world, "rollback", version=7, author="bob")) == (404, "unknown_rules")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"author": "bob"}, "version"),
        ({"version": "1", "author": "bob"}, "version"),
        ({"version": 1}, "author"),
        ({"version": 1, "author": "bob", "document": {}}, "unknown"),
    ],
)
def test_a_rollback_of_another_form_is_refused(world: World, body: dict[str, Any], field: str) -> None:
    answer = post(world, "rollback", **body)
    assert (verdict(answer), answer.json_body["field"]) == ((400, "invalid_field"), field)


def test_a_mail_is_tried_on_the_rules_in_force(world: World) -> None:
    put(world)
    answer = tried(world)
    assert (verdict(answer), answer.json_body["version"]) == ((200, "ok"), 1)
    decision = answer.json_body["decision"]
    assert (decision["verdict"], decision["reason"]) == ("exclude", "sender_not_allowed")


def test_a_mail_is_tried_on_other_rules(world: World) -> None:
    put(world)
    answer = tried(world, document=SECOND)
    assert (answer.json_body["version"], answer.json_body["decision"]["verdict"]) == (0, "accept")


def test_a_trial_has_no_effect_and_shows_no_text_of_the_mail(world: World) -> None:
    with captured() as lines:
        answer = tried(world)
    assert (world.queued, world.spool.objects, len(world.rules.versions(9))) == ([], {}, 0)
    for word in ("ada", "Private", "Hello"):
        assert word not in lines.getvalue() + answer.body.decode()


def test_a_mail_may_be_written_in_base64url(world: World) -> None:
    assert verdict(tried(world, raw=urlsafe_b64encode(MAIL + b"\xff\xfe\xfd").decode().rstrip("="))) == (200, "ok")


def test_a_trial_takes_another_time(world: World) -> None:
    for at in ("2026-01-03T12:00:00+01:00", "2026-01-03T11:00:00Z"):
        assert verdict(tried(world, at=at)) == (200, "ok")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"raw": ""}, "raw"),
        ({"raw": None}, "raw"),
        ({"raw": "no base64!"}, "raw"),
        ({"raw": "\u00e9"}, "raw"),
        ({"raw": "A" * (policy_schemas.MAX_RAW + 1)}, "raw"),
        ({"account": "unknown"}, "account"),
        ({"account": 1}, "account"),
        ({"labels": "INBOX"}, "labels"),
        ({"labels": [1]}, "labels"),
        ({"labels": ["x"] * 201}, "labels"),
        ({"at": "yesterday"}, "at"),
        ({"at": "2026-01-03T12:00:00"}, "at"),
        ({"at": 5}, "at"),
        ({"document": []}, "document"),
        ({"more": 1}, "unknown"),
    ],
)
def test_a_trial_of_another_form_is_refused_by_its_field(world: World, body: dict[str, Any], field: str) -> None:
    answer = tried(world, **body)
    assert (verdict(answer), answer.json_body["field"]) == ((400, "invalid_field"), field)


def test_a_trial_of_rules_that_are_not_valid_names_their_errors(world: World) -> None:
    assert verdict(tried(world, document={"from_the_future": 1})) == (400, "invalid_rules")


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[0] == "GET"])
def test_a_database_that_is_unavailable_is_a_passing_failure(world: World, method: str, path: str) -> None:
    world.rules.error = Retryable("database_unavailable")
    assert verdict(world.request(method, path, headers=ADMIN)) == (503, "try_again")


def test_a_change_while_the_database_is_unavailable_is_a_passing_failure(world: World) -> None:
    world.rules.error = Retryable("database_unavailable")
    assert verdict(put(world)) == (503, "try_again")


def test_a_document_that_the_database_does_not_take_is_refused(world: World) -> None:
    answer = put(world, {"about": "a\0b"})
    assert answer.status_code == 400


def test_a_change_is_logged_without_what_is_in_it(world: World) -> None:
    with captured() as lines:
        put(world)
    [line] = [one for one in lines.records if one["message"] == "rules_changed"]
    assert line["version"] == 1
    assert "example.org" not in lines.getvalue()
