"""Golden mails: what the parser makes of whole messages, field by field."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from chalicelib.mail.model import Mail
from chalicelib.mail.parse import parse
from chalicelib.mail.traits import traits

FOLDER = Path(__file__).parent / "golden"
NAMES = sorted(path.name.removesuffix("_incoming.eml") for path in FOLDER.glob("*_incoming.eml"))


def said(value: Any) -> Any:
    """JSON without what is empty, so that a new field leaves the expected files as they are."""
    if isinstance(value, dict):
        return {name: said(item) for name, item in value.items() if item not in ("", [], None, False)}
    return [said(item) for item in value] if isinstance(value, list) else value


def shown(mail: Mail) -> dict[str, Any]:
    """The mail as JSON, with its traits."""
    value: dict[str, Any] = json.loads(json.dumps(asdict(mail), default=str))
    found: dict[str, Any] = said(value | {"traits": list(traits(mail))})
    return found


def test_there_are_golden_mails() -> None:
    assert len(NAMES) >= 10


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_mail_parses_as_expected(name: str) -> None:
    actual = shown(parse((FOLDER / f"{name}_incoming.eml").read_bytes()))
    expected_file = FOLDER / f"{name}_expected.json"
    expected = said(json.loads(expected_file.read_text("utf-8"))) if expected_file.exists() else None
    if expected and "headers" not in expected:
        actual.pop("headers", None)  # a mail from a report is about something else
    if actual != expected:
        text = json.dumps(actual, indent=1, ensure_ascii=False) + "\n"
        (FOLDER / f"{name}_actual.json").write_text(text, "utf-8")
    assert actual == expected
