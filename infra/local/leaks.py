"""Looks for seeded personal data wherever it must not be: notifications, queues, logs, Redis, anonymized columns."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import requests

from chalicelib.core.stages import STAGES
from infra.cloudformation.deploy import client, stack_resource
from infra.local.stack import Info
from infra.local.watch import lying

COLUMNS = """
SELECT 'ledger', to_jsonb(l)::text FROM core.ledger l
UNION ALL SELECT 'mail', to_jsonb(e)::text FROM ingestion.emails e
UNION ALL SELECT 'receipts', to_jsonb(r)::text FROM core.action_receipts r
UNION ALL SELECT 'outbox', to_jsonb(o)::text FROM core.outbox o
UNION ALL SELECT 'exclusions', to_jsonb(x)::text FROM core.exclusions x
UNION ALL SELECT 'deliveries', to_jsonb(d)::text FROM core.deliveries d
UNION ALL SELECT 'sealed originals', encode(source || subject || body || sender, 'escape') FROM ingestion.emails_raw
"""


def leaks(info: Info, secrets: Sequence[str], log_folder: Path) -> list[str]:
    """`place: secret` for each seeded datum that is readable where it must not be."""
    wanted = sorted({form for secret in secrets for form in _forms(secret)})
    found = set()
    for place, text in places(info, log_folder):
        found |= {f"{place}: {secret}" for secret in wanted if secret in text}
    return sorted(found)


def _forms(secret: str) -> set[str]:
    """As written, as JSON would escape it, and base64 as a careless encoder would hide it."""
    escaped = json.dumps(secret)[1:-1]
    return {secret, escaped, base64.b64encode(secret.encode()).decode().rstrip("=")[:-1]}


def places(info: Info, log_folder: Path) -> Iterator[tuple[str, str]]:
    """(name, text) of everything that must be free of personal data."""
    for message in requests.get(f"{info.telegram_url}/_control/messages", timeout=10).json():
        yield "Telegram", message["text"]
    for request in requests.get(f"{info.telegram_url}/_control/requests", timeout=10).json():
        yield "requests to Telegram", json.dumps(request, ensure_ascii=False)
    if info.llm_url:
        for request in requests.get(f"{info.llm_url}/_control/requests", timeout=30).json():
            yield "requests to the LLM", json.dumps(request, ensure_ascii=False)
    yield from _queues(info)
    yield from _spool(info)
    yield from _redis(info)
    with psycopg.connect(info.database_url, connect_timeout=5) as connection:
        yield from connection.execute(COLUMNS).fetchall()
    for file in sorted(log_folder.glob("*/*.log")):
        yield f"log {file.name}", file.read_text("utf-8", "replace")
    logs = client("logs", info.aws)
    for group in logs.describe_log_groups()["logGroups"]:
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
            yield "CloudWatch logs", "\n".join(event["message"] for event in page["events"])


def _queues(info: Info) -> Iterator[tuple[str, str]]:
    """Everything that lies in a queue or a dead-letter queue, attributes included."""
    for stage in STAGES:
        for name in (stage.queue, stage.dead_letter_queue):
            for message in lying(info, name):
                yield f"queue {name}", message["Body"] + json.dumps(message, ensure_ascii=False)


def _spool(info: Info) -> Iterator[tuple[str, str]]:
    """Anonymized text that was too long for a queue; what else lies there is sealed mail."""
    spool, bucket = client("s3", info.aws), stack_resource(info.aws, "Spool")
    for page in spool.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="text/"):
        for held in page.get("Contents", []):
            yield "anonymized text", spool.get_object(Bucket=bucket, Key=held["Key"])["Body"].read().decode()


def _redis(info: Info) -> Iterator[tuple[str, str]]:
    import redis

    with redis.Redis.from_url(info.redis_url) as cache:
        for key in cache.scan_iter():
            yield "Redis key", key.decode("utf-8", "replace")
            held = cache.get(key)
            yield "Redis value", held.decode("utf-8", "replace") if isinstance(held, bytes) else ""
