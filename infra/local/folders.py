"""The folder of a local stack: closed to other users, marked as ours, and removed by name only."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

MARK = ".mailroom-stack"
FOLDERS = ("package", "package-source", "faultproxy")
FILES = ("stack.json", "credentials.json", "settings.json", "settings.json.new", "ends.jsonl")
"""What a stack has in its folder besides its servers' folders; nothing else is ever deleted there."""
TEXT = "Mailroom made this folder for a local stack, and `mailroom down --delete` removes what it put here.\n"


class NotOurs(RuntimeError):
    """A folder that holds something and that Mailroom did not make; the text is a sentence."""


def marked(folder: Path) -> bool:
    """Whether Mailroom made this folder for a stack."""
    try:
        return (folder / MARK).read_text("utf-8") == TEXT
    except (OSError, UnicodeDecodeError):
        return False


def claim(folder: Path) -> None:
    """Make the folder of a stack, closed to other users and marked. Raises `NotOurs` if it holds other things."""
    if not marked(folder):
        if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
            raise NotOurs(
                f"{folder} is not empty and was not made by Mailroom. Name an empty or a new folder with --folder."
            )
        closed(folder)
        (folder / MARK).touch(mode=0o600)
        (folder / MARK).write_text(TEXT, "utf-8")
    closed(folder)


def closed(folder: Path) -> Path:
    """Make a folder that only this user can enter."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def remove(folder: Path, folders: Iterable[str], files: Iterable[str]) -> list[str]:
    """Remove what a stack put into its folder, and the folder when nothing else is in it; what was left, by name.

    `folders` and `files` are names directly in it. Raises `NotOurs` for a folder without the mark; harmless for one
    that does not exist. A symbolic link is removed, never followed.
    """
    if not folder.exists():
        return []
    if folder.is_symlink() or not marked(folder):
        if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
            return []
        raise NotOurs(f"{folder} was not made by Mailroom, so nothing in it is deleted. Check --folder.")
    for name in folders:
        place = folder / name
        if place.is_symlink():
            place.unlink()
        elif place.is_dir():
            shutil.rmtree(place)
    for name in files:
        (folder / name).unlink(missing_ok=True)
    left = sorted(entry.name for entry in folder.iterdir() if entry.name != MARK)
    if not left:
        (folder / MARK).unlink()
        folder.rmdir()
    return left
