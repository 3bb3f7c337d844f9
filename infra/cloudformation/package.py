"""The zip and the one template, for AWS and for the laptop alike; the command is `mailroom package`.

`chalice package --merge-template`, run on a clean copy of what ships, so that nothing else gets into the zip.
A thin package leaves the dependencies out (the emulator's workers use the installed ones); the template is the same.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from infra.cloudformation import config, template
from infra.local.folders import NotOurs

ROOT = template.ROOT
MARK = ".mailroom-package"
SHIPPED = ("app.py", "chalicelib", ".chalice/policy.json", "requirements.txt")


def stage_source(target: Path, thin: bool) -> None:
    """Copy what ships; what an earlier run left there and the project no longer has is removed.

    Raises `NotOurs` for a folder that holds something and that no earlier run made.
    """
    ours = (target / MARK).exists() or target.is_relative_to(ROOT / "build")
    if target.is_symlink() or (target.exists() and not ours and any(target.iterdir())):
        raise NotOurs(f"{target} is not empty and was not made by `mailroom package`. Name another --out.")
    target.mkdir(parents=True, exist_ok=True)
    (target / MARK).touch()
    for name in ("app.py", "chalicelib"):
        shutil.rmtree(target / name, ignore_errors=True)
    for name in SHIPPED:
        source, copy = ROOT / name, target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy2(source, copy)
    (target / ".chalice" / "config.json").write_text(config.text())
    if thin:
        (target / "requirements.txt").write_text("")


def package(out: Path, thin: bool = False, merge: bool = True) -> Path:
    """Write `out/sam.json` and `out/deployment.zip`; the answer is the template's path.

    Without `merge` it is what the decorators of `app.py` say alone (what `chalice deploy` uses). Beside `out` stands
    `<out>-source`, what was packed. Raises `NotOurs` where that is somebody's own folder.
    """
    out.mkdir(parents=True, exist_ok=True)
    source = out.absolute().with_name(out.name + "-source")
    stage_source(source, thin)
    merged = source / ".chalice" / "merge.json"
    merged.write_text(json.dumps(template.template(), indent=1))
    chalice = [str(Path(sys.executable).parent / "chalice"), "--project-dir", str(source)]
    more = ["--merge-template", str(merged.resolve())] if merge else []
    command = [*chalice, "package", "--stage", config.STAGE, *more, str(out.resolve())]
    # Settings of an AWS session must not reach the packager, and it needs a region to make ARNs.
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "MAILROOM_"))}
    # Else it looks for credentials in the home folder and at the metadata service of a virtual machine.
    environment |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    environment |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    environment["AWS_DEFAULT_REGION"] = os.environ.get("AWS_DEFAULT_REGION", "eu-west-1")
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=600, check=False)
    if done.returncode:
        sys.exit(f"chalice package failed:\n{done.stdout}{done.stderr}")
    return out / "sam.json"


def sizes(archive: Path) -> tuple[int, int]:
    """Bytes of the zip, packed and unpacked."""
    with zipfile.ZipFile(archive) as opened:
        return archive.stat().st_size, sum(entry.file_size for entry in opened.infolist())
