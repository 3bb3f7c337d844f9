"""The spool in S3: every object is encrypted with the stack's own KMS key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from chalicelib.adapters.aws.session import AwsFailure, ClientFactory, ask
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.ports import SpoolEntry

UNAVAILABLE = "spool_unavailable"
DELETE_KEYS = 1_000
"""Keys that S3 takes in one DeleteObjects call."""


class S3Spool:
    """A `Spool` over one bucket. `kms_key_id` is a key id or ARN."""

    def __init__(self, client_factory: ClientFactory, bucket: str, kms_key_id: str) -> None:
        self._client_factory = client_factory
        self._bucket = bucket
        self._kms_key_id = kms_key_id

    @property
    def _client(self) -> Any:
        return self._client_factory("s3")

    def put(self, key: str, data: bytes, only_if_absent: bool = False) -> None:
        """Write durably: S3 answers after the object is stored in several zones. `Retryable("spool_unavailable")`.

        `only_if_absent` is S3's own conditional write: of two at once one wins, the other is `Retryable` or too late.
        """
        condition = {"IfNoneMatch": "*"} if only_if_absent else {}
        try:
            answer = ask(
                lambda: self._client.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=data,
                    ServerSideEncryption="aws:kms",
                    SSEKMSKeyId=self._kms_key_id,
                    **condition,
                )
            )
        except AwsFailure as failure:
            if only_if_absent and failure.code == "PreconditionFailed":
                return
            raise Retryable(UNAVAILABLE) from None
        _from_s3(answer)

    def get(self, key: str, limit: int) -> bytes:
        """At most `limit` bytes. `Permanent("spool_missing")`, `Permanent("spool_too_large")`, `Retryable`."""
        try:
            answer = ask(lambda: self._client.get_object(Bucket=self._bucket, Key=key))
            with closing(answer["Body"]) as body:
                _from_s3(answer)
                if answer["ContentLength"] > limit:
                    raise Permanent("spool_too_large")
                # In one read without a bound (the length is one): only that verifies length and checksum.
                data: bytes = ask(body.read)
        except AwsFailure as failure:
            # Without s3:ListBucket a missing key is AccessDenied: that stays a passing failure.
            if failure.code == "NoSuchKey":
                raise Permanent("spool_missing") from None
            raise Retryable(UNAVAILABLE) from None
        return data

    def head(self, key: str, size: int) -> bytes:
        """The first `size` bytes by a ranged read. `Permanent("spool_missing")`, `Retryable`."""
        try:
            answer = ask(lambda: self._client.get_object(Bucket=self._bucket, Key=key, Range=f"bytes=0-{size - 1}"))
            with closing(answer["Body"]) as body:
                _from_s3(answer)
                if answer["ContentLength"] > size:  # a server that ignores the range
                    raise Retryable(UNAVAILABLE)
                data: bytes = ask(body.read)
        except AwsFailure as failure:
            if failure.code == "InvalidRange":  # an empty object has no first byte (RFC 9110 section 14.1.2)
                return b""
            if failure.code == "NoSuchKey":
                raise Permanent("spool_missing") from None
            raise Retryable(UNAVAILABLE) from None
        return data

    def list(self, prefix: str, after: str = "") -> Iterator[SpoolEntry]:
        """Page by page, 1,000 keys each, only as far as the caller goes on asking. `Retryable("spool_unavailable")`."""
        more: dict[str, str] = {"StartAfter": after} if after else {}
        while True:
            page = self._page(prefix, more)
            for found in page.get("Contents", []):
                yield SpoolEntry(found["Key"], found["LastModified"], found["Size"])
            if not page["IsTruncated"]:
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def _page(self, prefix: str, more: dict[str, str]) -> dict[str, Any]:
        try:
            page: dict[str, Any] = ask(lambda: self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, **more))
        except AwsFailure:
            raise Retryable(UNAVAILABLE) from None
        whole = "IsTruncated" in page and (not page["IsTruncated"] or page.get("NextContinuationToken"))
        entries = page.get("Contents", [])
        if not whole or not all({"Key", "LastModified", "Size"} <= entry.keys() for entry in entries):
            raise Retryable(UNAVAILABLE)  # a 200 that is not S3's: an empty answer must not look like an empty spool
        return page

    def delete(self, *keys: str) -> None:
        """Remove, a thousand keys a call; S3 reports no key that is not there. `Retryable("spool_unavailable")`."""
        for start in range(0, len(keys), DELETE_KEYS):
            named = [{"Key": key} for key in keys[start : start + DELETE_KEYS]]
            try:
                answer = ask(lambda: self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": named}))  # noqa: B023
            except AwsFailure:
                raise Retryable(UNAVAILABLE) from None
            if len(answer.get("Deleted", ())) < len(named):  # some of them failed, or a 200 that is not S3's
                raise Retryable(UNAVAILABLE)

    def ping(self) -> None:
        """Prove that the bucket answers. `Retryable("spool_unavailable")`."""
        try:
            ask(lambda: self._client.head_bucket(Bucket=self._bucket))
        except AwsFailure:
            raise Retryable(UNAVAILABLE) from None


def _from_s3(answer: dict[str, Any]) -> None:
    """The SDK takes any 200 for a success, a proxy's page too; S3 always sends an ETag and a length. `Retryable`."""
    if not answer.get("ETag") or ("Body" in answer and "ContentLength" not in answer):
        raise Retryable(UNAVAILABLE)
