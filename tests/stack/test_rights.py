"""Who may do what: each function its own role, each role the rights of its own work."""

from __future__ import annotations

import re

import pytest

from chalicelib.core.stages import STAGES, Stage, targets
from infra.cloudformation.template import SCHEDULED
from infra.database.rights import FUNCTIONS as TRUSTED
from infra.database.rights import SECRETS, secret_fields
from tests.stack.conftest import FUNCTIONS, Resource, Template, strings

every_function = pytest.mark.parametrize("function", FUNCTIONS)
every_stage = pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)

SPOOL_OBJECTS = "${Spool.Arn}/"
MODELS = "arn:aws:bedrock:"
FILES = "arn:${AWS::Partition}:s3:::${OffloadBucket}/*"
"""Resources that may end in a wildcard: the spool's own objects, the models that a configuration may name, and the
bucket of off-loaded files."""


def role_of(template: Template, function: str) -> str:
    name: str = template.properties(function)["Role"]["Fn::GetAtt"][0]
    return name


def statements(template: Template, function: str) -> list[Resource]:
    """What a function's role says itself; AWS's managed policy for logs and network comes on top."""
    role = template.properties(role_of(template, function))
    said = [statement for policy in role["Policies"] for statement in policy["PolicyDocument"]["Statement"]]
    return [statement.get("Fn::If", [None, statement])[1] for statement in said]  # with every condition met


def may(template: Template, function: str) -> set[str]:
    """The actions of a function."""
    return {action for statement in statements(template, function) for action in strings(statement["Action"])}


def resources(template: Template, function: str, action: str) -> set[str]:
    """Names and patterns of the resources on which a function may do something."""
    return {
        text
        for statement in statements(template, function)
        if action in strings(statement["Action"])
        for text in strings(statement["Resource"])
        if text != "Arn"
    }


FIELDS = {
    "api": {"database_url", "redis_url", "mapping_key", "pseudonym_key"},
    "anonymize": {"database_url", "redis_url", "mapping_key", "pseudonym_key", "emailengine_token"},
    "classify": {"redis_url", "anthropic_key"},
    "store": {"database_url", "redis_url", "raw_key"},
    "notify": {"database_url", "redis_url", "telegram_token"},
    "offload": {
        *("database_url", "redis_url", "mapping_key", "raw_key"),
        *("offload_key_id", "offload_secret_key", "private_ca"),
    },
    "deliver": {"database_url", "redis_url", "mapping_key", "raw_key", "webhook_keys", "private_ca"},
    "alert": {"redis_url", "telegram_token"},
    "sweep": {"database_url", "redis_url", "telegram_token"},
    "retention": {"database_url"},
    "reconcile": {"database_url", "redis_url", "emailengine_token"},
}
"""Written by hand and not read from infra/database/rights.py: a field more there fails here."""

KNOW_NO_RESOURCES = (["cloudwatch:GetMetricData"],)
"""Actions that AWS grants for every resource or none (Service Authorization Reference)."""


def test_no_function_is_forgotten_here(template: Template) -> None:
    assert set(FUNCTIONS) == template.of("Serverless::Function").keys()


def test_there_is_a_role_for_each_function_and_no_other(template: Template) -> None:
    used = sorted(role_of(template, function) for function in template.of("Serverless::Function"))
    assert used == sorted(template.of("IAM::Role"))


@every_function
def test_no_role_holds_a_resource_wildcard_that_is_not_documented(template: Template, function: str) -> None:
    bound = [one for one in statements(template, function) if one["Action"] not in KNOW_NO_RESOURCES]
    wild = {text for statement in bound for text in strings(statement["Resource"])}
    assert all(text.startswith((SPOOL_OBJECTS, MODELS, FILES)) for text in wild if "*" in text)


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


DEAD_LETTER_QUEUES = {f"{stage.name.capitalize()}Dlq" for stage in STAGES}


def test_the_doors_read_no_mail(template: Template) -> None:
    forbidden = {"s3:GetObject", "s3:DeleteObject", "kms:Decrypt"}
    assert not may(template, "APIHandler") & forbidden


