"""What the settings make of the guard, the bucket and the functions' times."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.adapters.aws.file_bucket import TIMEOUT as PART_TIMEOUT
from chalicelib.adapters.aws.secrets import Secrets
from chalicelib.adapters.http.receivers import DEADLINE
from chalicelib.adapters.telegram.messenger import LONGEST_SEND
from chalicelib.bootstrap.container import Container
from chalicelib.bootstrap.functions import function
from chalicelib.bootstrap.parts.aws import file_target
from chalicelib.bootstrap.parts.outside import guard as make_guard
from chalicelib.bootstrap.workers import anonymize
from chalicelib.bootstrap.workers.offload import BUDGET
from chalicelib.core import stages
from chalicelib.core.errors import ConfigurationError
from chalicelib.delivery.offload import FOLDER_TIMEOUT, GRACE
from chalicelib.mail.model import Mail
from chalicelib.pipeline.anonymize import AnonymizeWorker
from chalicelib.pipeline.notify import LEASE
from chalicelib.privacy.rules import rule
from infra.local.certificates import authority
from tests.twins.cache import MemoryCache
from tests.twins.spool import MemorySpool
from tests.unit.bootstrap.environment import ENVIRONMENT


class Manager:
    """Secrets Manager with these fields."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    def get_secret_value(self, SecretId: str) -> dict[str, str]:
        return {"ARN": SecretId, "SecretString": json.dumps(self.fields)}


def parts(fields: dict[str, Any] | None = None, **settings: str) -> Container:
    made = Container(ENVIRONMENT | {f"MAILROOM_{name.upper()}": value for name, value in settings.items()})
    made.__dict__["backend_secrets"] = Secrets(lambda _: Manager(fields or {}), "arn")
    return made


def test_without_private_targets_the_guard_lets_nobody_inside() -> None:
    guard = make_guard(parts())
    assert (list(guard.private), dict(guard.placed)) == ([], {})


def test_private_targets_and_their_places_are_the_guards() -> None:
    guard = make_guard(parts(private_targets="crm.internal:9443,files.example=10.0.0.5:9443"))
    assert guard.private == {"crm.internal:9443", "files.example"}
    assert guard.placed == {"files.example": ("10.0.0.5", 9443)}


def test_private_targets_are_trusted_by_their_own_authority() -> None:
    guard = make_guard(parts({"private_ca": authority().pem}, private_targets="crm.internal"))
    assert guard.private_trust is not None
    assert guard.private_trust().cert_store_stats()["x509_ca"] == 1


def test_without_an_authority_of_their_own_the_public_ones_are_asked() -> None:
    guard = make_guard(parts({"private_ca": ""}, private_targets="crm.internal"))
    assert guard.private_trust is not None
    assert guard.private_trust().cert_store_stats()["x509_ca"] > 1


def test_an_authority_that_is_none_is_a_broken_set_up() -> None:
    guard = make_guard(parts({"private_ca": "nonsense"}, private_targets="crm.internal"))
    assert guard.private_trust is not None
    with pytest.raises(ConfigurationError, match="private_ca"):
        guard.private_trust()


def test_without_a_bucket_there_is_no_target() -> None:
    assert file_target(parts()) is None


def test_a_bucket_is_not_asked_for_its_keys_before_it_is_used() -> None:
    assert file_target(parts(offload_bucket="files-bucket")) is not None


def test_an_off_load_ends_before_its_function_is_killed() -> None:
    assert BUDGET + GRACE + PART_TIMEOUT[1] < function("offload").timeout
    assert BUDGET > FOLDER_TIMEOUT


def test_a_batch_of_silent_receivers_ends_before_its_function_is_killed() -> None:
    stage = stages.stage("deliver")
    assert stage.reserve > DEADLINE
    assert (stage.batch - 1) * DEADLINE + stage.reserve < function("deliver").timeout


def test_a_silent_telegram_ends_before_its_function_is_killed_and_its_claim_is_over() -> None:
    alert = stages.stage("alert")
    assert LONGEST_SEND < alert.reserve < function("alert").timeout
    assert LONGEST_SEND < function("notify").timeout < LEASE


def test_a_mail_that_reaches_the_anonymizers_limit_ends_before_its_function_is_killed() -> None:
    assert anonymize.TIME_LIMIT < stages.stage("anonymize").reserve < function("anonymize").timeout


def test_the_deployed_anonymizer_runs_the_installations_own_recognizers() -> None:
    badge = rule("badge", "BADGE", r"(?<!\w)B-\d{6}(?!\w)", 0.9, near=r"badge", needs="0123456789")
    fields = {"emailengine_token": "t", "mapping_key": "0f" * 32, "pseudonym_key": "0e" * 32}
    made = parts(fields)
    made.__dict__ |= {"spool": MemorySpool(), "cache": MemoryCache()}
    worker = anonymize.make(made, own=[badge])
    assert isinstance(worker, AnonymizeWorker)
    assert worker.anonymizer.anonymize(Mail("", None, "My badge is B-123456.")).text == "My badge is <BADGE_1>."
