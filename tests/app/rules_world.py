"""Rules, mails and a clock that the tests of the doors' verdicts share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chalicelib.policy.document import Limits, Rate
from chalicelib.resilience.rates import MemoryLimiter
from tests.app.world import World

KEY = bytes.fromhex("70" * 32)
NIGHT = datetime(2025, 3, 4, 3, 0, tzinfo=UTC)
"""A Tuesday, four hours before the office opens in Paris."""
OFFICE_DAYS = ["mon", "tue", "wed", "thu", "fri"]
OFFICE = {"office": {"zone": "Europe/Paris", "days": OFFICE_DAYS, "from": "08:00", "to": "18:00"}}
WORDS = {"held": "hold", "skipped": "skip", "refused": "refuse"}
RULES: dict[str, Any] = {
    "allowlist": {"domains": ["friends.example", "bücher.example"], "addresses": ["ada@example.com"]},
    "time_windows": OFFICE,
    "rules": [
        {
            "name": "no newsletters",
            "when": {"subject": {"contains": ["newsletter"]}},
            "then": {"stop_processing": True},
        },
        *(
            {
                "name": word,
                "when": {"subject": {"contains": [word]}},
                "then": {"topic": "night"},
                "time_window": {"open": ["office"], "outside": outside},
            }
            for word, outside in WORDS.items()
        ),
    ],
}
FRIEND = "Ben <ben@friends.example>"


def mail(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {"id": f"19a06462e1d08a{number:02x}", "sender": FRIEND, "body": "Hello", "subject": "Hi"} | changes


BROKEN = {key: value for key, value in mail(9).items() if key != "body"}
ROWS: dict[str, dict[str, Any]] = {
    "accepted": mail(1),
    "accepted_held": mail(2, subject="To be held"),
    "skipped_sender_not_allowed": mail(3, sender="eve@strangers.example"),
    "stopped_by_routing_rule": mail(4, subject="The newsletter"),
    "skipped_outside_time_window": mail(5, subject="To be skipped"),
    "outside_time_window": mail(6, subject="To be refused"),
    "missing_field": BROKEN,
    "invalid_field": mail(7, subject=7),
    "too_large": mail(8, subject="x" * 10_001),
}
KEPT = {"skipped_sender_not_allowed", "stopped_by_routing_rule", "skipped_outside_time_window"}


class Clock:
    """Seconds that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def at_night(world: World, **limits: Rate) -> Clock:
    """Fix the door's time, count in memory, and take these limits where the rules name none."""
    clock = Clock()
    parts = world.container
    parts.__dict__["limiter"] = MemoryLimiter(clock)
    parts.__dict__.pop("gate", None)
    parts.__dict__["gate"] = replace(parts.gate, now=lambda: NIGHT, limits=Limits(**limits))
    return clock
