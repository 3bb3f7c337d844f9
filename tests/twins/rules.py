"""The in-memory rule store: same answers as the one in PostgreSQL."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib.adapters.postgres.store_rows import UNSTORABLE
from chalicelib.core.errors import ConfigurationError, MailroomError, Permanent
from chalicelib.ports import RuleChange, RuleVersion


class MemoryRuleStore:
    """`ports.RuleStore` in memory; raises `error` while one is set. `reads` counts how often it was read."""

    def __init__(self) -> None:
        self._saved: list[RuleVersion] = []
        self._lock = threading.Lock()
        self.error: MailroomError | ConfigurationError | None = None
        self.reads = 0

    def current(self) -> RuleVersion | None:
        self._read()
        return self._saved[-1] if self._saved else None

    def version(self, number: int) -> RuleVersion | None:
        self._read()
        return self._saved[number - 1] if 1 <= number <= len(self._saved) else None

    def versions(self, limit: int) -> list[RuleChange]:
        self._read()
        return [saved.change for saved in reversed(self._saved)][:limit]

    def save(
        self, document: Mapping[str, Any], author: str, comment: str, base_version: int, restores: int | None = None
    ) -> RuleVersion:
        if self.error:
            raise self.error
        text = _text(document)
        if UNSTORABLE.search(author + comment) or not 1 <= len(author) <= 100 or len(comment) > 500:
            raise Permanent("database_rejected")
        with self._lock:
            if base_version != len(self._saved):
                raise Permanent("version_conflict")
            change = RuleChange(base_version + 1, author, comment, datetime.now(UTC), restores)
            self._saved.append(RuleVersion(change, json.loads(text)))
            return self._saved[-1]

    def _read(self) -> None:
        self.reads += 1
        if self.error:
            raise self.error


def _text(document: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(document, allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        raise Permanent("database_rejected") from None
    if UNSTORABLE.search(text) or "\\u0000" in text or len(text.encode()) > 1 << 20:
        raise Permanent("database_rejected")
    return text
