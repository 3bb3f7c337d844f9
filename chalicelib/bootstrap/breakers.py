"""The circuit breakers of a container: made on first use, reported in log and metric, shown in `/status`."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.adapters.breaker import SERVICES, Breaker
from chalicelib.bootstrap import telemetry
from chalicelib.ports import Board
from chalicelib.resilience.circuit import CLOSED, HALF_OPEN, OPEN, State

_NO_LETTER = re.compile(r"[^A-Za-z0-9_.-]")


def of_destination(name: str) -> str:
    """The name of the breaker of a webhook destination."""
    return f"webhook:{_NO_LETTER.sub('_', name)[:100]}"


ALSO = {"llm": frozenset({"llm_unauthorized"})}
"""Codes of `Permanent` that are the service's failure and not the question's."""


@dataclass
class Breakers:
    """By name: those of `SERVICES`, and `webhook:<name of the destination>` for each destination.

    A name goes into logs and metrics: take it from the configuration, never from a mail or an address.
    """

    board: Board
    clock: Callable[[], float] = time.time
    _made: dict[str, Breaker] = field(default_factory=dict, init=False)

    def __call__(self, name: str) -> Breaker:
        """The breaker of that name, one a container. Raises ValueError for what is no name of a breaker."""
        if name not in self._made:
            also = ALSO.get(name, frozenset())
            self._made[name] = Breaker(name, self.board, on_change=report, also=also, clock=self.clock)
        return self._made[name]

    def shown(self, more: Iterable[str] = ()) -> list[dict[str, Any]]:
        """For an operator: name, state, failures in a row, seconds until the next attempt and since when."""
        return [self._shown(name) for name in (*SERVICES, *more)]

    def _shown(self, name: str) -> dict[str, Any]:
        state, now = self(name).state(), self.clock()
        rest = state.wait(now)
        kind = HALF_OPEN if state.kind == OPEN and not rest else state.kind
        return {
            "name": name,
            "state": kind,
            "failures": state.failures,
            "retry_in_seconds": round(rest, 1),
            "since_seconds": round(max(now - state.since, 0.0)) if state.since else None,
        }


def report(name: str, state: State) -> None:
    """One line and one count for each change."""
    write = telemetry.log if state.kind == CLOSED else telemetry.warn
    write("breaker", code=name, state=state.kind)
    telemetry.count("Breaker", code=name, state=state.kind)
