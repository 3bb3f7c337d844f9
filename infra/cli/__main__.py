"""`mailroom`: the operator's one tool. Every make target is one of these commands."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from chalicelib.policy.flags import DEFAULTS
from infra.cli.common import confirm_environment, running, told
from infra.cli.dashboard import dashboard
from infra.cli.excluded import reconsider
from infra.cli.governance import erase, export, retention
from infra.cli.mailfiles import LARGEST, mails
from infra.cli.recovery import author_of, dlq, on_aws, reconcile, verify
from infra.cli.rules import rules
from infra.cli.secrets import secrets_group
from infra.cli.show import console
from infra.local.stack import DEFAULT_FOLDER, Stack


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_FOLDER / "up",
    envvar="MAILROOM_FOLDER",
    show_default=".mailroom/up",
    help="Where the local stack keeps its data.",
)
@click.pass_context
def mailroom(context: click.Context, folder: Path) -> None:
    """Takes in every mail, removes personal data, classifies, stores and notifies; loses none."""
    context.obj = folder


@mailroom.command()
@click.pass_obj
@told
def up(folder: Path) -> None:
    """Start Mailroom on this machine and keep it running. Safe to repeat: changed code is deployed again."""
    from infra.cli.local import start

    start(Stack(folder, persist=True))


@mailroom.command()
@click.option("--delete", is_flag=True, help="Also delete the data: database, spool, queues, credentials.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
@told
def down(folder: Path, delete: bool, dry_run: bool, yes: bool) -> None:
    """Stop the local Mailroom; its data is kept."""
    stack = Stack(folder, persist=True)
    if dry_run:
        kept = "every mail and setting in it would be deleted" if delete else "its data would be kept"
        console.print(f"--dry-run: the stack in {folder} would be stopped, {kept}")
        return
    if delete:
        what, where = "Delete every mail and setting of the stack", str(folder)
        confirm_environment(what, {}, yes=yes, always=True, named=lambda _: where)
        stack.remove()
    else:
        stack.down()
    console.print("stopped" + (" and deleted" if delete else "; the data is kept"))


@mailroom.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.pass_obj
@told
def status(folder: Path, as_json: bool) -> None:
    """Queues, quarantine, ledger, flags and the latest mail."""
    from infra.cli.local import show_status

    show_status(running(Stack(folder, persist=True)), as_json)


@mailroom.command()
@click.option("--follow", "-f", is_flag=True, help="Go on until Ctrl-C.")
@click.option("--mail", default="", help="Only this mail id or trace id.")
@click.option("--minutes", type=click.IntRange(1, 1440), default=15, show_default=True, help="How far back.")
@click.pass_obj
@told
def logs(folder: Path, follow: bool, mail: str, minutes: int) -> None:
    """What the functions did, oldest first: ids and codes only, never content."""
    from infra.cli.logs import show_logs

    show_logs(running(Stack(folder, persist=True)), follow, mail, minutes)


@mailroom.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--account", default="personal", show_default=True, help="Account that the mail belongs to.")
@click.option("--wait", type=click.IntRange(0, 3600), default=120, show_default=True, help="Seconds to wait for it.")
@click.pass_obj
@told
def send(folder: Path, files: tuple[Path, ...], account: str, wait: int) -> None:
    """Push your own mail (.eml, mbox, Maildir, folders) through the Gmail door into the running stack."""
    from infra.cli.local import send_files

    info = running(Stack(folder, persist=True))
    sys.exit(send_files(info, mails(list(files)), account, wait, LARGEST))


@mailroom.command()
@click.option("--keep", is_flag=True, help="Leave the demo's stack running (folder .mailroom/demo).")
@click.option("--picture", type=click.Path(path_type=Path), help="Also write what was printed as an SVG picture.")
@told
def demo(keep: bool, picture: Path | None) -> None:
    """Run the main job on embedded defaults: sample mail through both doors, to the notification."""
    from infra.cli.demo import run

    sys.exit(run(DEFAULT_FOLDER / "demo", keep, picture))


@mailroom.command()
@click.argument("name", required=False, type=click.Choice(sorted(DEFAULTS)))
@click.argument("value", required=False, type=click.Choice(["on", "off"]))
@author_of
@on_aws
@click.pass_obj
@told
def flag(folder: Path, name: str | None, value: str | None, author: str, dry_run: bool, yes: bool, aws: bool) -> None:
    """Show the runtime flags, or switch one: `mailroom flag gmail_ingress_enabled off`."""
    from infra.cli.admin_api import admin_api
    from infra.cli.flags import show_flags, switch_flag

    api = admin_api(folder, aws)
    if name and value and not dry_run:
        confirm_environment(f"Switch {name} {value}", api.environment, yes=yes)
        switch_flag(api, name, value == "on", author)
    elif name and value:
        click.echo(f"--dry-run: {name} would be switched {value}; now:")
    show_flags(api)


@mailroom.command()
@told
def settings() -> None:
    """Every setting of the deployed functions: name, default, meaning."""
    from infra.cli.local import show_settings

    show_settings()


@mailroom.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.option("--html", "html_out", type=click.Path(path_type=Path), help="Write a page with highlights.")
@told
def anonymize(file: Path, as_json: bool, html_out: Path | None) -> None:
    """Show what the anonymizer makes of a mail, with the reason for each replacement."""
    from infra.cli.anonymize import run

    run(file, as_json, html_out)


mailroom.add_command(dashboard)
mailroom.add_command(verify)
mailroom.add_command(reconcile)
mailroom.add_command(dlq)
mailroom.add_command(rules)
mailroom.add_command(retention)
mailroom.add_command(reconsider)
mailroom.add_command(erase)
mailroom.add_command(export)
mailroom.add_command(secrets_group)

if __name__ == "__main__":
    mailroom(prog_name="mailroom")
