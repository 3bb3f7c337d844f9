"""Who may do what: each function its own role, each role the rights of its own work.

What one function alone may do is in `tests/stack/functions`.
"""

from __future__ import annotations

import pytest

from chalicelib.bootstrap.function_types import Function
from chalicelib.bootstrap.functions import SCHEDULED
from chalicelib.bootstrap.settings import BACKEND_FIELDS
from chalicelib.core.stages import STAGES, Stage, targets
from infra.database.rights import FUNCTIONS as TRUSTED
from infra.database.rights import secret_fields
from tests.stack.conftest import FUNCTIONS, Template, strings
from tests.stack.functions import SECRETS
from tests.stack.rights import FILES, SPOOL, may, resources, role_of, secrets_of, statements

every_function = pytest.mark.parametrize("function", FUNCTIONS)
every_stage = pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)

MODELS = "arn:aws:bedrock:"
KNOW_NO_RESOURCES = (["cloudwatch:GetMetricData"],)
"""Actions that AWS grants for every resource or none (Service Authorization Reference)."""


def test_no_function_is_forgotten_here(template: Template) -> None:
    assert set(FUNCTIONS) == template.of("Serverless::Function").keys()


def test_there_is_a_role_for_each_function_and_no_other(template: Template) -> None:
    used = sorted(role_of(template, function) for function in template.of("Serverless::Function"))
    assert used == sorted(template.of("IAM::Role"))


@every_function
def test_no_role_holds_a_resource_wildcard_that_is_not_documented(template: Template, function: str) -> None:
    """The spool's own objects, the models that a configuration may name, and the bucket of off-loaded files."""
    bound = [one for one in statements(template, function) if one["Action"] not in KNOW_NO_RESOURCES]
    wild = {text for statement in bound for text in strings(statement["Resource"])}
    assert all(text.startswith((SPOOL, MODELS, FILES)) for text in wild if "*" in text)


@every_function
def test_no_role_holds_an_action_wildcard(template: Template, function: str) -> None:
    assert not [action for action in may(template, function) if "*" in action]


@every_function
def test_the_managed_policies_are_those_for_logs_and_network(template: Template, function: str) -> None:
    managed = template.properties(role_of(template, function))["ManagedPolicyArns"]
    names = {text.rpartition("/")[2] for text in strings(managed) if "/" in text}
    assert names == {"AWSLambdaVPCAccessExecutionRole", "AWSLambdaBasicExecutionRole"}


@every_function
def test_only_lambda_takes_a_role(template: Template, function: str) -> None:
    [trust] = template.properties(role_of(template, function))["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


@every_stage
def test_a_stage_receives_from_its_own_queue_only(template: Template, stage: Stage) -> None:
    found = resources(template, stage.name.capitalize(), "sqs:ReceiveMessage")
    assert found == {f"{stage.name.capitalize()}Queue"}


@every_stage
def test_a_stage_sends_to_the_next_one_to_itself_to_its_dead_letter_queue_and_its_notes_to_the_ledger(
    template: Template, stage: Stage
) -> None:
    allowed = {f"{stage.name.capitalize()}Dlq", f"{stage.name.capitalize()}Queue", "StoreQueue"}
    allowed |= {f"{following.name.capitalize()}Queue" for following in targets(stage.name)}
    sends = resources(template, stage.name.capitalize(), "sqs:SendMessage")
    assert {f"{stage.name.capitalize()}Dlq", f"{stage.name.capitalize()}Queue"} <= sends <= allowed


@every_function
def test_a_function_that_reads_the_spool_may_open_its_seal(template: Template, function: str) -> None:
    assert ("s3:GetObject" in may(template, function)) == ("kms:Decrypt" in may(template, function))


@every_function
def test_a_function_that_writes_to_the_spool_may_seal(template: Template, function: str) -> None:
    written = {text for text in resources(template, function, "s3:PutObject") if text != FILES}
    assert bool(written) == ("kms:GenerateDataKey" in may(template, function))


@every_function
def test_a_function_that_reads_the_spool_distinguishes_a_missing_object_from_a_forbidden_one(
    template: Template, function: str
) -> None:
    assert "s3:GetObject" not in may(template, function) or "s3:ListBucket" in may(template, function)


@every_stage
def test_a_stage_reads_its_own_secret_and_no_other(template: Template, stage: Stage) -> None:
    assert secrets_of(template, stage.name.capitalize()) == {stage.name}


@pytest.mark.parametrize("row", SCHEDULED, ids=lambda row: row.name)
def test_a_schedule_reads_its_own_secret(template: Template, row: Function) -> None:
    assert secrets_of(template, row.logical) == {row.name}


@every_function
def test_a_function_is_given_the_name_of_a_secret_that_it_may_read(template: Template, function: str) -> None:
    named = template.variables(function)["MAILROOM_BACKEND_SECRET"]["Fn::Sub"]
    assert named.rpartition("/")[2] in secrets_of(template, function)


@every_function
def test_a_secret_has_what_its_function_is_trusted_with(template: Template, function: str) -> None:
    [name] = secrets_of(template, function) - {"door"}
    assert SECRETS[name] == set(secret_fields(name))


def test_every_field_of_the_secrets_is_one_that_a_function_or_the_operator_reads() -> None:
    used = {field for rights in TRUSTED.values() for field in rights.secret}
    assert used == BACKEND_FIELDS.keys()


def test_a_function_without_a_login_has_no_grants() -> None:
    assert not [name for name, rights in TRUSTED.items() if rights.tables and not rights.login]
