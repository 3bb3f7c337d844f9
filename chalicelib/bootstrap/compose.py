"""The composition root: every dependency is made here, once a container, on first use.

Imports of drivers and models stay inside the properties, so that the doors load only what they use
(design invariant 8).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.compose_doors import Doors
from chalicelib.bootstrap.compose_stages import Stages


class Container(Doors, Stages):
    """Everything that one function may need, each made on first use: `parts.<name>`."""


_current: list[Container] = []


def container() -> Container:
    """The container of this process, made at the first call. Logs the effective settings once, masked."""
    if not _current:
        _current.append(Container(os.environ))
        telemetry.log("settings", settings=_current[0].settings.masked())
    return _current[0]


@contextmanager
def use(made: Container) -> Iterator[Container]:
    """Work with this container instead, for tests: its cached properties can be set to other adapters before."""
    before = _current[:]
    _current[:] = [made]
    try:
        yield made
    finally:
        _current[:] = before
