"""`ports.Downloads` and `ports.Receiver`: the same cases over the twins and over HTTPS to the stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from chalicelib.adapters.http.downloads import GuardedDownloads
from chalicelib.adapters.http.receivers import GuardedReceiver
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.ports import Answered, Download, Downloads, Receiver
from infra.local.standins.outside import File, OutsideStandIn
from tests.twins.delivery import MemoryDownloads, MemoryReceiver, Source
from tests.unit.adapters.tls import guard_for, server_tls

HOST = "files.example"
HOSTS = (HOST,)


@dataclass
class Side:
    """`put` makes a file of a path and gives its address; `answer` is the receiver's next answer."""

    downloads: Downloads
    receiver: Receiver
    put: Callable[[str, File], str]
    answer: Callable[[Answered], object]
    received: Callable[[], int]

    def read(
        self, url: str, start: int = 0, validator: str = "", hosts: Sequence[str] = HOSTS
    ) -> tuple[Download, bytes]:
        content = bytearray()
        with self.downloads.open(url, hosts, start, validator, 2.0, 5.0) as download:
            while piece := download.read(1 << 16):
                content += piece
        return download, bytes(content)


def memory() -> Side:
    downloads, receiver = MemoryDownloads(), MemoryReceiver()

    def put(path: str, file: File) -> str:
        content = b"".join(file.bytes_from(0))
        url = f"https://{HOST}{path}"
        downloads.sources[url] = Source(content, file.name, file.type, f'"{file.seed}"', file.ranges, cut=[*file.cut])
        return url

    return Side(downloads, receiver, put, receiver.answers.append, lambda: len(receiver.got))


def guarded(outside: OutsideStandIn) -> Side:
    guard = guard_for(f"{HOST}:{outside.port}")

    def put(path: str, file: File) -> str:
        outside.files[path] = file
        return f"https://{HOST}:{outside.port}{path}"

    def answer(wanted: Answered) -> None:
        wait = {} if wanted.retry_after is None else {"Retry-After": str(int(wanted.retry_after))}
        outside.fail(status=wanted.status, headers=wait)

    return Side(GuardedDownloads(guard), GuardedReceiver(guard), put, answer, lambda: len(outside.control.requests))


@pytest.fixture(params=["memory", "https"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    if request.param == "memory":
        yield memory()
    else:
        with OutsideStandIn(tls=server_tls(HOST)) as outside:
            yield guarded(outside)


FILE = File(300_001, seed=5, name="film.mov", type="video/quicktime")
WHOLE = b"".join(FILE.bytes_from(0))


def test_a_file_is_read_whole(side: Side) -> None:
    download, content = side.read(side.put("/a", replace(FILE)))
    assert content == WHOLE
    assert (download.start, download.total, download.name, download.content_type) == (
        *(0, 300_001, "film.mov", "video/quicktime"),
    )


def test_the_rest_is_read_while_the_file_is_the_same(side: Side) -> None:
    url = side.put("/a", replace(FILE))
    known = side.read(url)[0].validator
    download, content = side.read(url, 200_000, known)
    assert (download.start, content == WHOLE[200_000:]) == (200_000, True)


def test_another_file_under_the_address_is_read_from_its_front(side: Side) -> None:
    known = side.read(side.put("/a", replace(FILE)))[0].validator
    other = File(250_000, seed=6)
    download, content = side.read(side.put("/a", other), 200_000, known)
    assert (download.start, content == b"".join(other.bytes_from(0))) == (0, True)


def test_a_source_without_ranges_is_read_from_its_front(side: Side) -> None:
    url = side.put("/a", replace(FILE, ranges=False))
    known = side.read(url)[0].validator
    download, content = side.read(url, 200_000, known)
    assert (download.start, content == WHOLE) == (0, True)


def test_a_file_that_is_not_there_is_gone(side: Side) -> None:
    url = side.put("/a", replace(FILE))
    with pytest.raises(Permanent, match="link_gone"):
        side.read(f"{url}/nowhere")


def test_a_source_that_hangs_up_is_a_passing_failure(side: Side) -> None:
    url = side.put("/a", replace(FILE, cut=[100_000]))
    with pytest.raises(Retryable, match="target_broken"):
        side.read(url)
    assert side.read(url)[1] == WHOLE


def test_another_host_is_not_asked(side: Side) -> None:
    url = side.put("/a", replace(FILE))
    for hosts in ((), ("other.example",), ("*.files.example",)):
        with pytest.raises(Permanent, match="target_not_allowed"):
            side.read(url, hosts=hosts)
    assert side.received() == 0


def post(side: Side) -> Answered:
    return side.receiver.post(side.put("/hook", replace(FILE)), {"X-Mailroom-Timestamp": "1"}, b"{}")


def test_a_webhook_is_taken(side: Side) -> None:
    assert (post(side), side.received()) == (Answered(204), 1)


@pytest.mark.parametrize("status", [200, 301, 400, 410, 500])
def test_a_receivers_status_is_returned_and_not_judged(side: Side, status: int) -> None:
    side.answer(Answered(status))
    assert (post(side), side.received()) == (Answered(status), 1)


def test_a_wait_that_a_receiver_asks_for_is_returned(side: Side) -> None:
    side.answer(Answered(429, 17.0))
    assert post(side) == Answered(429, 17.0)
