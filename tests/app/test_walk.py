"""The way of one mail through the code stays short enough to be followed."""

from __future__ import annotations

from infra.bench.walk import ADAPTERS, LIMIT, crossed, followed
from infra.cloudformation.template import ROOT


def test_a_mail_crosses_a_bounded_number_of_files() -> None:
    files = followed(crossed())
    assert len(files) <= LIMIT, files


def test_the_walk_sees_the_whole_way() -> None:
    """Endpoint, intake, each stage and the notice: a walk that saw less would count too little."""
    stages = {f"pipeline/{stage}.py" for stage in ("anonymize", "classify", "store", "notify", "runner")}
    ends = {"sources/gmail_push/endpoint.py", "intake/intake.py", "telegram/notice.py", "mail/fields.py"}
    assert (stages | ends) - set(crossed()) == set()


def test_each_adapter_of_the_walk_is_a_file() -> None:
    assert [name for name in ADAPTERS if not (ROOT / "chalicelib" / name).is_file()] == []
