"""The EmailEngine stand-in keeps to the API, driven over HTTP as the demo drives it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from infra.local.standins.emailengine import EmailEngineStandIn

RAW = (
    b"Message-ID: <one@mail.example>\r\nSubject: =?utf-8?q?R=C3=A9sultats?=\r\nFrom: Ada <ada@clinic.example>\r\n"
    b"To: desk@clinic.example\r\nDate: Fri, 17 Oct 2025 08:42:07 +0200\r\n\r\nInvented text.\r\n"
)


@pytest.fixture
def server() -> Iterator[EmailEngineStandIn]:
    with EmailEngineStandIn(token="t") as server:
        yield server


def control(server: EmailEngineStandIn, name: str, **value: Any) -> Any:
    answer = requests.post(f"{server.url}/_control/{name}", json=value, timeout=5)
    assert answer.status_code == 200, answer.text
    return answer.json()


def add(server: EmailEngineStandIn, **value: Any) -> dict[str, Any]:
    entry: dict[str, Any] = control(server, "message", account="a", raw=base64.b64encode(RAW).decode(), **value)
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


def test_an_account_tells_its_state(server: EmailEngineStandIn) -> None:
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
    before = add(server)
    after = control(server, "move", account="a", id=before["id"], path="Archive")
    assert (before["id"] != after["id"], before["emailId"] == after["emailId"]) == (True, True)
    assert get(server, f"a/message/{before['id']}").json()["code"] == "MessageNotFound"


def test_a_deleted_message_is_not_found(server: EmailEngineStandIn) -> None:
    entry = add(server)
    control(server, "delete", account="a", id=entry["id"])
    assert get(server, f"a/message/{entry['id']}/source").status_code == 404


def test_a_search_needs_a_folder(server: EmailEngineStandIn) -> None:
    add(server)
    assert search(server, {"emailId": "1"}).status_code == 400


def test_a_search_finds_in_its_folder_only(server: EmailEngineStandIn) -> None:
    entry = add(server, path="Archive")
    found = [len(search(server, {"emailId": entry["emailId"]}, path=path).json()["messages"]) for path in PATHS]
    assert found == [0, 1, 1]


PATHS = ("INBOX", "Archive", "\\Archive")


def test_a_server_without_email_ids_says_so(server: EmailEngineStandIn) -> None:
    control(server, "account", account="a", emailIds=False)
    entry = add(server)
    assert "emailId" not in entry
    assert search(server, {"emailId": "1"}, path="INBOX").json()["code"] == "MissingServerExtension"


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
