"""What the operator's commands print, ask and answer with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import click
import pytest
from click.testing import CliRunner, Result

from chalicelib.core.messages import Routing
from chalicelib.operations.audit import Findings
from infra.cli import dead_letters, proof
from infra.cli.__main__ import mailroom
from infra.cli.dead_letters import Order
from tests.contract.mails import ORIGINAL, envelope, mail_id
from tests.unit.operations.test_auditor import World
from tests.unit.operations.test_dead_letters import Desk

NOTHING = Findings(0, 0, 0, 0, (), (), (), (), 0, True)
HERE = Order("ann", dry_run=False, yes=True, environment={"AWS_ENDPOINT_URL": "http://stack.test"})


def printed(act: Callable[[], int | None], answer: str = "") -> Result:
    """Run it as a command, with what the operator types."""

    @click.command()
    @click.pass_context
    def command(context: click.Context) -> None:
        context.exit(act() or 0)

    return CliRunner().invoke(command, input=answer)


def test_the_balance_is_one_line() -> None:
    line = proof.balance_line(replace(NOTHING, stored=5, excluded=1, quarantined=2, in_flight=3))
    assert line == "seen 11 = stored 5 + excluded 1 + quarantined 2 + in flight 3"


def test_the_balance_says_how_much_is_lost() -> None:
    line = proof.balance_line(replace(NOTHING, stored=5, missing=("a",), unrecorded=("b",)))
    assert line == "seen 7 = stored 5 + excluded 0 + quarantined 0 + in flight 0 + 2 in no state"


def test_verify_ends_well_when_all_mail_is_accounted_for() -> None:
    world = World()
    world.mail("a")
    result = printed(lambda: proof.audit(world.auditor, world.webhooks, None, False, False, False))
    assert (result.exit_code, "balanced" in result.output) == (0, True)


def test_verify_names_what_is_missing_and_what_to_do() -> None:
    world = World()
    lost = world.lose()
    world.later()
    result = printed(lambda: proof.audit(world.auditor, world.webhooks, None, False, False, False))
    assert (result.exit_code, lost.mail_id in result.output, "--repair" in result.output) == (1, True, True)


def test_verify_takes_another_time_to_arrive() -> None:
    world = World()
    world.lose()
    world.later(timedelta(seconds=1))
    assert printed(lambda: proof.audit(world.auditor, world.webhooks, None, False, False, False)).exit_code == 0
    assert printed(lambda: proof.audit(world.auditor, world.webhooks, 0, False, False, False)).exit_code == 1


def test_verify_repairs_only_when_asked_to() -> None:
    world = World()
    world.lose()
    world.later()
    for repair, dry_run, sent in ((False, False, 0), (True, True, 0), (True, False, 1)):
        printed(
            lambda repair=repair, dry_run=dry_run: proof.audit(
                world.auditor, world.webhooks, None, repair, dry_run, False
            )
        )
        assert len(world.sent()) == sent


def test_verify_for_machines_has_every_id() -> None:
    world = World()
    lost = sorted(world.lose(str(number)).mail_id for number in range(30))
    world.later()
    result = json.loads(printed(lambda: proof.audit(world.auditor, world.webhooks, None, True, False, True)).stdout)
    assert (result["missing"], result["seen"], result["balanced"]) == (lost, 30, False)
    assert sorted(result["repaired"]["requeued"]) == lost


def overdue() -> World:
    """A stored mail whose webhook's message is in no queue, and should have come long ago."""
    world = World()
    world.store.store(envelope("a", routing=Routing(1, webhooks=("desk",))), "text", ORIGINAL, [])
    world.auditor.notifying = lambda: False
    world.clock = datetime.now(UTC).timestamp() + 3600
    return world


def test_verify_reports_overdue_webhooks_beside_the_balance() -> None:
    world = overdue()
    result = printed(lambda: proof.audit(world.auditor, world.webhooks, None, False, False, False))
    assert (result.exit_code, "overdue webhooks 1" in result.output) == (1, True)
    assert ("balanced: every mail" in result.output, "--repair" in result.output) == (True, True)


