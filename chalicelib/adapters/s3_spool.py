"""The spool in S3: every object is encrypted with the stack's own KMS key."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from chalicelib.adapters.aws import AwsFailure, ClientFactory, ask
from chalicelib.runtime.errors import Permanent, Retryable

UNAVAILABLE = "spool_unavailable"


class S3Spool:
    """A `Spool` over one bucket. `kms_key_id` is a key id or ARN."""

    def __init__(self, client_factory: ClientFactory, bucket: str, kms_key_id: str) -> None:
        self._client_factory = client_factory
        self._bucket = bucket
        self._kms_key_id = kms_key_id

    @property
    def _client(self) -> Any:
        return self._client_factory("s3")

    def put(self, key: str, data: bytes) -> None:
        """Write durably: S3 answers after the object is stored in several zones. `Retryable("spool_unavailable")`."""
        try:
            answer = ask(
                lambda: self._client.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=data,
                    ServerSideEncryption="aws:kms",
                    SSEKMSKeyId=self._kms_key_id,
                )
            )
        except AwsFailure:
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

    def delete(self, key: str) -> None:
        """Remove; S3 says nothing about a key that is not there. `Retryable("spool_unavailable")`."""
        try:
            ask(lambda: self._client.delete_object(Bucket=self._bucket, Key=key))
        except AwsFailure:
            raise Retryable(UNAVAILABLE) from None

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
