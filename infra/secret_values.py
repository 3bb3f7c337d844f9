"""What stands in each function's secret, and its way into Secrets Manager: the same for AWS and the laptop."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from infra.database.rights import SECRETS, secret_fields
from infra.database.roles import login_url
from infra.redis_users import user_url


def secret_values(
    values: Mapping[str, Any], passwords: Mapping[str, str], redis_passwords: Mapping[str, str] | None = None
) -> dict[str, dict[str, Any]]:
    """Name of the secret → its fields, out of all `values`; a `database_url` names the function's own login.

    With `redis_passwords` a `redis_url` names the function's own user too. `values["database_url"]` is the owner's.
    Raises KeyError for a value that is missing.
    """
    made: dict[str, dict[str, Any]] = {}
    for name in SECRETS:
        made[name] = {field: values[field] for field in secret_fields(name)}
        if "database_url" in made[name]:
            made[name]["database_url"] = login_url(values["database_url"], name, passwords[name])
        if redis_passwords and "redis_url" in made[name]:
            made[name]["redis_url"] = user_url(values["redis_url"], name, redis_passwords[name])
    return made


def held(manager: Any, prefix: str) -> dict[str, dict[str, Any]]:
    """The secrets that are there already, by name."""
    found: dict[str, dict[str, Any]] = {}
    for name in SECRETS:
        try:
            answer = manager.get_secret_value(SecretId=f"{prefix}/{name}")
        except manager.exceptions.ResourceNotFoundException:
            continue
        fields = json.loads(answer["SecretString"])
        found[name] = fields if isinstance(fields, dict) else {}
    return found


def store(manager: Any, prefix: str, wanted: Mapping[str, Mapping[str, Any]]) -> None:
    """Make the secrets `<prefix>/<name>`, or write a new version of those that are there."""
    for name, fields in wanted.items():
        identifier, text = f"{prefix}/{name}", json.dumps(fields)
        try:
            manager.create_secret(Name=identifier, SecretString=text)
        except manager.exceptions.ResourceExistsException:
            manager.put_secret_value(SecretId=identifier, SecretString=text)
