"""What a real EmailEngine sent and answered (`tests/data/emailengine`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data" / "emailengine"
SECRET = "R_TQGOEoF2ZlGiPejk5nWUmk2eYuFCueFCm7uQQYXz0"

REUSED = (93, 94, 95, 96, 97)
"""New mail in a mailbox that was removed and added again; 064 and 095 have one id, 063 and 094 too."""

AFTER_RESET = (101, 102, 103, 104, 105, 106)


def body(number: int) -> bytes:
    """The raw body of a webhook."""
    [found] = [path for path in FOLDER.glob(f"webhooks/{number:03}-*.json") if not path.name.endswith(".meta.json")]
    return found.read_bytes()


def webhook(number: int) -> dict[str, Any]:
    """The JSON of a webhook."""
    value: dict[str, Any] = json.loads(body(number))
    return value


def headers(number: int) -> dict[str, str]:
    """Its headers."""
    [found] = FOLDER.glob(f"webhooks/{number:03}-*.meta.json")
    kept: dict[str, str] = json.loads(found.read_text())["headers"]
    return kept


def account(number: int) -> str:
    """The account in the path that it was sent to."""
    [found] = FOLDER.glob(f"webhooks/{number:03}-*.meta.json")
    path: str = json.loads(found.read_text())["path"]
    return path.rpartition("/")[2]


def rest(name: str) -> Any:
    """An answer of the REST API."""
    return json.loads((FOLDER / "rest" / f"{name}.json").read_text())
