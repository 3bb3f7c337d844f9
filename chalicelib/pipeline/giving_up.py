"""Tells a worker that keeps a record of its own that one of its messages becomes a dead letter."""

from __future__ import annotations

from chalicelib.core.errors import Retryable
from chalicelib.core.messages import Envelope
from chalicelib.ports import Telemetry


def notify_dead_lettered(worker: object, message: object, code: str, telemetry: Telemetry) -> None:
    """Call the worker's `given_up(message, code)` where it has one.

    Best effort: the dead letter does not wait for a record, and a record without its letter is mended by the message,
    which comes again.
    """
    tell = getattr(worker, "given_up", None)
    if tell is None or not isinstance(message, Envelope):
        return
    try:
        tell(message, code)
    except Retryable as error:
        telemetry.failure("give_up_not_recorded", error, mail_id=message.mail_id)
