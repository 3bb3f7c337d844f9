"""EmailEngine's answers, true and broken."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.breaker import Breaker, GuardedSource
from chalicelib.adapters.emailengine.messages import EmailEngine
from chalicelib.core.errors import MailroomError, NotReady, Permanent, Retryable
from chalicelib.mail.reference import facts_of
from chalicelib.ports import MessageReference
from infra.local.standins.control import Reply, Request
from infra.local.standins.emailengine import EmailEngineStandIn
from tests import recorded
from tests.twins.cache import MemoryCache
from tests.unit.adapters.broken import MISBEHAVIOURS, Anything

TOKEN = "invented-token"
RAW = b"Message-ID: <one@mail.example>\r\nSubject: Results\r\n\r\ntext\r\n"


@pytest.fixture
def stand_in() -> Iterator[EmailEngineStandIn]:
    with EmailEngineStandIn(token=TOKEN) as stand_in:
        yield stand_in


@pytest.fixture
def source(stand_in: EmailEngineStandIn) -> Iterator[EmailEngine]:
    source = EmailEngine(f"{stand_in.url}/", TOKEN, timeout=(0.5, 0.3))
    yield source
    source.close()


@pytest.fixture
def reference(stand_in: EmailEngineStandIn) -> MessageReference:
    held = stand_in.mailboxes.add("practice", RAW)
    return MessageReference("practice", held.id, held.email_id, "<one@mail.example>", "INBOX")


def asked(stand_in: EmailEngineStandIn) -> list[str]:
    return [f"{request['method']} {request['path'].rpartition('/')[2]}" for request in stand_in.control.requests]


BROKEN = {name: fields for name, fields in MISBEHAVIOURS.items() if name != "an oversized answer"}


@pytest.mark.parametrize("fields", BROKEN.values(), ids=list(BROKEN))
@pytest.mark.parametrize("path", ["/source", "/search", "/mailboxes"])
def test_a_misbehaving_service_is_a_passing_failure(
    stand_in: EmailEngineStandIn, source: EmailEngine, reference: MessageReference, fields: dict[str, Any], path: str
) -> None:
    if path != "/source":
        stand_in.mailboxes.move("practice", reference.id, "Own folder")
    stand_in.fail(path=path, **fields)
    with pytest.raises(Retryable, match="emailengine_unavailable"):
        source.fetch(reference)


def test_an_oversized_answer_to_a_search_is_a_permanent_failure(
    stand_in: EmailEngineStandIn, source: EmailEngine, reference: MessageReference
) -> None:
    stand_in.mailboxes.delete("practice", reference.id)
    stand_in.fail(path="/search", body="huge")
    with pytest.raises(Permanent, match="answer_too_large"):
        source.fetch(reference)


def test_a_source_above_the_limit_is_taken_by_its_text(
    stand_in: EmailEngineStandIn, reference: MessageReference
) -> None:
    source = EmailEngine(stand_in.url, TOKEN, source_limit=10)
    fetched = source.fetch(reference)
    source.close()
    assert fetched.mail is not None
    assert fetched.mail.subject == "Results"


def test_the_text_is_asked_for_with_a_bound(
    stand_in: EmailEngineStandIn, source: EmailEngine, reference: MessageReference
) -> None:
    stand_in.fail(path="/source", status=400)
    source.fetch(reference)
    assert stand_in.control.requests[-1]["query"] == {"textType": "*", "maxBytes": "5242880"}


def test_a_message_whose_text_is_refused_too_is_a_permanent_failure(
    stand_in: EmailEngineStandIn, source: EmailEngine, reference: MessageReference
) -> None:
    stand_in.fail(times=None, status=422)
    with pytest.raises(Permanent, match="message_refused"):
        source.fetch(reference)


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_not_taken_waits_for_an_operator(
    stand_in: EmailEngineStandIn, source: EmailEngine, reference: MessageReference, status: int
) -> None:
    stand_in.fail(status=status)
    with pytest.raises(Retryable, match="emailengine_unauthorized"):
        source.fetch(reference)


def test_the_token_is_sent_as_bearer(stand_in: EmailEngineStandIn, reference: MessageReference) -> None:
    source = EmailEngine(stand_in.url, "another")
    with pytest.raises(Retryable, match="emailengine_unauthorized"):
        source.fetch(reference)
    source.close()


@pytest.mark.parametrize(
    ("fields", "code", "after"),
    [
        ({"status": 429}, "emailengine_rate_limited", 3.0),
        ({"status": 429, "body": "html", "headers": {"Retry-After": "12"}}, "emailengine_rate_limited", 12.0),
        ({"status": 503, "headers": {"Retry-After": "30"}}, "emailengine_unavailable", 30.0),
        ({"status": 503}, "emailengine_unavailable", None),
    ],
)
def test_the_wait_that_was_asked_for_is_passed_on(
    stand_in: EmailEngineStandIn,
    source: EmailEngine,
    reference: MessageReference,
    fields: dict[str, Any],
    code: str,
    after: float | None,
) -> None:
    stand_in.fail(**fields)
    with pytest.raises(Retryable, match=code) as caught:
        source.fetch(reference)
    assert caught.value.after == after


ERRORS = recorded.rest("errors")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("account not initialized", "account_login_failed"),
        ("authentication fails", "account_login_failed"),
        ("syncing disabled", "account_paused"),
    ],
)
def test_the_recorded_answers_about_an_account_are_not_emailengine_s_failure(name: str, code: str) -> None:
    with pytest.raises(NotReady, match=code):
        fetch_from(Reply.of(ERRORS[name][1], ERRORS[name][0]))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"code": "NotYetConnected"}, "account_not_connected"),
        ({"code": "NotYetConnected", "state": "connecting"}, "account_not_connected"),
        ({"code": "WorkerNotAvailable"}, "account_not_connected"),
        ({"state": "disconnected"}, "account_not_connected"),
        ({"state": "authenticationError"}, "account_login_failed"),
        ({"code": "NotSyncing"}, "account_paused"),
    ],
)
@pytest.mark.parametrize("status", [503, 504])
def test_an_answer_about_an_account_has_its_code(status: int, body: dict[str, str], code: str) -> None:
    with pytest.raises(NotReady, match=code):
        fetch_from(Reply.of({"statusCode": status} | body, status))


@pytest.mark.parametrize(
    "name", ["missing source", "missing message", "nonsense id", "unknown folder", "unsupported emailId"]
)
def test_the_recorded_answers_about_a_missing_thing_are_answers(name: str) -> None:
    """Whatever EmailEngine says of the message and in the searches, it is gone, and EmailEngine is well."""
    status, value = ERRORS[name]

    class Nothing(Anything):
        def answer(self, request: Request) -> Reply:
            if request.path.endswith("/mailboxes"):
                return Reply.of({"mailboxes": [{"path": "INBOX"}]})
            if name == "unsupported emailId" and request.path.endswith("/source"):
                return Reply.of(*ERRORS["missing source"][::-1])
            return Reply.of(value, status)

    breaker = Breaker("emailengine", MemoryCache())
    with Nothing() as server:
        source = EmailEngine(server.url, TOKEN)
        for _ in range(10):
            with pytest.raises(Permanent, match="message_gone"):
                GuardedSource(source, breaker).fetch(MessageReference("a", "b", "1", "<one@mail.example>", "Own"))
        source.close()
    assert breaker.state().kind == "closed"


@pytest.mark.parametrize("state", ["authenticationError", "connectError", "disconnected", "init", "unset", "paused"])
def test_one_account_in_trouble_leaves_the_others_alone(
    stand_in: EmailEngineStandIn, source: EmailEngine, reference: MessageReference, state: str
) -> None:
    held = stand_in.mailboxes.add("faculty", RAW)
    stand_in.mailboxes.account("faculty", state=state)
    guarded = GuardedSource(source, Breaker("emailengine", MemoryCache()))
    for _ in range(10):
        with pytest.raises(NotReady):
            guarded.fetch(MessageReference("faculty", held.id, "", "<one@mail.example>", "INBOX"))
    assert guarded.fetch(reference).raw == RAW


def test_just_after_its_restart_emailengine_is_well_and_an_account_not_ready(
    stand_in: EmailEngineStandIn, source: EmailEngine, reference: MessageReference
) -> None:
    stand_in.restarted_until = time.monotonic() + 60
    with pytest.raises(NotReady, match="account_not_connected"):
        source.fetch(reference)
    stand_in.restarted_until = 0.0
    assert source.fetch(reference).raw == RAW


def fetch_from(reply: Reply) -> None:
    with Anything(reply) as server:
        source = EmailEngine(server.url, TOKEN)
        try:
            source.fetch(MessageReference("a", "b", "", "<one@mail.example>", "INBOX"))
        finally:
            source.close()


@pytest.mark.parametrize("modern", [False, True])
def test_a_folder_that_was_deleted_is_searched_in_vain_in_every_version(modern: bool) -> None:
    with EmailEngineStandIn(token=TOKEN, modern=modern) as stand_in:
        held = stand_in.mailboxes.add("practice", RAW, path="Archive")
        source = EmailEngine(stand_in.url, TOKEN)
        reference = MessageReference("practice", "AAAACQAAAAE", "", "<one@mail.example>", "Was deleted")
        assert (source.fetch(reference).raw, held.raw) == (RAW, RAW)
        source.close()


@pytest.mark.parametrize("stated", [{"size": 9_999}, {"date": "2026-11-29T19:11:50.000Z", "size": 9_999}])
def test_a_server_whose_sizes_are_estimates_costs_one_call_more(stated: dict[str, Any]) -> None:
    """Exchange states sizes that are not those of the source; EmailEngine's own word about the id decides."""
    entry = {"id": "b", "messageId": "<one@mail.example>", **stated}

    class Estimates(Anything):
        def answer(self, request: Request) -> Reply:
            return Reply(200, RAW, "message/rfc822") if request.path.endswith("/source") else Reply.of(entry)

    with Estimates() as server:
        source = EmailEngine(server.url, TOKEN)
        facts = facts_of(entry)
        reference = MessageReference("a", "b", "", facts.message_id, "INBOX", facts.date, facts.size)
        assert source.fetch(reference).raw == RAW
        source.close()
        assert len(server.control.requests) == 2


