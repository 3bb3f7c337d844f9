"""What every spool does, in memory and in S3."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.adapters.aws.s3_spool import S3Spool
from chalicelib.adapters.aws.session import Aws
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.ports import Spool
from infra.local.servers import Emulator
from tests.aws_at import aws_at, closed_port
from tests.twins.spool import MemorySpool

BUCKET = "spool-contract"


@pytest.fixture(scope="module")
def aws(emulator: Emulator) -> Iterator[Aws]:
    with aws_at(emulator.url, ("s3", "kms"), secret=emulator.secret) as aws:
        aws.client("s3").create_bucket(Bucket=BUCKET)
        yield aws


@pytest.fixture(scope="module")
def kms_key(aws: Aws) -> str:
    return str(aws.client("kms").create_key()["KeyMetadata"]["KeyId"])


@pytest.fixture(params=["memory", "s3"])
def spool(request: pytest.FixtureRequest) -> Spool:
    if request.param == "memory":
        return MemorySpool()
    aws: Aws = request.getfixturevalue("aws")
    return S3Spool(aws.client, BUCKET, request.getfixturevalue("kms_key"))


@pytest.fixture(params=["memory", "s3"])
def unreachable(request: pytest.FixtureRequest) -> Iterator[Spool]:
    if request.param == "memory":
        twin = MemorySpool()
        twin.down = True
        yield twin
    else:
        with aws_at(f"http://127.0.0.1:{closed_port()}", ["s3"]) as aws:
            yield S3Spool(aws.client, BUCKET, "key")


def test_what_was_put_is_got_back(spool: Spool) -> None:
    data = bytes(range(256)) * 20
    spool.put("sealed/a/1", data)
    assert spool.get("sealed/a/1", len(data)) == data


def test_what_is_put_only_where_nothing_is_leaves_what_is_there(spool: Spool) -> None:
    spool.put("sealed/a/kept", b"first", only_if_absent=True)
    spool.put("sealed/a/kept", b"second", only_if_absent=True)
    assert spool.get("sealed/a/kept", 10) == b"first"
    spool.put("sealed/a/kept", b"third")
    assert spool.get("sealed/a/kept", 10) == b"third"


def test_an_empty_object_is_an_object(spool: Spool) -> None:
    spool.put("sealed/a/empty", b"")
    assert spool.get("sealed/a/empty", 10) == b""


def test_three_mebibytes_come_back_whole(spool: Spool) -> None:
    data = b"0123456789abcdef" * 196_608
    spool.put("sealed/a/large", data)
    assert spool.get("sealed/a/large", 4 * 1024 * 1024) == data


def test_putting_twice_keeps_the_last(spool: Spool) -> None:
    spool.put("sealed/a/2", b"first")
    spool.put("sealed/a/2", b"second")
    assert spool.get("sealed/a/2", 100) == b"second"


def test_a_missing_object_is_a_permanent_failure(spool: Spool) -> None:
    with pytest.raises(Permanent, match="spool_missing"):
        spool.get("sealed/a/none", 100)


def test_an_object_above_the_limit_is_not_read(spool: Spool) -> None:
    spool.put("sealed/a/3", b"x" * 101)
    with pytest.raises(Permanent, match="spool_too_large"):
        spool.get("sealed/a/3", 100)


def test_a_deleted_object_is_missing(spool: Spool) -> None:
    spool.put("sealed/a/4", b"x")
    spool.delete("sealed/a/4")
    with pytest.raises(Permanent, match="spool_missing"):
        spool.get("sealed/a/4", 100)


def test_deleting_what_is_not_there_is_no_error(spool: Spool) -> None:
    spool.delete("sealed/a/never")


def test_many_objects_are_deleted_at_once(spool: Spool) -> None:
    for number in range(3):
        spool.put(f"sealed/many/{number}", b"x")
    spool.delete(*(f"sealed/many/{number}" for number in range(1, 1_002)))
    assert [entry.key for entry in spool.list("sealed/many/")] == ["sealed/many/0"]


def test_to_delete_nothing_is_no_error(spool: Spool) -> None:
    spool.delete()


def test_a_spool_that_answers_can_be_pinged(spool: Spool) -> None:
    spool.ping()


@pytest.mark.parametrize("call", ["put", "get", "delete", "ping"])
def test_an_unreachable_spool_is_a_passing_failure(unreachable: Spool, call: str) -> None:
    arguments: dict[str, tuple[object, ...]] = {"put": ("k", b"x"), "get": ("k", 1), "delete": ("k",)}
    with pytest.raises(Retryable, match="spool_unavailable"):
        getattr(unreachable, call)(*arguments.get(call, ()))


def test_objects_in_s3_are_encrypted_with_the_stack_s_key(aws: Aws, kms_key: str) -> None:
    S3Spool(aws.client, BUCKET, kms_key).put("sealed/a/5", b"x")
    head = aws.client("s3").head_object(Bucket=BUCKET, Key="sealed/a/5")
    assert head["ServerSideEncryption"] == "aws:kms"
    assert kms_key in head["SSEKMSKeyId"]


def test_the_head_of_an_object_is_its_first_bytes(spool: Spool) -> None:
    spool.put("sealed/a/6", b"header\npayload")
    assert spool.head("sealed/a/6", 6) == b"header"


def test_the_head_of_a_short_object_is_the_whole(spool: Spool) -> None:
    spool.put("sealed/a/7", b"short")
    assert spool.head("sealed/a/7", 4096) == b"short"


def test_the_head_of_an_empty_object_is_empty(spool: Spool) -> None:
    spool.put("sealed/a/8", b"")
    assert spool.head("sealed/a/8", 4096) == b""


def test_a_missing_object_has_no_head(spool: Spool) -> None:
    with pytest.raises(Permanent, match="spool_missing"):
        spool.head("sealed/a/none", 10)


def test_objects_are_listed_by_key_with_size_and_time(spool: Spool) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)  # S3's times are whole seconds
    for key, data in (("listed/b/2", b"xx"), ("listed/a/1", b"x"), ("elsewhere/1", b"")):
        spool.put(key, data)
    found = list(spool.list("listed/"))
    assert [(entry.key, entry.size) for entry in found] == [("listed/a/1", 1), ("listed/b/2", 2)]
    assert all(before <= entry.modified <= datetime.now(UTC) for entry in found)


def test_a_listing_goes_on_after_a_key(spool: Spool) -> None:
    for number in range(3):
        spool.put(f"after/{number}", b"")
    assert [entry.key for entry in spool.list("after/", "after/0")] == ["after/1", "after/2"]


def test_a_prefix_that_nothing_has_lists_nothing(spool: Spool) -> None:
    assert list(spool.list("nothing/")) == []


def test_a_listing_of_more_than_a_page_is_whole(spool: Spool) -> None:
    for number in range(1_005):
        spool.put(f"many/{number:04d}", b"")
    assert len({entry.key for entry in spool.list("many/")}) == 1_005


def test_an_unreachable_spool_is_not_an_empty_one(unreachable: Spool) -> None:
    with pytest.raises(Retryable, match="spool_unavailable"):
        list(unreachable.list("sealed/"))


def test_an_unreachable_spool_has_no_head(unreachable: Spool) -> None:
    with pytest.raises(Retryable, match="spool_unavailable"):
        unreachable.head("sealed/a/1", 10)
