"""Functions are started one after the other, tried twice, and named when they stay cold."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest
import requests

from infra.local.warm import Function, StaysCold, by_request, warm
from tests.aws_at import closed_port


@dataclass
class Cold:
    """A function that fails its first `failures` starts; counts how many starts ran at once."""

    failures: int = 0
    starts: int = 0
    at_once: list[int] = field(default_factory=list)
    running: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        with self.lock:
            self.starts += 1
            self.running += 1
            self.at_once.append(self.running)
            fails = self.starts <= self.failures
        try:
            threading.Event().wait(0.02)
            if fails:
                raise StaysCold("Task timed out after 60.00 seconds")
        finally:
            with self.lock:
                self.running -= 1


def started(*functions: Function) -> list[str]:
    steps: list[str] = []
    warm(functions, lambda name, _: steps.append(name))
    return steps


def test_each_function_is_started_alone_before_any_copy() -> None:
    shared = Cold()
    started(Function("anonymize", 3, shared.start), Function("store", 1, shared.start))
    assert shared.at_once[:2] == [1, 1]
    assert (shared.starts, max(shared.at_once)) == (5, 3)


def test_progress_is_shown_function_by_function() -> None:
    one, two = Function("anonymize", 1, Cold().start), Function("store", 1, Cold().start)
    assert started(one, two) == ["function anonymize (1 of 2)", "function store (2 of 2)", "copies of the functions"]


def test_a_function_that_is_late_once_is_tried_again() -> None:
    late = Cold(failures=1)
    started(Function("anonymize", 1, late.start))
    assert late.starts == 2


def test_a_function_that_stays_cold_is_named_with_what_to_do() -> None:
    broken = Cold(failures=99)
    with pytest.raises(StaysCold, match=r"function anonymize does not start: Task timed out.*MAILROOM_PATIENCE"):
        started(Function("anonymize", 2, broken.start))
    assert broken.starts == 2


def test_an_endpoint_that_does_not_answer_is_named() -> None:
    start = by_request(f"http://127.0.0.1:{closed_port()}/ready", 1.0)
    with pytest.raises(requests.ConnectionError):
        start()
    with pytest.raises(StaysCold, match="the function endpoints does not start"):
        started(Function("endpoints", 1, start))
