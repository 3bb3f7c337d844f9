"""Puts a stage's runner together. Apart from `handlers`, because the endpoints run no stage."""

from __future__ import annotations

from typing import Any

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container
from chalicelib.core import stages
from chalicelib.core.messages import decode
from chalicelib.operations import alert
from chalicelib.pipeline.runner import Runner


def make_runner(name: str, parts: Container, context: Any) -> Runner:
    """The runner of a stage for one invocation; `context` is Lambda's."""
    return Runner(
        stage=stages.stage(name),
        make_worker=lambda: parts.worker(name),
        queues=parts.queues,
        telemetry=telemetry,
        report=parts.settings.report_failures,
        read=alert.read if name == stages.ALERT.name else decode,
        remaining_ms=context.get_remaining_time_in_millis,
    )
