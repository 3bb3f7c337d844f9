"""`ports.Uploads`: the same cases in memory and by presigned PUTs to the emulator's S3."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from chalicelib.adapters.aws.s3_spool import S3Spool
from chalicelib.adapters.aws.s3_uploads import S3Uploads
from chalicelib.adapters.aws.session import Aws
from chalicelib.ports import Spool, Uploads
from infra.local.servers import Emulator
from tests.aws_at import aws_at
from tests.twins.spool import MemorySpool
from tests.twins.uploads import MemoryUploads

BUCKET = "uploads-contract"


@dataclass
class Side:
    """Offers, who uses them, and the spool that they lead into."""

    uploads: Uploads
    spool: Spool
    put: Callable[[str, Mapping[str, str], bytes], int]


@pytest.fixture(scope="module")
def aws(emulator: Emulator) -> Iterator[Aws]:
    with aws_at(emulator.url, ("s3", "kms"), secret=emulator.secret) as aws:
        aws.client("s3").create_bucket(Bucket=BUCKET)
        yield aws


@pytest.fixture(scope="module")
def kms_key(aws: Aws) -> str:
    return str(aws.client("kms").create_key()["KeyMetadata"]["KeyId"])


@pytest.fixture(params=["memory", "s3"])
def side(request: pytest.FixtureRequest) -> Side:
    if request.param == "memory":
        spool = MemorySpool()
        uploads = MemoryUploads(spool)
        return Side(uploads, spool, uploads.put)
    aws: Aws = request.getfixturevalue("aws")
    key = request.getfixturevalue("kms_key")
    return Side(S3Uploads(aws.client, BUCKET, key), S3Spool(aws.client, BUCKET, key), put)


def put(url: str, headers: Mapping[str, str], data: bytes) -> int:
    return requests.put(url, data=data, headers=dict(headers), timeout=30).status_code


def test_what_is_put_to_an_offer_lies_in_the_spool(side: Side) -> None:
    key = f"uploads/a/{uuid.uuid4().hex}"
    offer = side.uploads.offer(key, 900, None)
    assert side.put(offer.url, offer.headers, b"mail") == 200
    assert side.spool.get(key, 10) == b"mail"


def test_an_offer_alone_puts_nothing(side: Side) -> None:
    key = f"uploads/a/{uuid.uuid4().hex}"
    side.uploads.offer(key, 900, None)
    assert list(side.spool.list(key)) == []


def test_an_upload_of_twenty_megabytes_arrives_whole(side: Side) -> None:
    key, data = f"uploads/a/{uuid.uuid4().hex}", b"0123456789abcdef" * 1_250_000
    offer = side.uploads.offer(key, 900, len(data))
    assert side.put(offer.url, offer.headers, data) == 200
    assert [entry.size for entry in side.spool.list(key)] == [len(data)]


def test_what_was_put_is_sealed_by_the_stack_s_key(aws: Aws, kms_key: str) -> None:
    key = f"uploads/a/{uuid.uuid4().hex}"
    offer = S3Uploads(aws.client, BUCKET, kms_key).offer(key, 900, None)
    assert put(offer.url, offer.headers, b"mail") == 200
    head = aws.client("s3").head_object(Bucket=BUCKET, Key=key)
    assert (head["ServerSideEncryption"], kms_key in head["SSEKMSKeyId"]) == ("aws:kms", True)


def test_key_seal_time_and_size_are_part_of_the_signature(aws: Aws, kms_key: str) -> None:
    """AWS checks them; the emulator need not."""
    offer = S3Uploads(aws.client, BUCKET, kms_key).offer("uploads/a/1", 900, 10)
    shown = {name: values[0] for name, values in parse_qs(urlsplit(offer.url).query).items()}
    assert (shown["X-Amz-Algorithm"], shown["X-Amz-Expires"]) == ("AWS4-HMAC-SHA256", "900")
    assert set(shown["X-Amz-SignedHeaders"].split(";")) == {"host", "content-length", *offer.headers}
