"""Sends messages to the queues of stages, a fair-queue group for each account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalicelib.core.messages import Message, encode

if TYPE_CHECKING:
    from chalicelib.ports import Queues


def send_grouped(queues: Queues, addressed: Sequence[tuple[str, Message]]) -> frozenset[int]:
    """Send each (stage, message), one call for each stage and account; the indexes of those that are not durable."""
    groups: dict[tuple[str, str], list[int]] = {}
    for index, (stage, message) in enumerate(addressed):
        groups.setdefault((stage, message.account), []).append(index)
    lost: set[int] = set()
    for (stage, account), indexes in sorted(groups.items()):
        unsent = queues.send(stage, [encode(addressed[index][1]) for index in indexes], account)
        lost.update(indexes[position] for position in unsent)
    return frozenset(lost)
