"""Keeps parameters of statements out of PostgreSQL's log: among them are `raw_key` and mail in clear.

A server that logs slow statements writes their parameters by default (`DETAIL: Parameters: $1 = …`). Each function's
login gets settings that leave them out, where the owner may set them; where not, the operator is warned.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

SILENCED = {
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "auto_explain.log_parameter_max_length": "0",
    "pgaudit.log_parameter": "off",
}
"""Setting → the value with which no parameter is logged. The server may not know those of an extension."""

TRIGGERS = {
    "log_min_duration_statement": ("-1", "log_parameter_max_length"),
    "log_min_duration_sample": ("-1", "log_parameter_max_length"),
    "log_transaction_sample_rate": ("0", "log_parameter_max_length"),
    "log_statement": ("none", "log_parameter_max_length"),
    "log_parameter_max_length_on_error": ("0", "log_parameter_max_length_on_error"),
    "auto_explain.log_min_duration": ("-1", "auto_explain.log_parameter_max_length"),
    "pgaudit.log": ("none", "pgaudit.log_parameter"),
}
"""Setting that makes the server log statements → the value with which it does not, and what silences parameters."""

VALUES = "SELECT name, reset_val FROM pg_settings WHERE name = ANY(%s)"
OF_LOGINS = """
    SELECT roles.rolname, given.setting FROM pg_roles AS roles
    LEFT JOIN pg_db_role_setting AS held ON held.setrole = roles.oid AND held.setdatabase = 0
    LEFT JOIN unnest(held.setconfig) AS given(setting) ON true
    WHERE roles.rolname = ANY(%s)
"""
MAY_SET = "SELECT has_parameter_privilege(%s, 'SET')"


@dataclass(frozen=True, slots=True)
class Logged:
    """The server's `trigger` has this `value`, and `remedy` is not in force for every login."""

    trigger: str
    value: str
    remedy: str

    def __str__(self) -> str:
        return (
            f"{self.trigger} is {self.value}: the server logs parameters of statements, among them raw_key and mail in "
            f"clear. Set {self.remedy} = {SILENCED[self.remedy]} on the server"
        )


def silence(connection: Connection, login: str) -> None:
    """Give a login the settings that the server knows, as far as the connection's own login may set them."""
    from psycopg import errors, sql

    for setting in _values(connection, SILENCED):
        command = sql.SQL("ALTER ROLE {} SET {} = {}").format(
            sql.Identifier(login), sql.Identifier(*setting.split(".")), sql.Literal(SILENCED[setting])
        )
        try:
            with connection.transaction():  # a refusal must not end the transaction around it
                connection.execute(command)
        except errors.InsufficientPrivilege:
            continue  # `logged` looks at what is in force, and the operator is warned


def logged(connection: Connection, logins: Iterable[str]) -> list[Logged]:
    """Why the server would log parameters of these logins; empty where it would not.

    A login that does not exist yet gets the settings when it is made, if this connection's login may set them.
    """
    names = sorted(logins)
    values = _values(connection, {*TRIGGERS, *SILENCED})
    own: dict[str, dict[str, str]] = {}
    for login, setting in connection.execute(OF_LOGINS, (names,)).fetchall():
        name, _, value = (setting or "").partition("=")
        own.setdefault(login, {})[name] = value

    def silent(remedy: str) -> bool:
        wanted = SILENCED[remedy]
        if remedy not in values or values[remedy] == wanted:
            return True
        if not own.keys() >= set(names) and connection.execute(MAY_SET, (remedy,)).fetchone() != (True,):
            return False
        return all(settings.get(remedy) == wanted for settings in own.values())

    return [
        Logged(trigger, values[trigger], remedy)
        for trigger, (quiet, remedy) in TRIGGERS.items()
        if values.get(trigger, quiet) != quiet and not silent(remedy)
    ]


def _values(connection: Connection, names: Iterable[str]) -> dict[str, str]:
    """The server's values of those settings that it knows."""
    return dict(connection.execute(VALUES, (list(names),)).fetchall())
