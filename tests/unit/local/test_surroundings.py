"""What this machine is set up for does not reach the local stack or its tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from infra.local.standins.control import Reply, Request
from infra.local.surroundings import forget_the_cloud, reach_loopback_directly
from tests.aws_at import closed_port
from tests.unit.adapters.broken import Anything


class Echo(Anything):
    """Answers with the authorization that it was given."""

    def answer(self, request: Request) -> Reply:
        return Reply(200, request.headers.get("authorization", "").encode())


@pytest.fixture
def server() -> Iterator[Echo]:
    with Echo() as server:
        yield server


def test_a_server_on_loopback_is_reached_without_the_proxy_and_without_netrc(
    server: Echo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("default login x password y\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "intranet.example")
    reach_loopback_directly()
    answer = requests.get(server.url, headers={"Authorization": "Bearer ours"}, timeout=5)
    assert (answer.status_code, answer.text) == (200, "Bearer ours")


def test_what_was_excepted_from_the_proxy_stays_so() -> None:
    environment = {"NO_PROXY": "intranet.example, localhost"}
    reach_loopback_directly(environment)
    reach_loopback_directly(environment)
    assert environment["NO_PROXY"] == "intranet.example,localhost,127.0.0.1,::1"


def test_tests_know_no_account_of_this_shell() -> None:
    environment = {"AWS_PROFILE": "work", "AWS_REGION": "eu-west-1", "MAILROOM_BUCKET": "b", "MAILROOM_PATIENCE": "2"}
    forget_the_cloud(environment)
    assert environment == {
        "MAILROOM_PATIENCE": "2",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
