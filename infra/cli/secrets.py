"""`mailroom secrets`: draft all values, and make from them the database logins and a secret for each function."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

import click

from chalicelib.bootstrap.settings import BACKEND_FIELDS, DOOR_FIELDS, DOOR_SHORTEST
from chalicelib.core.stages import SERVICE
from infra import redis_users
from infra.cli.common import DRY_RUN, YES, confirm_environment, expected
from infra.cli.groups import Group
from infra.cli.parts import ambient
from infra.cloudformation.deploy import client
from infra.database.rights import LOGINS, SECRETS, secret_fields
from infra.database.roles import make_logins, password_of
from infra.local.credentials import OURS, made
from infra.secret_values import held, secret_values, store

OWNER = "PostgreSQL URL of the owner, password included; each function gets a login of its own in its place"


@click.group("secrets", cls=Group)
def secrets_group() -> None:
    """Make the secrets and the database logins: one of each for each function."""


@secrets_group.command("draft")
@expected
def draft() -> None:
    """Print a draft of all values as JSON, to be completed and applied.

    Keys that Mailroom may choose are fresh and random; `<…>` marks the values that you fill in.

    Example: umask 077 && mailroom secrets draft > all.json
    """
    click.echo(new_draft())


@secrets_group.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--prefix", default=SERVICE, show_default=True, help="The parameter SecretPrefix of the stack.")
@click.option(
    "--rotate-logins", is_flag=True, help="Make new passwords for the database logins; deploy again afterwards."
)
@click.option(
    "--redis-acl",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Give each function a Redis user of its own, and write the users to this new file as lines of an ACL file.",
)
@DRY_RUN
@YES
@expected
def apply(file: Path, prefix: str, rotate_logins: bool, redis_acl: Path | None, dry_run: bool, yes: bool) -> None:
    """Make or change the database logins and the secrets in the current AWS profile, from the completed draft.

    Delete the file afterwards.
    """
    environment = ambient()
    values = read(file)
    manager = client("secretsmanager", environment)
    there = held(manager, prefix)
    passwords = kept_passwords({} if rotate_logins else there)
    users = kept_users({} if rotate_logins else there) if redis_acl else None
    for name in SECRETS:
        what = "change" if name in there else "make"
        click.echo(f"{what} {prefix}/{name}: {', '.join(secret_fields(name))}")
    click.echo(f"database logins: {', '.join(LOGINS)}")
    if dry_run:
        click.echo("--dry-run: nothing was changed")
        return
    what = f"Make or change these secrets, and the logins of the database in {file},"
    confirm_environment(what, environment, yes=yes, always=True)
    if redis_acl and users:
        write_users(redis_acl, users)
    make_logins(values["database_url"], passwords)
    store(manager, prefix, secret_values(values, passwords, users))
    if redis_acl:
        click.echo(f"make the users of {redis_acl} in Redis before you deploy, then delete that file too")
    click.echo(f"done; now delete {file}")


def new_draft() -> str:
    """JSON of all fields, to be completed."""
    fresh, fields = made(), DOOR_FIELDS | BACKEND_FIELDS | {"database_url": OWNER}
    values = {name: fresh[name] if name in OURS else f"<{meaning}>" for name, meaning in fields.items()}
    return json.dumps(values, indent=1)


def read(file: Path) -> dict[str, Any]:
    """The completed draft. Raises `click.ClickException`, which names the field and never its value."""
    try:
        values = json.loads(file.read_text("utf-8"))
    except (ValueError, OSError):
        raise click.ClickException(f"{file} is not JSON: make it with `mailroom secrets draft`.") from None
    if not isinstance(values, dict):
        raise click.ClickException(f"{file} is not a JSON object: make it with `mailroom secrets draft`.")
    for name in DOOR_FIELDS | BACKEND_FIELDS:
        if name not in values:
            raise click.ClickException(f"{file} has no {name}: `mailroom secrets draft` shows all fields.")
        if str(values[name]).startswith("<"):
            raise click.ClickException(f"{name} in {file} is not filled in.")
    for name in DOOR_FIELDS:
        if not isinstance(values[name], list) or any(len(str(entry)) < DOOR_SHORTEST for entry in values[name]):
            raise click.ClickException(
                f"{name} in {file} is not a list of entries of {DOOR_SHORTEST} characters or more."
            )
    if not str(values["database_url"]).startswith(("postgresql://", "postgres://")):
        raise click.ClickException(f"database_url in {file} is not postgresql://owner:password@host/database.")
    return values


def write_users(file: Path, passwords: dict[str, str]) -> None:
    """Write the users of Redis, readable by the owner only. Raises `click.ClickException` if the file exists."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise click.ClickException(f"{file} exists: name a new file.") from None
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(redis_users.acl_lines(passwords))


def kept_users(there: dict[str, dict[str, Any]]) -> dict[str, str]:
    """A password for each user of Redis: the one in its secret, otherwise a new one."""
    known = {
        name: redis_users.password_of(str(there.get(name, {}).get("redis_url", "")), name) for name in redis_users.USERS
    }
    return {name: password or secrets.token_urlsafe(24) for name, password in known.items()}


def kept_passwords(there: dict[str, dict[str, Any]]) -> dict[str, str]:
    """A password for each login: the one in its secret, so that running functions keep working; otherwise a new one."""
    known = {name: password_of(str(there.get(name, {}).get("database_url", "")), name) for name in LOGINS}
    return {name: password or secrets.token_urlsafe(24) for name, password in known.items()}
