"""Starts the functions of a deployed stack before mail comes: one after the other, then the copies of each.

A function's first call imports its libraries and models, within the seconds that the template gives it. Ten of them at
once on two busy processors are all late; one by one each has the machine for itself, and a second try finds the files
in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import requests
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.patience import advice

Progress = Callable[[str, float], None]
"""Called after each step with its name and its seconds."""


def silent(_step: str, _seconds: float) -> None:
    """Progress that is not shown."""


class StaysCold(RuntimeError):
    """A function did not start, twice; the text is its error."""


@dataclass(frozen=True)
class Function:
    """`start` makes one harmless call, and raises `StaysCold` or an error of its client; `copies` run at once."""

    name: str
    copies: int
    start: Callable[[], None]


def warm(functions: Sequence[Function], progress: Progress) -> None:
    """Start all. Raises `StaysCold`, which names the function."""
    for number, function in enumerate(functions, 1):
        started = perf_counter()
        _patiently(function)
        progress(f"function {function.name} ({number} of {len(functions)})", perf_counter() - started)
    started = perf_counter()
    for function in functions:
        if function.copies > 1:
            with ThreadPoolExecutor(function.copies) as pool:
                list(pool.map(_patiently, [function] * function.copies))
    progress("copies of the functions", perf_counter() - started)


def by_invocation(functions: Any, name: str) -> Callable[[], None]:
    """A start by an empty batch of queue messages. `functions` is a client of Lambda, `name` the physical name."""

    def start() -> None:
        answer = functions.invoke(FunctionName=name, Payload=b'{"Records": []}')
        text = answer["Payload"].read()
        if answer.get("FunctionError"):
            raise StaysCold(text[:500].decode("utf-8", "replace"))

    return start


def by_request(url: str, timeout: float) -> Callable[[], None]:
    """A start by a request that is answered with 2xx once the function has made its clients."""

    def start() -> None:
        answer = requests.get(url, timeout=timeout)
        if not answer.ok:
            raise StaysCold(f"{answer.status_code} {answer.text[:500]}")

    return start


def _patiently(function: Function) -> None:
    """Start it, and once more when that failed."""
    for last in (False, True):
        try:
            function.start()
            return
        except (StaysCold, BotoCoreError, ClientError, requests.RequestException) as error:
            if last:
                text = f"the function {function.name} does not start: {error}".rstrip(".")
                raise StaysCold(f"{text}. {advice()}") from None
