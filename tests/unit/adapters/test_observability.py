"""What the operator sees carries ids and codes, nothing else."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.adapters import observability as o11y
from chalicelib.bootstrap.settings import load
from chalicelib.core.errors import ConfigurationError
from tests.unit.bootstrap.logs import captured

CODED = sorted(o11y.ALLOWED - o11y.FORMS.keys() - {"event", "level", "message", "service"})
MAIL_ID = "8f6d0c5e-3a51-5b8e-9d0f-6f2f4a1c7b90"


def logged(**fields: Any) -> dict[str, Any]:
    with captured() as lines:
        o11y.log("verdict", **fields)
    [record] = lines.records
    return record


@pytest.fixture(autouse=True)
def _no_metrics(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    o11y.flush()
    capsys.readouterr()
    yield
    o11y.flush()


def metrics(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    o11y.flush()
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_has_its_event_time_and_level() -> None:
    assert logged().keys() == {"level", "message", "timestamp", "service"}


def test_each_kind_of_line_has_its_own_level() -> None:
    with captured() as lines:
        o11y.log("one")
        o11y.warn("two")
        o11y.failure("three", ValueError("four"))
    assert [(line["message"], line["level"]) for line in lines.records] == [
        ("one", "INFO"),
        ("two", "WARNING"),
        ("three", "ERROR"),
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mail_id", MAIL_ID),
        ("trace_id", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"),
        ("account", "praxis"),
        ("code", "retries_exhausted:queue_unavailable"),
        ("stage", "anonymize"),
        ("status", "already_processed"),
        ("place", "batch.py:120"),
        ("error", "ZeroDivisionError"),
        ("seconds", 0.1234),
        ("receives", 19),
        ("value", True),
    ],
)
def test_an_id_a_code_and_a_number_are_kept(key: str, value: object) -> None:
    assert logged(**{key: value})[key] == value


def test_a_time_stamp_is_kept() -> None:
    assert logged()["timestamp"] != "?"


def test_an_unknown_key_is_dropped() -> None:
    assert "subject" not in logged(subject="invoice")


@pytest.mark.parametrize(
    "text",
    [
        "jean@example.com",
        "Jean Dupont",
        "FR7630006000011234567890189",
        "+33612345678",
        "0612345678",
        "06-12-34-56-78",
        "192.0.2.146",
        "1 85 05 78 006 084 91",
        "https://drop.example/s/a?b=c",
        "a\nb",
        "née",
    ],
)
@pytest.mark.parametrize("key", CODED)
def test_free_text_becomes_a_question_mark(key: str, text: str) -> None:
    assert logged(**{key: text})[key] == "?"


@pytest.mark.parametrize("key", ["mail_id", "trace_id", "account", "place", "function_request_id"])
@pytest.mark.parametrize(
    "text", ["jean@example.com", "Jean Dupont", "+33612345678", "1 85 05 78 006 084 91", "a\nb", "née"]
)
def test_what_is_no_id_becomes_a_question_mark(key: str, text: str) -> None:
    assert logged(**{key: text})[key] == "?"


def test_a_nested_value_becomes_a_question_mark() -> None:
    assert logged(code={"subject": "invoice"})["code"] == "?"


def test_a_list_becomes_a_question_mark() -> None:
    assert logged(code=["invoice"])["code"] == "?"


def test_a_number_long_enough_for_a_person_becomes_a_question_mark() -> None:
    assert logged(count=33612345678)["count"] == "?"


def test_settings_are_kept_key_by_key() -> None:
    assert logged(settings={"folders": "\\Inbox,*", "chat": "née"})["settings"] == {"folders": "\\Inbox,*", "chat": "?"}


def test_a_message_with_text_becomes_a_question_mark() -> None:
    with captured() as lines:
        o11y.logger.info("mail of jean@example.com")
    assert lines.records[0]["message"] == "?"


def test_an_exception_is_logged_without_text_and_traceback() -> None:
    with captured() as lines:
        try:
            raise ValueError("jean@example.com")
        except ValueError:
            o11y.logger.exception("internal_error")
    assert lines.records[0].keys() == {"level", "message", "timestamp", "service"}


def test_a_failure_is_named_by_class_and_place() -> None:
    with captured() as lines:
        try:
            load({})
        except ConfigurationError as error:
            o11y.failure("internal_error", error)
    assert lines.records[0]["place"].startswith("settings.py:")


def test_a_failure_that_was_never_raised_is_logged() -> None:
    with captured() as lines:
        o11y.failure("internal_error", ValueError("jean@example.com"))
    assert (lines.records[0]["error"], lines.records[0]["place"]) == ("ValueError", "")


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(o11y.ALLOWED - {"event"} | {"subject", "body", "sender"})), st.text(max_size=20)
    ),
    st.sampled_from(
        ("jean.dupont@example.com", "Jean Dupont", "+33 6 12 34 56 78", "FR76 3000 6000 0112 3456 7890 189")
    ),
    st.text(max_size=5),
)
def test_no_seeded_secret_survives_in_any_field(fields: dict[str, str], secret: str, around: str) -> None:
    kept = {key: f"{around}{secret}{value}" for key, value in fields.items() if key not in ("message", "level")}
    with captured() as lines:
        o11y.log("event", **kept)
    assert secret not in lines.getvalue()


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text() | st.integers(), st.lists, max_leaves=5))
def test_any_value_makes_a_line_of_json(value: object) -> None:
    with captured() as lines:
        o11y.log("event", code=value, settings={"a": value})
    assert len(lines.records) == 1


def test_a_counter_is_a_line_of_embedded_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    o11y.count("Verdict", 2, door="gmail", status="accepted")
    [line] = metrics(capsys)
    [described] = line["_aws"]["CloudWatchMetrics"]
    assert described["Metrics"] == [{"Name": "Verdict", "Unit": "Count"}]


def test_a_metric_has_the_namespace_and_its_dimensions(capsys: pytest.CaptureFixture[str]) -> None:
    o11y.count("Verdict", door="gmail", status="accepted")
    [described] = metrics(capsys)[0]["_aws"]["CloudWatchMetrics"]
    assert described["Namespace"] == "Mailroom"
    assert set(described["Dimensions"][0]) == {"door", "status", "service"}


def test_counters_of_the_same_dimensions_share_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    o11y.count("Verdict", door="gmail")
    o11y.count("Verdict", 3, door="gmail")
    [line] = metrics(capsys)
    assert line["Verdict"] == [1.0, 3.0]


def test_other_dimensions_are_another_line(capsys: pytest.CaptureFixture[str]) -> None:
    o11y.count("Verdict", door="gmail")
    o11y.count("Verdict", door="emailengine")
    assert [line["door"] for line in metrics(capsys)] == ["gmail", "emailengine"]


def test_a_duration_is_in_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    o11y.duration("Seconds", 0.5, stage="store")
    assert metrics(capsys)[0]["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "Seconds", "Unit": "Seconds"}]


@pytest.mark.parametrize("value", ["jean@example.com", "Jean Dupont", ""])
def test_a_dimension_that_is_no_code_is_left_out(capsys: pytest.CaptureFixture[str], value: str) -> None:
    o11y.count("Verdict", door="gmail", status=value)
    [described] = metrics(capsys)[0]["_aws"]["CloudWatchMetrics"]
    assert set(described["Dimensions"][0]) == {"door", "service"}


@pytest.mark.parametrize("times", [99, 100, 101, 250])
def test_many_values_are_all_printed_and_nothing_is_warned_of(capsys: pytest.CaptureFixture[str], times: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(times):
            o11y.count("Retry", stage="store")
        assert sum(sum(line["Retry"]) for line in metrics(capsys)) == times


def test_a_flush_without_metrics_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert metrics(capsys) == []


def test_a_flush_empties_what_was_collected(capsys: pytest.CaptureFixture[str]) -> None:
    o11y.count("Retry", stage="store")
    metrics(capsys)
    assert metrics(capsys) == []
