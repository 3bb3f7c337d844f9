"""The rules of a run, by the first word of each mail's number: one is excluded, one goes to a webhook with
its file off-loaded, one is held."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from infra.chaos.mails import WITH_FILE, WORDS
from infra.cli.api_client import admin
from infra.local.rehearsal import control
from infra.local.stack import Info

EXCLUDED, DELIVERED, HELD = len(WORDS) - 1, WITH_FILE, len(WORDS) - 3
"""Numbers modulo sixteen."""

DESTINATION, PATH = "desk", "/mail"
FILES_HOST, SHARE = "files.example.net", "/s/share-of-the-run"
FILE_BYTES = 300_000
URL = f"https://receiver.example.net{PATH}"
"""A receiver that the stand-ins play (`infra/local/standins/outside.py`)."""

OPENS = timedelta(minutes=6)


def of(number: int) -> int:
    """Which rule concerns a mail: one of the three above, or any other number for none."""
    return number % len(WORDS)


def document(now: datetime, short: bool) -> dict[str, Any]:
    """The rule set. The window opens some minutes after `now` (UTC): the short run has no time for it."""
    opens = now + OPENS
    closes = opens + timedelta(hours=12)  # so that yesterday's window is over

    def subject(place: int) -> dict[str, Any]:
        return {"subject": {"contains": [f"({WORDS[place]} "]}}

    rules: list[dict[str, Any]] = [
        {"name": "excluded", "when": subject(EXCLUDED), "then": {"stop_processing": True}},
        {"name": "delivered", "when": subject(DELIVERED), "then": {"webhooks": [DESTINATION], "offload": True}},
    ]
    window = {"zone": "UTC", "from": f"{opens:%H:%M}", "to": f"{closes:%H:%M}"}
    if not short:
        held = {"open": ["later"], "outside": "hold"}
        rules.append({"name": "held", "when": subject(HELD), "then": {"priority": "low"}, "time_window": held})
    files = {"hosts": [FILES_HOST], "paths": ["/s/"]}
    return {
        "time_windows": {"later": window},
        "providers": {"files": files},
        "destinations": {DESTINATION: {"url": URL}},
        "rules": rules,
    }


def save(info: Info, value: dict[str, Any]) -> None:
    """As an operator does, and the file that mails share is there. Raises requests.HTTPError."""
    control(info.outside_url, "file", {"path": SHARE, "size": FILE_BYTES, "name": "shared.bin"})
    base = admin(info, "GET", "/admin/rules").json()["version"]
    order = {"document": value, "author": "chaos", "comment": "the rules of the run", "base_version": base}
    admin(info, "PUT", "/admin/rules", order).raise_for_status()
