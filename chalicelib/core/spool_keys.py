"""Pure: under which keys the spool holds something of a mail."""

from __future__ import annotations

from chalicelib.ports.governance import Place

ORIGINALS = ("sealed", "fetched", "links")
"""The mail as the door sealed it, as it was fetched, and its links in clear."""
EVERYTHING = (*ORIGINALS, "text")
UPLOADS = "uploads"
"""Mail that a pusher put here before its push: by the upload's own name."""


def keys(place: Place, prefixes: tuple[str, ...] = EVERYTHING) -> list[str]:
    """The keys of one mail; not each of them exists."""
    return [f"{prefix}/{place.account}/{place.mail_id}" for prefix in prefixes]
