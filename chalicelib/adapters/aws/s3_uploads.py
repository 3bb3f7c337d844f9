"""Offers of an upload into the spool: presigned PUTs, sealed by the stack's key (S3, Signature Version 4)."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError

from chalicelib.adapters.aws.session import ClientFactory
from chalicelib.core.errors import Retryable
from chalicelib.ports import Offer


class S3Uploads:
    """`ports.Uploads` over one bucket. Signing asks nobody: it costs a few milliseconds and no call."""

    def __init__(self, client_factory: ClientFactory, bucket: str, kms_key_id: str) -> None:
        self._client_factory = client_factory
        self._bucket = bucket
        self._kms_key_id = kms_key_id

    def offer(self, key: str, seconds: int, size: int | None) -> Offer:
        """See `ports.Uploads`."""
        wanted: dict[str, str | int] = {
            "Bucket": self._bucket,
            "Key": key,
            "ServerSideEncryption": "aws:kms",
            "SSEKMSKeyId": self._kms_key_id,
        }
        if size is not None:
            wanted["ContentLength"] = size
        try:
            url: str = self._client_factory("s3").generate_presigned_url("put_object", wanted, seconds)
        except (BotoCoreError, ValueError):  # the role's credentials could not be had
            raise Retryable("spool_unavailable") from None
        # The signature covers these: without them, or with others, S3 refuses.
        return Offer(
            url,
            {
                "x-amz-server-side-encryption": "aws:kms",
                "x-amz-server-side-encryption-aws-kms-key-id": self._kms_key_id,
            },
        )
