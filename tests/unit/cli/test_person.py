"""`mailroom erase` and `export`: what they refuse before they look at anything."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from chalicelib.bootstrap.container import Container
from chalicelib.ports import Erasure
from infra.cli.person import address_of, as_dict, export_person
from tests.unit.bootstrap.environment import ENVIRONMENT


@pytest.mark.parametrize("text", ["ann@example.org", " ann@example.org ", "Ann+x@sub.example.org", "é@example.org"])
def test_an_address_is_taken_as_it_is(text: str) -> None:
    assert address_of(text) == text.strip()


@pytest.mark.parametrize("text", ["", "ann", "@example.org", "Ann <ann@example.org>", "a@b c@d", "a@b@c", "a@b\nc@d"])
def test_what_is_no_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(click.ClickException) as caught:
        address_of(text)
    assert not text or text not in str(caught.value)


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    target = tmp_path / "hers.zip"
    target.write_text("mine")
    with pytest.raises(click.ClickException, match="exists"):
        export_person(Container(ENVIRONMENT), "ann@example.org", target)
    assert target.read_text() == "mine"


def test_a_file_in_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(click.ClickException, match="cannot be written"):
        export_person(Container(ENVIRONMENT), "ann@example.org", tmp_path / "none" / "hers.zip")


def test_a_receipt_is_printed_with_its_times_and_counts() -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    shown = as_dict(Erasure(7, "0" * 32, "ann", at, at, {"mails": 3}))
    assert (shown["finished_at"], shown["counts"]) == ("2026-01-02T00:00:00+00:00", {"mails": 3})
