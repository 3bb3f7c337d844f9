"""The user's own mail as raw bytes: .eml files, mbox files, Maildir folders, folders of .eml files."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from pathlib import Path

LARGEST = 3_800_000
"""Bytes of a mail that the Gmail door takes in `raw` (5 MiB of JSON, base64)."""


class NoMail(Exception):
    """Nothing to read there; the text says what was expected."""


def mails(paths: list[Path]) -> Iterator[tuple[str, bytes]]:
    """(name, raw bytes) of each mail, in order. Raises `NoMail`."""
    for path in paths:
        if not path.exists():
            raise NoMail(f"{path}: no such file or folder")
        if path.is_dir():
            yield from _folder(path)
        elif _is_mbox(path):
            yield from _mbox(path)
        else:
            yield path.name, path.read_bytes()


def _folder(path: Path) -> Iterator[tuple[str, bytes]]:
    if (path / "cur").is_dir() or (path / "new").is_dir():
        files = sorted(file for part in ("new", "cur") for file in (path / part).glob("*") if file.is_file())
    else:
        files = sorted(path.rglob("*.eml"))
    if not files:
        raise NoMail(f"{path}: neither a Maildir (cur/, new/) nor a folder with .eml files")
    for file in files:
        yield file.name, file.read_bytes()


def _is_mbox(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(5) == b"From "


def _mbox(path: Path) -> Iterator[tuple[str, bytes]]:
    opened = mailbox.mbox(path, create=False)
    try:
        for key in opened.keys():  # noqa: SIM118 - a mailbox iterates over messages, not keys
            yield f"{path.name}#{key}", opened.get_bytes(key)
    finally:
        opened.close()
