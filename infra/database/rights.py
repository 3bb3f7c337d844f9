"""Whose login may do what in the database, and what stands in whose secret: read from the table of functions.

A function without `database_url` has no login. `tests/functions` holds the second opinion on each.
"""

from __future__ import annotations

from chalicelib.bootstrap import functions, grants
from chalicelib.bootstrap.function_types import Rights
from chalicelib.bootstrap.settings import DOOR_FIELDS

DOOR, OPERATOR = "door", "operator"
FUNCTIONS: dict[str, Rights] = {row.name: row.rights for row in functions.FUNCTIONS} | {OPERATOR: grants.OPERATOR}
"""The rights of each function, and of the person at the command line."""

LOGINS = tuple(name for name, rights in FUNCTIONS.items() if rights.login)
SECRETS = (DOOR, *FUNCTIONS)
"""All secrets, named `<SecretPrefix>/<name>`."""


def secret_fields(name: str) -> tuple[str, ...]:
    """The fields of a secret: a function's, or `door` for the endpoints' credentials. Raises KeyError."""
    return tuple(DOOR_FIELDS) if name == DOOR else FUNCTIONS[name].secret


def role(name: str) -> str:
    """The database's role that holds the grants of a function; it cannot log in."""
    return f"mailroom_{name}"


def login(name: str) -> str:
    """The login of a function: a member of its role and of nothing else."""
    return f"mailroom_{name}_login"
