"""The operator's calls to the API: flags are shown and switched, and what is no answer is reported in one line."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from chalicelib.core.errors import Retryable
from infra.cli.admin_api import AdminApi
from infra.cli.flags import show_flags, switch_flag
from tests.app.world import World, installed
from tests.twins.flags import MemoryFlagStore
from tests.unit.cli.test_rules import HERE, AppApi, printed


@pytest.fixture
def api() -> Iterator[AppApi]:
    with installed(World()) as world:
        yield AppApi(world)


@contextmanager
def server(answer: bytes) -> Iterator[str]:
    """Something that listens where the API should; its URL."""

    class Handler(BaseHTTPRequestHandler):
        """Gives the same answer to everything."""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}"
        finally:
            listening.shutdown()
            thread.join()


def test_flags_are_shown(api: AppApi) -> None:
    assert "notifications_enabled" in printed(lambda: show_flags(api)).output


def test_a_flag_is_switched(api: AppApi) -> None:
    switch_flag(api, "notifications_enabled", False, "ann")
    assert api.world.durable.changes == [("notifications_enabled", None, False, "ann")]


class Unavailable(MemoryFlagStore):
    """A database that does not answer."""

    def set_flag(self, name: str, value: bool, author: str) -> None:
        raise Retryable("database_unavailable")


def test_a_switch_that_was_not_made_is_a_failure(api: AppApi) -> None:
    api.world.container.flags.durable = Unavailable
    result = printed(lambda: switch_flag(api, "notifications_enabled", False, "ann"))
    assert (result.exit_code, "not changed" in result.output) == (1, True)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"", b"null"])
def test_an_answer_that_is_not_the_api_s_is_reported(body: bytes) -> None:
    with server(body) as url:
        result = printed(lambda: AdminApi(url, HERE, "token").call("GET", "/status"))
    assert (result.exit_code, url in result.output) == (1, True)


def test_an_api_that_is_not_there_is_reported() -> None:
    with server(b"{}") as url:
        assert AdminApi(url, HERE, "token").call("GET", "/status") == (200, {})
    result = printed(lambda: AdminApi(url, HERE, "token").call("GET", "/status"))
    assert (result.exit_code, "ConnectionError" in result.output, "Traceback" in result.output) == (1, True, False)


def test_the_token_is_not_shown() -> None:
    assert "secret-token" not in repr(AdminApi("https://api.example", HERE, "secret-token"))
