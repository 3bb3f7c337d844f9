"""The comparisons of mailboxes in memory."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.core.errors import Retryable
from chalicelib.ports import ReconciliationRun


class MemoryLooks:
    """`ports.ReconciliationStore`; unavailable while `down`."""

    def __init__(self) -> None:
        self.held: dict[str, ReconciliationRun] = {}
        self.before: set[str] = set()
        self.down = False

    def latest(self) -> dict[str, ReconciliationRun]:
        self._ask()
        return dict(sorted(self.held.items()))

    def older(self, mail_ids: Iterable[str]) -> frozenset[str]:
        self._ask()
        return frozenset(mail_ids) & self.before

    def note(self, run: ReconciliationRun, older: Iterable[str] = ()) -> None:
        self._ask()
        self.held[run.account] = run
        self.before |= set(older)

    def _ask(self) -> None:
        if self.down:
            raise Retryable("database_unavailable")
