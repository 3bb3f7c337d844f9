"""Reads what the logger writes, in the form in which it leaves the process."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.adapters import observability as o11y


class Lines(io.StringIO):
    """Everything written; `records` are its JSON lines."""

    @property
    def records(self) -> list[dict[str, Any]]:
        """One dictionary a line."""
        return [json.loads(line) for line in self.getvalue().splitlines()]


@contextmanager
def captured() -> Iterator[Lines]:
    """A second handler with the logger's own formatter."""
    lines = Lines()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(o11y.logger.registered_formatter)
    o11y.logger.addHandler(handler)
    try:
        yield lines
    finally:
        o11y.logger._logger.removeHandler(handler)
