"""One lazy PostgreSQL connection that survives a restart of the server and passes a transaction pooler."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from chalicelib.adapters.postgres import failures
from chalicelib.core.errors import ConfigurationError, MailroomError, Retryable

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

T = TypeVar("T")
Values = Sequence[Any] | Mapping[str, Any]


class Database:
    """A connection opened on first use and kept; one for each container, not to be shared by threads.

    `url` is `postgresql://…`, or where it is read at each new connection (a rotated password). `connect_timeout` is in
    seconds (libpq takes 2 as the least). Time-outs of statements and locks are settings of the login's role
    (`infra/database/roles.py`): PgBouncer and RDS Proxy take no start-up options, and keep no session between
    two transactions, so nothing here is prepared, set or locked for longer than its transaction.
    """

    def __init__(self, url: str | Callable[[], str], connect_timeout: int = 3) -> None:
        self._url = url
        self._connect_timeout = connect_timeout
        self._connection: Connection | None = None

    def all(self, query: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement, in a transaction of its own. Raises as `run`."""
        return self.run(lambda connection: connection.execute(query.encode(), values).fetchall())

    def one(self, query: str, values: Values = ()) -> tuple[Any, ...] | None:
        """The first row of one statement, None where there is none. Raises as `run`."""
        return self.run(lambda connection: connection.execute(query.encode(), values).fetchone())

    def execute(self, query: str, values: Values = ()) -> int:
        """Run one statement; the number of rows that it touched. Raises as `run`."""
        return self.run(lambda connection: connection.execute(query.encode(), values).rowcount)

    def run(self, work: Callable[[Connection], T]) -> T:
        """Call `work` in one transaction: committed when it returns, rolled back when it raises.

        Where a *kept* connection turns out to be broken before the commit was asked for, the server
        has rolled back: `work` is called once more on a new connection, so it must have no other
        effect than its statements. After a lost commit nothing is repeated: SQS decides.

        Raises `Retryable("database_unavailable")` (not reachable, time-out), `Retryable("database_busy")`
        (deadlock, serialization, a race for a key), `Retryable("database_unusable")` (schema or rights
        are not what this code expects), `Permanent("database_rejected")` (a value that does not fit),
        `ConfigurationError` for a URL that can never work. No error text of the driver passes: it may show values.
        """
        kept = self._connection is not None
        outcome = self._attempt(work)
        if isinstance(outcome, _Lost) and kept:
            outcome = self._attempt(work)
        if isinstance(outcome, _Lost):
            raise Retryable(failures.UNAVAILABLE)
        return outcome.result

    def ping(self) -> None:
        """Prove that the database answers. Raises as `run`."""
        self.one("SELECT 1")

    def close(self) -> None:
        """Close the connection; the next use opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()

    def _attempt(self, work: Callable[[Connection], T]) -> _Done[T] | _Lost:
        import psycopg

        connection = self._open()
        asked_to_commit = False
        failure: MailroomError | ConfigurationError
        try:
            result = work(connection)
            asked_to_commit = True
            connection.commit()
            return _Done(result)
        except (psycopg.Error, UnicodeEncodeError) as error:
            lost_early = isinstance(error, psycopg.Error) and not asked_to_commit and _ended(connection)
            failure = failures.in_session(error)
            self._roll_back(connection)
        except BaseException:
            self._roll_back(connection)
            raise
        if lost_early and isinstance(failure, Retryable):
            return _Lost()
        raise failure  # out here, so that the driver's error does not hang on it as its context

    def _open(self) -> Connection:
        """The kept connection, or a new one. `Retryable("database_unavailable")`, `ConfigurationError`."""
        if self._connection is not None and not self._connection.closed:
            return self._connection
        url = self._url if isinstance(self._url, str) else self._url()
        failure: MailroomError | ConfigurationError
        import psycopg
        from psycopg.conninfo import conninfo_to_dict

        try:
            parts = conninfo_to_dict(url)
            if not parts.get("host") and not parts.get("hostaddr"):  # libpq would look for a server on this machine
                raise ValueError
            self._connection = psycopg.connect(
                url,
                connect_timeout=self._connect_timeout,
                application_name="mailroom",
                # A pooler gives each transaction another session: what one of them prepared, the next does not know.
                prepare_threshold=None,
                # A container that was frozen for an hour must notice a dead peer at once.
                tcp_user_timeout=5000,
                keepalives_idle=30,
            )
            return self._connection
        except (psycopg.Error, ValueError) as error:
            failure = failures.at_connect(error)
        raise failure

    def _roll_back(self, connection: Connection) -> None:
        import psycopg

        try:
            connection.rollback()
        except psycopg.Error:
            self.close()
        if connection.closed:
            self._connection = None


def _ended(connection: Connection) -> bool:
    return connection.broken or connection.closed


@dataclass(frozen=True, slots=True)
class _Done(Generic[T]):
    """What a committed transaction gave."""

    result: T


class _Lost:
    """The connection broke before a commit was asked for."""
