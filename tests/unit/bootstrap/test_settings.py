"""Settings: read once, checked at the start, and a mistake says what to do."""

from __future__ import annotations

from dataclasses import fields

import pytest

from chalicelib.bootstrap.settings import BACKEND_FIELDS, DOOR_FIELDS, Settings, describe, load
from chalicelib.core.errors import ConfigurationError
from chalicelib.core.stages import STAGES
from tests.unit.bootstrap.environment import ENVIRONMENT

OPTIONAL = {
    "MAILROOM_GMAIL_ACCOUNT": "praxis",
    "MAILROOM_LANGUAGE": "fr",
    "MAILROOM_CLASSIFIER": "bedrock",
    "MAILROOM_LLM_MODEL": "a-model",
}


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
@pytest.mark.parametrize("text", [None, "", "   "])
def test_a_variable_that_is_needed_and_absent_is_named(name: str, text: str | None) -> None:
    environ = {key: value for key, value in ENVIRONMENT.items() if key != name}
    environ |= {} if text is None else {name: text}
    with pytest.raises(ConfigurationError, match=f"^{name}: is not set. It means: "):
        load(environ)


BROKEN = {
    "MAILROOM_ACCOUNTS": ["Praxis", "a b", ",", "a/b", "../x", "x" * 65],
    "MAILROOM_GMAIL_ACCOUNT": ["unknown"],
    "MAILROOM_GMAIL_AUTH": ["none", "Bearer", "hmac,bearer"],
    "MAILROOM_SIGNATURE_WINDOW": ["0", "29", "3601", "5m", "-300", "--300", "3e2", "9" * 5_000, "٣٠٠"],
    "MAILROOM_MAX_BODY": ["1023", "6000001", "5MB"],
    "MAILROOM_MAX_BATCH": ["0", "51", "ten"],
    "MAILROOM_EMAILENGINE_URL": ["ee.example", "ftp://ee.example", "https://u:p@ee.example", "https://ee.example?a=b"],
    "MAILROOM_TELEGRAM_URL": ["telegram", "https://"],
    "MAILROOM_TELEGRAM_TOPICS": [
        "email",
        "email=x,system=1",
        "email=2",
        "email=1,email=2,system=3",
        "email=-1,system=2",
    ],
    "MAILROOM_LANGUAGE": ["de", "EN"],
    "MAILROOM_CLASSIFIER": ["gpt", "Rules"],
    "MAILROOM_LLM_URL": ["anthropic"],
    "MAILROOM_MAPPING_MINUTES": ["0", "1441"],
    "MAILROOM_MAX_SOURCE": ["0", "99999999999"],
    "MAILROOM_RETENTION": ["praxis", "praxis=0", "praxis=ten", "praxis=-1", "praxis=1,praxis=2", "unknown=30"],
    "MAILROOM_ORIGINAL_RETENTION": ["praxis=1.5", "unknown=30"],
    "MAILROOM_REPORT_FAILURES": ["True", "1", "yes"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BROKEN.items() for text in texts])
def test_a_broken_variable_is_named(name: str, text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(ENVIRONMENT | {name: text})
    assert caught.value.setting == name


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_broken_variable_says_what_to_do(name: str) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"(It means: .{10,}|Add them to MAILROOM_ACCOUNTS, or remove .+)$",
    ):
        load(ENVIRONMENT | {name: BROKEN[name][0]})


def test_every_broken_variable_is_reported_at_once_and_by_name() -> None:
    broken = {name: texts[0] for name, texts in BROKEN.items() if name != "MAILROOM_ACCOUNTS"}
    missing = {"MAILROOM_BUCKET", "MAILROOM_QUEUE_STORE", "MAILROOM_DLQ_ALERT"}
    environ = {name: text for name, text in (ENVIRONMENT | broken).items() if name not in missing}
    with pytest.raises(ConfigurationError) as caught:
        load(environ)
    assert set(caught.value.setting.split(", ")) == broken.keys() | missing
    lines = str(caught.value).splitlines()
    assert {line.partition(":")[0] for line in lines} == broken.keys() | missing
    assert len(lines) == len(broken) + len(missing)


def test_an_empty_environment_names_all_that_is_needed() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load({})
    assert set(caught.value.setting.split(", ")) == ENVIRONMENT.keys()


def test_a_language_model_needs_its_name() -> None:
    with pytest.raises(ConfigurationError, match=r"MAILROOM_LLM_MODEL: is empty\. Name the model"):
        load(ENVIRONMENT | {"MAILROOM_CLASSIFIER": "anthropic"})


def test_defaults_stand_where_nothing_is_set() -> None:
    settings = load(ENVIRONMENT)
    assert (settings.gmail_auth, settings.max_body, settings.report_failures) == ("hmac", 5 * 1024 * 1024, False)


def test_an_empty_variable_is_the_default() -> None:
    assert load(ENVIRONMENT | {"MAILROOM_MAX_BATCH": ""}).max_batch == 50


