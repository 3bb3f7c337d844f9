"""What every spool does, in memory and in S3."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.adapters.aws import Aws
from chalicelib.adapters.s3_spool import S3Spool
from chalicelib.ports import Spool
from chalicelib.runtime.errors import Permanent, Retryable
from infra.local.servers import Emulator
from tests.aws_at import aws_at, closed_port
from tests.twins.spool import MemorySpool

BUCKET = "spool-contract"


@pytest.fixture(scope="module")
def aws(emulator: Emulator) -> Iterator[Aws]:
    with aws_at(emulator.url, ("s3", "kms")) as aws:
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
