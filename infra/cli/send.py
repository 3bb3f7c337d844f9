"""`mailroom send`: push your own mail through the Gmail endpoint of the local stack, and follow it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click
from rich.text import Text

from infra.cli.api_client import Answer, push_all, raw_push, upload
from infra.cli.codes import explanation, sentence
from infra.cli.common import expected, running
from infra.cli.mailfiles import Found, mails
from infra.cli.show import console, mail_table, plain, stages
from infra.local.stack import Info, Stack
from infra.local.watch import Fate, fates, follow

PUSHED = 3_800_000
"""Bytes of a mail that fit into a push as base64 (5 MiB of JSON); a larger mail is uploaded."""
TAKEN = ("accepted", "accepted_held", "already_processed")
NOT_TAKEN_BY_RULE = ("skipped_outside_time_window", "skipped_sender_not_allowed", "stopped_by_routing_rule")


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--account", default="personal", show_default=True, help="Send the mail as mail of this account of the stack."
)
@click.option(
    "--wait",
    type=click.IntRange(0, 3600),
    default=120,
    show_default=True,
    metavar="SECONDS",
    help="Wait this long for the mail to be processed; 0 does not wait.",
)
@click.pass_obj
@expected
def send(folder: Path, files: tuple[Path, ...], account: str, wait: int) -> None:
    """Push your own mail through the Gmail endpoint into the running stack.

    FILES are .eml files, mbox files, Maildir or Maildir++ folders, and folders that contain such files. A mail above
    3.8 MB is uploaded, up to 40 MiB. The exit code is 0 only if every mail was accepted and processed in time.

    Example: mailroom send mail.eml archive.mbox ~/Maildir
    """
    info = running(Stack(folder, persist=True))
    sys.exit(send_files(info, mails(files), account, wait))


def send_files(info: Info, found: Iterable[Found], account: str, wait: int) -> int:
    """Push mails, print what became of each file, and follow them; the exit code."""
    problems = 0
    small: list[Found] = []
    answers: list[Answer] = []

    def pushes() -> Iterable[dict[str, str]]:
        nonlocal problems
        for one in found:
            if one.problem:
                problems += 1
                console.print(Text.assemble(("not sent ", "red"), plain(f"{one.name}: {one.problem}")), soft_wrap=True)
            elif len(one.raw) > PUSHED:
                answers.append(upload(info, one.raw, account))
                show(one.name, answers[-1])
            else:
                small.append(Found(one.name))
                yield raw_push(one.raw, account)

    for number, answer in enumerate(push_all(info, pushes())):
        answers.append(answer)
        show(small[number].name, answer)
    counts = Counter(answer.status for answer in answers)
    if "unknown_account" in counts:
        console.print(f"accounts of this stack: {', '.join(info.accounts)}")
    console.print("sent  " + ("  ".join(f"{status} {n}" for status, n in sorted(counts.items())) or "nothing"))
    missing = _follow(info, answers, wait)
    good = sum(counts[status] for status in (*TAKEN, *NOT_TAKEN_BY_RULE))
    return 1 if problems or missing or good < len(answers) else 0


def show(name: str, answer: Answer) -> None:
    """One file: the answer, the mail id, and for a refusal what to do."""
    style = "green" if answer.status in TAKEN else "yellow" if answer.status in NOT_TAKEN_BY_RULE else "red"
    line = Text.assemble((f"{answer.status:<17}", style), f" {answer.mail_id or '-':<36}  {plain(name)}")
    if style == "red":
        field = f" (field: {answer.verdict['field']})" if answer.verdict.get("field") else ""
        line.append(f": {sentence(answer.status) if explanation(answer.status) else 'refused'}{field}")
    console.print(line, soft_wrap=True)


def _follow(info: Info, answers: list[Answer], wait: int) -> list[str]:
    """Print the end of each mail; the ids that have none within `wait` seconds."""
    ids = list(dict.fromkeys(answer.mail_id for answer in answers if answer.status == "accepted"))
    known: list[Fate] = []
    if ids and wait:
        with stages(len(ids)) as report:
            known = follow(info, ids, report, wait)
    missing = [mail_id for mail_id in ids if mail_id not in {fate.mail_id for fate in known}] if wait else []
    repeated = [answer.mail_id for answer in answers if answer.status == "already_processed"]
    if ended := [*known, *(fates(info, repeated) if repeated else [])]:
        console.print(mail_table(ended, missing))
    return missing
