"""Redis keys that more than one stage knows."""

from __future__ import annotations


def seen_key(mail_id: str) -> str:
    """The door's hint that a mail was accepted: a repeat is then answered without asking the pipeline."""
    return f"seen:{mail_id}"
