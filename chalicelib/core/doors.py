"""The table of mail endpoints: flags, credentials, alarms and status codes are made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, eq=False, repr=False)
class Door:
    """One endpoint for mail.

    `name` is the value of the metrics' dimension `door`; `label` is its name for people. `disabled` is the HTTP status
    while its flag is off: 4xx where the sender must keep the mail, 503 where the sender repeats it by itself.
    `credentials` are its fields in the secret `door`, each a list of strings, with their meaning.
    """

    name: str
    label: str
    disabled: int
    credentials: Mapping[str, str]

    @property
    def flag(self) -> str:
        """The runtime flag that switches it."""
        return f"{self.name}_ingress_enabled"

    @property
    def disabled_code(self) -> str:
        """The code of its answer while the flag is off."""
        return f"{self.name}_ingress_disabled"


DOORS = (
    Door(
        "gmail",
        "Gmail",
        disabled=409,
        credentials={
            "gmail_tokens": "list: Bearer tokens of the Gmail endpoint; two may be valid while one is rotated out",
            "gmail_keys": "list: HMAC keys of the Gmail endpoint",
        },
    ),
    Door(
        "emailengine",
        "EmailEngine",
        disabled=503,
        credentials={
            "emailengine_secrets": "list: EmailEngine's `serviceSecret` values that sign its webhooks",
            "emailengine_tokens": "list: Bearer tokens of EmailEngine's custom header; [] switches this off",
        },
    ),
)
