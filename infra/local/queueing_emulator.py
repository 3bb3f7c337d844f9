"""MiniStack behind `emulator_front.py`, whose API waits for a free worker where MiniStack itself answers 429 at once.

On AWS an endpoint that is asked twenty times at once has twenty workers. A laptop has processors for a few, so the
stack reserves a few (`ReservedConcurrentExecutions`), and what a user sees of a burst must be a wait, not refusals.
Only requests through API Gateway wait, in the order in which they came; everything else is MiniStack's own affair.

Run as a file (`python -P infra/local/queueing_emulator.py`): the emulator's working directory and module path are
those of the Lambda workers too, and these must find the deployed package, never this repository.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
from pathlib import Path
from typing import Any

LONGEST = 25.0
"""Seconds; API Gateway gives a request 29 in all."""


def queue_requests() -> None:
    """Replace how MiniStack's API Gateway calls a function. Raises AttributeError where MiniStack has changed."""
    from ministack.services import apigateway_v1, lambda_svc  # type: ignore[import-untyped]

    call, record, reserved = (
        apigateway_v1._call_lambda_raw,
        lambda_svc._get_func_record_for_ref_in_scope,
        lambda_svc._reserved_concurrency,
    )
    gates: dict[tuple[str, int], asyncio.Semaphore] = {}

    async def waiting(function: str, event: Any, *, account_id: Any = None, region: Any = None) -> Any:
        held, config, name = record(function, account_id=account_id, region=region)
        limit = reserved(held, config) if held and config else None
        if not limit:
            return await call(function, event, account_id=account_id, region=region)
        gate = gates.setdefault((name, limit), asyncio.Semaphore(limit))
        try:
            async with asyncio.timeout(LONGEST):
                await gate.acquire()
        except TimeoutError:
            return {"throttle": True, "body": {"message": "Too Many Requests"}}, None
        try:
            return await call(function, event, account_id=account_id, region=region)
        finally:
            gate.release()

    apigateway_v1._call_lambda_raw = waiting


def guard() -> None:
    """Put the front before everything that MiniStack serves. `main` serves what `ministack.app.app` is at its call."""
    from ministack import app  # type: ignore[import-untyped]

    place = Path(__file__).with_name("emulator_front.py")
    spec = importlib.util.spec_from_file_location("emulator_front", place)
    assert spec is not None
    assert spec.loader is not None
    front = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(front)
    port = os.environ["GATEWAY_PORT"]
    hosts = [f"127.0.0.1:{port}", f"localhost:{port}"]
    also = os.environ.pop("FRONT_SIGNED_HOSTS", "").split()
    # Workers get the key as theirs: MiniStack passes AWS_SECRET_ACCESS_KEY on.
    app.app = front.Front(app.app, os.environ["AWS_SECRET_ACCESS_KEY"], hosts, also)


def main() -> None:
    """Serve until the process is ended."""
    from ministack.app import main as serve

    queue_requests()
    guard()
    serve()


if __name__ == "__main__":
    main()
