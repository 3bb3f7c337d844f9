"""What every bucket for files does, in memory and in S3."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.adapters.aws.file_bucket import FileBucket, client_of
from chalicelib.adapters.aws.session import Aws
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.delivery.transfer import PART
from chalicelib.ports import FileTarget
from infra.local.servers import Emulator
from tests.aws_at import aws_at, closed_port
from tests.twins.delivery import MemoryBucket
from tests.unit.adapters.broken import Anything

DATA = random.Random(2).randbytes(PART + 1234)
KEY = "practice/mail/0/é 1.zip"
BUCKET = "files"


class Bench:
    """The target, and a look into it."""

    def __init__(self, target: FileTarget, client: Any = None) -> None:
        self.target = target
        self.client = client

    def content(self, key: str = KEY) -> bytes | None:
        if isinstance(self.target, MemoryBucket):
            return self.target.files.get(key)
        if self.target.size(key) is None:
            return None
        body: bytes = self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body


@pytest.fixture(scope="module")
def aws(emulator: Emulator) -> Iterator[Aws]:
    with aws_at(emulator.url, secret=emulator.secret) as made:
        made.client("s3").create_bucket(Bucket=BUCKET)
        yield made


@pytest.fixture(params=["memory", "s3", "endpoint"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        yield Bench(MemoryBucket())
        return
    client = request.getfixturevalue("aws").client("s3")
    for listed in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=listed["Key"])
    if request.param == "s3":
        yield Bench(FileBucket(lambda: client, BUCKET), client)
        return
    emulator: Emulator = request.getfixturevalue("emulator")
    own = client_of(emulator.url, "key-id", emulator.secret)
    yield Bench(FileBucket(lambda: own, BUCKET), client)
    own.close()


def test_a_small_file_is_put_at_once(bench: Bench) -> None:
    bench.target.put(KEY, bytearray(b"content"), "é 1.zip", "application/zip")
    assert (bench.content(), bench.target.size(KEY)) == (b"content", 7)


def test_an_empty_file_is_a_file(bench: Bench) -> None:
    bench.target.put(KEY, b"", "a", "text/plain")
    assert (bench.content(), bench.target.size(KEY)) == (b"", 0)


def test_parts_become_one_file(bench: Bench) -> None:
    upload = bench.target.begin(KEY, "é 1.zip", "application/zip")
    tags = [bench.target.part(KEY, upload, n, data) for n, data in ((1, DATA[:PART]), (2, bytearray(DATA[PART:])))]
    bench.target.complete(KEY, upload, tags)
    assert bench.content() == DATA


def test_a_file_is_not_there_before_it_is_complete(bench: Bench) -> None:
    upload = bench.target.begin(KEY, "a", "text/plain")
    bench.target.part(KEY, upload, 1, b"content")
    assert bench.target.size(KEY) is None


def test_a_part_may_be_sent_again(bench: Bench) -> None:
    upload = bench.target.begin(KEY, "a", "text/plain")
    bench.target.part(KEY, upload, 1, b"first")
    bench.target.complete(KEY, upload, [bench.target.part(KEY, upload, 1, b"again")])
    assert bench.content() == b"again"


def test_what_was_aborted_is_gone(bench: Bench) -> None:
    upload = bench.target.begin(KEY, "a", "text/plain")
    tag = bench.target.part(KEY, upload, 1, b"content")
    bench.target.abort(KEY, upload)
    bench.target.abort(KEY, upload)
    with pytest.raises(Permanent, match="upload_gone"):
        bench.target.complete(KEY, upload, [tag])


def test_to_complete_once_more_is_done_or_refused_and_harms_nothing(bench: Bench) -> None:
    """S3 may say yes again (CompleteMultipartUpload is idempotent), others do not know the upload any more."""
    upload = bench.target.begin(KEY, "a", "text/plain")
    tag = bench.target.part(KEY, upload, 1, b"content")
    bench.target.complete(KEY, upload, [tag])
    with contextlib.suppress(Permanent):
        bench.target.complete(KEY, upload, [tag])
    assert (bench.content(), bench.target.size(KEY)) == (b"content", 7)


def test_a_browser_saves_a_file_and_does_not_show_it(aws: Aws) -> None:
    client = aws.client("s3")
    FileBucket(lambda: client, BUCKET).put("k", b"<script>", "é.html", "text/html")
    shown = client.head_object(Bucket=BUCKET, Key="k")
    assert shown["ContentDisposition"] == "attachment; filename=\"_.html\"; filename*=UTF-8''%C3%A9.html"


def calls(target: FileTarget) -> list[Any]:
    return [
        lambda: target.begin(KEY, "a", "text/plain"),
        lambda: target.part(KEY, "u", 1, b"x"),
        lambda: target.complete(KEY, "u", ["t"]),
        lambda: target.abort(KEY, "u"),
        lambda: target.put(KEY, b"x", "a", "text/plain"),
        lambda: target.size(KEY),
    ]


@pytest.mark.parametrize("number", range(6))
def test_an_unreachable_bucket_is_a_passing_failure(number: int) -> None:
    client = client_of(f"http://127.0.0.1:{closed_port()}", "id", "key")
    with pytest.raises(Retryable, match="bucket_unavailable"):
        calls(FileBucket(lambda: client, BUCKET))[number]()
    client.close()


@pytest.mark.parametrize("number", [0, 1, 2, 4])
def test_a_success_that_is_not_the_buckets_is_none(number: int) -> None:
    with Anything() as server:
        client = client_of(server.url, "id", "key")
        with pytest.raises(Retryable, match="bucket_unavailable"):
            calls(FileBucket(lambda: client, BUCKET))[number]()
        client.close()


def test_a_file_is_deleted_and_one_that_is_not_there_is_no_error(bench: Bench) -> None:
    bench.target.put(KEY, b"data", "name", "text/plain")
    for _ in range(2):
        bench.target.delete(KEY)
    assert bench.target.size(KEY) is None
