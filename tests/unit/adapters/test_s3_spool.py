"""S3 when it misbehaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.adapters.aws.s3_spool import S3Spool
from chalicelib.core.errors import Permanent, Retryable
from infra.local.standins.control import Reply, Request
from tests.aws_at import aws_at
from tests.unit.adapters.broken import MISBEHAVIOURS, Anything


class S3(Anything):
    """Answers a PUT with nothing but an ETag, as S3 does."""

    def answer(self, request: Request) -> Reply:
        return Reply(200, headers={"ETag": '"1"'}) if request.method == "PUT" else self.reply


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with S3() as server:
        yield server


@pytest.fixture(scope="module")
def _spool(server: Anything) -> Iterator[S3Spool]:
    with aws_at(server.url, ["s3"], timeout=(0.5, 0.3)) as aws:
        yield S3Spool(aws.client, "bucket", "key")


@pytest.fixture
def spool(_spool: S3Spool, server: Anything) -> S3Spool:
    server.clear()
    server.reply = Reply(200, b"data", "binary/octet-stream", {"ETag": '"1"'})
    return _spool


def test_the_broken_server_can_behave(spool: S3Spool) -> None:
    spool.put("key", b"data")
    assert spool.get("key", 10) == b"data"


@pytest.mark.parametrize("fields", MISBEHAVIOURS.values(), ids=list(MISBEHAVIOURS))
def test_a_put_that_s3_did_not_confirm_is_a_passing_failure(
    spool: S3Spool, server: Anything, fields: dict[str, Any]
) -> None:
    server.fail(times=None, **fields)
    with pytest.raises(Retryable, match="spool_unavailable"):
        spool.put("key", b"data")


@pytest.mark.parametrize("fields", MISBEHAVIOURS.values(), ids=list(MISBEHAVIOURS))
def test_a_get_that_is_not_s3_s_is_a_passing_failure(spool: S3Spool, server: Anything, fields: dict[str, Any]) -> None:
    server.fail(times=None, **fields)
    with pytest.raises(Retryable, match="spool_unavailable"):
        spool.get("key", 1000)


def test_a_put_answered_without_an_etag_is_a_passing_failure(spool: S3Spool, server: Anything) -> None:
    server.fail(status=200)
    with pytest.raises(Retryable, match="spool_unavailable"):
        spool.put("key", b"data")


def test_an_object_cut_off_on_its_way_is_a_passing_failure(spool: S3Spool, server: Anything) -> None:
    server.fail(body="truncated", headers={"ETag": '"1"'})
    with pytest.raises(Retryable, match="spool_unavailable"):
        spool.get("key", 1_000_000)


def test_a_huge_object_is_not_read(spool: S3Spool, server: Anything) -> None:
    server.fail(body="huge", headers={"ETag": '"1"'})
    with pytest.raises(Permanent, match="spool_too_large"):
        spool.get("key", 1000)


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchBucket", "InternalError", "SlowDown", "KMS.DisabledException"])
def test_an_error_other_than_a_missing_key_is_a_passing_failure(spool: S3Spool, server: Anything, code: str) -> None:
    server.reply = Reply(404, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode(), "application/xml")
    with pytest.raises(Retryable, match="spool_unavailable"):
        spool.get("key", 1000)


def test_a_put_names_the_stack_s_key(spool: S3Spool, server: Anything) -> None:
    spool.put("key", b"data")
    headers = server.control.requests[-1]["headers"]
    assert headers["x-amz-server-side-encryption"] == "aws:kms"
    assert headers["x-amz-server-side-encryption-aws-kms-key-id"] == "key"


@pytest.mark.parametrize("fields", MISBEHAVIOURS.values(), ids=list(MISBEHAVIOURS))
def test_a_listing_that_is_not_s3_s_is_a_passing_failure_and_no_empty_spool(
    spool: S3Spool, server: Anything, fields: dict[str, Any]
) -> None:
    server.fail(times=None, **fields)
    with pytest.raises(Retryable, match="spool_unavailable"):
        list(spool.list("sealed/"))


@pytest.mark.parametrize("fields", MISBEHAVIOURS.values(), ids=list(MISBEHAVIOURS))
def test_a_head_that_is_not_s3_s_is_a_passing_failure(spool: S3Spool, server: Anything, fields: dict[str, Any]) -> None:
    server.fail(times=None, **fields)
    with pytest.raises(Retryable, match="spool_unavailable"):
        spool.head("key", 1000)


def test_a_page_that_says_there_is_more_but_not_where_is_a_passing_failure(spool: S3Spool, server: Anything) -> None:
    page = b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"
    server.reply = Reply(200, page, "application/xml")
    with pytest.raises(Retryable, match="spool_unavailable"):
        list(spool.list("sealed/"))


def test_a_head_asks_for_the_first_bytes_only(spool: S3Spool, server: Anything) -> None:
    spool.head("key", 1000)
    assert server.control.requests[-1]["headers"]["range"] == "bytes=0-999"