def test_verify_sends_overdue_webhooks_again_only_when_asked_to() -> None:
    world = overdue()
    for repair, dry_run, sent in ((False, False, 0), (True, True, 0), (True, False, 1)):
        printed(
            lambda repair=repair, dry_run=dry_run: proof.audit(
                world.auditor, world.webhooks, None, repair, dry_run, False
            )
        )
        assert len(world.sent("deliver")) == sent


def test_verify_for_machines_has_the_overdue_webhooks() -> None:
    world = overdue()
    result = json.loads(printed(lambda: proof.audit(world.auditor, world.webhooks, None, True, False, True)).stdout)
    assert (result["overdue_webhooks"], result["resent_webhooks"]["sent"]) == (1, [[mail_id("a"), "desk"]])


@pytest.mark.parametrize(("answer", "left"), [("y\n", 0), ("n\n", 1), ("", 1)])
def test_a_change_asks_first_and_names_the_environment(answer: str, left: int) -> None:
    at = Desk()
    chosen = at.bury("a")
    order = replace(HERE, yes=False)
    result = printed(lambda: dead_letters.discard(at.desk, [chosen], "spam", order), answer)
    assert "the stack on this machine" in result.output
    assert len(at.lying()) == left


def test_a_dry_run_does_not_ask() -> None:
    at = Desk()
    chosen = at.bury("a")
    result = printed(lambda: dead_letters.discard(at.desk, [chosen], "spam", replace(HERE, yes=False, dry_run=True)))
    assert (result.exit_code, "would be discarded 1" in result.output, len(at.lying())) == (0, True, 1)


def test_an_unknown_mail_is_reported_and_is_a_failure() -> None:
    result = printed(lambda: dead_letters.redrive(Desk().desk, [mail_id("a")], (), HERE))
    assert (result.exit_code, f"no failed message {mail_id('a')}" in result.output) == (1, True)


def test_a_stage_is_moved_by_its_queue() -> None:
    at = Desk()
    at.bury("a", "classify")
    result = printed(lambda: dead_letters.redrive(at.desk, [], ["classify"], HERE))
    assert (result.exit_code, "whole queue" in result.output, len(at.queues.queues["classify"])) == (0, True, 1)


def test_where_the_queue_cannot_move_its_failed_messages_are_sent_one_by_one() -> None:
    at = Desk()
    at.dead.movable = False
    for name in "ab":
        at.bury(name, "classify")
    at.bury("c", "store")
    result = printed(lambda: dead_letters.redrive(at.desk, [], ["classify"], HERE))
    assert (result.exit_code, len(at.queues.queues["classify"]), len(at.queues.dead["store"])) == (0, 2, 1)


def test_a_list_has_a_line_for_each_failed_message() -> None:
    at = Desk()
    at.bury("a", "classify")
    at.queues.send_dead("alert", "garbage", {"reason": "malformed_alarm"})
    output = printed(lambda: dead_letters.show_list(at.desk, None, False)).output
    assert [line.split()[0] for line in output.splitlines()[1:]] == ["classify", "alert"]


def test_a_failed_message_is_shown_as_json_without_the_original() -> None:
    at = Desk()
    chosen = at.bury("a", "store")
    [result] = json.loads(printed(lambda: dead_letters.show_message(at.desk, chosen)).stdout)
    assert (result["subject"], "spool_key" in result) == ("Results of <PERSON_1>", False)


@pytest.mark.parametrize(
    "arguments",
    [["redrive"], ["redrive", "--all", "--stage", "store"], ["redrive", "x", "--all"], ["discard", "x"], ["discard"]],
)
def test_a_command_that_does_not_say_what_to_change_is_refused(arguments: list[str]) -> None:
    assert CliRunner().invoke(mailroom, ["dlq", *arguments]).exit_code == 2


@pytest.mark.parametrize("arguments", [["verify"], ["dlq", "list"], ["dlq", "redrive", "--all"]])
def test_without_a_stack_the_commands_say_how_to_start_one(
    tmp_path_factory: pytest.TempPathFactory, arguments: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("none")
    result = CliRunner().invoke(mailroom, ["--folder", str(folder), *arguments])
    assert (result.exit_code, "mailroom up" in result.output) == (1, True)
