"""Files of links and webhooks through the guard, against the stand-in of the world outside."""

from __future__ import annotations

import hashlib
import ssl
import time
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.adapters.http.downloads import GuardedDownloads
from chalicelib.adapters.http.receivers import GuardedReceiver
from chalicelib.core.errors import MailroomError, Permanent, Retryable
from chalicelib.ports import Answered
from infra.local.standins.control import Reply, Request
from infra.local.standins.outside import File, OutsideStandIn
from tests.unit.adapters.tls import guard_for, raw_tls_server, server_tls

HOST, OTHER = "files.example", "cdn.files.example"


@pytest.fixture
def outside() -> Iterator[OutsideStandIn]:
    with OutsideStandIn(tls=server_tls(HOST, OTHER)) as made:
        yield made


def fetched(
    outside: OutsideStandIn,
    path: str = "/s/abcd",
    start: int = 0,
    validator: str = "",
    hosts: tuple[str, ...] = (HOST,),
) -> tuple[Any, bytes]:
    guard = guard_for(f"{HOST}:{outside.port}", f"{OTHER}:{outside.port}")
    url = f"https://{HOST}:{outside.port}{path}"
    with GuardedDownloads(guard).open(url, hosts, start, validator, 2.0, 5.0) as download:
        content = b""
        while piece := download.read(1 << 20):
            content += piece
        return download, content


def test_a_file_is_fetched_whole(outside: OutsideStandIn) -> None:
    file = outside.files["/s/abcd"] = File(3_000_001, seed=5, name="film one.mov", type="Video/QuickTime; x=y")
    download, content = fetched(outside)
    assert hashlib.sha256(content).hexdigest() == file.sha256()
    assert (download.start, download.total, download.name, download.content_type) == (
        0,
        3_000_001,
        "film one.mov",
        "video/quicktime",
    )


def test_the_rest_is_fetched_where_the_file_is_the_same(outside: OutsideStandIn) -> None:
    outside.files["/s/abcd"] = File(3_000_000)
    first, content = fetched(outside)
    rest, end = fetched(outside, start=2_000_000, validator=first.validator)
    assert (rest.start, rest.total, end == content[2_000_000:]) == (2_000_000, 3_000_000, True)


def test_a_file_that_changed_comes_whole(outside: OutsideStandIn) -> None:
    outside.files["/s/abcd"] = File(3_000, seed=2)
    download, content = fetched(outside, start=2_000, validator='"1-3000"')
    assert (download.start, len(content)) == (0, 3_000)


def test_without_a_validator_the_file_comes_whole(outside: OutsideStandIn) -> None:
    outside.files["/s/abcd"] = File(3_000)
    assert fetched(outside, start=2_000)[0].start == 0


def test_a_source_that_has_no_ranges_sends_the_file_whole(outside: OutsideStandIn) -> None:
    outside.files["/s/abcd"] = File(3_000, ranges=False)
    assert fetched(outside, start=2_000, validator='"0-3000"')[0].start == 0


def test_a_range_that_is_not_there_is_asked_for_without_it(outside: OutsideStandIn) -> None:
    outside.files["/s/abcd"] = File(1_000)
    download, content = fetched(outside, start=5_000, validator='"0-1000"')
    assert (download.start, len(content)) == (0, 1_000)


def test_redirects_go_to_the_providers_hosts(outside: OutsideStandIn) -> None:
    outside.files["/s/abcd"] = File(0, redirect=f"https://{OTHER}:{outside.port}/real")
    outside.files["/real"] = File(10)
    assert len(fetched(outside, hosts=(HOST, "*.files.example"))[1]) == 10


def code(outside: OutsideStandIn, **options: Any) -> str:
    with pytest.raises(MailroomError) as failed:
        fetched(outside, **options)
    return failed.value.code


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (f"https://{OTHER}:8443/x", "target_not_allowed"),
        ("https://evil.example/", "target_not_allowed"),
        ("https://127.0.0.1/", "target_host"),
        ("http://files.example/", "target_scheme"),
    ],
)
def test_a_redirect_to_anybody_else_is_not_followed(outside: OutsideStandIn, location: str, expected: str) -> None:
    outside.files["/s/abcd"] = File(0, redirect=location)
    assert code(outside) == expected


