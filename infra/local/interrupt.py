"""Ctrl-C and SIGTERM for what has servers to take down: the first ends the work, no further one its cleaning up."""

from __future__ import annotations

import signal
from types import FrameType

CODE = 130
"""Exit code of a command that was interrupted (128 + SIGINT)."""


def orderly() -> None:
    """From now on the first of both signals raises KeyboardInterrupt in the main thread, and any other is ignored."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _first)


def _first(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
