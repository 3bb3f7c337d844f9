"""What an error of psycopg means here: by SQLSTATE within a session, by its text where no session came about.

libpq gives no SQLSTATE for a connection that was refused, only text; a server that speaks another language than
English is not understood there, and its refusal counts as a passing failure.
"""

from __future__ import annotations

import re

from chalicelib.core.errors import ConfigurationError, MailroomError, Permanent, Retryable

SETTING = "database_url"
UNAVAILABLE, BUSY, UNUSABLE, REJECTED = (
    "database_unavailable",
    "database_busy",
    "database_unusable",
    "database_rejected",
)

CODES = {
    "40001": BUSY,  # serialization_failure
    "40P01": BUSY,  # deadlock_detected
    "55P03": BUSY,  # lock_not_available
    "23505": BUSY,  # unique_violation: a race for a key
    "22": REJECTED,  # data_exception
    "23": REJECTED,  # integrity_constraint_violation
    "54": REJECTED,  # program_limit_exceeded
    "3F": UNUSABLE,  # invalid_schema_name
    "42": UNUSABLE,  # syntax_error_or_access_rule_violation: schema or grants are not what this code expects
}
"""SQLSTATE or its class → code (PostgreSQL manual, appendix A); whatever is missing here is `UNAVAILABLE`."""

Problem = tuple[str, str]
ADDRESS: Problem = ("it is not the URL of a PostgreSQL server", "Write postgresql://user:password@host/database")
OPTION: Problem = ("it has an option or a value that is not valid", "Check what follows the question mark and the port")
HOST: Problem = ("its host does not exist", "Check the host name")
LOGIN: Problem = ("the server refuses this login", "Check user and password, and pg_hba.conf or the pooler's users")
DATABASE: Problem = ("its database does not exist or is not open to this login", "Check the database's name and grants")
TRUST: Problem = (
    "no trusted TLS connection comes about",
    "Check sslmode, sslrootcert, the server's certificate and its host name",
)
PROBLEMS = {"28": LOGIN, "3D": DATABASE}
"""SQLSTATE class → what is wrong with the set-up; a pooler reports these within a session."""

PASSING = re.compile(
    r"connection refused|timeout expired|timed out|temporary failure|the database system is|too many|connection slots"
    r"|no more connections|query_wait_timeout|terminating connection|closed the connection|could not receive",
    re.IGNORECASE,
)
"""Of several hosts one may come back: while any of them fails for one of these reasons, it is worth another try."""

TEXTS: tuple[tuple[str, Problem], ...] = (
    (r"authentication failed|no password supplied|pg_hba\.conf|requested SASL|authentication method", LOGIN),
    (r'role ".*" (does not exist|is not permitted)|no such user|user not found|no credentials for', LOGIN),
    (r'database ".*" does not exist|no such database|permission denied for database', DATABASE),
    (r"certificate|does not support SSL|SSL was required|unknown ca|private key|sslmode|channel binding", TRUST),
    (r"(failed to resolve|could not translate) host.*(Name or service|nodename|No address)", HOST),
    (r"invalid (port|integer|connection option|command-line|value for|.* value:)|could not parse network", OPTION),
    (r"unsupported startup parameter|unrecognized configuration parameter|could not match \d+ port", OPTION),
)


def in_session(error: Exception) -> MailroomError | ConfigurationError:
    """What a statement's or a commit's error means."""
    from psycopg import errors

    state = getattr(error, "sqlstate", None) or ""
    if state[:2] in PROBLEMS:
        return ConfigurationError(SETTING, *PROBLEMS[state[:2]])
    code = CODES.get(state) or CODES.get(state[:2])
    if code is None and isinstance(error, UnicodeEncodeError | errors.DataError):  # psycopg's own: never sent
        code = REJECTED
    if code is None and isinstance(error, errors.ProgrammingError):
        code = UNUSABLE
    return Permanent(code) if code == REJECTED else Retryable(code or UNAVAILABLE)


def at_connect(error: Exception) -> MailroomError | ConfigurationError:
    """What it means that no session came about. The driver's text is dropped: it shows hosts, users and passwords."""
    from psycopg import OperationalError

    if not isinstance(error, OperationalError):  # the URL could not be read: ProgrammingError, UnicodeError
        return ConfigurationError(SETTING, *ADDRESS)
    text = str(error)
    if not PASSING.search(text):
        for pattern, problem in TEXTS:
            if re.search(pattern, text, re.IGNORECASE | re.DOTALL):
                return ConfigurationError(SETTING, *problem)
    return Retryable(UNAVAILABLE)
