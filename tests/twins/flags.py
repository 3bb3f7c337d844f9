"""The in-memory flag store: same answers as the one in PostgreSQL."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from chalicelib.adapters.postgres.store_rows import UNSTORABLE
from chalicelib.core.errors import Permanent
from chalicelib.ports import FlagChange


class MemoryFlagStore:
    """`ports.FlagStore` in memory. `changes` holds (name, old, new, author), `times` when each was made."""

    def __init__(self) -> None:
        self._flags: dict[str, bool] = {}
        self.changes: list[tuple[str, bool | None, bool, str]] = []
        self.times: list[datetime] = []

    def flags(self) -> dict[str, bool]:
        return dict(self._flags)

    def set_flag(self, name: str, value: bool, author: str) -> None:
        if not 1 <= len(name) <= 100 or not 1 <= len(author) <= 200 or UNSTORABLE.search(name + author):
            raise Permanent("database_rejected")
        old = self._flags.get(name)
        if old is not value:
            self._flags[name] = value
            self.changes.append((name, old, value, author))
            self.times.append(datetime.now(UTC))

    def history(self, each: int) -> list[FlagChange]:
        shown: Counter[str] = Counter()
        found = []
        for change, at in reversed(list(zip(self.changes, self.times, strict=True))):
            shown[change[0]] += 1
            if shown[change[0]] <= each:
                found.append(FlagChange(*change, at))
        return found
