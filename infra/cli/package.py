"""`mailroom package`: write the zip and the CloudFormation template."""

from __future__ import annotations

from pathlib import Path

import click

from infra.cli.common import expected
from infra.cloudformation.package import package as run
from infra.cloudformation.package import sizes
from infra.cloudformation.template import ROOT


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=ROOT / "build" / "package",
    show_default="the project's build/package",
    help="Write into this folder.",
)
@click.option("--thin", is_flag=True, help="Leave the dependencies out; for the local stack only.")
@expected
def package(out: Path, thin: bool) -> None:
    """Write the deployment package: one CloudFormation template (sam.json) and one zip."""
    written = run(out, thin)
    packed, unpacked = sizes(out / "deployment.zip")
    click.echo(f"template {written}")
    click.echo(f"zip      {packed / 1e6:.1f} MB packed, {unpacked / 2**20:.1f} MiB unpacked (no spaCy, no Presidio)")
