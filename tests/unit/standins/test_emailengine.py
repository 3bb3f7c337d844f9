"""The EmailEngine stand-in keeps to the API, driven over HTTP as the demo drives it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from infra.local.standins.emailengine import EmailEngineStandIn
from tests import recorded

RAW = (
    b"Message-ID: <one@mail.example>\r\nSubject: =?utf-8?q?R=C3=A9sultats?=\r\nFrom: Ada <ada@clinic.example>\r\n"
    b"To: desk@clinic.example\r\nDate: Fri, 17 Oct 2025 08:42:07 +0200\r\n\r\nInvented text.\r\n"
)


ERRORS = recorded.rest("errors")


@pytest.fixture
def server() -> Iterator[EmailEngineStandIn]:
    with EmailEngineStandIn(token="t") as server:
        yield server


def control(server: EmailEngineStandIn, name: str, **value: Any) -> Any:
    answer = requests.post(f"{server.url}/_control/{name}", json=value, timeout=5)
    assert answer.status_code == 200, answer.text
    return answer.json()


def add(server: EmailEngineStandIn, raw: bytes = RAW, **value: Any) -> dict[str, Any]:
    entry: dict[str, Any] = control(server, "message", account="a", raw=base64.b64encode(raw).decode(), **value)
    return entry


def get(server: EmailEngineStandIn, path: str, token: str = "t") -> requests.Response:
    return requests.get(f"{server.url}/v1/account/{path}", headers={"Authorization": f"Bearer {token}"}, timeout=5)


def search(server: EmailEngineStandIn, terms: dict[str, Any], **query: str) -> requests.Response:
    headers = {"Authorization": "Bearer t"}
    return requests.post(
        f"{server.url}/v1/account/a/search", params=query, json={"search": terms}, headers=headers, timeout=5
    )


def test_health_needs_no_token(server: EmailEngineStandIn) -> None:
    assert requests.get(f"{server.url}/health", timeout=5).json() == {"success": True}


def test_everything_else_needs_the_token(server: EmailEngineStandIn) -> None:
    add(server)
    assert [get(server, "a", token).status_code for token in ("t", "wrong", "")] == [200, 401, 401]


def test_an_account_has_its_state(server: EmailEngineStandIn) -> None:
    control(server, "account", account="a", state="authenticationError")
    assert get(server, "a").json()["state"] == "authenticationError"


def test_an_unknown_account_has_no_code(server: EmailEngineStandIn) -> None:
    answer = get(server, "nobody")
    assert (answer.status_code, "code" in answer.json()) == (404, False)


def test_a_message_has_its_envelope_and_no_text_unless_asked(server: EmailEngineStandIn) -> None:
    value = get(server, f"a/message/{add(server)['id']}").json()
    assert (value["subject"], value["from"]) == ("Résultats", {"name": "Ada", "address": "ada@clinic.example"})
    assert (value["messageId"], value["date"]) == ("<one@mail.example>", "2025-10-17T06:42:07.000Z")
    assert "plain" not in value["text"]


def test_a_message_has_its_text_when_asked(server: EmailEngineStandIn) -> None:
    value = get(server, f"a/message/{add(server)['id']}?textType=*&maxBytes=8").json()
    assert (value["text"]["plain"], value["text"]["hasMore"]) == ("Invented", True)


def test_the_source_is_the_mail_s_bytes(server: EmailEngineStandIn) -> None:
    answer = get(server, f"a/message/{add(server)['id']}/source")
    assert (answer.headers["Content-Type"], answer.content) == ("message/rfc822", RAW)


def test_a_move_changes_the_id_and_keeps_the_email_id(server: EmailEngineStandIn) -> None:
    control(server, "account", account="a", emailIds=True)
    before = add(server)
    after = control(server, "move", account="a", id=before["id"], path="Archive")
    assert (before["id"] != after["id"], before["emailId"] == after["emailId"]) == (True, True)
    answer = get(server, f"a/message/{before['id']}")
    assert (answer.status_code, answer.json()) == tuple(ERRORS["missing message"])


def test_a_deleted_message_is_not_found(server: EmailEngineStandIn) -> None:
    entry = add(server)
    control(server, "delete", account="a", id=entry["id"])
    assert get(server, f"a/message/{entry['id']}/source").status_code == 404


def test_a_search_needs_a_folder(server: EmailEngineStandIn) -> None:
    add(server)
    assert search(server, {"emailId": "1"}).status_code == 400


def test_a_search_finds_in_its_folder_only(server: EmailEngineStandIn) -> None:
    entry = add(server, path="Archive", emailId="1650000000000000001")
    found = [len(search(server, {"emailId": entry["emailId"]}, path=path).json()["messages"]) for path in PATHS]
    assert found == [0, 1, 1]


PATHS = ("INBOX", "Archive", "\\Archive")


def test_a_server_without_email_ids_finds_nothing_by_them(server: EmailEngineStandIn) -> None:
    assert "emailId" not in add(server)
    assert search(server, {"emailId": "1"}, path="INBOX").json() == ERRORS["unsupported emailId"][1]


def test_the_ids_of_an_account_that_is_added_again_start_again(server: EmailEngineStandIn) -> None:
    first = [add(server)["id"] for _ in range(2)]
    control(server, "remove", account="a")
    assert get(server, "a").status_code == 404
    assert [add(server)["id"] for _ in range(2)] == first == ["AAAAAQAAAAE", "AAAAAQAAAAI"]


def test_a_new_uidvalidity_gives_new_ids(server: EmailEngineStandIn) -> None:
    before = add(server)["id"]
    control(server, "reset", account="a", url="http://127.0.0.1:9", secret="x")
    listed = requests.post(
        f"{server.url}/v1/account/a/search?path=INBOX",
        json={"search": {}},
        headers={"Authorization": "Bearer t"},
        timeout=5,
    ).json()["messages"]
    assert [(entry["id"], entry["id"] != before) for entry in listed] == [("AAAAAgAAAAE", True)]


@pytest.mark.parametrize(
    ("state", "name"),
    [("authenticationError", "authentication fails"), ("unset", "syncing disabled")],
)
def test_an_account_that_is_not_connected_answers_as_recorded(
    server: EmailEngineStandIn, state: str, name: str
) -> None:
    add(server)
    control(server, "account", account="a", state=state)
    answer = get(server, "a/mailboxes")
    assert (answer.status_code, answer.json()) == tuple(ERRORS[name])


def test_an_id_that_is_none_is_the_recorded_500(server: EmailEngineStandIn) -> None:
    add(server)
    answer = get(server, "a/message/x/source")
    assert (answer.status_code, answer.json()) == tuple(ERRORS["nonsense id"])


def test_an_unknown_folder_is_the_recorded_false(server: EmailEngineStandIn) -> None:
    add(server)
    answer = search(server, {}, path="\\All")
    assert (answer.status_code, answer.json()) == tuple(ERRORS["unknown folder"])


def test_pages_have_the_recorded_cursor(server: EmailEngineStandIn) -> None:
    for _ in range(3):
        add(server)
    shown = search(server, {}, path="INBOX", pageSize="2").json()
    known = recorded.rest("search-since-practice")
    assert shown.keys() == known.keys()
    assert shown["nextPageCursor"] == known["nextPageCursor"]


@pytest.mark.parametrize("number", [53, 64, 67, 70, 75])
def test_a_webhook_has_the_recorded_fields(server: EmailEngineStandIn, number: int) -> None:
    known = recorded.webhook(number)
    data = known["data"]
    sender = data.get("from", {}).get("address")
    lines = [
        *([f"From: {'<>' if sender.startswith('MISSING') else sender}"] if sender else []),
        *(f"{name}: {data[key]}" for name, key in (("Message-ID", "messageId"), ("Subject", "subject")) if key in data),
        f"To: {data['to'][0]['address']}",
        "Date: Sun, 29 Nov 2026 19:11:50 +0000",
    ]
    entry = add(server, "\r\n".join([*lines, "", "text"]).encode())
    made = server.payload("a", server.mailboxes.accounts["a"].held[entry["id"]])
    assert made.keys() == known.keys()
    assert made["data"].keys() - {"subject"} == data.keys() - {"subject"}


def test_mail_older_than_notify_from_has_no_webhook(server: EmailEngineStandIn) -> None:
    bearer = {"Authorization": "Bearer t"}
    url = f"{server.url}/v1/account"
    assert requests.post(url, json={"account": "a"}, headers=bearer, timeout=5).json()["state"] == "new"
    entry = add(server)

    def delivered() -> bool:
        given = {"account": "a", "id": entry["id"], "url": "http://127.0.0.1:9", "secret": "x"}
        return bool(control(server, "deliver", **given)["state"] != "none")

    assert not delivered()
    requests.put(f"{url}/a", json={"notifyFrom": "2000-01-01T00:00:00.000Z"}, headers=bearer, timeout=5)
    assert not delivered()
    requests.put(f"{url}/a/reconnect", headers=bearer, timeout=5)
    assert delivered()
    assert requests.post(url, json={"account": "a"}, headers=bearer, timeout=5).json()["state"] == "existing"
    assert not delivered()


def test_a_header_search_finds_what_contains_the_text(server: EmailEngineStandIn) -> None:
    add(server)
    assert search(server, {"header": {"Message-ID": "one@mail"}}, path="INBOX").json()["total"] == 1


def test_a_folder_of_the_user_s_own_is_listed(server: EmailEngineStandIn) -> None:
    add(server, path="Patients/2025")
    assert "Patients/2025" in [box["path"] for box in get(server, "a/mailboxes").json()["mailboxes"]]


def test_a_disconnected_account_is_unavailable(server: EmailEngineStandIn) -> None:
    entry = add(server)
    control(server, "account", account="a", state="disconnected")
    assert get(server, f"a/message/{entry['id']}").status_code == 503
