"""Off-loaded files in an S3-compatible bucket: S3 by the function's role, or any endpoint by keys of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.adapters.aws.session import AwsFailure, ask
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.mail.filenames import disposition

UNAVAILABLE = "bucket_unavailable"
TIMEOUT = (3.0, 30.0)
"""Seconds to connect and to take a part of 8 MiB."""


def client_of(endpoint: str, key_id: str, secret_key: str) -> Any:
    """A client for a bucket; an empty endpoint or key is the environment's own.

    Checksums only where the service asks for them: not every S3-compatible one knows the newer ones.
    """
    from botocore.config import Config
    from botocore.session import Session

    config = Config(
        connect_timeout=TIMEOUT[0],
        read_timeout=TIMEOUT[1],
        retries={"mode": "standard", "total_max_attempts": 1},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    keys = {"aws_access_key_id": key_id, "aws_secret_access_key": secret_key} if key_id else {}
    return Session().create_client("s3", endpoint_url=endpoint or None, config=config, **keys)


class FileBucket:
    """`ports.FileTarget` over one bucket; `client` is asked for at the first use."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._make = client
        self._made: Any = None
        self._bucket = bucket

    def begin(self, key: str, name: str, content_type: str) -> str:
        answer = self._ask("create_multipart_upload", Key=key, **_told(name, content_type))
        return str(_needed(answer, "UploadId"))

    def part(self, key: str, upload: str, number: int, data: bytes | bytearray) -> str:
        answer = self._ask("upload_part", Key=key, UploadId=upload, PartNumber=number, Body=data)
        return str(_needed(answer, "ETag"))

    def complete(self, key: str, upload: str, parts: Sequence[str]) -> None:
        named = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(parts, start=1)]
        answer = self._ask("complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload={"Parts": named})
        _needed(answer, "ETag")  # S3 may answer 200 and then fail

    def abort(self, key: str, upload: str) -> None:
        try:
            self._ask("abort_multipart_upload", Key=key, UploadId=upload)
        except Permanent as error:
            if error.code != "upload_gone":
                raise

    def put(self, key: str, data: bytes | bytearray, name: str, content_type: str) -> None:
        _needed(self._ask("put_object", Key=key, Body=data, **_told(name, content_type)), "ETag")

    def size(self, key: str) -> int | None:
        try:
            answer = self._ask("head_object", Key=key)
        except Permanent:
            return None
        return int(_needed(answer, "ContentLength"))

    def delete(self, key: str) -> None:
        self._ask("delete_object", Key=key)

    def _ask(self, call: str, **arguments: Any) -> dict[str, Any]:
        if self._made is None:
            self._made = self._make()
        try:
            answer: dict[str, Any] = ask(lambda: getattr(self._made, call)(Bucket=self._bucket, **arguments))
        except AwsFailure as failure:
            if failure.code in ("NoSuchUpload", "InvalidPart"):
                raise Permanent("upload_gone") from None
            if failure.code in ("404", "NoSuchKey"):
                raise Permanent("file_missing") from None
            raise Retryable(UNAVAILABLE) from None
        return answer


def _told(name: str, content_type: str) -> dict[str, str]:
    """A browser downloads the file instead of showing it, because its sender chose its content and type."""
    return {"ContentType": content_type, "ContentDisposition": disposition(name)}


def _needed(answer: dict[str, Any], field: str) -> Any:
    """A 200 that is not the bucket's has no such field. `Retryable`."""
    if answer.get(field) in (None, ""):
        raise Retryable(UNAVAILABLE)
    return answer[field]
