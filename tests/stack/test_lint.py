"""cfn-lint accepts the packaged template as it is deployed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from infra.cloudformation.template import NOT_LINTED
from infra.local.patience import scaled
from tests.stack.conftest import Template


def test_cfn_lint_finds_nothing(template: Template) -> None:
    lint = Path(sys.executable).parent / "cfn-lint"
    command = [str(lint), "--format", "json", "--regions", "eu-west-1", "--", str(template.path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=scaled(60), check=False)
    found = [f"{match['Rule']['Id']} {match['Message']}" for match in json.loads(done.stdout)]
    assert (found, done.returncode) == ([], 0)


def test_what_is_not_linted_is_named_with_its_reason(template: Template) -> None:
    ignored = template.json["Metadata"]["cfn-lint"]["config"]["ignore_checks"]
    assert ignored == list(NOT_LINTED)