def test_what_a_search_of_several_pages_finds_is_looked_at_to_its_end(
    stand_in: EmailEngineStandIn, source: EmailEngine
) -> None:
    bare = (
        b"Subject: Daily report\r\nFrom: ada@clinic.example\r\nDate: Sun, %02d Nov 2026 19:00:00 +0000\r\n\r\ntext\r\n"
    )
    first = stand_in.mailboxes.add("practice", bare % 1, path="Archive")
    for _ in range(60):
        stand_in.mailboxes.add("practice", bare % 2, path="Archive")
    facts = facts_of(first.entry())
    stated = (facts.date, facts.size, facts.subject, facts.sender)
    assert source.fetch(MessageReference("practice", "AAAACQAAAAE", "", "", "INBOX", *stated)).raw == bare % 1


@pytest.mark.parametrize("status", [400, 422, 501])
def test_a_refused_listing_of_folders_is_a_permanent_failure(
    stand_in: EmailEngineStandIn, source: EmailEngine, reference: MessageReference, status: int
) -> None:
    stand_in.mailboxes.delete("practice", reference.id)
    stand_in.fail(path="/mailboxes", status=status)
    with pytest.raises(Permanent, match="listing_refused"):
        source.fetch(reference)


def test_a_proxy_s_404_is_not_taken_for_a_missing_message(
    stand_in: EmailEngineStandIn, source: EmailEngine, reference: MessageReference
) -> None:
    stand_in.fail(status=404, body="html")
    with pytest.raises(Retryable, match="emailengine_unavailable"):
        source.fetch(reference)


