"""A copy of the repository in which a recipe is carried out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.cloudformation.template import ROOT
from tests.stack.conftest import Template

TREES = ("chalicelib", "infra", "tests", "docs", ".chalice", "apps_script")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", "e2e", "privacy_data")


@dataclass
class Copy:
    """`changed` are the files that the recipe writes or changes by hand: its places."""

    root: Path
    changed: set[str] = field(default_factory=set)

    @classmethod
    def of_the_repository(cls, root: Path) -> Copy:
        """A fresh copy."""
        for name in TREES:
            shutil.copytree(ROOT / name, root / name, ignore=LEFT_OUT)
        for file in (path for path in ROOT.iterdir() if path.is_file()):
            shutil.copy2(file, root / file.name)
        return cls(root)

    def write(self, name: str, text: str) -> None:
        """A new file."""
        assert not (self.root / name).exists()
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)
        self.changed.add(name)

    def insert(self, name: str, before: str, text: str) -> None:
        """Add text to a file, in front of text that stands in it once."""
        old = (self.root / name).read_text()
        assert old.count(before) == 1, f"{name} has not exactly one {before!r}"
        (self.root / name).write_text(old.replace(before, text + before))
        self.changed.add(name)

    def append(self, name: str, text: str) -> None:
        """Add text to the end of a file."""
        with (self.root / name).open("a") as file:
            file.write(text)
        self.changed.add(name)

    def python(self, *arguments: str) -> str:
        """Run Python in the copy; its output. Fails with what it printed."""
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(self.root)}
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, timeout=110, check=False
        )
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"
        return done.stdout

    def finish(self, *tests: str) -> None:
        """What every recipe ends with: write the generated files, run tests."""
        self.python("-m", "infra.docs")
        self.python("-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)

    def packaged(self) -> Template:
        """The template of the copy."""
        imports = "from pathlib import Path\nfrom infra.cloudformation.package import package"
        self.python("-c", f"{imports}\npackage(Path('out'), thin=True)")
        return Template(self.root / "out" / "sam.json")

    def ask(self, imports: str, expression: str) -> object:
        """The value of an expression in the copy, through JSON."""
        return json.loads(self.python("-c", f"import json\n{imports}\nprint(json.dumps({expression}))"))

    def config(self) -> Mapping[str, Mapping[str, int]]:
        """Function → its part of `.chalice/config.json`."""
        found: dict[str, dict[str, int]] = json.loads((self.root / ".chalice" / "config.json").read_text())["stages"][
            "mail"
        ]["lambda_functions"]
        return found
