"""What a user can cause is reported in a sentence, and Ctrl-C too: never a traceback."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import click
import psycopg
import pytest
import requests
from click.testing import CliRunner, Result

from chalicelib.core.errors import ConfigurationError, Permanent, Retryable
from infra.cli.__main__ import mailroom
from infra.cli.common import expected
from infra.cli.show import local_time
from infra.cloudformation.template import ROOT
from infra.local.folders import claim
from infra.local.stack import Stack


def raising(error: BaseException) -> Result:
    """A command that fails so."""

    @click.command()
    @expected
    def command() -> None:
        raise error

    return CliRunner().invoke(command)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Permanent("invalid_reason"), "The reason is not a code."),
        (Retryable("database_unavailable"), "PostgreSQL is unavailable."),
        (ConfigurationError("TelegramChat", "is empty", "Set it"), "TelegramChat: is empty. Set it"),
        (psycopg.OperationalError("no route\nto the host"), "PostgreSQL reports: no route"),
        (requests.ConnectionError("x"), "The API does not answer (ConnectionError)."),
        (PermissionError(errno.EACCES, "Permission denied", "a.eml"), "a.eml: Permission denied"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_expected_error_is_one_sentence(error: Exception, words: str) -> None:
    result = raising(error)
    assert (result.exit_code, result.output.startswith(f"Error: {words}")) == (1, True), result.output
    assert len(result.output.splitlines()) == 1


def test_a_bug_is_not_hidden() -> None:
    assert isinstance(raising(KeyError("bug")).exception, KeyError)


def test_an_interrupted_command_says_so() -> None:
    result = raising(KeyboardInterrupt())
    assert (result.exit_code, result.output.startswith("Error: Interrupted.")) == (130, True)


def test_an_interrupt_while_the_modules_load_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt")
    command = [sys.executable, "-m", "infra.cli.start", "status"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (130, "Interrupted before the command started.\n")


def test_an_interrupted_start_says_what_keeps_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_stack: Stack, _progress: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Stack, "up", interrupted)
    result = CliRunner().invoke(mailroom, ["--folder", str(tmp_path / "up"), "up"])
    assert (result.exit_code, "`mailroom down` stops them" in result.output) == (130, True)


@pytest.mark.parametrize("options", [[], ["--delete", "--yes"], ["--dry-run"]])
def test_down_where_nothing_runs_says_so_and_makes_no_folder(tmp_path: Path, options: list[str]) -> None:
    result = CliRunner().invoke(mailroom, ["--folder", str(tmp_path / "none"), "down", *options])
    assert (result.exit_code, "nothing to stop" in result.output) == (0, True)
    assert not (tmp_path / "none").exists()


def test_down_of_a_stack_that_does_not_run_says_so(tmp_path: Path) -> None:
    claim(tmp_path / "up")
    result = CliRunner().invoke(mailroom, ["--folder", str(tmp_path / "up"), "down"])
    assert (result.exit_code, "nothing was running" in result.output) == (0, True)


def test_a_time_is_shown_with_its_zone() -> None:
    shown = local_time("2026-01-31T18:30:05+00:00")
    assert len(shown.split()) == 3
    assert local_time("") == ""
