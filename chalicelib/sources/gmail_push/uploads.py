"""Mail too large for a push: an offer to put it into the spool, and the push that names what was put there."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.core.spool_keys import upload_key
from chalicelib.intake.arrival import Arrival
from chalicelib.web.request_fields import Refused

if TYPE_CHECKING:
    from chalicelib.ports import Spool, Uploads

SECONDS = 15 * 60


@dataclass(frozen=True)
class UploadDesk:
    """`max_bytes` of a raw mail. An upload that no push names expires with the spool (`SpoolDays`)."""

    uploads: Uploads
    spool: Spool
    max_bytes: int
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def offer(self, account: str, size: int | None = None) -> dict[str, Any]:
        """Where to PUT the RFC 822 bytes, for a quarter of an hour; `size` fixes their number. `Retryable`."""
        identifier = secrets.token_hex(16)
        offered = self.uploads.offer(upload_key(account, identifier), SECONDS, size)
        return {
            "id": identifier,
            "url": offered.url,
            "method": "PUT",
            "headers": dict(offered.headers),
            "expires_at": (self.now() + timedelta(seconds=SECONDS)).isoformat(timespec="seconds"),
            "max_bytes": self.max_bytes,
        }

    def check(self, arrival: Arrival) -> None:
        """Refuse a push whose upload is not there, is another account's, is empty or too large. `Retryable`."""
        key = upload_key(arrival.account, json.loads(arrival.payload)["upload"])
        # Listing gives the size and needs no right to read mail, which the endpoints do not have.
        found = next((entry for entry in self.spool.list(key) if entry.key == key), None)
        if found is None or not found.size:
            raise Refused("invalid_field", "upload")
        if found.size > self.max_bytes:
            raise Refused("too_large", "upload")
