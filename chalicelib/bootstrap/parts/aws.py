"""Parts on AWS: the spool, the queues, uploads, and the bucket of off-loaded files."""

from __future__ import annotations

from chalicelib.adapters.aws.file_bucket import FileBucket, client_of
from chalicelib.adapters.aws.queue_ages import QueueAges
from chalicelib.adapters.aws.s3_spool import S3Spool
from chalicelib.adapters.aws.s3_uploads import S3Uploads
from chalicelib.adapters.aws.sqs_dead_letters import SqsDeadLetterQueues
from chalicelib.adapters.aws.sqs_queues import SqsQueues
from chalicelib.bootstrap.container import Container
from chalicelib.ports import DeadLetterQueues, FileTarget, Queues, Spool, Uploads


def spool(parts: Container) -> Spool:
    """Sealed mail."""
    return S3Spool(parts.aws.client, parts.settings.bucket, parts.settings.kms_key)


def queues(parts: Container) -> Queues:
    """The stages' queues."""
    urls, dead = parts.settings.queue_urls, parts.settings.dead_urls
    return SqsQueues(parts.aws.client, urls, dead, QueueAges(parts.aws.client))


def dead_letters(parts: Container) -> DeadLetterQueues:
    """The stages' dead-letter queues."""
    return SqsDeadLetterQueues(parts.aws.client, parts.settings.queue_urls, parts.settings.dead_urls)


def uploads(parts: Container) -> Uploads:
    """Where a pusher puts mail that no push can carry."""
    return S3Uploads(parts.aws.client, parts.settings.bucket, parts.settings.kms_key)


def file_target(parts: Container) -> FileTarget | None:
    """The bucket of off-loaded files; None where none is configured. Its keys are read at its first use."""
    settings, secrets = parts.settings, parts.backend_secrets
    if not settings.offload_bucket:
        return None
    return FileBucket(
        lambda: client_of(
            settings.offload_endpoint, secrets.text("offload_key_id"), secrets.text("offload_secret_key")
        ),
        settings.offload_bucket,
    )
