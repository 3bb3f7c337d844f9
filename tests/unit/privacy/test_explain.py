"""`mailroom anonymize`: shows what later stages see and why, and never an original."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chalicelib.privacy.engine import RulesAnonymizer
from infra.cli.anonymize import run

RAW = (
    b"From: Zoltan Quellec <zq@mail.example>\r\nTo: a@mail.example\r\nSubject: <script>Quellec</script>\r\n\r\n"
    b"Bonjour, mon IBAN est FR1420041010050500013M02606.\r\n"
)
ENGINE = RulesAnonymizer()


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    path = tmp_path / "mail.eml"
    path.write_bytes(RAW)
    return path


def test_it_prints_the_mail_and_the_reasons(mail: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(mail, engine=ENGINE)
    shown = capsys.readouterr().out
    assert "<IBAN_CODE_1>" in shown
    assert "header_list" in shown


def test_json_has_the_reason_of_each_replacement(mail: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(mail, as_json=True, engine=ENGINE)
    found = {item["entity"]: item["recognizer"] for item in json.loads(capsys.readouterr().out)["replacements"]}
    assert found["IBAN_CODE"] == "iban"


@pytest.mark.parametrize("as_json", [True, False])
def test_no_original_is_shown(mail: Path, as_json: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(mail, as_json=as_json, html_out=tmp_path / "page.html", engine=ENGINE)
    shown = capsys.readouterr().out + (tmp_path / "page.html").read_text("utf-8")
    assert "Quellec" not in shown
    assert "FR14" not in shown


def test_the_page_highlights_tokens_and_runs_nothing(mail: Path, tmp_path: Path) -> None:
    run(mail, as_json=True, html_out=tmp_path / "page.html", engine=ENGINE)
    page = (tmp_path / "page.html").read_text("utf-8")
    assert '<mark class="IBAN_CODE"' in page
    assert "<script>" not in page
