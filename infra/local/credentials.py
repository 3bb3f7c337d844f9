"""Random credentials: made once a folder for the laptop, readable by their owner only."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from chalicelib.bootstrap.settings import DOOR_FIELDS
from infra.database.rights import LOGINS
from infra.local.folders import claim
from infra.redis_users import USERS

FILE = "credentials.json"

OURS = DOOR_FIELDS.keys() | set(
    """raw_key mapping_key pseudonym_key anthropic_key webhook_keys offload_key_id offload_secret_key
    private_ca""".split()
)
"""Fields whose value is ours to choose (the rest is given by Telegram, EmailEngine or the servers)."""


def made() -> dict[str, Any]:
    """A fresh set of all secret fields but the servers' URLs."""
    return {
        **{name: [secrets.token_urlsafe(32)] for name in DOOR_FIELDS},
        "emailengine_tokens": [],
        "raw_key": secrets.token_urlsafe(32),
        "mapping_key": secrets.token_hex(32),
        "pseudonym_key": secrets.token_hex(32),
        "telegram_token": f"{secrets.randbelow(10**9)}:{secrets.token_urlsafe(24)}",
        "emailengine_token": secrets.token_hex(32),
        "anthropic_key": "",
        "webhook_keys": {"default": [secrets.token_urlsafe(32)]},
        "offload_key_id": "",
        "offload_secret_key": "",
        "private_ca": "",
    }


def credentials(folder: Path) -> dict[str, Any]:
    """Read the folder's, or make them at the first start; what an older version did not have yet is added.

    `database_passwords` and `redis_passwords` have one for the login of each function. Raises `NotOurs` for a folder
    that is not a stack's and holds something.
    """
    claim(folder)
    file = folder / FILE
    held: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    passwords = {name: secrets.token_urlsafe(24) for name in LOGINS} | held.get("database_passwords", {})
    redis = {name: secrets.token_urlsafe(24) for name in USERS} | held.get("redis_passwords", {})
    whole = made() | held | {"database_passwords": passwords, "redis_passwords": redis}
    if whole != held:
        # Written beside and moved: who is killed here has not lost the keys of the mail.
        draft = file.with_suffix(".new")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(whole, indent=1))
        draft.replace(file)
    return whole
