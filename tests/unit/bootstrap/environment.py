"""The least environment that a function needs, invented."""

from __future__ import annotations

from chalicelib.core.stages import STAGES

ENVIRONMENT: dict[str, str] = {
    "MAILROOM_BUCKET": "mailroom-spool",
    "MAILROOM_KMS_KEY": "arn:aws:kms:eu-west-3:000000000000:key/none",
    "MAILROOM_DOOR_SECRET": "arn:aws:secretsmanager:eu-west-3:000000000000:secret:door",
    "MAILROOM_BACKEND_SECRET": "arn:aws:secretsmanager:eu-west-3:000000000000:secret:backend",
    "MAILROOM_ACCOUNTS": "praxis,faculty",
    "MAILROOM_EMAILENGINE_URL": "https://ee.example",
    "MAILROOM_TELEGRAM_CHAT": "-1000000000001",
    **{f"MAILROOM_QUEUE_{s.name.upper()}": f"https://sqs.example/000000000000/{s.queue}" for s in STAGES},
    **{f"MAILROOM_DLQ_{s.name.upper()}": f"https://sqs.example/000000000000/{s.dead_letter_queue}" for s in STAGES},
}
