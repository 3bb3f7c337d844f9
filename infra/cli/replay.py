"""Stored and excluded mail in clear, one at a time, for the operator's own process: read-only, nothing is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from chalicelib.core.errors import Permanent
from chalicelib.core.messages import Envelope
from chalicelib.core.spool_keys import fetched_key
from chalicelib.intake.load_mail import reopen
from chalicelib.mail.emailengine_message import from_message
from chalicelib.mail.fields import from_push, items
from chalicelib.mail.parse import parse
from chalicelib.mail.sealed import HEADER_BYTES, unseal
from chalicelib.policy.decision import OUTSIDE_WINDOW, SENDER_NOT_ALLOWED, STOPPED, Facts
from chalicelib.policy.facts import facts_of

if TYPE_CHECKING:
    from chalicelib.adapters.postgres.database import Connection, Database
    from chalicelib.ports import Spool

T = TypeVar("T")
PAGE = 500
REASONS = [SENDER_NOT_ALLOWED, STOPPED, OUTSIDE_WINDOW]

KEPT = (
    "state IN ('stored', 'excluded') AND (state = 'stored' OR reason = ANY(%(reasons)s)) AND received_at >= %(since)s"
)
COUNT = f"SELECT count(*) FROM core.ledger WHERE {KEPT}"  # noqa: S608 - a constant
MAILS = f"""
    SELECT mail_id::text AS name, account_id, state, received_at, spool_key FROM core.ledger
    WHERE {KEPT} AND (received_at, mail_id) > (%(at)s, %(mail_id)s::uuid)
    ORDER BY received_at, mail_id LIMIT %(page)s
"""  # noqa: S608
SOURCE = "SELECT pgp_sym_decrypt_bytea(source, %(key)s) FROM ingestion.emails_raw WHERE mail_id = %(mail_id)s"


@dataclass(frozen=True, slots=True)
class Past:
    """A mail with a decision. If it can no longer be read, `facts` is None and `code` says why."""

    mail_id: str
    state: str
    received_at: datetime
    facts: Facts | None
    code: str = ""


class Archive:
    """The mail received since a time, oldest first. Every statement runs in a transaction that can write nothing.

    `with_labels` reads the labels of stored mail as well, where the spool still has it: one more request a mail.
    """

    def __init__(
        self, database: Database, raw_key: str, spool: Spool, since: datetime, with_labels: bool = False
    ) -> None:
        self._database, self._raw_key, self._spool = database, raw_key, spool
        self._since, self._with_labels = since, with_labels
        self.page = PAGE

    def count(self) -> int:
        """How many there are. `Retryable`."""
        return int(self._read(lambda connection: connection.execute(COUNT, self._values()).fetchone() or (0,))[0])

    def mails(self) -> Iterator[Past]:
        """Each of them, in pages of ids; one mail at a time is in memory. `Retryable`."""
        at, last = self._since, "00000000-0000-0000-0000-000000000000"
        while page := self._page(at, last):
            for mail_id, account, state, received_at, spool_key in page:
                yield self._opened(mail_id, account, state, received_at, spool_key)
            last, at = page[-1][0], page[-1][3]

    def _page(self, at: datetime, last: str) -> list[tuple[Any, ...]]:
        values = self._values() | {"at": at, "mail_id": last, "page": self.page}
        return self._read(lambda connection: connection.execute(MAILS, values).fetchall())

    def _opened(self, mail_id: str, account: str, state: str, received_at: datetime, spool_key: str) -> Past:
        try:
            if state == "stored":
                facts = self._stored(mail_id, account, self._labels(spool_key))
            else:
                facts = self._sealed(mail_id, account, spool_key)
        except Permanent as error:
            return Past(mail_id, state, received_at, None, error.code)
        return Past(mail_id, state, received_at, facts)

    def _stored(self, mail_id: str, account: str, labels: tuple[str, ...]) -> Facts:
        values = {"key": self._raw_key, "mail_id": mail_id}

        def decrypted(connection: Connection) -> tuple[Any, ...] | None:
            from psycopg.errors import ExternalRoutineInvocationException

            try:
                return connection.execute(SOURCE, values).fetchone()
            except ExternalRoutineInvocationException:  # pgcrypto: wrong key or corrupt data
                raise Permanent("original_unreadable") from None

        row = self._read(decrypted)
        if row is None:
            raise Permanent("original_erased")
        return facts_from(bytes(row[0]), account, labels)

    def _labels(self, spool_key: str) -> tuple[str, ...]:
        """The labels of the mailbox as the endpoint received them; the original does not hold them."""
        if not self._with_labels:
            return ()
        try:
            header, _ = unseal(self._spool.head(spool_key, HEADER_BYTES))
        except Permanent:  # expired
            return ()
        return tuple(header.labels.splitlines())

    def _sealed(self, mail_id: str, account: str, spool_key: str) -> Facts:
        try:
            opened = reopen(spool_key, self._spool)
        except Permanent as error:
            if error.code != "sealed_unreadable":
                raise
            # The endpoint had a reference only; anonymize kept what it fetched.
            pointer = Envelope(mail_id, account, source="", spool_key=spool_key, received_at="", trace_id="")
            opened = reopen(fetched_key(pointer.account, pointer.mail_id), self._spool)
        return facts_of(opened.mail, account, opened.labels or labels_of(opened.source))

    def _read(self, work: Callable[[Connection], T]) -> T:
        def read_only(connection: Connection) -> T:
            connection.execute("SET TRANSACTION READ ONLY")
            return work(connection)

        return self._database.run(read_only)

    def _values(self) -> dict[str, Any]:
        return {"reasons": REASONS, "since": self._since}


def facts_from(source: bytes, account: str, labels: tuple[str, ...] = ()) -> Facts:
    """What the rules see of a mail as received: RFC 822 bytes, a Gmail push or a message of EmailEngine."""
    push = _object(source)
    if push is None:
        return facts_of(parse(source), account, labels)
    mail = from_push(push) if "body" in push and "sender" in push else from_message(push)
    return facts_of(mail, account, labels or labels_of(source))


def labels_of(source: bytes) -> tuple[str, ...]:
    """The labels of a Gmail push; none for anything else."""
    push = _object(source) or {}
    return tuple(label for label in items(push.get("labels")) if isinstance(label, str))


def _object(source: bytes) -> dict[str, object] | None:
    if source[:1] != b"{":
        return None
    try:
        found = json.loads(source)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
