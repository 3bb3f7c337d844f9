"""The operator changes the rules of a running stack by command, looks at them by route, and takes them back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from infra.cli.__main__ import mailroom
from tests.e2e.world import World

SUBJECT = "Rules of the e2e tests"
HARMLESS = {"rules": [{"name": "e2e", "when": {"subject": {"contains": [SUBJECT]}}, "then": {"priority": "high"}}]}
STRICT = {"allowlist": {"domains": ["elsewhere.example"]}}


def run(world: World, *arguments: str) -> Result:
    """The operator's command on this stack; it must succeed."""
    result = CliRunner().invoke(mailroom, ["--folder", str(world.stack.folder), "rules", *arguments])
    assert result.exit_code == 0, result.output
    return result


def reported(world: World, path: str = "") -> dict[str, Any]:
    """What the operator's route says of the rules."""
    headers = {"Authorization": f"Bearer {world.info.credentials['admin_tokens'][0]}"}
    answer: dict[str, Any] = world.request("GET", f"/admin/rules{path}", headers=headers).json()
    return answer


def file_of(folder: Path, document: dict[str, Any]) -> str:
    file = folder / "rules.json"
    file.write_text(json.dumps(document))
    return str(file)


def test_rules_are_set_shown_and_rolled_back(world: World, tmp_path: Path) -> None:
    before = reported(world)
    output = run(world, "set", file_of(tmp_path, HARMLESS), "--author", "e2e", "--comment", "a trial").output
    assert "+++ version" in output
    after = reported(world)
    assert (after["version"], after["document"], after["author"]) == (before["version"] + 1, HARMLESS, "e2e")
    assert json.loads(run(world, "show").stdout) == HARMLESS
    run(world, "rollback", str(before["version"]), "--author", "e2e")
    assert (reported(world)["version"], reported(world)["document"]) == (before["version"] + 2, before["document"])
    [last, trial] = reported(world, "/versions?limit=2")["versions"]
    assert (last["restores"], trial["comment"]) == (before["version"] or None, "a trial")


def test_rules_are_simulated_over_stored_mail(world: World, tmp_path: Path) -> None:
    raw, fields = world.mail(SUBJECT), world.mail(SUBJECT, via="gmail fields")
    fetched = world.mail(SUBJECT, via="emailengine")
    assert world.lost(raw, fields, fetched) == []
    output = run(world, "simulate", "--since", "1h", "--with", file_of(tmp_path, STRICT), "--json").stdout
    *differences, last = (json.loads(line) for line in output.splitlines())
    verdicts = {one["mail_id"]: one["differences"]["verdict"] for one in differences}
    assert [verdicts[name] for name in (raw, fields, fetched)] == [{"from": "accept", "to": "exclude"}] * 3
    assert last["summary"]["differ"] == len(differences)
    assert "workshop.example" not in output
    assert SUBJECT not in output
