"""What `mailroom rules` prints, asks, refuses and changes; over the app itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from chalicelib.policy.ruleset import load
from infra.cli.__main__ import mailroom
from infra.cli.common import confirm_environment
from infra.cli.rule_files import in_force as rules_in_force
from infra.cli.rule_files import read_document, read_rules
from infra.cli.rule_test import moment, try_mail
from infra.cli.rules import Change, asking, change, roll_back, show_diff, show_document, show_history
from tests.app.world import ADMIN, World, installed

HERE = {"AWS_ENDPOINT_URL": "http://stack.test", "AWS_DEFAULT_REGION": "eu-west-3"}
ORDER = Change("ann", "as asked", dry_run=False, confirm=asking(HERE, yes=False))
FIRST: dict[str, Any] = {"allowlist": {"domains": ["example.org"]}}
SECOND: dict[str, Any] = {"allowlist": {"domains": ["example.com", "example.net"]}}
MAIL = b"From: Ada <ada@example.net>\r\nSubject: Private words\r\n\r\nHello.\r\n"


class AppApi:
    """`admin_api.Caller` over the app of a world."""

    def __init__(self, world: World, headers: dict[str, str] | None = None) -> None:
        self.world, self.headers = world, ADMIN if headers is None else headers
        self.calls: list[tuple[str, str]] = []

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        self.calls.append((method, path))
        text = b"" if body is None else json.dumps(body).encode()
        answer = self.world.request(method, path, text, self.headers)
        return answer.status_code, answer.json_body


@pytest.fixture
def api() -> Iterator[AppApi]:
    with installed(World()) as world:
        yield AppApi(world)


def printed(act: Callable[[], object], answer: str = "") -> Result:
    """Run it as a command, with what the operator types."""

    @click.command()
    def command() -> None:
        act()

    return CliRunner().invoke(command, input=answer)


def put(api: AppApi, document: dict[str, Any], base: int | None = None, order: Change = ORDER) -> Result:
    return printed(lambda: change(api, document, base, order))


def run(*arguments: str, text: str = "") -> Result:
    return CliRunner().invoke(mailroom, ["rules", *arguments], input=text)


def in_force(api: AppApi) -> tuple[int, Any]:
    found = api.world.rules.current()
    return (found.change.version, found.document) if found else (0, {})


# changing


def test_a_document_is_put_in_force_and_what_it_changes_is_reported(api: AppApi) -> None:
    put(api, FIRST)
    result = put(api, SECOND)
    assert result.exit_code == 0, result.output
    for word in ("--- version 1", '-   "example.org"', "domains 2 added, 1 removed", "version 2 is in force"):
        assert word in result.output
    assert in_force(api) == (2, SECOND)


def test_who_and_why_are_recorded(api: AppApi) -> None:
    put(api, FIRST)
    [change] = api.world.rules.versions(9)
    assert (change.author, change.comment) == ("ann", "as asked")


def test_a_dry_run_shows_the_change_and_makes_none(api: AppApi) -> None:
    result = put(api, FIRST, order=replace(ORDER, dry_run=True))
    assert ("allowlist: domains added" in result.output, "nothing was changed" in result.output) == (True, True)
    assert in_force(api) == (0, {})


def test_clear_fields_for_a_host_that_is_not_deployed_are_warned_of_before_they_are_saved(api: AppApi) -> None:
    document = {"destinations": {"crm": {"url": "https://crm.example/hook", "clear_fields": ["body"]}}}
    done = put(api, document, order=replace(ORDER, dry_run=True))
    assert "warning: destinations.crm.clear_fields: crm.example is not in ClearFieldHosts" in " ".join(
        done.output.split()
    )
    assert in_force(api) == (0, {})


def test_the_same_document_again_is_no_change(api: AppApi) -> None:
    put(api, FIRST)
    assert "nothing to change" in put(api, FIRST).output
    assert in_force(api) == (1, FIRST)


def test_a_file_that_was_made_from_another_version_is_not_put_in_force(api: AppApi) -> None:
    put(api, FIRST)
    result = put(api, SECOND, base=0)
    assert (result.exit_code, "version in force: 1" in result.output) == (1, True)
    assert in_force(api) == (1, FIRST)


def test_on_this_machine_a_change_does_not_ask(api: AppApi) -> None:
    assert "[y/N]" not in put(api, FIRST).output


@pytest.mark.parametrize(
    ("options", "asks"),
    [
        ({"yes": True}, False),
        ({"yes": False, "dry_run": True}, False),
        ({"yes": False, "always": True}, True),
        ({"yes": True, "always": True}, False),
        ({"yes": False}, False),
    ],
)
def test_the_stack_on_this_machine_is_asked_about_only_for_what_cannot_be_undone(
    options: dict[str, bool], asks: bool
) -> None:
    result = printed(lambda: confirm_environment("Do it", HERE, **options))
    assert ("the stack on this machine" in result.output, result.exit_code) == (asks, int(asks))


@pytest.mark.parametrize("what", ["change", "rollback"])
def test_a_change_is_asked_about_where_that_is_due_and_a_no_changes_nothing(api: AppApi, what: str) -> None:
    put(api, FIRST)
    asked: list[str] = []

    def no(question: str) -> None:
        asked.append(question)
        raise click.Abort

    order = replace(ORDER, confirm=no)
    result = put(api, SECOND, order=order) if what == "change" else printed(lambda: roll_back(api, 0, order))
    assert (result.exit_code, len(asked), in_force(api)) == (1, 1, (1, FIRST))
    assert "-" in result.output  # what it would change was shown before


@pytest.mark.parametrize("options", [{"yes": True}, {"yes": False, "dry_run": True}])
def test_on_aws_nobody_is_asked_who_said_yes_or_only_looks(options: dict[str, bool]) -> None:
    aws = {"AWS_DEFAULT_REGION": "eu-west-3"}
    result = printed(lambda: confirm_environment("Do it", aws, named=lambda _: "AWS account 0", **options))
    assert (result.output, result.exit_code) == ("", 0)


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("", 1)])
def test_on_aws_a_change_asks_first_and_names_the_account(answer: str, code: int) -> None:
    aws = {"AWS_DEFAULT_REGION": "eu-west-3"}
    result = printed(lambda: confirm_environment("Do it", aws, yes=False, named=lambda _: "AWS account 0"), answer)
    assert ("Do it in AWS account 0?" in result.output, result.exit_code) == (True, code)


def test_a_rollback_puts_the_old_document_in_force(api: AppApi) -> None:
    put(api, FIRST)
    put(api, SECOND)
    result = printed(lambda: roll_back(api, 1, ORDER))
    assert "version 3 is in force" in result.output
    assert in_force(api) == (3, FIRST)


def test_a_rollback_to_no_version_is_reported(api: AppApi) -> None:
    result = printed(lambda: roll_back(api, 9, ORDER))
    assert (result.exit_code, "mailroom rules history" in result.output) == (1, True)


def test_a_token_that_is_not_taken_is_reported(api: AppApi) -> None:
    result = printed(lambda: show_document(AppApi(api.world, {}), None))
    assert (result.exit_code, "admin_tokens" in result.output) == (1, True)


def test_rules_that_the_api_does_not_take_are_listed_with_their_paths(api: AppApi) -> None:
    result = put(api, {"from_the_future": 1, "allowlist": 5})
    assert (result.exit_code, in_force(api)) == (1, (0, {}))
    assert "from_the_future: " in result.output
    assert "allowlist: " in result.output


def test_rules_that_are_not_valid_are_told_before_any_stack_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    file.write_text('{"from_the_future": 1, "rules": [{"name": 5}]}')
    result = run("set", str(file))
    assert ("from_the_future: " in result.output, "rules[0].name: " in result.output) == (True, True)
    assert (result.exit_code, "mailroom up" in result.output) == (1, False)


# showing


def test_what_is_shown_can_be_put_in_force_again(api: AppApi, tmp_path: Path) -> None:
    put(api, FIRST)
    file = tmp_path / "rules.json"
    file.write_text(printed(lambda: show_document(api, None)).stdout)
    assert read_document(str(file)) == FIRST


def test_who_made_it_is_shown_beside_the_document(api: AppApi) -> None:
    put(api, FIRST)
    result = printed(lambda: show_document(api, 1))
    assert ("by ann: as asked" in result.stderr, "ann" in result.stdout) == (True, False)


def test_without_rules_the_empty_document_is_shown(api: AppApi) -> None:
    assert json.loads(printed(lambda: show_document(api, None)).stdout) == {}


@pytest.mark.parametrize(
    ("versions", "head"),
    [
        ((None, None), "--- version 2\n+++ version 3"),
        ((1, None), "--- version 1\n+++ version 3"),
        ((0, 1), "--- version 0\n+++ version 1"),
    ],
)
def test_versions_are_compared(api: AppApi, versions: tuple[int | None, int | None], head: str) -> None:
    for document in (FIRST, SECOND, {}):
        put(api, document)
    assert head in printed(lambda: show_diff(api, *versions)).output


def test_the_history_has_a_line_for_each_change(api: AppApi) -> None:
    put(api, FIRST)
    printed(lambda: roll_back(api, 0, replace(ORDER, comment="")))
    lines = printed(lambda: show_history(api, 50, False)).output.splitlines()
    assert [line.split()[0] for line in lines] == ["version", "2", "1"]


def test_the_history_for_machines_names_the_rollback(api: AppApi) -> None:
    put(api, FIRST)
    put(api, SECOND)
    printed(lambda: roll_back(api, 1, ORDER))
    listed = json.loads(printed(lambda: show_history(api, 50, True)).stdout)
    assert [(one["version"], one["restores"]) for one in listed] == [(3, 1), (2, None), (1, None)]


# a mail


def test_a_mail_is_tried_without_showing_it(api: AppApi) -> None:
    now = moment(None)
    result = printed(lambda: try_mail(load(FIRST), MAIL, "personal", (), now))
    assert ("verdict" in result.output, result.exit_code) == (True, 0)
    assert not [word for word in ("ada", "Private", "Hello", "example.net") if word in result.output]


def test_a_mail_is_tried_on_the_rules_in_force(api: AppApi) -> None:
    put(api, FIRST)
    assert printed(lambda: click.echo(rules_in_force(api).version)).output == "1\n"


def test_a_trial_for_machines_is_json(tmp_path: Path) -> None:
    (tmp_path / "rules.json").write_text(json.dumps(FIRST))
    (tmp_path / "mail.eml").write_bytes(MAIL)
    result = run("test", str(tmp_path / "mail.eml"), "--with", str(tmp_path / "rules.json"), "--json")
    assert {"verdict", "reason", "rule", "matches"} <= json.loads(result.stdout).keys()


def test_each_rule_is_shown_with_its_reason(api: AppApi) -> None:
    rules = load({"rules": [{"name": "colleagues", "when": {"account": {"is": ["personal"]}}, "then": {"topic": "x"}}]})
    result = printed(lambda: try_mail(rules, MAIL, "personal", (), moment(None)))
    assert "colleagues" in result.output


# bad input

FILES: dict[str, tuple[bytes, str]] = {
    "broken": (b'{"rules": [\n  {"name": "x",,}]}', "line 2, column 16"),
    "no object": (b"[]", "must be a JSON object"),
    "empty": (b"", "line 1, column 1"),
    "not utf-8": (b'{"about": "\xff"}', "byte 11 is not UTF-8"),
    "twice": (b'{"rules": [], "rules": []}', "'rules' occurs twice"),
    "no number": (b'{"rate_limits": NaN}', "NaN is not a JSON number"),
    "deep": (b"[" * 100_000, "nested too deep"),
}


@pytest.mark.parametrize(("content", "words"), FILES.values(), ids=FILES)
def test_a_file_that_cannot_be_read_is_shown_with_its_place(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "rules.json"
    file.write_bytes(content)
    result = run("set", str(file))
    assert (result.exit_code, words in result.output) == (1, True), result.output
    assert "Traceback" not in result.output


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(FIRST).encode())
    assert read_rules(str(file)).document == FIRST


def test_a_document_may_come_from_standard_input() -> None:
    result = run("set", "-", text='{"rules": [,]}')
    assert "line 1, column 12" in result.output


@pytest.mark.parametrize("arguments", [["set", "none.json"], ["test", "none.eml"], ["simulate", "--with", "none.json"]])
def test_a_file_that_is_not_there_is_reported(arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.exit_code, "does not exist" in result.output) == (2, True)


@pytest.mark.parametrize("since", ["7", "d", "0d", "-1d", "7 days", "99999d", ""])
def test_an_age_that_is_none_is_reported(since: str) -> None:
    result = run("simulate", "--since", since)
    assert (result.exit_code, "7d or 2w" in result.output) == (2, True)


@pytest.mark.parametrize("at", ["yesterday", "2026-01-03T12:00:00"])
def test_a_time_that_is_none_is_reported(tmp_path: Path, at: str) -> None:
    (tmp_path / "rules.json").write_text("{}")
    (tmp_path / "mail.eml").write_bytes(MAIL)
    result = run("test", str(tmp_path / "mail.eml"), "--with", str(tmp_path / "rules.json"), "--at", at)
    assert (result.exit_code, "2026-01-31T18:30+01:00" in result.output) == (2, True)


@pytest.mark.parametrize(
    "arguments", [["show"], ["diff"], ["history"], ["rollback", "1"], ["simulate"], ["set", "-"]], ids=lambda a: a[0]
)
def test_without_a_stack_the_commands_say_how_to_start_one(tmp_path: Path, arguments: list[str]) -> None:
    result = CliRunner().invoke(mailroom, ["--folder", str(tmp_path / "none"), "rules", *arguments], input="{}")
    assert (result.exit_code, "mailroom up" in result.output) == (1, True)
