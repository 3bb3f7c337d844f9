"""The orders to the stand-ins and the fault proxy for each fault of a vendor or of AWS."""

from __future__ import annotations

from typing import Any

from infra.chaos import rules

VENDOR: dict[str, dict[str, Any]] = {
    "429": {"status": 429},
    "500": {"status": 500},
    "503": {"status": 503},
    "529": {"status": 529},
    "slow": {"delay": 3.0},
    "reset": {"reset": True},
    "garbage": {"body": "garbage"},
    "html": {"body": "html", "status": 502},
    "truncated": {"body": "truncated"},
    "answer lost": {"reset": True, "after": True, "times": 2},
}
"""An order to a stand-in (`infra/local/standins/control.py`); without `times` for as long as the fault lasts."""

AWS: dict[str, dict[str, Any]] = {
    "s3 slow down": {"service": "s3", "error": {"code": "SlowDown", "status": 503}},
    "s3 500": {"service": "s3", "error": {"code": "InternalError", "status": 500}},
    "s3 slow": {"service": "s3", "latency": {"min": 800, "max": 2500}},
    "s3 reset": {"service": "s3", "reset": True},
    "s3 cut upload": {"service": "s3", "operation": "PutObject", "request": {"cut_upload": {"after_bytes": 500}}},
    "s3 garbage": {"service": "s3", "operation": "GetObject", "response": {"corrupt_bytes": 16}},
    "s3 quota full": {"service": "s3", "operation": "PutObject", "error": {"code": "QuotaExceeded", "status": 507}},
    "sqs throttled": {"service": "sqs", "error": {"code": "RequestThrottled", "status": 400}},
    "sqs 500": {"service": "sqs", "error": {"code": "InternalFailure", "status": 500}},
    "sqs slow": {"service": "sqs", "latency": {"min": 500, "max": 2000}},
    "sqs reset": {"service": "sqs", "reset": True},
    "sqs answer lost": {"service": "sqs", "response": {"abort_frac": 0.0}},
    "sqs garbage": {"service": "sqs", "response": {"corrupt_bytes": 16}},
    "secrets unavailable": {"service": "secretsmanager", "error": {"code": "InternalServiceError", "status": 500}},
}
"""An order to the fault proxy; `ttl_s` ends it."""

PATHS = {"telegram": "/sendMessage", "emailengine": "/v1/", "llm": "/v1/", "webhook": rules.PATH}
"""Which requests to a stand-in are spoiled."""

UNDISTURBED = {
    "kill notify after its effect": {"telegram"},
    "kill deliver after its effect": {"webhook"},
    "redeploy": {"postgres"},
}
"""What a fault needs whole besides its own target: an answer to be held back, a database to make logins in."""
