"""A module a function: its secret and grants, by hand, so that a row that is widened fails; and tests of its own.

A function without such a module fails here, when the tests are collected.
"""

from __future__ import annotations

from importlib import import_module

from infra.database.rights import FUNCTIONS

_MODULES = {name: import_module(f"{__name__}.test_{name}") for name in FUNCTIONS}
SECRETS: dict[str, set[str]] = {name: module.SECRET for name, module in _MODULES.items()}
GRANTS: dict[str, dict[str, tuple[str, ...]]] = {
    name: module.GRANTS for name, module in _MODULES.items() if "database_url" in module.SECRET
}
"""Function → table → privileges as PostgreSQL reports them."""
