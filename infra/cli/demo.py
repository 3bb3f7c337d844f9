"""`mailroom demo`: the whole way of invented mail on this machine, from empty servers to what the owner reads."""

from __future__ import annotations

import re
import sys
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from infra.cli.common import Interrupted, expected
from infra.cli.show import console, mail_table, plain, queue_table, stages, step
from infra.local.interrupt import orderly
from infra.local.leaks import leaks
from infra.local.rehearsal import Balance, Sent, balance, differences, send, telegram
from infra.local.samples import samples
from infra.local.stack import DEFAULT_FOLDER, Stack
from infra.local.watch import Fate, depths, follow

TIMEOUT = 240.0
SHOWN = 6
"""Messages of "Telegram" that are drawn whole."""


@click.command()
@click.option("--keep", is_flag=True, help="Leave the stack of the demo running (folder .mailroom/demo).")
@click.option("--picture", type=click.Path(path_type=Path), help="Also write the output as an SVG picture.")
@expected
def demo(keep: bool, picture: Path | None) -> None:
    """Run Mailroom once from end to end with invented mail, and check the result.

    It starts servers of its own, sends the mail through both endpoints, waits for the notifications and removes
    everything. The exit code is 0 only if no mail is lost and no personal data leaks.
    """
    orderly()
    try:
        code = run(DEFAULT_FOLDER / "demo", keep, picture)
    except KeyboardInterrupt:
        remains = (
            "Its servers may still run: `make demo` starts afresh." if keep else "Everything it started is removed."
        )
        raise Interrupted(f"Interrupted. {remains}") from None
    sys.exit(code)


def run(folder: Path, keep: bool, picture: Path | None = None) -> int:
    """The whole demo; the exit code is 0 only if nothing is lost, the ledger balances and nothing leaked."""
    console.record = picture is not None
    Stack(folder).remove()
    stack = Stack(folder)
    with ExitStack() as cleanup:
        if not keep:
            cleanup.callback(_remove, stack)
        console.rule("[bold]Mailroom demo")
        console.print("starting embedded servers and deploying the stack (loopback only)")
        info = stack.up(step)
        mails = samples(datetime.now(UTC))
        console.print(f"\nsending {len(mails)} invented mails through both endpoints")
        sent = send(info, mails, _show_sent)
        ids = list(dict.fromkeys(one.mail_id for one in sent if one.status == "accepted"))
        console.print("\nthrough the stages")
        with stages(len(ids)) as report:
            fates = follow(info, ids, report, TIMEOUT)
        missing = [mail_id for mail_id in ids if mail_id not in {fate.mail_id for fate in fates}]
        console.print("\nwhat became of them")
        console.print(mail_table(fates, missing))
        _show_telegram(telegram(info))
        console.print(queue_table(depths(info)))
        result = balance(info, sent, fates)
        secrets = [secret for sample in mails for secret in sample.secrets]
        problems = differences(sent, fates)
        seen = leaks(info, secrets, folder)
        _conclude(result, sent, fates, problems, seen, len(set(secrets)))
        if picture is not None:
            picture.write_text(_without_web_fonts(console.export_svg(title="make demo")))
        if keep:
            console.print(f"left running in {folder}: mailroom --folder {folder} status")
        return 0 if result.balanced and not problems and not seen else 1


def _remove(stack: Stack) -> None:
    console.print("removing the servers of the demo")
    stack.remove()


def _without_web_fonts(svg: str) -> str:
    """The picture without its references to a font server: a document must not call any server."""
    return re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)


def _show_sent(sent: Sent) -> None:
    colour = "green" if sent.status == "accepted" else "yellow" if sent.http < 400 else "red"
    door = "Gmail" if sent.sample.door == "gmail" else "EmailEngine"
    console.print(f"  {door:<12} {sent.sample.form:<10} {sent.sample.name:<34} [{colour}]{sent.http} {sent.status}[/]")


def _show_telegram(messages: list[dict[str, object]]) -> None:
    console.print(f'\nwhat arrived in "Telegram": {len(messages)} messages')
    for message in messages[:SHOWN]:
        topic = {2: "Email", 3: "System"}.get(int(str(message.get("message_thread_id") or 0)), "?")
        text = "\n".join(plain(line) for line in str(message["text"]).splitlines()[:14])
        console.print(Panel(Text(text), title=topic, title_align="left", width=76, border_style="dim"))
    if len(messages) > SHOWN:
        console.print(f"  … and {len(messages) - SHOWN} more")


def _conclude(
    result: Balance, sent: list[Sent], fates: list[Fate], problems: list[str], seen: list[str], seeded: int
) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    refusals = Counter(one.status for one in sent if one.http >= 400)
    reasons = Counter(f"{fate.state}: {fate.reason}" for fate in fates if fate.reason)
    table.add_row(
        "refused at the endpoint", f"{result.refused}", ", ".join(f"{n} {s}" for s, n in sorted(refusals.items()))
    )
    table.add_row("acknowledged and ignored", f"{result.acknowledged}", "mail in Junk")
    table.add_row("ended otherwise", "", ", ".join(f"{n} {r}" for r, n in sorted(reasons.items())))
    table.add_row(
        "personal data",
        f"{len(seen)}",
        f"of {seeded} seeded identifiers seen in Telegram, queues, logs, Redis, database",
    )
    console.print()
    console.print(table)
    for line in [*problems, *seen]:
        console.print(Text(f"  ✗ {line}", style="red"))
    console.print(
        f"demo: sent {result.sent} accepted {result.accepted} duplicate {result.duplicate} stored {result.stored} "
        f"excluded {result.excluded} quarantined {result.quarantined} lost {result.lost}  "
        f"p50 {result.percentile(0.5):.2f} s  p95 {result.percentile(0.95):.2f} s",
        soft_wrap=True,
    )