def test_a_link_to_anybody_else_is_not_asked(outside: OutsideStandIn) -> None:
    assert (code(outside, hosts=("other.example",)), outside.control.requests) == ("target_not_allowed", [])


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (404, Permanent, "link_gone"),
        (410, Permanent, "link_gone"),
        (403, Permanent, "link_gone"),
        (204, Permanent, "link_gone"),
        (429, Retryable, "link_unavailable"),
        (503, Retryable, "link_unavailable"),
    ],
)
def test_each_answer_says_whether_to_come_again(
    outside: OutsideStandIn, status: int, error: type[MailroomError], expected: str
) -> None:
    outside.fail(status=status, headers={"Retry-After": "9999"})
    with pytest.raises(error, match=expected) as failed:
        fetched(outside)
    assert getattr(failed.value, "after", 300.0) == 300.0


def test_a_page_for_people_is_no_file(outside: OutsideStandIn) -> None:
    outside.files["/s/abcd"] = File(10, type="text/html; charset=utf-8")
    assert code(outside) == "link_not_a_file"


def test_a_page_that_is_attached_is_a_file(outside: OutsideStandIn) -> None:
    outside.files["/s/abcd"] = File(10, type="text/html", name="page.html")
    assert fetched(outside)[0].name == "page.html"


def test_compressed_bytes_are_not_the_file(outside: OutsideStandIn) -> None:
    outside.fail(status=200, body="x", headers={"Content-Encoding": "gzip"})
    assert code(outside) == "link_encoded"


def test_a_type_that_is_none_is_unknown(outside: OutsideStandIn) -> None:
    outside.files["/s/abcd"] = File(1, type="<script>")
    assert fetched(outside)[0].content_type == "application/octet-stream"


def test_an_end_that_comes_too_early_is_seen(outside: OutsideStandIn) -> None:
    outside.files["/s/abcd"] = File(1_000_000, cut=[100_000])
    assert code(outside) == "target_broken"


def test_a_range_that_is_another_one_is_not_taken() -> None:
    def talk(connection: ssl.SSLSocket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 206 P\r\nContent-Range: bytes 0-9/10\r\nContent-Length: 10\r\n\r\n0123456789")
        connection.unwrap()

    with raw_tls_server(talk) as port:
        downloads = GuardedDownloads(guard_for(f"{HOST}:{port}"))
        opened = downloads.open(f"https://{HOST}:{port}/", (HOST,), 5, '"e"', 1.0, 2.0)
        with pytest.raises(Permanent, match="link_gone"), opened:
            pass


def post(outside: OutsideStandIn, **options: float) -> Answered:
    receiver = GuardedReceiver(guard_for(f"{HOST}:{outside.port}"), **options)
    return receiver.post(f"https://{HOST}:{outside.port}/hook", {"X-Mailroom-Timestamp": "1"}, b'{"a":1}')


def test_a_webhook_arrives_as_it_was_sent(outside: OutsideStandIn) -> None:
    assert post(outside) == Answered(204)
    [message] = outside.messages
    assert (message["path"], message["headers"]["x-mailroom-timestamp"], message["body"]) == (
        "/hook",
        "1",
        "eyJhIjoxfQ==",
    )


def test_a_wait_that_the_receiver_names_is_read(outside: OutsideStandIn) -> None:
    outside.fail(status=503, headers={"Retry-After": "17"})
    assert post(outside) == Answered(503, 17.0)


def test_a_redirected_webhook_is_not_sent_elsewhere(outside: OutsideStandIn) -> None:
    outside.fail(status=307, headers={"Location": "/other"})
    assert (post(outside).status, len(outside.control.requests)) == (307, 1)


@pytest.mark.parametrize("body", ["huge", "garbage", "truncated"])
def test_what_a_receiver_says_is_not_read(outside: OutsideStandIn, body: str) -> None:
    outside.fail(status=200, body=body)
    assert post(outside) == Answered(200)


def test_a_receiver_that_never_answers_costs_no_more_than_the_deadline(outside: OutsideStandIn) -> None:
    outside.fail(delay=30)
    started = time.monotonic()
    with pytest.raises(Retryable, match="target_timeout"):
        post(outside, timeout=0.3, deadline=0.5)
    assert time.monotonic() - started < 3


def test_the_stand_in_sends_the_same_bytes_from_any_place() -> None:
    file = File(5_000_000, seed=3)
    whole = b"".join(file.bytes_from(0))
    assert b"".join(file.bytes_from(1_234_567)) == whole[1_234_567:]


def test_the_stand_in_is_told_its_files(outside: OutsideStandIn) -> None:
    request = Request("POST", "/_control/file", {}, {}, b'{"path": "/s/abcd", "size": 3}')
    assert outside.serve(request) == Reply.of({"ok": True})
    assert len(fetched(outside)[1]) == 3
