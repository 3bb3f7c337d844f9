"""Recipe: a queue stage, in at most six places."""

from __future__ import annotations

import pytest

from tests.stack.conftest import Template
from tests.stack.recipes.copy import Copy
from tests.stack.rights import may, resources, secrets_of

MODULE = '''"""A stage that only a test adds: it passes every mail on."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.core.messages import Envelope, Message
from chalicelib.ports import Cache


class EnrichWorker:
    """Knows a cache and does nothing with it."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache

    def begin(self, messages: Sequence[Message]) -> None:
        """Nothing is shared."""

    def process(self, message: Envelope) -> Envelope:
        """The same message."""
        return message
'''
FACTORY = '''"""The worker of `enrich`."""

from __future__ import annotations

from chalicelib.bootstrap.container import Container
from chalicelib.pipeline.enrich import EnrichWorker
from chalicelib.pipeline.runner import Worker


def make(parts: Container) -> Worker:
    """Passes mail on."""
    return EnrichWorker(parts.cache)
'''
ROW = """    Function(
        name="enrich",
        trigger=stage("enrich"),
        timeout=40,
        memory=384,
        module="bootstrap.workers.enrich",
        rights=Rights(("redis_url",)),
        access=Access(reads=("text",)),
        colour="white",
    ),
"""
HANDLER = """

@app.on_sqs_message(queue=stages.stage("enrich").queue, batch_size=1, name="enrich")
def enrich(event: SQSEvent) -> object:
    return handlers.run_stage("enrich", event.to_dict(), event.context)
"""
TEST = '''"""`enrich`: what it may know and touch, and what it does."""

from app import app
from chalicelib.core import stages
from tests.app.test_stages import MAIL, Stack
from tests.app.world import installed

SECRET = {"redis_url"}
GRANTS = {}


def test_a_mail_passes_it_between_classify_and_store() -> None:
    with installed(Stack(report_failures="true")) as stack:
        stack.push(MAIL)
        stack.deliver("anonymize")
        stack.deliver("classify")
        assert len(stack.queues.queues["enrich"]) == 1
        stack.deliver("enrich")
        assert len(stack.queues.queues["store"]) == 1
'''


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    made = Copy.of_the_repository(tmp_path_factory.mktemp("stage") / "mailroom")
    made.insert(
        "chalicelib/core/stages.py",
        '    Stage("store"',
        '    Stage("enrich", "enrichissement", batch=4, concurrency=3),\n',
    )
    made.write("chalicelib/pipeline/enrich.py", MODULE)
    made.write("chalicelib/bootstrap/workers/enrich.py", FACTORY)
    made.insert("chalicelib/bootstrap/functions.py", '    Function(\n        name="store"', ROW)
    made.append("app.py", HANDLER)
    made.write("tests/stack/functions/test_enrich.py", TEST)
    made.finish(
        *("tests/stack/functions/test_enrich.py", "tests/stack/test_rights.py", "tests/stack/test_queues.py"),
        *("tests/stack/test_consumers.py", "tests/unit/chaos/test_plan.py", "tests/unit/test_docs.py"),
        *(
            "tests/unit/core/test_texts.py",
            "tests/unit/operations/test_alarm_texts.py",
        ),
        "tests/unit/test_recovery.py::test_every_alarm_has_its_line[mailroom-enrich-dlq-not-empty]",
    )
    return made


@pytest.fixture(scope="module")
def packaged(copy: Copy) -> Template:
    return copy.packaged()


def test_it_takes_six_places(copy: Copy) -> None:
    assert len(copy.changed) <= 6


def test_the_stage_has_its_queue_and_its_dead_letter_queue(packaged: Template) -> None:
    queue, dead = packaged.properties("EnrichQueue"), packaged.properties("EnrichDlq")
    assert (queue["QueueName"], dead["QueueName"]) == ("mailroom-enrich", "mailroom-enrich-dlq")
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["EnrichDlq", "Arn"]}
    assert queue["VisibilityTimeout"] >= 6 * 40


def test_the_function_reads_the_queue(packaged: Template) -> None:
    source, function = packaged.event_source("Enrich"), packaged.properties("Enrich")
    assert (source["BatchSize"], source["ScalingConfig"]) == (4, {"MaximumConcurrency": 3})
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (function["Timeout"], function["MemorySize"]) == (40, 384)


def test_it_has_a_role_with_the_rights_of_its_row(packaged: Template) -> None:
    assert resources(packaged, "Enrich", "sqs:ReceiveMessage") == {"EnrichQueue"}
    assert resources(packaged, "Enrich", "sqs:SendMessage") == {"EnrichQueue", "EnrichDlq", "StoreQueue"}
    assert secrets_of(packaged, "Enrich") == {"enrich"}
    assert "s3:GetObject" in may(packaged, "Enrich")
    assert "EnrichQueue" in resources(packaged, "Classify", "sqs:SendMessage")
    assert "EnrichDlq" in resources(packaged, "Sweep", "sqs:ReceiveMessage")


def test_it_has_its_alarms(packaged: Template) -> None:
    alarms = {name for name in packaged.of("CloudWatch::Alarm") if name.startswith("Enrich")}
    assert alarms == {"EnrichDlqAlarm", "EnrichBacklogAlarm", "EnrichOldestAlarm", "EnrichRecursionAlarm"}


def test_every_function_knows_its_queues(packaged: Template) -> None:
    for function in packaged.of("Serverless::Function"):
        assert packaged.variables(function)["MAILROOM_QUEUE_ENRICH"] == {"Ref": "EnrichQueue"}
        assert packaged.variables(function)["MAILROOM_DLQ_ENRICH"] == {"Ref": "EnrichDlq"}


def test_without_a_database_url_it_has_a_secret_and_no_login(copy: Copy) -> None:
    imports = "from infra.database.rights import LOGINS, secret_fields"
    assert copy.ask(imports, "['enrich' in LOGINS, secret_fields('enrich')]") == [False, ["redis_url"]]


def test_the_configuration_the_guide_and_the_logs_know_it(copy: Copy) -> None:
    assert copy.config()["enrich"] == {"lambda_timeout": 40, "lambda_memory_size": 384}
    assert "`mailroom-enrich`" in (copy.root / "docs/reference.md").read_text()
    assert copy.ask("from infra.cli.logs import COLOURS", "COLOURS['enrich']") == "white"


def test_its_queue_counts_as_one_before_the_ledger(copy: Copy) -> None:
    imports = "from chalicelib.core.stages import BEFORE_LEDGER"
    assert copy.ask(imports, "BEFORE_LEDGER") == ["anonymize", "classify", "enrich", "store"]
