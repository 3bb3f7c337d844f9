"""Recipe: a scheduled function, in at most five places."""

from __future__ import annotations

import pytest

from tests.stack.conftest import Template
from tests.stack.recipes.copy import Copy
from tests.stack.rights import SPOOL, may, resources, secrets_of

MODULE = '''"""Counts flags: a function that only a test adds."""

from __future__ import annotations

from chalicelib.ports import FlagStore


def count(flags: FlagStore) -> int:
    """The number of flags that were switched."""
    return len(flags.history(10))
'''
RUN = '''"""The schedule of `tally`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.bootstrap.container import Container
from chalicelib.operations.tally import count


def run(parts: Container, event: Mapping[str, Any], context: Any) -> int:
    """Every day."""
    return count(parts.flag_store)
'''
ROW = """    Function(
        name="tally",
        trigger=Schedule("rate(1 day)"),
        timeout=45,
        memory=320,
        module="bootstrap.schedules.tally",
        rights=Rights(("database_url",), {"core.flag_changes": "SELECT"}),
        access=Access(reads=("text",)),
    ),
"""
HANDLER = """

@app.schedule(schedule("tally"), name="tally")
def tally(event: CloudWatchEvent) -> object:
    return handlers.run_schedule("tally", event.to_dict(), event.context)
"""
TEST = '''"""`tally`: what it may know and touch, and what it does."""

from chalice.test import Client

from app import app
from chalicelib.bootstrap.container import Container, use
from tests.twins.flags import MemoryFlagStore
from tests.unit.bootstrap.environment import ENVIRONMENT

SECRET = {"database_url"}
GRANTS = {"core.flag_changes": ("SELECT",)}


def test_it_counts() -> None:
    made, flags = Container(ENVIRONMENT), MemoryFlagStore()
    flags.set_flag("notifications_enabled", False, "ann")
    made.__dict__["flag_store"] = flags
    event = {"time": "2026-01-01T00:00:00Z", "id": "1", "region": "", "account": "", "resources": [], "detail": {}}
    event |= {"version": "0", "source": "aws.events", "detail-type": "Scheduled Event"}
    with use(made), Client(app) as client:
        assert client.lambda_.invoke("tally", event).payload == 1
'''


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    made = Copy.of_the_repository(tmp_path_factory.mktemp("scheduled") / "mailroom")
    made.write("chalicelib/operations/tally.py", MODULE)
    made.write("chalicelib/bootstrap/schedules/tally.py", RUN)
    made.insert("chalicelib/bootstrap/functions.py", ")\n\nFUNCTIONS = (", ROW)
    made.append("app.py", HANDLER)
    made.write("tests/stack/functions/test_tally.py", TEST)
    made.finish("tests/stack/functions/test_tally.py", "tests/stack/test_rights.py", "tests/unit/chaos/test_plan.py")
    return made


@pytest.fixture(scope="module")
def packaged(copy: Copy) -> Template:
    return copy.packaged()


def test_it_takes_five_places(copy: Copy) -> None:
    assert len(copy.changed) <= 5


def test_the_function_is_started_by_its_schedule(packaged: Template) -> None:
    function = packaged.properties("Tally")
    [event] = function["Events"].values()
    assert event == {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)"}}
    assert (function["Timeout"], function["MemorySize"]) == (45, 320)


def test_it_has_a_role_with_the_rights_of_its_row(packaged: Template) -> None:
    assert packaged.properties("Tally")["Role"] == {"Fn::GetAtt": ["TallyRole", "Arn"]}
    assert may(packaged, "Tally") == {"s3:GetObject", "s3:ListBucket", "kms:Decrypt", "secretsmanager:GetSecretValue"}
    assert resources(packaged, "Tally", "s3:GetObject") == {f"{SPOOL}text/*"}
    assert secrets_of(packaged, "Tally") == {"tally"}


def test_its_secret_login_and_grants_are_made(copy: Copy) -> None:
    found = copy.ask(
        "from infra.database.rights import FUNCTIONS, LOGINS, SECRETS, secret_fields",
        "['tally' in SECRETS, 'tally' in LOGINS, secret_fields('tally'), FUNCTIONS['tally'].tables]",
    )
    assert found == [True, True, ["database_url"], {"core.flag_changes": "SELECT"}]


def test_the_configuration_the_guide_and_the_chaos_plan_know_it(copy: Copy) -> None:
    assert copy.config()["tally"] == {"lambda_timeout": 45, "lambda_memory_size": 320}
    assert "| tally | schedule `rate(1 day)` | 45 s | 320 MiB |" in (copy.root / "docs/reference.md").read_text()
    assert copy.ask("from infra.chaos.plan import BY_NAME", "'kill tally' in BY_NAME") is True
