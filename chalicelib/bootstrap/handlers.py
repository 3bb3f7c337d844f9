"""What the queue and schedule functions of `app.py` do: find the code of their row, run it, flush the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import container, module_of


def run_stage(name: str, event: Mapping[str, Any], context: Any) -> dict[str, Any] | None:
    """Run one stage over an SQS event; the answer is Lambda's."""
    from chalicelib.bootstrap.stage_runner import make_runner  # the endpoints run no stage

    try:
        return make_runner(name, container(), context).run(event)
    finally:
        telemetry.flush()


def run_schedule(name: str, event: Mapping[str, Any], context: Any) -> Any:
    """Run a scheduled function over EventBridge's event; the answer is for the person who calls it by hand."""
    try:
        return module_of(name).run(container(), event, context)
    finally:
        telemetry.flush()
