"""The operator's desk for dead letters: list, show, send on their way again, discard with a reason.

Looking at a dead-letter queue means receiving from it, so letters are hidden from others for a moment. Every
effect is keyed by the mail id: a crash between two steps leaves a repeat, never a loss.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from chalicelib.core.clock import Now, utc_now
from chalicelib.core.errors import MailroomError, Permanent, Retryable
from chalicelib.core.mail_ids import MAIL_ID
from chalicelib.core.stages import SERVICE, STAGE_NAMES
from chalicelib.ports import DeadLetter, DeadLetters, Ledger, Queues
from chalicelib.ports.dead_letter_records import DeadLetterRecord, read

LIMIT = 1_000
"""Letters of one stage that are looked at."""

HIDE_SECONDS = 30
REASON = re.compile(r"[a-z0-9][a-z0-9_.-]{0,59}")
"""A reason is a code, so that no personal data gets into the ledger with it."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Letters in the order of the stages, then of time; `complete` when there are no others."""

    letters: tuple[DeadLetterRecord, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a selection. `done` and `failed` are letters, `unknown` the ids that no letter has.

    `written_off` are quarantined mails that a discard found no letter of any more.
    """

    done: tuple[DeadLetterRecord, ...]
    failed: tuple[tuple[DeadLetterRecord, str], ...]
    unknown: tuple[str, ...]
    complete: bool
    written_off: tuple[str, ...] = ()


@dataclass
class DeadLetterDesk:
    """A letter is chosen by its mail's id or, where there is no mail in it, by its own (`letter_id`)."""

    dead: DeadLetters
    queues: Queues
    ledger: Ledger
    now: Now = utc_now

    def listing(self, stages: Collection[str] = STAGE_NAMES, limit: int = LIMIT) -> Listing:
        """Look at the letters of these stages, `limit` a stage, and give them back. `Retryable`."""
        with self._taken(stages, limit) as (letters, complete):
            return Listing(tuple(sorted(letters, key=_order)), complete)

    def show(self, identifier: str) -> list[DeadLetterRecord]:
        """All letters of a mail, mostly one. `Permanent("unknown_letter")`, `Retryable`."""
        found = [letter for letter in self.listing().letters if identifier in _names(letter)]
        if not found:
            raise Permanent("unknown_letter")
        return found

    def redrive(self, identifiers: Sequence[str], author: str, dry_run: bool = False) -> Outcome:
        """Send the chosen letters to their own stages again, without their attributes.

        The mail stays `quarantined` in the ledger until it ends anew, with the time of this change. `Retryable`.
        """

        def one(letter: DeadLetterRecord) -> None:
            if letter.mail_id:
                self.ledger.redriven(letter.dead.stage, [letter.mail_id], author)
            if self.queues.send(letter.dead.stage, [letter.dead.body], letter.account or SERVICE):
                raise Retryable("queue_unavailable")
            self.dead.remove(letter.dead)

        return self._each(identifiers, one, dry_run)

    def discard(self, identifiers: Sequence[str], reason: str, author: str, dry_run: bool = False) -> Outcome:
        """Exclude the mails with `discarded:<reason>` and delete their letters; a stored mail stays stored.

        A mail that is quarantined in the ledger but has no letter any more is written off the same way.
        Raises `Permanent("invalid_reason")` unless `reason` is a code (`REASON`), `Retryable`.
        """
        if not REASON.fullmatch(reason):
            raise Permanent("invalid_reason")

        def one(letter: DeadLetterRecord) -> None:
            # The ledger first: a letter that is left over is found again, a mail without letter and decision is not.
            if note := letter.note(self.now()):
                self.ledger.discard(note, reason, author)
            self.dead.remove(letter.dead)

        outcome = self._each(identifiers, one, dry_run)
        if not outcome.unknown or not outcome.complete:
            return outcome  # what was not found may be hidden
        if dry_run:
            gone = tuple(mail_id for mail_id in outcome.unknown if mail_id in self.ledger.quarantined())
        else:
            gone = tuple(mail_id for mail_id in outcome.unknown if self._write_off(mail_id, reason, author))
        return replace(outcome, written_off=gone, unknown=tuple(m for m in outcome.unknown if m not in gone))

    def _write_off(self, identifier: str, reason: str, author: str) -> bool:
        return bool(MAIL_ID.fullmatch(identifier)) and self.ledger.write_off(identifier, reason, author)

    def redrive_all(self, stage: str, author: str) -> None:
        """Let the queue move all letters of a stage back by itself. Errors of `DeadLetters.move`."""
        self.dead.move(stage)
        self.ledger.redriven(stage, None, author)

    def _each(self, identifiers: Sequence[str], act: Callable[[DeadLetterRecord], None], dry_run: bool) -> Outcome:
        """Do something to each chosen letter; the others, and those that failed, are given back."""
        wanted = set(identifiers)
        done: list[DeadLetterRecord] = []
        failed: list[tuple[DeadLetterRecord, str]] = []
        with self._taken(STAGE_NAMES, LIMIT) as (letters, complete):
            chosen = [letter for letter in letters if wanted & _names(letter)]
            for letter in chosen:
                try:
                    if not dry_run:
                        act(letter)
                    done.append(letter)
                except MailroomError as error:
                    failed.append((letter, error.code))
        unknown = wanted - {name for letter in chosen for name in _names(letter)}
        return Outcome(tuple(done), tuple(failed), tuple(sorted(unknown)), complete)

    @contextmanager
    def _taken(self, stages: Collection[str], limit: int) -> Iterator[tuple[list[DeadLetterRecord], bool]]:
        """Letters while they are hidden; whatever is not removed meanwhile is given back."""
        taken: list[DeadLetter] = []
        complete = True
        try:
            for stage in (name for name in STAGE_NAMES if name in stages):
                inspection = self.dead.take(stage, limit, HIDE_SECONDS)
                taken += inspection.letters
                complete &= inspection.complete
            yield [read(letter) for letter in taken], complete
        finally:
            self.dead.give_back(taken)


def _names(letter: DeadLetterRecord) -> set[str]:
    return {name for name in (letter.mail_id, letter.dead.id) if name}


def _order(letter: DeadLetterRecord) -> tuple[int, str, str]:
    return STAGE_NAMES.index(letter.dead.stage), letter.first_at, letter.dead.id