def test_a_mail_that_moves_during_the_search_is_a_passing_failure(
    stand_in: EmailEngineStandIn, source: EmailEngine, reference: MessageReference
) -> None:
    stand_in.fail(times=2, path="/source", status=404)
    with pytest.raises(Retryable, match="emailengine_unavailable"):
        source.fetch(reference)


def test_a_present_mail_costs_one_call(
    stand_in: EmailEngineStandIn, source: EmailEngine, reference: MessageReference
) -> None:
    source.fetch(reference)
    assert asked(stand_in) == ["GET source"]


def test_a_mail_found_where_it_was_costs_three_calls(
    stand_in: EmailEngineStandIn, source: EmailEngine, reference: MessageReference
) -> None:
    source.fetch(replace(reference, id="AAAAAQAAAA8"))
    assert asked(stand_in) == ["GET source", "POST search", "GET source"]


def test_ids_are_quoted_in_the_path(
    stand_in: EmailEngineStandIn, source: EmailEngine, reference: MessageReference
) -> None:
    with pytest.raises(Permanent):
        source.fetch(MessageReference("a/../b?c#d", "../../x", "", "", "INBOX"))
    assert stand_in.control.requests[0]["path"] == "/v1/account/a%2F..%2Fb%3Fc%23d/message/..%2F..%2Fx/source"


