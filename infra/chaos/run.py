"""One run from empty servers to the result; leaves nothing running, however it ends."""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import requests

from chalicelib.core.stages import PIPELINE, SIDE
from infra.chaos import judge, rules
from infra.chaos.files import files
from infra.chaos.killer import scheduled
from infra.chaos.mails import Load, load
from infra.chaos.plan import schedule
from infra.chaos.pusher import Pusher
from infra.chaos.report import Report, recovery
from infra.chaos.strikes import Striker
from infra.chaos.workers import soon_visible
from infra.cli.show import step
from infra.cloudformation.deploy import client
from infra.local.leaks import leaks
from infra.local.rehearsal import control, telegram
from infra.local.settings import ACCOUNTS
from infra.local.stack import Info, Stack, temporary
from infra.local.watch import depths

QUIET = tuple(stage.name for stage in (*PIPELINE[:-1], *SIDE))
"""Queues that must run empty. A message of `notify` only says "look into the outbox", alarms have their own time."""


@dataclass(frozen=True)
class Options:
    """What makes a run: the same values give the same mail and the same schedule.

    `minutes` is how long it may take as a whole; mail comes for `seconds`; `visible` is after how many seconds SQS
    gives a dead worker's mail to another (the template says 6 × the time-out of the function: minutes).
    """

    seed: int
    mails: int
    minutes: float
    short: bool

    @property
    def seconds(self) -> float:
        return 22.0 if self.short else self.minutes * 60 * 0.62

    @property
    def visible(self) -> int:
        return 8 if self.short else 20

    @property
    def patience(self) -> float:
        """Seconds after the last fault for all mail to arrive."""
        return 90.0 if self.short else self.minutes * 60 * 0.33


