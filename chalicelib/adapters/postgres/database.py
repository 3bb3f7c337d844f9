"""One lazy PostgreSQL connection that survives a restart of the server, and the translation of its errors."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from chalicelib.core.errors import MailroomError, Permanent, Retryable

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

T = TypeVar("T")


class Database:
    """A connection opened on first use and kept; one for each container, not to be shared by threads.

    `url` is `postgresql://…`. `connect_timeout`, `statement_timeout` and `lock_timeout` are in
    seconds (libpq takes 2 as the least for the first).
    """

    def __init__(
        self, url: str, connect_timeout: int = 3, statement_timeout: float = 25.0, lock_timeout: float = 10.0
    ) -> None:
        self._url = url
        self._connect_timeout = connect_timeout
        self._options = (
            f"-c statement_timeout={int(statement_timeout * 1000)} -c lock_timeout={int(lock_timeout * 1000)}"
            " -c idle_in_transaction_session_timeout=60000"
        )
        self._connection: Connection | None = None

    def run(self, work: Callable[[Connection], T]) -> T:
        """Call `work` in one transaction: committed when it returns, rolled back when it raises.

        Where a *kept* connection turns out to be broken before the commit was asked for, the server
        has rolled back: `work` is called once more on a new connection, so it must have no other
        effect than its statements. After a lost commit nothing is repeated: SQS decides.

        Raises `Retryable("database_unavailable")` (not reachable, time-out), `Retryable("database_busy")`
        (deadlock, serialization, a race for a key), `Retryable("database_unusable")` (schema or rights
        are not what this code expects), `Permanent("database_rejected")` (a value that does not fit).
        No error text of the driver passes: it may show values.
        """
        kept = self._connection is not None
        outcome = self._attempt(work)
        if isinstance(outcome, _Lost) and kept:
            outcome = self._attempt(work)
        if isinstance(outcome, _Lost):
            raise Retryable("database_unavailable")
        return outcome.result

    def ping(self) -> None:
        """Prove that the database answers. `Retryable("database_unavailable")`."""
        self.run(lambda connection: connection.execute("SELECT 1"))

    def close(self) -> None:
        """Close the connection; the next use opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()

    def _attempt(self, work: Callable[[Connection], T]) -> _Done[T] | _Lost:
        import psycopg

        asked_to_commit = False
        failure: MailroomError
        try:
            connection = self._open()
            result = work(connection)
            asked_to_commit = True
            connection.commit()
            return _Done(result)
        except (psycopg.Error, UnicodeEncodeError) as error:
            lost = self._connection is None or self._connection.broken or self._connection.closed
            failure = _translate(error)
            lost_early = lost and isinstance(error, psycopg.Error) and not asked_to_commit
            self._roll_back()
        except BaseException:
            self._roll_back()
            raise
        # Raised out here, so that the driver's error does not hang on it as its context.
        if lost_early:
            return _Lost()
        raise failure

    def _open(self) -> Connection:
        import psycopg

        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._url,
                connect_timeout=self._connect_timeout,
                options=self._options,
                application_name="mailroom",
                # A container that was frozen for an hour must notice a dead peer at once.
                tcp_user_timeout=5000,
                keepalives_idle=30,
            )
        return self._connection

    def _roll_back(self) -> None:
        import psycopg

        try:
            if self._connection is not None:
                self._connection.rollback()
        except psycopg.Error:
            self.close()
        if self._connection is not None and self._connection.closed:
            self._connection = None


@dataclass(frozen=True, slots=True)
class _Done(Generic[T]):
    """What a committed transaction gave."""

    result: T


class _Lost:
    """The connection broke, or could not be made, before a commit was asked for."""


def _translate(error: Exception) -> MailroomError:
    from psycopg import errors

    passing = (
        errors.SerializationFailure,
        errors.DeadlockDetected,
        errors.LockNotAvailable,
        errors.UniqueViolation,
    )
    if isinstance(error, passing):
        return Retryable("database_busy")
    if isinstance(error, UnicodeEncodeError | errors.DataError | errors.IntegrityError | errors.ProgramLimitExceeded):
        return Permanent("database_rejected")
    if isinstance(error, errors.ProgrammingError):
        return Retryable("database_unusable")
    return Retryable("database_unavailable")
