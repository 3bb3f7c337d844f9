"""What ships may be shipped, is pinned, and no secret is in the repository."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from infra.cloudformation.template import ROOT
from infra.scan import found

SHIPPED = ("requirements.txt", "infra/layer/requirements.txt")
FORBIDDEN = re.compile(r"\b(?:A?GPL|Affero|GNU General Public)", re.IGNORECASE)
ALLOWED = re.compile(r"\bLGPL|Lesser General Public", re.IGNORECASE)


def named(file: str) -> list[str]:
    """The requirements of a file, without comments and links to other files."""
    lines = (line.partition("#")[0].strip() for line in (ROOT / file).read_text().splitlines())
    return [line for line in lines if line and not line.startswith("-")]


def shipped() -> set[str]:
    """Every distribution that ships, with those that they need."""
    waiting = [re.split(r"[\[=<>!~; ]", line)[0] for file in SHIPPED for line in named(file)]
    known: set[str] = set()
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in known:
            continue
        try:
            needs = distribution(name).requires or []
        except PackageNotFoundError:
            continue  # for another platform or Python
        known.add(name)
        waiting += [re.split(r"[\[=<>!~;( ]", need)[0] for need in needs if "extra ==" not in need]
    return known


def licences(name: str) -> list[str]:
    """What a distribution says of its licence, in short."""
    reported = distribution(name).metadata
    classifiers = [line for line in reported.get_all("Classifier") or [] if line.startswith("License ::")]
    text = (reported.get("License") or "").splitlines()
    return [*classifiers, reported.get("License-Expression") or "", *text[:1]]


@pytest.mark.parametrize("name", sorted(shipped()))
def test_what_ships_is_under_no_licence_that_spreads(name: str) -> None:
    assert [text for text in licences(name) if FORBIDDEN.search(text) and not ALLOWED.search(text)] == []


@pytest.mark.parametrize("name", ["psycopg", "requests", "cryptography"])
def test_the_list_reaches_what_ships(name: str) -> None:
    assert name in shipped()


@pytest.mark.parametrize("file", [*SHIPPED, "requirements-dev.txt"])
def test_every_requirement_is_pinned(file: str) -> None:
    assert [line for line in named(file) if not re.search(r"==\d", line)] == []


@pytest.mark.parametrize(
    "text",
    [
        'token = "12345678' + "90:" + "AAabcdefGHIJKlmnopQRSTuvwxyz1234567" + '"',
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "https://user:" + "hunter22@db.example/x",
        'password = "' + "correct-horse" + '"',
    ],
)
def test_a_secret_in_a_file_would_be_seen(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.py").write_text(text + "\n")
    assert found(["settings.py"], tmp_path) != set()


def test_a_key_in_a_test_would_be_seen_too(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "a.py").write_text("-----BEGIN RSA " + "PRIVATE KEY-----\n")
    assert found(["tests/a.py"], tmp_path) != set()
