"""The versions of the operator's rules in PostgreSQL: written once, never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.postgres.database import Database
from chalicelib.core.errors import Permanent
from chalicelib.ports import RuleChange, RuleVersion

CHANGE = "version, author, comment, created_at, restores"

# No lock: of two writers with the same base, the second waits for the first one's key and then does nothing.
SAVE = f"""
    INSERT INTO core.rule_versions (version, document, author, comment, restores)
    SELECT %(base)s + 1, %(document)s::jsonb, %(author)s, %(comment)s, %(restores)s
    WHERE (SELECT coalesce(max(version), 0) FROM core.rule_versions) = %(base)s
    ON CONFLICT (version) DO NOTHING
    RETURNING {CHANGE}
"""  # noqa: S608 - a constant
CURRENT = f"SELECT document, {CHANGE} FROM core.rule_versions ORDER BY version DESC LIMIT 1"  # noqa: S608
ONE = f"SELECT document, {CHANGE} FROM core.rule_versions WHERE version = %s"  # noqa: S608
LATEST = f"SELECT {CHANGE} FROM core.rule_versions ORDER BY version DESC LIMIT %s"  # noqa: S608


class PostgresRuleStore:
    """`ports.RuleStore`. What is read back has its keys in an order of PostgreSQL's own (jsonb)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def current(self) -> RuleVersion | None:
        return self._one(CURRENT, ())

    def version(self, number: int) -> RuleVersion | None:
        return self._one(ONE, (number,))

    def versions(self, limit: int) -> list[RuleChange]:
        return [RuleChange(*row) for row in self._database.all(LATEST, (limit,))]

    def save(
        self, document: Mapping[str, Any], author: str, comment: str, base_version: int, restores: int | None = None
    ) -> RuleVersion:
        try:
            text = json.dumps(document, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            raise Permanent("database_rejected") from None
        values = {"base": base_version, "document": text, "author": author, "comment": comment, "restores": restores}
        row = self._database.one(SAVE, values)
        if row is None:
            raise Permanent("version_conflict")
        return RuleVersion(RuleChange(*row), dict(document))

    def _one(self, query: str, values: tuple[Any, ...]) -> RuleVersion | None:
        row = self._database.one(query, values)
        return None if row is None else RuleVersion(RuleChange(*row[1:]), row[0])
