"""The third way in: mail whose webhook never came is found in the mailbox and taken in.

EmailEngine repeats a webhook for about 43 minutes and then forgets it. So each account's mailbox is listed from time
to time and compared with the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.core.errors import Permanent, Retryable
from chalicelib.core.spool_keys import sealed_key
from chalicelib.intake.arrival import TAKEN, Arrival
from chalicelib.intake.intake import Intake
from chalicelib.mail.identity import mail_id
from chalicelib.ports import Folder, Listing, MailStore, ReconciliationRun, ReconciliationStore, Spool, Telemetry
from chalicelib.sources.emailengine import webhook_event
from chalicelib.web.request_fields import Refused

OVERLAP = timedelta(days=2)
"""Listed again each time: the search counts in days of the mail server's zone, and its listing may be behind."""

GRACE = timedelta(minutes=10)
"""A mail that says it is younger is left to its webhook. One that lies about it is taken in by a later look."""

PAGES = 50
"""Pages of a folder that one look goes through: 10,000 messages. More is reported as `partial`."""

ACCOUNT_TROUBLE = ("account_login_failed", "account_not_connected")
"""Codes of an account that EmailEngine cannot read: alarmed where they last (`bootstrap.alarms`)."""

ENOUGH = 50.0
"""Seconds that must be left to begin with an account: one call takes 50 at most."""

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass
class Reconciler:
    """`folders` as in the settings; `trace` names the run in what it takes in. What it does twice does no harm."""

    listing: Listing
    looks: ReconciliationStore
    store: MailStore
    spool: Spool
    intake: Intake
    telemetry: Telemetry
    folders: tuple[str, ...]
    trace: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def run(self, accounts: Sequence[str], remaining: Callable[[], float]) -> list[ReconciliationRun]:
        """Look at each account, the one that waited longest first, while there is time (seconds). `Retryable`."""
        before = self.looks.latest()
        looks = []
        for account in sorted(accounts, key=lambda name: before[name].checked_at if name in before else NEVER):
            if remaining() < ENOUGH:
                self.telemetry.warn("reconcile_out_of_time", account=account, trace_id=self.trace)
                break
            looks.append(self._look(account, before.get(account), remaining))
        return looks

    def _look(self, account: str, last: ReconciliationRun | None, remaining: Callable[[], float]) -> ReconciliationRun:
        started = self.now()
        since = last.since if last else None
        look = ReconciliationRun(account, started, "complete", since=since, gaps_total=last.gaps_total if last else 0)
        older: list[str] = []
        settled = True
        try:
            for folder in self.listing.folders(account):
                if not self._wanted(account, folder):
                    continue
                if remaining() < ENOUGH:
                    settled = False
                    break
                for entries, whole in self._pages(account, folder, (since or started) - OVERLAP, remaining):
                    strangers = self._strangers(account, folder, entries, started)
                    gaps = 0
                    if since is None:
                        older += strangers  # what was there before Mailroom is not new mail
                    else:
                        gaps = self._take(strangers)
                        settled &= gaps == len(strangers)
                    settled &= whole
                    total = look.gaps_total + gaps
                    look = replace(look, listed=look.listed + len(entries), gaps=look.gaps + gaps, gaps_total=total)
            if not settled:
                look = replace(look, outcome="partial", code="more_is_left")
        except Permanent as error:
            look = replace(look, outcome="absent" if error.code == "account_unknown" else "failed", code=error.code)
        except Retryable as error:
            look = replace(look, outcome="failed", code=error.code)
        if look.outcome == "complete":
            look = replace(look, since=started)
        self.looks.note(look, older if look.outcome == "complete" else ())
        _report(look, self.trace, self.telemetry)
        return look

    def _wanted(self, account: str, folder: Folder) -> bool:
        event = webhook_event.Event(account, "messageNew", folder.path, folder.special_use, {})
        return webhook_event.wanted(event, self.folders)

    def _pages(
        self, account: str, folder: Folder, since: datetime, remaining: Callable[[], float]
    ) -> Iterator[tuple[tuple[Mapping[str, Any], ...], bool]]:
        """Pages, newest first, and whether nothing is left behind. New mail only moves entries to later pages.

        Ends when the time does, so that what was found is noted and the other accounts have their turn.
        """
        for number in range(PAGES):
            page = self.listing.received(account, folder.path, since, number)
            last = number + 1 == PAGES or remaining() < ENOUGH
            yield page.entries, not (page.more and last)
            if last or not page.more:
                return

    def _strangers(
        self, account: str, folder: Folder, entries: Sequence[Mapping[str, Any]], now: datetime
    ) -> dict[str, Arrival]:
        """Entries that neither the ledger nor the spool knows, by mail id."""
        found: dict[str, Arrival] = {}
        for entry in entries:
            event = webhook_event.Event(account, "messageNew", folder.path, folder.special_use, dict(entry))
            if not webhook_event.wanted(event, self.folders):
                continue
            try:
                arrival = webhook_event.arrival(event)
            except Refused:  # one that EmailEngine could not make either: it is listed again for two days
                self.telemetry.count("Reconciled", kind="unreadable")
                self.telemetry.warn("entry_unreadable", account=account, trace_id=self.trace)
                continue
            if not _is_young(entry.get("date"), now):
                found[mail_id(account, arrival.identity)] = arrival
        known = self.store.ledger_state(found).keys() | self.looks.older(found)
        return {name: held for name, held in found.items() if name not in known and not self._sealed(held, name)}

    def _sealed(self, arrival: Arrival, identifier: str) -> bool:
        """Whether it is on its way already: that it arrives is the sweep's affair."""
        try:
            self.spool.head(sealed_key(arrival.account, identifier), 1)
        except Permanent:
            return False
        return True

    def _take(self, strangers: Mapping[str, Arrival]) -> int:
        """Take them in; how many were. The hint "seen" is not believed: neither ledger nor spool knows them."""
        if not strangers:
            return 0
        verdicts = self.intake.take(list(strangers.values()), self.trace, trust_seen_cache=False)
        for verdict in verdicts:
            self.telemetry.log("gap", mail_id=verdict.mail_id, status=str(verdict.status), trace_id=self.trace)
        return sum(verdict.status in TAKEN for verdict in verdicts)


def _is_young(date: object, now: datetime) -> bool:
    try:
        age = now - datetime.fromisoformat(str(date).replace("Z", "+00:00"))
    except (ValueError, TypeError, OverflowError):  # no date, one without zone
        return False
    return timedelta(0) <= age < GRACE


def _report(look: ReconciliationRun, trace: str, telemetry: Telemetry) -> None:
    telemetry.count("Reconciled", look.gaps, kind="gaps")
    telemetry.count("ReconcileLooks", outcome=look.outcome)
    telemetry.count("AccountTrouble", int(look.code in ACCOUNT_TROUBLE), source="emailengine")
    if look.gaps or look.outcome in ("partial", "failed"):
        telemetry.warn(
            "reconciled",
            account=look.account,
            status=look.outcome,
            code=look.code or None,
            count=look.gaps,
            trace_id=trace,
        )
    else:
        telemetry.log("reconciled", account=look.account, status=look.outcome, count=look.gaps, trace_id=trace)