def test_the_doors_write_sealed_mail_only(template: Template) -> None:
    written = {f"{SPOOL_OBJECTS}sealed/*", f"{SPOOL_OBJECTS}uploads/*"}
    assert resources(template, "APIHandler", "s3:PutObject") == written


@pytest.mark.parametrize(
    "action",
    ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:StartMessageMoveTask"],
)
def test_the_operators_routes_take_from_dead_letter_queues_only(template: Template, action: str) -> None:
    assert resources(template, "APIHandler", action) == DEAD_LETTER_QUEUES


def test_the_doors_and_the_operators_routes_send_to_the_stages(template: Template) -> None:
    """The doors to the first one; a redrive to each."""
    queues = {f"{stage.name.capitalize()}Queue" for stage in STAGES}
    assert resources(template, "APIHandler", "sqs:SendMessage") == queues


def test_the_sweep_looks_at_dead_letters_and_removes_none(template: Template) -> None:
    """Of every stage: the operator is told of webhooks, files and alarms that were given up as well."""
    assert resources(template, "Sweep", "sqs:ReceiveMessage") == DEAD_LETTER_QUEUES
    assert "sqs:DeleteMessage" not in may(template, "Sweep")


def test_the_sweep_sends_mail_to_the_first_stage_notes_to_the_ledger_and_overdue_webhooks(template: Template) -> None:
    queues = {"AnonymizeQueue", "StoreQueue", "OffloadQueue", "DeliverQueue"}
    assert resources(template, "Sweep", "sqs:SendMessage") == queues


def test_the_sweep_reads_what_the_doors_sealed_and_nothing_else(template: Template) -> None:
    assert resources(template, "Sweep", "s3:GetObject") == {f"{SPOOL_OBJECTS}sealed/*"}


@every_stage
def test_a_stage_receives_from_its_own_queue_only(template: Template, stage: Stage) -> None:
    found = resources(template, stage.name.capitalize(), "sqs:ReceiveMessage")
    assert found == {f"{stage.name.capitalize()}Queue"}


@every_stage
def test_a_stage_sends_to_the_next_one_to_itself_to_its_dead_letters_and_its_notes_to_the_ledger(
    template: Template, stage: Stage
) -> None:
    allowed = {f"{stage.name.capitalize()}Dlq", f"{stage.name.capitalize()}Queue", "StoreQueue"}
    allowed |= {f"{following.name.capitalize()}Queue" for following in targets(stage.name)}
    sends = resources(template, stage.name.capitalize(), "sqs:SendMessage")
    assert {f"{stage.name.capitalize()}Dlq", f"{stage.name.capitalize()}Queue"} <= sends <= allowed


def test_the_reconciler_takes_in_what_a_door_takes_in_and_no_more(template: Template) -> None:
    assert resources(template, "Reconcile", "sqs:SendMessage") == {"AnonymizeQueue"}
    assert resources(template, "Reconcile", "s3:PutObject") == {f"{SPOOL_OBJECTS}sealed/*"}
    assert resources(template, "Reconcile", "s3:GetObject") == {f"{SPOOL_OBJECTS}sealed/*"}
    assert "sqs:ReceiveMessage" not in may(template, "Reconcile")


def test_nobody_but_the_retention_deletes_mail_and_it_reads_none(template: Template) -> None:
    assert [function for function in FUNCTIONS if "s3:DeleteObject" in may(template, function)] == ["Retention"]
    assert may(template, "Retention") == {"s3:DeleteObject", "s3:ListBucket", "secretsmanager:GetSecretValue"}


def test_the_retention_deletes_what_belongs_to_mails(template: Template) -> None:
    deleted = resources(template, "Retention", "s3:DeleteObject")
    assert deleted == {f"{SPOOL_OBJECTS}{prefix}/*" for prefix in ("sealed", "fetched", "text", "links", "uploads")}


