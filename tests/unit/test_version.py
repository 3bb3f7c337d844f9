"""One version number: whatever shows one shows that of the package."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from chalicelib import __version__
from chalicelib.web.openapi.document import document
from infra.cloudformation.template import ROOT, template

PACKAGES = sorted(
    path
    for name in ("package.json", "package-lock.json")
    for folder in ("apps_script", "tests/browser")
    for path in (ROOT / folder).glob(name)
)


def test_the_project_takes_its_version_from_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "chalicelib.__version__"}


def test_the_openapi_document_has_it() -> None:
    assert document(())["info"]["version"] == __version__


def test_the_template_has_it() -> None:
    assert template()["Metadata"]["Mailroom"] == {"Version": __version__}


@pytest.mark.parametrize("file", PACKAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_node_package_has_it(file: Path) -> None:
    assert json.loads(file.read_text())["version"] == __version__


def test_both_node_packages_are_looked_at() -> None:
    assert len(PACKAGES) == 4
