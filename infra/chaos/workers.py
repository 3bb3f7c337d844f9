"""Lambda workers of the emulator by function, to be killed as a crash kills them; and how soon SQS notices."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

from chalicelib.bootstrap.function_types import Function, Http
from chalicelib.bootstrap.functions import FUNCTIONS as ROWS
from chalicelib.core.stages import STAGES
from infra.cloudformation.deploy import client, stack_resource
from infra.local.process import Process, wait_until
from infra.local.stack import Info, Stack


def victim(row: Function) -> str:
    """What the faults call a function."""
    return "door" if isinstance(row.trigger, Http) else row.name


FUNCTIONS = {victim(row): row.logical for row in ROWS}
"""What the faults call a function → its logical name in the template."""


class Workers:
    """The workers of a running stack."""

    def __init__(self, stack: Stack, info: Info) -> None:
        self._stack = stack
        self._names = {name: stack_resource(info.aws, logical) for name, logical in FUNCTIONS.items()}

    def of(self, function: str) -> list[Process]:
        """The workers that live now: children of the emulator that run this function."""
        wanted = f"AWS_LAMBDA_FUNCTION_NAME={self._names[function]}".encode()
        found = []
        for pid in self._stack.emulator.workers():
            with suppress(OSError):  # ended meanwhile
                if wanted in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                    found.append(Process.of(pid))
        return found

    def kill(self, function: str) -> int:
        """SIGKILL every worker of a function; how many there were."""
        killed = 0
        victims = self.of(function)
        for process in victims:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
                killed += 1
        wait_until(lambda: not any(process.alive() for process in victims), 5)
        return killed


def soon_visible(info: Info, seconds: int) -> None:
    """Mail of a killed worker comes back after seconds, not after minutes (6 × the function's time-out)."""
    queues = client("sqs", info.aws)
    for stage in STAGES:
        url = queues.get_queue_url(QueueName=stage.queue)["QueueUrl"]
        queues.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})