def test_only_classify_asks_a_model(template: Template) -> None:
    asking = {function for function in FUNCTIONS if "bedrock:InvokeModel" in may(template, function)}
    assert asking == {"Classify"}


def test_classify_reads_anonymized_text_only(template: Template) -> None:
    assert resources(template, "Classify", "s3:GetObject") == {f"{SPOOL_OBJECTS}text/*"}


@every_function
def test_a_function_that_reads_the_spool_may_open_its_seal(template: Template, function: str) -> None:
    assert ("s3:GetObject" in may(template, function)) == ("kms:Decrypt" in may(template, function))


@every_function
def test_a_function_that_writes_to_the_spool_may_seal(template: Template, function: str) -> None:
    written = {text for text in resources(template, function, "s3:PutObject") if text != FILES}
    assert bool(written) == ("kms:GenerateDataKey" in may(template, function))


@every_function
def test_a_function_that_reads_the_spool_can_tell_a_missing_object_from_a_forbidden_one(
    template: Template, function: str
) -> None:
    assert "s3:GetObject" not in may(template, function) or "s3:ListBucket" in may(template, function)


def test_anonymize_reads_sealed_mail_and_writes_beside_it(template: Template) -> None:
    sealed = {f"{SPOOL_OBJECTS}{folder}/*" for folder in ("sealed", "uploads", "fetched")}
    assert resources(template, "Anonymize", "s3:GetObject") == sealed
    written = {f"{SPOOL_OBJECTS}fetched/*", f"{SPOOL_OBJECTS}text/*", f"{SPOOL_OBJECTS}links/*"}
    assert resources(template, "Anonymize", "s3:PutObject") == written


def secrets_of(template: Template, function: str) -> set[str]:
    """Names of the secrets that a function may read."""
    arns = resources(template, function, "secretsmanager:GetSecretValue")
    pattern = re.compile(r".*:secret:\$\{SecretPrefix\}/([a-z]+)-\?{6}")
    return {found[1] for found in map(pattern.fullmatch, arns) if found} if all(map(pattern.fullmatch, arns)) else arns


@every_stage
def test_a_stage_reads_its_own_secret_and_no_other(template: Template, stage: Stage) -> None:
    assert secrets_of(template, stage.name.capitalize()) == {stage.name}


def test_the_doors_read_their_credentials_and_the_apis_secret(template: Template) -> None:
    assert secrets_of(template, "APIHandler") == {"door", "api"}


@pytest.mark.parametrize("function", SCHEDULED)
def test_a_schedule_reads_its_own_secret(template: Template, function: str) -> None:
    assert secrets_of(template, function) == {function.lower()}


@every_function
def test_the_secret_that_a_function_is_told_is_one_that_it_may_read(template: Template, function: str) -> None:
    told = template.variables(function)["MAILROOM_BACKEND_SECRET"]["Fn::Sub"]
    assert told.rpartition("/")[2] in secrets_of(template, function)


@every_function
def test_a_secret_has_what_its_function_is_trusted_with(template: Template, function: str) -> None:
    [name] = secrets_of(template, function) - {"door"}
    assert FIELDS[name] == set(secret_fields(name))


def test_nobody_has_the_key_of_the_originals_but_who_seals_links_or_sends_clear_fields() -> None:
    """`offload` seals links and files' names with it, and may not read the originals in the database."""
    holders = {name for name in SECRETS if "raw_key" in secret_fields(name)}
    assert holders == {"store", "offload", "deliver", "operator"}


def test_offload_reads_links_and_writes_files_alone(template: Template) -> None:
    assert resources(template, "Offload", "s3:GetObject") == {f"{SPOOL_OBJECTS}links/*", FILES}
    assert resources(template, "Offload", "s3:PutObject") == {FILES}


def test_deliver_does_not_read_the_spool(template: Template) -> None:
    assert not {action for action in may(template, "Deliver") if action.startswith(("s3:", "kms:"))}


def test_a_function_without_a_login_has_no_grants() -> None:
    assert not [name for name, rights in TRUSTED.items() if rights.tables and not rights.login]
