"""Pushes that the Gmail door must refuse: nothing of them enters the pipeline."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from infra.local.samples.model import Expect, MailDraft, Sample

TOO_LARGE_BYTES = 6 * 1024 * 1024
"""Over the door's 5 MiB of body, under API Gateway's 10 MB."""


def samples(now: datetime) -> tuple[Sample, ...]:
    """One for each way to be refused."""
    draft = MailDraft(
        "refused", "gmail fields", "personal", "en", "Nobody <nobody@mail.example>", "Refused",
        "This must never be stored. Apollonia Greenhalgh", ("Apollonia Greenhalgh",),
    )  # fmt: skip
    base = draft.sample(400, now)
    push: dict[str, Any] = dict(base.push or {})
    without_sender = {key: value for key, value in push.items() if key != "sender"}
    return (
        _refused(base, "refused-missing-sender", without_sender, 400, "missing_field"),
        _refused(base, "refused-wrong-type", push | {"subject": 42}, 400, "invalid_field"),
        _refused(base, "refused-bad-base64", push | {"raw": "not base64!"}, 400, "invalid_field"),
        _refused(base, "refused-too-large", push | {"body": "x" * TOO_LARGE_BYTES}, 413, "too_large"),
        replace(_refused(base, "refused-signature", push, 401, "unauthorized"), spoil="signature"),
        replace(_refused(base, "refused-half-json", push, 400, "invalid_json"), spoil="json"),
        replace(_refused(base, "refused-door-off", without_sender, 409, "gmail_ingress_disabled"), spoil="door"),
    )


def _refused(base: Sample, name: str, push: dict[str, Any], status: int, verdict: str) -> Sample:
    return replace(base, name=name, push=push, raw=b"", expect=Expect(status, verdict, ""))
