"""Groups of commands whose help shows whole sentences in sections, and whose modules load when needed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

WIDTH = 110


class Group(click.Group):
    """A group whose help never cuts a sentence."""

    def sections(self, context: click.Context) -> dict[str, list[str]]:
        """Title of a section → names of its commands, in order."""
        return {"Commands": self.list_commands(context)}

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by section; click's own form cuts a sentence at the width of the terminal."""
        for title, names in self.sections(context).items():
            commands = [(name, self.get_command(context, name)) for name in names]
            rows = [(name, command.get_short_help_str(1_000)) for name, command in commands if command]
            with formatter.section(title):
                formatter.write_dl(rows)


class LazyGroup(Group):
    """A group that imports the module of a command when the command is asked for.

    `places` is section → command → "module:attribute", below `infra.cli`.
    """

    def __init__(self, *arguments: Any, places: Mapping[str, Mapping[str, str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._places = places

    def sections(self, _context: click.Context) -> dict[str, list[str]]:
        """The sections as they were given."""
        return {title: list(commands) for title, commands in self._places.items()}

    def list_commands(self, _context: click.Context) -> list[str]:
        """All commands, in order."""
        return [name for commands in self._places.values() for name in commands]

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """The command of this name; None when there is none."""
        place = next((commands[name] for commands in self._places.values() if name in commands), None)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(import_module(f"infra.cli.{module}"), attribute)
        return command
