"""Every command that changes or gives away something can be looked at first, and asks before it acts on AWS."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from infra.cli.__main__ import mailroom
from infra.cli.common import confirm_environment
from infra.local.folders import claim

CHANGES = frozenset(
    {
        *(
            "dlq discard",
            "dlq redrive",
            "down",
            "erase",
            "export",
            "flag",
            "migrate",
            "reconcile",
            "reconsider",
            "retention",
        ),
        *("rules rollback", "rules set", "secrets apply", "verify"),
    }
)
"""What changes, destroys or gives away something of a stack that may be the real one."""
HARMLESS = frozenset(
    {
        *(
            "anonymize",
            "dashboard",
            "dlq list",
            "dlq show",
            "logs",
            "rules diff",
            "rules history",
            "rules show",
            "rules simulate",
        ),
        *("rules test", "secrets draft", "settings", "status"),
        # On this machine alone, and nothing is lost by it.
        *("demo", "package", "restart", "send", "up"),
    }
)
ASKS = {"confirm_environment", "asking", "Order", "_confirm"}
"""What asks: the function, what hands it on (`rules`, `dead_letters`), and the question of `migrate`."""
AWS = {"AWS_REGION": "eu-west-3", "AWS_ACCESS_KEY_ID": "x"}


def walk(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """(full name, command), groups opened."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        if isinstance(command, click.Group):
            yield from walk(command, f"{before}{name} ")
        else:
            yield before + name, command


COMMANDS = dict(walk(mailroom))


def names_in(command: click.Command) -> set[str]:
    """The names that the command's own function uses."""
    assert command.callback
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(command.callback))))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def test_of_every_command_it_is_written_down_whether_it_changes_something() -> None:
    assert COMMANDS.keys() == CHANGES | HARMLESS


def test_no_command_is_both() -> None:
    assert frozenset() == CHANGES & HARMLESS


@pytest.mark.parametrize("option", ["dry_run", "yes"])
@pytest.mark.parametrize("name", sorted(CHANGES))
def test_what_changes_something_can_be_looked_at_first_and_left_alone(name: str, option: str) -> None:
    assert option in {parameter.name for parameter in COMMANDS[name].params}


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_what_changes_something_asks(name: str) -> None:
    assert names_in(COMMANDS[name]) & ASKS


def test_asking_and_not_asking_would_be_told_apart() -> None:
    assert not names_in(COMMANDS["status"]) & ASKS


def ask(said: str, **options: bool) -> tuple[int, str]:
    """What a command that asks does where a user answers so: (exit code, what was shown)."""

    @click.command()
    def change() -> None:
        confirm_environment("Change it", AWS, yes=False, named=lambda _: "account 0, eu-west-3", **options)
        click.echo("changed")

    done = CliRunner().invoke(change, input=said)
    return done.exit_code, done.output


def test_it_names_the_account_and_the_region() -> None:
    assert "Change it in account 0, eu-west-3?" in ask("n\n")[1]


@pytest.mark.parametrize(("said", "changes"), [("y\n", True), ("n\n", False), ("", False), ("\n", False)])
def test_only_a_yes_changes_something(said: str, changes: bool) -> None:
    code, shown = ask(said)
    assert ("\nchanged" in shown, code == 0) == (changes, changes)


def test_to_look_at_it_asks_nothing() -> None:
    assert ask("", dry_run=True) == (0, "changed\n")


def test_down_shows_what_it_would_delete_and_deletes_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "up" / "data"
    claim(kept.parent)
    kept.write_text("mail")
    done = CliRunner().invoke(mailroom, ["--folder", str(kept.parent), "down", "--delete", "--dry-run"])
    assert (done.exit_code, kept.read_text(), "would be deleted" in " ".join(done.output.split())) == (0, "mail", True)


def test_down_deletes_nothing_without_a_yes(tmp_path: Path) -> None:
    kept = tmp_path / "up" / "data"
    claim(kept.parent)
    kept.write_text("mail")
    done = CliRunner().invoke(mailroom, ["--folder", str(kept.parent), "down", "--delete"], input="n\n")
    assert (done.exit_code, kept.read_text()) == (1, "mail")
