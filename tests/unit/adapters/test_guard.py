"""The guard over real TLS on loopback, with a resolver that the test writes."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.adapters.http import guard as module
from chalicelib.adapters.http.guard import Guard, Reply
from chalicelib.core.errors import MailroomError, Permanent, Retryable
from infra.local.standins import control
from tests.aws_at import closed_port
from tests.unit.adapters.broken import Anything, raw_server
from tests.unit.adapters.tls import LOOPBACK, Names, guard_for, raw_tls_server, server_tls, shared_authority

FILES, OTHER = "files.example", "other.example"


@pytest.fixture
def server() -> Iterator[Anything]:
    made = Anything(control.Reply(200, b"whole", "text/plain"))
    made.tls = server_tls(FILES, OTHER)
    with made:
        yield made


def address(port: int, path: str = "/", host: str = FILES) -> str:
    return f"https://{host}:{port}{path}"


def body(reply: Reply) -> bytes:
    pieces = []
    while piece := reply.read(65_536):
        pieces.append(piece)
    return b"".join(pieces)


def ask(guard: Guard, url: str, **options: Any) -> tuple[int, bytes]:
    options = {"timeout": 2.0, "deadline": 5.0} | options
    with guard.open("GET", url, **options) as reply:
        return reply.status, body(reply)


def code_of(guard: Guard, url: str, **options: Any) -> str:
    with pytest.raises(MailroomError) as failed:
        ask(guard, url, **options)
    assert failed.value.__cause__ is None
    return failed.value.code


def test_an_answer_is_whole(server: Anything) -> None:
    assert ask(guard_for(f"{FILES}:{server.port}"), address(server.port)) == (200, b"whole")


def test_the_server_is_asked_under_its_name(server: Anything) -> None:
    ask(guard_for(f"{FILES}:{server.port}"), address(server.port))
    [request] = server.control.requests
    assert request["headers"]["host"] == f"{FILES}:{server.port}"


def test_a_body_is_sent(server: Anything) -> None:
    guard = guard_for(f"{FILES}:{server.port}")
    with guard.open("POST", address(server.port), body=b"{}", headers={"Content-Type": "application/json"}) as reply:
        body(reply)
    [request] = server.control.requests
    assert (request["method"], request["body"]) == ("POST", "{}")


def test_a_name_with_a_private_address_is_not_called(server: Anything) -> None:
    names = Names(files_example=[[LOOPBACK]])
    guard = Guard(names, trust=shared_authority().trust)
    assert (code_of(guard, f"https://{FILES}:8443/"), server.control.requests) == ("target_private", [])


@pytest.mark.parametrize("addresses", [["8.8.8.8", LOOPBACK], [LOOPBACK, "8.8.8.8"], ["8.8.8.8", "::1"]])
def test_one_private_address_among_public_ones_is_enough_to_refuse(addresses: list[str]) -> None:
    guard = Guard(Names(files_example=[addresses]), trust=shared_authority().trust)
    assert code_of(guard, f"https://{FILES}/") == "target_private"

    def __init__(self, port: int) -> None:
        self.port = port
        self.made: list[str] = []


def test_a_name_that_changes_its_address_is_resolved_once_and_called_where_it_was_checked(server: Anything) -> None:
    """Public when checked, private a moment later: whoever asked again would be led to the second answer."""
    names = Names(files_example=[["192.0.2.255"], [LOOPBACK]])
    guard = guard_for(f"{FILES}:{server.port}", names=names)
    target = guard.check(address(server.port))
    first = guard.addresses(target, 1.0)
    call = module.Call(time.monotonic() + 1.0, 0.2)
    with pytest.raises(Retryable):  # nobody is at the documentation address, and nobody else is asked
        call.ask(first, target, shared_authority().trust(), "GET", {}, None)
    call.close()
    assert (names.asked, server.control.requests) == ([FILES], [])


def test_a_name_that_changes_to_a_private_address_is_refused_at_the_next_hop(server: Anything) -> None:
    """The first hop is at a host that may be private, the second at a name that answers 169.254.169.254."""
    names = Names(other_example=[["169.254.169.254"]])
    server.reply = control.Reply(302, headers={"Location": f"https://{OTHER}/latest/meta-data/"})
    guard = guard_for(f"{FILES}:{server.port}", names=names)
    assert code_of(guard, address(server.port), redirects=3) == "target_private"


def test_a_private_host_may_be_placed_where_no_resolver_knows_it(server: Anything) -> None:
    names = Names(files_example=[["8.8.8.8"]])
    guard = Guard(names, {FILES}, {FILES: (LOOPBACK, server.port)}, shared_authority().trust)
    assert ask(guard, f"https://{FILES}/x") == (200, b"whole")
    assert (names.asked, server.control.requests[0]["headers"]["host"]) == ([], FILES)


def test_a_host_that_is_not_private_is_never_placed(server: Anything) -> None:
    guard = Guard(Names(), (), {FILES: (LOOPBACK, server.port)}, shared_authority().trust)
    assert code_of(guard, f"https://{FILES}/") == "target_private"


def test_each_request_resolves_once(server: Anything) -> None:
    names = Names()
    ask(guard_for(f"{FILES}:{server.port}", names=names), address(server.port))
    assert names.asked == [FILES]


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("http://files.example/", "target_scheme"),
        ("https://127.0.0.1/", "target_host"),
        ("https://169.254.169.254/latest/", "target_host"),
        ("//2130706433/", "target_host"),
        ("https://user:pass@other.example/", "target_credentials"),
        ("https://other.example:22/", "target_port"),
        ("https://[::1", "target_malformed"),
        ("file:///etc/passwd", "target_scheme"),
        ("https://foreign.example/", "target_not_allowed"),
    ],
)
def test_a_redirect_is_checked_like_the_first_address(server: Anything, location: str, code: str) -> None:
    server.reply = control.Reply(302, headers={"Location": location})
    guard = guard_for(f"{FILES}:{server.port}")
    assert code_of(guard, address(server.port), redirects=3, allowed={FILES, OTHER}.__contains__) == code


def test_redirects_are_followed_with_their_relative_address(server: Anything) -> None:
    server.fail(status=307, headers={"Location": "../b?c=d"}, path="/a/")
    assert ask(guard_for(f"{FILES}:{server.port}"), address(server.port, "/a/x"), redirects=1) == (200, b"whole")
    assert [entry["path"] for entry in server.control.requests] == ["/a/x", "/b"]


def test_redirects_are_bounded(server: Anything) -> None:
    server.reply = control.Reply(302, headers={"Location": "/again"})
    assert code_of(guard_for(f"{FILES}:{server.port}"), address(server.port), redirects=3) == "target_redirects"
    assert len(server.control.requests) == 4


def test_a_redirect_is_an_answer_where_none_is_followed(server: Anything) -> None:
    server.reply = control.Reply(302, headers={"Location": "/again"})
    assert ask(guard_for(f"{FILES}:{server.port}"), address(server.port))[0] == 302


def test_a_certificate_of_somebody_else_is_not_trusted(server: Anything) -> None:
    foreign = "foreign.example"
    assert code_of(guard_for(f"{foreign}:{server.port}"), address(server.port, host=foreign)) == "target_untrusted"


def test_a_certificate_of_an_unknown_authority_is_not_trusted(server: Anything) -> None:
    guard = Guard(Names(), {f"{FILES}:{server.port}"})
    assert code_of(guard, address(server.port)) == "target_untrusted"


def test_private_hosts_have_an_authority_of_their_own(server: Anything) -> None:
    guard = Guard(Names(), {f"{FILES}:{server.port}"}, private_trust=shared_authority().trust)
    assert ask(guard, address(server.port)) == (200, b"whole")


def test_nobody_at_the_address_is_a_passing_failure() -> None:
    port = closed_port()
    assert code_of(guard_for(f"{FILES}:{port}"), address(port)) == "target_unreachable"


def test_the_next_address_is_tried_when_one_does_not_answer(server: Anything) -> None:
    names = Names(files_example=[["127.0.0.99", LOOPBACK]])
    assert ask(guard_for(f"{FILES}:{server.port}", names=names), address(server.port)) == (200, b"whole")


def unknown(host: str, port: int) -> list[str]:
    raise socket.gaierror


@pytest.mark.parametrize("resolve", [unknown, lambda host, port: [], lambda host, port: time.sleep(3) or []])
def test_a_name_that_nobody_knows_in_time_is_a_passing_failure(resolve: Any) -> None:
    assert code_of(Guard(resolve), f"https://{FILES}/", timeout=0.2) == "target_unresolved"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


def drip(connection: ssl.SSLSocket) -> None:
    connection.recv(65_536)
    connection.sendall(HEAD)
    for _ in range(200):
        connection.sendall(b"x")
        time.sleep(0.05)


def drip_headers(connection: ssl.SSLSocket) -> None:
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Endless: ")
    for _ in range(200):
        connection.sendall(b"x")
        time.sleep(0.05)


def endless_headers(connection: ssl.SSLSocket) -> None:
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"X-More: x\r\n" * 1000)


def interim_for_ever(connection: ssl.SSLSocket) -> None:
    connection.recv(65_536)
    for _ in range(200):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.05)


def silence(connection: ssl.SSLSocket) -> None:
    connection.recv(65_536)
    with contextlib.suppress(OSError):
        connection.recv(1)


def too_short(connection: ssl.SSLSocket) -> None:
    connection.recv(65_536)
    connection.sendall(HEAD + b"short")
    connection.unwrap()


def cut_without_length(connection: ssl.SSLSocket) -> None:
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwho knows whether this is all")
    connection.shutdown(socket.SHUT_RDWR)


def cut_in_a_chunk(connection: ssl.SSLSocket) -> None:
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nshort")
    connection.unwrap()


def cut_between_chunks(connection: ssl.SSLSocket) -> None:
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n")
    connection.unwrap()


def garbage(connection: ssl.SSLSocket) -> None:
    connection.recv(65_536)
    connection.sendall(bytes(range(256)) * 10)


@pytest.mark.parametrize(
    ("talk", "code"),
    [
        (drip, "target_timeout"),
        (drip_headers, "target_timeout"),
        (interim_for_ever, "target_timeout"),
        (silence, "target_timeout"),
        (endless_headers, "target_broken"),
        (too_short, "target_broken"),
        (cut_without_length, "target_broken"),
        (cut_in_a_chunk, "target_broken"),
        (cut_between_chunks, "target_broken"),
        (garbage, "target_broken"),
    ],
)
def test_a_server_that_misbehaves_costs_no_more_than_the_deadline(talk: Any, code: str) -> None:
    started = time.monotonic()
    with raw_tls_server(talk) as port:
        assert code_of(guard_for(f"{FILES}:{port}"), address(port), timeout=0.5, deadline=0.7) == code
        assert time.monotonic() - started < 3


def test_a_handshake_that_never_ends_is_cut() -> None:
    def listen_only(connection: socket.socket) -> None:
        while connection.recv(65_536):
            continue

    with raw_server(listen_only) as port:
        assert code_of(guard_for(f"{FILES}:{port}"), address(port), timeout=0.3) == "target_timeout"


def test_a_connection_that_is_made_when_all_time_is_over_is_not_used(server: Anything) -> None:
    """The resolver takes the whole time; what cuts the line has nothing to cut yet."""
    names = Names()

    def slowly(host: str, port: int) -> Any:
        time.sleep(0.3)
        return names(host, port)

    guard = Guard(slowly, {f"{FILES}:{server.port}"}, trust=shared_authority().trust)
    assert code_of(guard, address(server.port), timeout=1.0, deadline=0.3) in ("target_timeout", "target_unresolved")
    assert server.control.requests == []


def test_a_body_that_ends_with_the_session_is_whole() -> None:
    def talk(connection: ssl.SSLSocket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall")
        connection.unwrap()

    with raw_tls_server(talk) as port:
        assert ask(guard_for(f"{FILES}:{port}"), address(port)) == (200, b"all")


def test_the_public_authorities_are_there() -> None:
    assert module.public_trust().cert_store_stats()["x509_ca"] > 50


def test_the_systems_resolver_knows_loopback() -> None:
    assert LOOPBACK in module.system_resolve("localhost", 443)


def test_a_refusal_is_for_good_and_a_failure_is_not(server: Anything) -> None:
    with pytest.raises(Permanent):
        ask(Guard(Names()), f"https://{FILES}/")
    with pytest.raises(Retryable):
        ask(guard_for(f"{FILES}:1"), address(1))
