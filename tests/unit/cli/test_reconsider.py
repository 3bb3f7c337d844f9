"""`mailroom reconsider`: through the route, page by page, with what the operator must know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from infra.cli.__main__ import mailroom
from infra.cli.excluded import run
from tests.app.world import World, installed
from tests.contract.mails import exclusion, mail_id
from tests.unit.cli.test_rules import AppApi

RULES: dict[str, Any] = {"allowlist": {"domains": ["friends.example"]}}


@pytest.fixture
def api() -> Iterator[AppApi]:
    with installed(World()) as world:
        world.rule(RULES)
        for number in range(450):
            note = exclusion(f"m{number}", "stopped_by_routing_rule", "no news")
            world.store.exclude(note)
            world.spool.put(note.spool_key, b"")
        yield AppApi(world)


def test_all_pages_are_asked_for(api: AppApi, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(api, {"rule": "no news"}, "ann", dry_run=False) == 0
    assert len(api.calls) == 3
    assert len(set(api.world.queued)) == 450
    assert "excluded 450: re-evaluated 450" in capsys.readouterr().out


def test_a_dry_run_says_what_would_be_and_does_nothing(api: AppApi, capsys: pytest.CaptureFixture[str]) -> None:
    run(api, {"all": True}, "ann", dry_run=True)
    assert "excluded 450: would be re-evaluated 450" in capsys.readouterr().out
    assert api.world.queued == []


def test_what_the_spool_has_forgotten_is_named(api: AppApi, capsys: pytest.CaptureFixture[str]) -> None:
    api.world.spool.delete("spool/m7")
    assert run(api, {"all": True}, "ann", dry_run=False) == 0
    out = capsys.readouterr().out
    assert "re-evaluated 449" in out
    assert mail_id("m7") in out.replace("\n", "")


def test_what_the_queue_does_not_take_makes_the_exit_code(api: AppApi, capsys: pytest.CaptureFixture[str]) -> None:
    api.world.queues.down = True
    assert run(api, {"all": True}, "ann", dry_run=False) == 1
    assert "not requeued" in capsys.readouterr().out


def test_those_who_may_send_now_are_counted(api: AppApi, capsys: pytest.CaptureFixture[str]) -> None:
    api.world.store.exclude(exclusion("eve", "sender_not_allowed"))
    api.world.spool.put("spool/eve", b"")
    api.world.rule({})
    run(api, {"all": True}, "ann", dry_run=True)
    assert "of these 1 are from senders who are allowed now" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["--all", "--rule", "x"], ["--reason", "duplicate"]])
def test_an_order_that_says_nothing_or_both_is_no_order(arguments: list[str]) -> None:
    result = CliRunner().invoke(mailroom, ["reconsider", *arguments])
    assert result.exit_code == 2
