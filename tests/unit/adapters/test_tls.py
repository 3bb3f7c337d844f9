"""A TLS connection that is cut has failed: for the guard and the vendors' client, on each build of Python."""

from __future__ import annotations

import ast
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chalicelib.adapters.http.client import HttpClient
from chalicelib.adapters.http.guard import public_trust
from chalicelib.adapters.http.tls import IGNORE_CUT, client_context, complete
from chalicelib.core.errors import Retryable
from infra.local.certificates import authority
from tests.unit.adapters.broken import raw_server
from tests.unit.adapters.tls import raw_tls_server, shared_authority

ROOT = Path(__file__).resolve().parents[3]
OPEN_END = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwho knows whether this is all"
MAKERS = {"create_default_context", "SSLContext", "_create_unverified_context", "_create_stdlib_context"}


def cut(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.sendall(OPEN_END)
    connection.shutdown(socket.SHUT_RDWR)


def ended(connection: ssl.SSLSocket) -> None:
    connection.recv(65_536)
    connection.sendall(OPEN_END)
    connection.unwrap()


@pytest.fixture
def client() -> Iterator[HttpClient]:
    client = HttpClient("service_unavailable", (0.5, 0.5), 2.0, tls=shared_authority().trust)
    yield client
    client.close()


@pytest.mark.skipif(not IGNORE_CUT, reason="this OpenSSL cannot ignore a cut")
def test_the_option_of_some_builds_is_cleared() -> None:
    context = ssl.create_default_context()
    context.options |= IGNORE_CUT
    assert not complete(context).options & IGNORE_CUT


@pytest.mark.parametrize("make", [client_context, public_trust, shared_authority().trust])
def test_no_context_of_ours_ignores_a_cut(make: Callable[[], ssl.SSLContext]) -> None:
    assert not make().options & IGNORE_CUT


@pytest.mark.parametrize("make", [client_context, public_trust, lambda: client_context(cadata=authority().pem)])
def test_certificate_and_name_are_checked(make: Callable[[], ssl.SSLContext]) -> None:
    context = make()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_cut_answer_of_a_vendor_is_a_passing_failure(client: HttpClient) -> None:
    with raw_tls_server(cut, "localhost") as port, pytest.raises(Retryable, match="service_unavailable"):
        client.call("GET", f"https://localhost:{port}/", limit=1000)


def test_an_answer_that_tls_ends_is_complete(client: HttpClient) -> None:
    with raw_tls_server(ended, "localhost") as port:
        body = client.call("GET", f"https://localhost:{port}/", limit=1000).body
    assert body == OPEN_END.partition(b"\r\n\r\n")[2]


def test_a_vendor_whom_nobody_vouches_for_is_a_passing_failure() -> None:
    stranger = HttpClient("service_unavailable", (0.5, 0.5), 2.0)
    with raw_tls_server(ended, "localhost") as port, pytest.raises(Retryable, match="service_unavailable"):
        stranger.call("GET", f"https://localhost:{port}/", limit=1000)
    stranger.close()


def test_a_plain_answer_that_does_not_show_its_end_is_a_passing_failure(client: HttpClient) -> None:
    with raw_server(cut) as port, pytest.raises(Retryable, match="service_unavailable"):
        client.call("GET", f"http://127.0.0.1:{port}/", limit=1000)


def test_every_context_of_a_client_is_made_in_one_place() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "chalicelib").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in MAKERS
    ]
    assert found == []