@pytest.mark.parametrize("kind", ["application/octet-stream", "text/html; charset=utf-8", "text/plain"])
def test_a_source_of_another_content_type_is_taken_when_it_is_a_mail(kind: str) -> None:
    source_and_raw(kind, RAW)


@pytest.mark.parametrize("body", [b"", b"<html>: no", b'{"a": 1}', b"\x00\x01", b"no header here"])
def test_a_source_of_another_content_type_that_is_no_mail_is_a_passing_failure(body: bytes) -> None:
    with pytest.raises(Retryable, match="emailengine_unavailable"):
        source_and_raw("text/html", body)


def source_and_raw(kind: str, body: bytes) -> None:
    with Anything(Reply(200, body, kind)) as server:
        source = EmailEngine(server.url, TOKEN)
        try:
            assert source.fetch(MessageReference("a", "b", "", "", "INBOX")).raw == body
        finally:
            source.close()


def test_a_decimal_and_a_hexadecimal_gmail_id_are_the_same() -> None:
    entry = {"id": "new", "emailId": "16e5dd7f9a3c0001"}

    class Gmail(Anything):
        def answer(self, request: Any) -> Reply:
            if request.path.endswith("/old/source"):
                return Reply.of({"statusCode": 404, "code": "MessageNotFound"}, 404)
            return Reply(200, RAW, "message/rfc822") if "source" in request.path else Reply.of({"messages": [entry]})

    with Gmail() as server:
        source = EmailEngine(server.url, TOKEN)
        reference = MessageReference("a", "old", str(int("16e5dd7f9a3c0001", 16)), "", "INBOX")
        assert source.fetch(reference).raw == RAW
        source.close()


def test_gmail_s_folder_of_everything_is_asked_before_the_folders_are_listed() -> None:
    class Gmail(Anything):
        def answer(self, request: Any) -> Reply:
            if request.path.endswith("/new/source"):
                return Reply(200, RAW, "message/rfc822")
            if request.query.get("path") == "\\All":
                return Reply.of({"messages": [{"id": "new", "messageId": "<one@mail.example>"}]})
            return Reply.of({"statusCode": 404, "code": "MessageNotFound"}, 404)

    with Gmail() as server:
        source = EmailEngine(server.url, TOKEN)
        source.fetch(MessageReference("a", "old", "", "<one@mail.example>", "INBOX"))
        source.close()
        assert [request["query"].get("path") for request in server.control.requests] == [None, "INBOX", "\\All", None]


def test_health_is_asked_without_an_account(stand_in: EmailEngineStandIn, source: EmailEngine) -> None:
    source.ping()
    assert asked(stand_in) == ["GET health"]


@pytest.mark.parametrize("fields", MISBEHAVIOURS.values(), ids=list(MISBEHAVIOURS))
def test_a_misbehaving_health_check_is_a_passing_failure(
    stand_in: EmailEngineStandIn, source: EmailEngine, fields: dict[str, Any]
) -> None:
    stand_in.fail(**fields)
    with pytest.raises(Retryable, match="emailengine_unavailable"):
        source.ping()


def test_the_token_is_in_no_error(
    stand_in: EmailEngineStandIn, source: EmailEngine, reference: MessageReference
) -> None:
    stand_in.fail(reset=True)
    with pytest.raises(MailroomError) as caught:
        source.fetch(reference)
    assert TOKEN not in repr(caught.value)
    assert TOKEN not in repr(source)


class OddFolders(Anything):
    """Knows the account and none of its mails; its folders have a special use of a type that nobody expects."""

    def answer(self, request: Request) -> Reply:
        if request.path.endswith("/mailboxes"):
            uses: list[Any] = [["\\Trash"], {"is": "\\Junk"}, 7, None]
            return Reply.of({"mailboxes": [{"path": f"Folder {i}", "specialUse": use} for i, use in enumerate(uses)]})
        return Reply.of({"messages": []}) if request.path.endswith("/search") else Reply.of({}, 404)


def test_folders_of_an_odd_special_use_are_searched_like_others() -> None:
    with OddFolders() as server:
        source = EmailEngine(server.url, TOKEN, timeout=(0.5, 0.3))
        with pytest.raises(Permanent, match="message_gone"):
            source.fetch(MessageReference("practice", "AAAAAQAAAAE", "", "<one@mail.example>", "INBOX"))
        source.close()
        searched = [request["query"]["path"] for request in server.control.requests if "/search" in request["path"]]
    assert {f"Folder {number}" for number in range(4)} <= set(searched)
