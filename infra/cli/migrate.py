"""`mailroom migrate`: bring a PostgreSQL database to the newest schema and grants."""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

import click

from infra.cli.common import DRY_RUN, YES, expected
from infra.database.migrate import logged_parameters, pending
from infra.database.migrate import migrate as run
from infra.database.rights import LOGINS, role


@click.command()
@click.argument("url", metavar="URL")
@DRY_RUN
@YES
@expected
def migrate(url: str, dry_run: bool, yes: bool) -> None:
    """Bring a database to the newest schema, and set the grants of the functions' roles.

    URL is postgresql://owner:password@host/database of a login that owns the database and may create roles; - reads
    it from standard input, which other users of the machine cannot see. Repeat it at any time.

    Example: mailroom migrate --dry-run - < owner-url.txt
    """
    url = sys.stdin.readline().strip() if url == "-" else url
    if urlsplit(url).scheme not in ("postgresql", "postgres"):
        raise click.UsageError("URL must start with postgresql://")
    if dry_run:
        names = pending(url)
        click.echo(f"would apply: {', '.join(names)}" if names else "nothing to apply")
        click.echo(f"would make and set the grants of: {', '.join(role(name) for name in LOGINS)}")
        _warn(url)
        return
    if not yes:
        _confirm(url)
    applied = run(url)
    click.echo(f"applied: {', '.join(applied)}" if applied else "nothing to apply")
    _warn(url)


def _warn(url: str) -> None:
    """Warn on standard error where the server's log would get parameters of statements."""
    for one in logged_parameters(url):
        click.echo(f"warning: {one} (docs/deploying.md, The database's log)", err=True)


def _confirm(url: str) -> None:
    """Ask, naming host and database but no login; abort on no, and where nobody can answer."""
    parts = urlsplit(url)
    where = f"database {parts.path.lstrip('/') or '(the default)'} on {parts.hostname or 'the local server'}"
    where += f":{parts.port}" if parts.port else ""
    if not sys.stdin.isatty():
        raise click.ClickException(f"Not confirmed, nothing was done: migrate {where} with --yes, or try --dry-run.")
    click.confirm(f"Migrate {where}, and set the grants of its roles (other grants are revoked)?", abort=True)