def run(folder: Path, options: Options, show: Callable[[str], None], logs: bool = False) -> Report:
    """Break a stack of its own in `folder` while mail comes in, heal it, wait, judge. The folder is removed.

    With `logs`, and whenever the proof fails, the servers' and functions' logs are kept beside the report.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    made = load(options.seed, options.mails, started)
    plan = schedule(options.seed, options.seconds, options.short)
    show(f"{len(made.shipments)} deliveries of {made.mails} mails, {len(plan)} faults in {options.seconds:.0f} s")
    with temporary(folder, step, parameters={"MissingMinutes": "1"}, llm=True, proxied=True) as stack:
        info = stack.info()
        rules.save(info, rules.document(datetime.now(UTC), options.short))
        soon_visible(info, options.visible)
        _watch_mailboxes(info)
        pusher = Pusher(info)
        striker = Striker(stack, info, pusher, options.visible, hurried=options.short)
        try:
            _rage(info, striker, made, plan, options, show)
        finally:
            pusher.stop()
            striker.heal()
        show("healed; waiting until nothing is left to do")
        _settle(info, pusher, options, show)
        report = _judged(stack, info, made, striker, options, started, clock)
        if logs or not report.proven:
            _keep_logs(info, folder, folder.with_name(folder.name.removeprefix("stack-")))
        return report


def _rage(info: Info, striker: Striker, made: Load, plan: tuple, options: Options, show: Callable[[str], None]) -> None:  # type: ignore[type-arg]
    pushing = threading.Thread(target=striker.pusher.run, args=(made.shipments, options.seconds), daemon=True)
    striking = threading.Thread(target=striker.run, args=(plan,), daemon=True)
    threads = (pushing, striking)
    began = last = time.monotonic()
    limit = began + options.seconds + options.patience
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) and time.monotonic() < limit:
        pushing.join(0.5) if pushing.is_alive() else striking.join(0.5)
        if time.monotonic() - last > 10:
            last = time.monotonic()
            show(f"{last - began:5.0f} s  {_progress(info, striker)}")
    if any(thread.is_alive() for thread in threads):
        striker.problems.append("the senders or the faults did not come to an end")


def _progress(info: Info, striker: Striker) -> str:
    pusher = striker.pusher
    known = _fates(info)
    ended = "?" if known is None else str(len(known))
    notified = "?" if known is None else str(sum(fate.sent_at is not None for fate in known.values()))
    now = ", ".join(sorted(striker.now)) or "—"
    return (
        f"accepted {len(pusher.mail_ids)}  ended {ended}  notified {notified}  faults {len(striker.faults)}  now: {now}"
    )


def _fates(info: Info) -> dict[str, judge.Fate] | None:
    try:
        return judge.fates(info)
    except psycopg.Error:
        return None


def _settle(info: Info, pusher: Pusher, options: Options, show: Callable[[str], None]) -> None:
    """Until every accepted mail has its end and no queue that carries mail holds anything."""
    until, sent, last = time.monotonic() + options.patience, set(pusher.mail_ids), 0.0
    while time.monotonic() < until:
        known = _fates(info) or {}
        open_ones = [mail_id for mail_id in sent if mail_id not in known or not known[mail_id].settled]
        held = {d.name: d.waiting + d.in_flight + d.delayed for d in depths(info) if d.name in QUIET}
        if not open_ones and not any(held.values()):
            return
        if time.monotonic() - last > 10:
            last = time.monotonic()
            show(f"  {len(open_ones)} mails on their way, queues {held}")
            scheduled(info, "Reconcile")
            if not options.short:  # it empties no queue
                scheduled(info, "Sweep")
        time.sleep(0.5)


def _watch_mailboxes(info: Info) -> None:
    """EmailEngine has the accounts, and the reconciler has seen that they are empty: what comes now is new mail."""
    for account in ACCOUNTS:
        control(info.emailengine_url, "account", {"account": account})
    scheduled(info, "Reconcile")


def _in_webhooks(heard: Sequence[Mapping[str, Any]], made: Load) -> list[str]:
    texts = [judge.body(entry) for entry in heard]
    return [f"webhook: {secret}" for secret in made.secrets if any(secret in text for text in texts)]


def _keep_logs(info: Info, folder: Path, target: Path) -> None:
    """Keep the logs of servers and functions, to find the cause."""
    target.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*/*.log"):
        shutil.copy(file, target)
    logs = client("logs", info.aws)
    for group in logs.describe_log_groups()["logGroups"]:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
        lines = [event["message"] for page in pages for event in page["events"]]
        (target / f"{group['logGroupName'].replace('/', '_').strip('_')}.log").write_text("\n".join(lines))


def _judged(
    stack: Stack, info: Info, made: Load, striker: Striker, options: Options, started: datetime, clock: float
) -> Report:
    pusher = striker.pusher
    sent, known = pusher.mail_ids, judge.fates(info)
    heard = requests.get(f"{info.outside_url}/_control/messages", timeout=30).json()
    unsent = sorted(set(range(made.mails)) - pusher.ids.keys())
    checks = [
        judge.Check(
            "sent", f"{len(pusher.ids)} of {made.mails} mails", tuple(f"mail {n} was never accepted" for n in unsent)
        ),
        judge.lost(sent, known),
        judge.twice(sent, known),
        judge.never_stored(made.mails, made.gone, sent, known),
        judge.quarantine(sent, known, made.gone),
        judge.ledger(info),
        *judge.notified(judge.notices(info), telegram(info), judge.breaks(striker.faults, striker.kills)),
        judge.webhooks(sent, known, heard),
        files(info, made.linked, sent, known),
        judge.personal_data([*leaks(info, made.secrets, stack.folder), *_in_webhooks(heard, made)], len(made.secrets)),
    ]
    # What a rule held back says nothing about recovery.
    free = [fate for mail_id, fate in known.items() if rules.of(sent.get(mail_id, 0)) != rules.HELD]
    kills: Counter[str] = Counter()
    for _, name, number in striker.kills:
        kills[name] += number
    states = Counter(fate.state for fate in known.values())
    counts = {"mails": made.mails, "deliveries": len(made.shipments), "mail ids": len(sent), **states, **pusher.answers}
    assert stack.proxy is not None
    return Report(
        again=asdict(options),
        started=started.isoformat(timespec="seconds"),
        seconds=time.monotonic() - clock,
        counts=counts,
        faults=[(fault, recovery(fault, free)) for fault in sorted(striker.faults, key=lambda f: f.began)],
        spoiled=stack.proxy.faults(),
        kills=kills,
        checks=checks,
        problems=[*striker.problems, *pusher.problems],
    )
