"""The operator's desk for failed messages: list, show, redrive, discard with a reason.

To read a dead-letter queue is to receive from it, which hides its messages from others for a moment. Every effect is
keyed by the mail id: a crash between two steps leaves a repeat, never a loss.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from chalicelib.core.clock import Now, TimeLeft, before, fraction, unlimited, utc_now
from chalicelib.core.errors import MailroomError, Permanent, Retryable
from chalicelib.core.mail_ids import MAIL_ID
from chalicelib.core.stages import SERVICE, STAGE_NAMES
from chalicelib.ports import DeadLetterQueues, FailedMessage, Ledger, Queues
from chalicelib.ports.dead_letter_records import DeadLetterRecord, read

LIMIT = 1_000
"""Messages of one stage that are read."""

HIDE_SECONDS = 30
GIVE_BACK_SECONDS = 3.0
"""Kept to make what was read visible again; what is not reached in time is visible after `HIDE_SECONDS`."""

OUT_OF_TIME = "out_of_time"
"""Code of a chosen message that no time was left for."""

REASON = re.compile(r"[a-z0-9][a-z0-9_.-]{0,59}")
"""A reason is a code, so that no personal data gets into the ledger with it."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Records in the order of the stages, then of time; `complete` when there are no others."""

    records: tuple[DeadLetterRecord, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a selection.

    `failed` records come with a code; `unknown` are ids that no record has; `written_off` are quarantined mails whose
    failed message was gone when they were discarded. `complete` as in `Listing`.
    """

    done: tuple[DeadLetterRecord, ...]
    failed: tuple[tuple[DeadLetterRecord, str], ...]
    unknown: tuple[str, ...]
    complete: bool
    written_off: tuple[str, ...] = ()


@dataclass
class DeadLetterDesk:
    """A record is chosen by the id of its mail or, where it holds no mail, by that of its message (`message_id`).

    `time_left` bounds each call: queues are then read in part, and chosen messages fail with `OUT_OF_TIME`.
    """

    dead: DeadLetterQueues
    queues: Queues
    ledger: Ledger
    now: Now = utc_now

    def listing(
        self, stages: Collection[str] = STAGE_NAMES, limit: int = LIMIT, time_left: TimeLeft = unlimited
    ) -> Listing:
        """Read at most `limit` messages of each of these stages, and give them back. `Retryable`."""
        with self._taken(stages, limit, time_left) as (records, complete):
            return Listing(tuple(sorted(records, key=_order)), complete)

    def show(self, identifier: str, time_left: TimeLeft = unlimited) -> list[DeadLetterRecord]:
        """Return all records of a mail, mostly one. `Permanent("unknown_message")`, `Retryable`."""
        found = [record for record in self.listing(time_left=time_left).records if identifier in _names(record)]
        if not found:
            raise Permanent("unknown_message")
        return found

    def redrive(
        self, identifiers: Sequence[str], author: str, dry_run: bool = False, time_left: TimeLeft = unlimited
    ) -> Outcome:
        """Send the chosen messages to their own stages again, without their attributes. `Retryable`.

        The mail stays `quarantined` in the ledger until it ends again; its row takes the time of this change.
        """

        def one(record: DeadLetterRecord) -> None:
            if record.mail_id:
                self.ledger.redriven(record.dead.stage, [record.mail_id], author)
            if self.queues.send(record.dead.stage, [record.dead.body], record.account or SERVICE):
                raise Retryable("queue_unavailable")
            self.dead.remove(record.dead)

        return self._each(identifiers, one, dry_run, time_left)

    def discard(
        self,
        identifiers: Sequence[str],
        reason: str,
        author: str,
        dry_run: bool = False,
        time_left: TimeLeft = unlimited,
    ) -> Outcome:
        """Exclude the mails with `discarded:<reason>` and delete their messages; a stored mail stays stored.

        A mail that is quarantined in the ledger but whose message is gone is written off the same way.
        Raises `Permanent("invalid_reason")` unless `reason` is a code (`REASON`), `Retryable`.
        """
        if not REASON.fullmatch(reason):
            raise Permanent("invalid_reason")

        def one(record: DeadLetterRecord) -> None:
            # The ledger first: a message that is left over is found again, a mail without message and decision is not.
            if note := record.note(self.now()):
                self.ledger.discard(note, reason, author)
            self.dead.remove(record.dead)

        outcome = self._each(identifiers, one, dry_run, time_left)
        if not outcome.unknown or not outcome.complete:
            return outcome  # what was not found may be hidden
        if dry_run:
            quarantined = self.ledger.quarantined()
            gone = tuple(mail_id for mail_id in outcome.unknown if mail_id in quarantined)
        else:
            gone = tuple(
                mail_id for mail_id in outcome.unknown if time_left() > 0 and self._write_off(mail_id, reason, author)
            )
        return replace(outcome, written_off=gone, unknown=tuple(m for m in outcome.unknown if m not in gone))

    def _write_off(self, identifier: str, reason: str, author: str) -> bool:
        return bool(MAIL_ID.fullmatch(identifier)) and self.ledger.write_off(identifier, reason, author)

    def redrive_all(self, stage: str, author: str) -> None:
        """Have the queue move all failed messages of a stage back by itself. Errors of `DeadLetterQueues.move`."""
        self.dead.move(stage)
        self.ledger.redriven(stage, None, author)

    def _each(
        self,
        identifiers: Sequence[str],
        act: Callable[[DeadLetterRecord], None],
        dry_run: bool,
        time_left: TimeLeft,
    ) -> Outcome:
        """Do something to each chosen record; the others, and those that failed, are given back."""
        wanted = set(identifiers)
        acting = before(time_left, GIVE_BACK_SECONDS)
        done: list[DeadLetterRecord] = []
        failed: list[tuple[DeadLetterRecord, str]] = []
        with self._taken(STAGE_NAMES, LIMIT, time_left) as (records, complete):
            chosen = [record for record in records if wanted & _names(record)]
            for record in chosen:
                if acting() <= 0:
                    failed.append((record, OUT_OF_TIME))
                    continue
                try:
                    if not dry_run:
                        act(record)
                    done.append(record)
                except MailroomError as error:
                    failed.append((record, error.code))
        unknown = wanted - {name for record in chosen for name in _names(record)}
        return Outcome(tuple(done), tuple(failed), tuple(sorted(unknown)), complete)

    @contextmanager
    def _taken(
        self, stages: Collection[str], limit: int, time_left: TimeLeft
    ) -> Iterator[tuple[list[DeadLetterRecord], bool]]:
        """The records while their messages are hidden; what is not removed in the block is given back.

        Reading may use half of the time, each stage a fair share of it.
        """
        asked = [name for name in STAGE_NAMES if name in stages]
        reading = fraction(time_left, 1 / 2)
        taken: list[FailedMessage] = []
        complete = True
        try:
            for position, stage in enumerate(asked):
                own = fraction(reading, 1 / (len(asked) - position))
                inspection = self.dead.take(stage, limit, HIDE_SECONDS, own)
                taken += inspection.messages
                complete &= inspection.complete
            yield [read(message) for message in taken], complete
        finally:
            self.dead.give_back(taken, time_left)


def _names(record: DeadLetterRecord) -> set[str]:
    return {name for name in (record.mail_id, record.dead.id) if name}


def _order(record: DeadLetterRecord) -> tuple[int, str, str]:
    return STAGE_NAMES.index(record.dead.stage), record.first_at, record.dead.id
