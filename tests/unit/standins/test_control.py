"""The stand-ins' common control: faults on command, and what they remember."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.unit.adapters.broken import Anything


@pytest.fixture
def server() -> Iterator[Anything]:
    with Anything() as server:
        yield server


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def command(session: requests.Session, server: Anything, name: str, value: Any) -> int:
    return session.post(f"{server.url}/_control/{name}", json=value, timeout=5).status_code


def test_a_fault_lasts_as_often_as_it_says(session: requests.Session, server: Anything) -> None:
    assert command(session, server, "fail", {"times": 2, "status": 503}) == 200
    assert [session.get(server.url, timeout=5).status_code for _ in range(3)] == [503, 503, 200]


def test_a_fault_without_a_number_lasts_until_cleared(session: requests.Session, server: Anything) -> None:
    command(session, server, "fail", {"times": None, "status": 503})
    before = [session.get(server.url, timeout=5).status_code for _ in range(3)]
    command(session, server, "clear", {})
    assert (before, session.get(server.url, timeout=5).status_code) == ([503, 503, 503], 200)


def test_a_fault_hits_only_its_path(session: requests.Session, server: Anything) -> None:
    command(session, server, "fail", {"path": "/b", "status": 503})
    assert [session.get(f"{server.url}/{name}", timeout=5).status_code for name in "abb"] == [200, 503, 200]


def test_a_delay_alone_leaves_the_answer_true(session: requests.Session, server: Anything) -> None:
    command(session, server, "fail", {"delay": 0.2})
    answer = session.get(server.url, timeout=5)
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() >= 0.2


def test_a_reset_is_a_reset(session: requests.Session, server: Anything) -> None:
    command(session, server, "fail", {"reset": True})
    with pytest.raises(requests.ConnectionError, match="Connection reset by peer"):
        session.get(server.url, timeout=5)


@pytest.mark.parametrize("value", [[], {"stauts": 500}, {"times": "many"}, {"headers": 5}])
def test_a_fault_that_is_not_understood_is_refused(session: requests.Session, server: Anything, value: Any) -> None:
    assert command(session, server, "fail", value) == 400


def test_requests_are_kept_without_their_authorization(session: requests.Session, server: Anything) -> None:
    session.post(f"{server.url}/a?b=c", data=b"body", headers={"Authorization": "Bearer secret"}, timeout=5)
    [kept] = session.get(f"{server.url}/_control/requests", timeout=5).json()
    assert (kept["method"], kept["path"], kept["query"], kept["body"]) == ("POST", "/a", {"b": "c"}, "body")
    assert "secret" not in str(kept)


def test_an_unknown_control_route_is_told(session: requests.Session, server: Anything) -> None:
    assert command(session, server, "explode", {}) == 404


def test_a_stopped_stand_in_hangs_up_and_comes_back_on_its_port(session: requests.Session, server: Anything) -> None:
    session.get(server.url, timeout=5)
    server.stop()
    with pytest.raises(requests.ConnectionError):
        session.get(server.url, timeout=5)
    server.start()
    assert session.get(server.url, timeout=5).status_code == 200


def test_a_held_answer_comes_late_and_its_work_is_done_at_once(session: requests.Session, server: Anything) -> None:
    command(session, server, "fail", {"hold": 0.3})
    before = time.monotonic()
    assert session.get(server.url, timeout=5).status_code == 200
    assert time.monotonic() - before >= 0.3
    assert session.get(server.url, timeout=5).status_code == 200


PAGES = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Host": "evil.example"},
    {"Host": "127.0.0.1.evil.example"},
    {"Host": "localhost.evil.example:80"},
)


@pytest.mark.parametrize("headers", PAGES)
@pytest.mark.parametrize("path", ["/_control/messages", "/bot1:t/getMe", "/v1/accounts"])
def test_a_web_page_is_refused_on_every_route(server: Anything, path: str, headers: dict[str, str]) -> None:
    assert requests.get(server.url + path, headers=headers, timeout=5).status_code == 403


@pytest.mark.parametrize("password", ["", "wrong", "secretsecret"])
def test_a_control_route_needs_its_token(server: Anything, password: str) -> None:
    server.control_token = "secret"
    auth = ("control", password) if password else None
    assert requests.get(f"{server.url}/_control/messages", auth=auth, timeout=5).status_code == 403
    assert requests.get(f"{server.url}/_control/messages", auth=("control", "secret"), timeout=5).status_code == 200
