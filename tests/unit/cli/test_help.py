"""The command explains itself in whole sentences, and whatever names one of its commands names one that exists."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from chalicelib import __version__
from chalicelib.operations.condition_texts import COMMANDS as OF_ALERTS
from infra.cli.__main__ import mailroom
from infra.cli.start import main
from infra.cloudformation.template import ROOT
from tests.unit.cli.test_changing import COMMANDS

DOCUMENTS = [ROOT / "README.md", ROOT / "Makefile", *(ROOT / "docs").glob("*.md"), *(ROOT / "apps_script").glob("*.md")]
SOURCES = [*(ROOT / "chalicelib").rglob("*.py"), *(ROOT / "infra").rglob("*.py")]
GROUPS = sorted({name.split()[0] for name in COMMANDS if " " in name})
SPANS = re.compile(r"`(mailroom [^`\n]+)`|[“«]\s?(mailroom [^”»\n]+?)\s?[”»]")
LINES = re.compile(r"^ *(?:umask 077 && )?(mailroom [a-z][^#\n]*)", re.MULTILINE)


def named() -> Iterator[tuple[str, list[str]]]:
    """(where, its words) of each command that a document, a source or an alert names."""
    for file in [*DOCUMENTS, *SOURCES]:
        text = file.read_text()
        spans = [quoted or spoken for quoted, spoken in SPANS.findall(text)]
        for span in [*spans, *(LINES.findall(text) if file.suffix == ".md" else ())]:
            for command in re.split(r"[;|&]+", span):
                name, *words = command.split() or [""]
                if name == "mailroom" and words and words[0].islower() and not words[0].startswith("-"):
                    yield str(file.relative_to(ROOT)), words
    for command in OF_ALERTS.values():
        yield "alerts", command.split()[1:]


def found(words: list[str]) -> click.Command | None:
    """The command of these words, or the group that they name alone."""
    if words[0] in GROUPS:
        group = mailroom.get_command(click.Context(mailroom), words[0])
        return COMMANDS.get(" ".join(words[:2])) if len(words) > 1 else group
    return COMMANDS.get(words[0])


def test_the_script_of_the_project_is_the_command() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    module, _, name = scripts["mailroom"].partition(":")
    assert getattr(import_module(module), name) is main


def test_the_version_is_that_of_the_project() -> None:
    assert CliRunner().invoke(mailroom, ["--version"], prog_name="mailroom").output == f"mailroom {__version__}\n"


def test_the_data_of_the_local_stack_is_in_the_project_whatever_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = next(option for option in mailroom.params if option.name == "folder")
    assert folder.get_default(click.Context(mailroom)) == ROOT / ".mailroom" / "up"


@pytest.mark.parametrize("arguments", [[], *([name] for name in GROUPS)], ids=["mailroom", *GROUPS])
def test_no_sentence_of_a_list_of_commands_is_cut(arguments: list[str]) -> None:
    output = CliRunner().invoke(mailroom, [*arguments, "--help"], terminal_width=80).output
    assert "...\n" not in output.replace("[ARGS]...\n", "")
    commands = sum(name.startswith(f"{arguments[0]} ") for name in COMMANDS) if arguments else len(GROUPS)
    assert len(re.findall(r"\.$", output[output.index("-h, --help") :], re.MULTILINE)) > commands


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_says_in_the_imperative_what_it_does(name: str) -> None:
    help_text = COMMANDS[name].help or ""
    first = help_text.split("\n\n")[0]
    assert first.endswith(".")
    assert re.match(r"[A-Z][a-z]+(-[a-z]+)? ", first)
    assert not first.split()[0].endswith("s"), "an imperative, not the third person"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_is_explained_in_a_sentence(name: str) -> None:
    for option in COMMANDS[name].params:
        if isinstance(option, click.Option):
            assert re.search(r"\.(  \[default: .*\])?$", option.help or ""), option.name


def test_the_documents_name_many_commands() -> None:
    assert len({" ".join(words[:2]) for _, words in named()}) > 20


def test_every_command_that_is_named_exists_with_its_options() -> None:
    wrong = []
    for where, words in named():
        command = found(words)
        options = {flag for option in command.params for flag in option.opts} if command else set()
        given = {word.strip("[]`,") for word in words if word.startswith(("-", "[-"))} - {"--help", "-"}
        if not command or given - options:
            wrong.append((where, words))
    assert wrong == []


@pytest.mark.parametrize("form", ["-m infra.cli", "infra.database.migrate ", "`… "])
def test_no_document_names_a_command_otherwise(form: str) -> None:
    texts = {file.name: file.read_text() for file in DOCUMENTS if file.suffix == ".md"}
    assert [name for name, text in texts.items() if form in text] == []