def test_what_is_set_is_read() -> None:
    settings = load(ENVIRONMENT | OPTIONAL)
    assert (settings.gmail_account, settings.language, settings.llm_model) == ("praxis", "fr", "a-model")


def test_reports_are_on_when_the_template_says_so() -> None:
    assert load(ENVIRONMENT | {"MAILROOM_REPORT_FAILURES": "true"}).report_failures


def test_every_stage_has_its_queues() -> None:
    settings = load(ENVIRONMENT)
    assert settings.queue_urls.keys() == settings.dead_urls.keys() == {stage.name for stage in STAGES}


def test_an_address_loses_its_last_slash() -> None:
    assert (
        load(ENVIRONMENT | {"MAILROOM_EMAILENGINE_URL": "https://ee.example/"}).emailengine_url == "https://ee.example"
    )


def test_a_mistake_never_quotes_a_value_that_is_not_ours_to_show() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(ENVIRONMENT | {"MAILROOM_EMAILENGINE_URL": "https://user:hunter2@ee.example"})
    assert "hunter2" not in str(caught.value)


def test_what_is_logged_hides_what_points_at_secrets() -> None:
    masked = load(ENVIRONMENT).masked()
    hidden = ("bucket", "door_secret", "backend_secret", "kms_key", "telegram_chat", "queue_urls", "dead_urls")
    assert {masked[name] for name in hidden if name != "bucket"} == {"***"}


def test_what_is_logged_holds_no_value_of_a_hidden_variable() -> None:
    text = str(load(ENVIRONMENT).masked())
    hidden = ("DOOR_SECRET", "BACKEND_SECRET", "KMS_KEY", "TELEGRAM_CHAT", "QUEUE_STORE", "DLQ_STORE")
    assert not [name for name in hidden if ENVIRONMENT[f"MAILROOM_{name}"] in text]


def test_what_is_logged_names_every_setting() -> None:
    assert load(ENVIRONMENT).masked().keys() == {field.name for field in fields(Settings)}


def test_what_is_logged_is_in_the_environment_s_spelling() -> None:
    masked = load(ENVIRONMENT).masked()
    assert (masked["accounts"], masked["telegram_topics"]) == ("praxis,faculty", "email=2,system=3")


def test_every_setting_is_described() -> None:
    assert [name for name, _, _ in describe()] == [f"MAILROOM_{field.name.upper()}" for field in fields(Settings)]


def test_every_description_says_something() -> None:
    assert all(len(meaning) > 10 for _, _, meaning in describe())


def test_every_default_that_is_described_is_accepted() -> None:
    defaults = {name: default for name, default, _ in describe() if default != "required"}
    load(ENVIRONMENT | defaults)


def test_every_field_of_the_secrets_is_described() -> None:
    assert all(len(meaning) > 10 for meaning in (DOOR_FIELDS | BACKEND_FIELDS).values())


def test_private_targets_may_say_where_they_are() -> None:
    targets = "crm.internal:8443, files.example=127.0.0.1:9"
    assert load(ENVIRONMENT | {"MAILROOM_PRIVATE_TARGETS": targets}).private_targets == {
        "crm.internal:8443": "",
        "files.example": "127.0.0.1:9",
    }


@pytest.mark.parametrize("targets", ["https://a.example", "a b", "*", "a.example=b.example:1", "a.example=1", "a:b"])
def test_what_is_no_host_is_no_private_target(targets: str) -> None:
    with pytest.raises(ConfigurationError, match="MAILROOM_PRIVATE_TARGETS"):
        load(ENVIRONMENT | {"MAILROOM_PRIVATE_TARGETS": targets})


def test_days_are_by_account() -> None:
    assert load(ENVIRONMENT | {"MAILROOM_RETENTION": "praxis=365, faculty=90"}).retention == {
        "praxis": 365,
        "faculty": 90,
    }


def test_without_days_mail_is_kept_for_ever() -> None:
    assert (load(ENVIRONMENT).retention, load(ENVIRONMENT).original_retention) == ({}, {})


def test_hosts_of_clear_fields_are_names() -> None:
    given = load(ENVIRONMENT | {"MAILROOM_CLEAR_FIELD_HOSTS": "crm.example, *.desk.example"})
    assert given.clear_field_hosts == ("crm.example", "*.desk.example")
    assert load(ENVIRONMENT).clear_field_hosts == ()


@pytest.mark.parametrize(
    "hosts", ["*", "*.", "https://crm.example", "crm.example:443", "CRM.example", "crm", "a.*.example"]
)
def test_anything_else_is_no_host_of_clear_fields(hosts: str) -> None:
    with pytest.raises(ConfigurationError, match="MAILROOM_CLEAR_FIELD_HOSTS"):
        load(ENVIRONMENT | {"MAILROOM_CLEAR_FIELD_HOSTS": hosts})
