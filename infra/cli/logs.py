"""`mailroom logs`: the functions' log lines in the order of time, readable, with one colour a stage."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.text import Text

from chalicelib.bootstrap.functions import FUNCTIONS
from infra.cli.common import expected, running
from infra.cli.show import console
from infra.cloudformation.deploy import client
from infra.local.stack import Info, Stack

COLOURS = {row.name: row.colour for row in FUNCTIONS}
LEVELS = {"WARNING": "bold yellow", "ERROR": "bold red"}
FIRST = ("stage", "door", "status", "code", "error", "place", "account", "mail_id", "trace_id")
HIDDEN = {"level", "message", "timestamp", "service", "function_name", "settings", *FIRST}


@click.command()
@click.option("--follow", "-f", is_flag=True, help="Print new lines until Ctrl-C.")
@click.option("--mail", default="", metavar="ID", help="Only lines with this mail id or trace id.")
@click.option(
    "--minutes",
    type=click.IntRange(1, 1440),
    default=15,
    show_default=True,
    metavar="MINUTES",
    help="Go back this far.",
)
@click.pass_obj
@expected
def logs(folder: Path, follow: bool, mail: str, minutes: int) -> None:
    """Print the log lines of the functions, oldest first: ids and codes only, never content."""
    show_logs(running(Stack(folder, persist=True)), follow, mail, minutes)


def show_logs(info: Info, follow: bool, wanted: str, minutes: int) -> None:
    """Print the lines of the last minutes; with `follow`, new lines until Ctrl-C."""
    since = int((time.time() - minutes * 60) * 1000)
    try:
        _print_from(info, since, follow, wanted)
    except KeyboardInterrupt:
        if not follow:
            raise  # with --follow, Ctrl-C is the normal end


def _print_from(info: Info, since: int, follow: bool, wanted: str) -> None:
    seen: set[tuple[int, str]] = set()
    while True:
        for stamp, line in sorted(lines(info, since)):
            if (stamp, line) not in seen and (not wanted or wanted in line):
                seen.add((stamp, line))
                since = max(since, stamp - 2_000)
                if (shown := readable(line)) is not None:
                    console.print(shown, soft_wrap=True)
        if not follow:
            return
        time.sleep(1)


def lines(info: Info, since: int) -> Iterator[tuple[int, str]]:
    """(milliseconds, text) of every log event of our functions."""
    logs = client("logs", info.aws)
    groups = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/mailroom")["logGroups"]
    for group in groups:
        try:
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"], startTime=since
            )
            for page in pages:
                for event in page["events"]:
                    yield from ((event["timestamp"], line) for line in event["message"].splitlines() if line.strip())
        except (ClientError, BotoCoreError) as error:
            console.print(f"[red]{group['logGroupName']}: {type(error).__name__}[/]")


def readable(line: str) -> Text | None:
    """A log line for people, ids cut to eight digits; None for metrics, settings and Lambda's own lines."""
    try:
        record: dict[str, Any] = json.loads(line)
    except ValueError:
        return None if line.startswith(("START", "END", "REPORT", "INIT")) else Text(line, style="dim")
    if not isinstance(record, dict) or "_aws" in record or record.get("message") == "settings":
        return None
    stage = str(record.get("stage") or record.get("door") or "")
    text = Text(_clock(str(record.get("timestamp", ""))), style="dim")
    text.append(f"  {stage:<11}", style=COLOURS.get(stage, "cyan"))
    text.append(f" {record.get('message', ''):<20}", style=LEVELS.get(str(record.get("level")), "bold"))
    for key in FIRST[2:]:
        if record.get(key):
            is_id = key in ("mail_id", "trace_id")
            text.append(f" {str(record[key])[:8] if is_id else record[key]}", style="dim" if is_id else "")
    rest = " ".join(f"{key}={value}" for key, value in record.items() if key not in HIDDEN)
    text.append(f"  {rest}", style="dim")
    return text


def _clock(timestamp: str) -> str:
    """The time of day on this machine, with its zone."""
    try:
        at = datetime.fromisoformat(timestamp).astimezone()
    except ValueError:
        return timestamp
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03} {at:%Z}"
