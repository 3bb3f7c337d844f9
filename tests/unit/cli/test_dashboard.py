"""`mailroom dashboard` says where to go and what to type, and no secret."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from infra.cli.__main__ import mailroom
from infra.cli.dashboard import LOCAL, lines


def test_the_address_is_the_api_s_with_its_stage() -> None:
    assert lines("https://abc.example/api/", "x")[0] == "dashboard  https://abc.example/api/dashboard"


def test_it_says_where_the_token_is_and_not_what_it_is(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps({"admin_tokens": ["a-token-of-this-test"]}))
    shown = "\n".join(lines("https://abc.example/api", LOCAL.format(file=file)))
    assert str(file) in shown
    assert "a-token-of-this-test" not in shown


def test_where_nothing_runs_it_says_so(tmp_path: Path) -> None:
    done = CliRunner().invoke(mailroom, ["--folder", str(tmp_path / "none"), "dashboard"])
    assert done.exit_code != 0
    assert "Traceback" not in done.output
