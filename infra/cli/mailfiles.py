"""The user's own mail as raw bytes: .eml and mbox files, Maildir and Maildir++ folders, folders of such files."""

from __future__ import annotations

import mailbox
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LARGEST = 40 * 1024 * 1024
"""Bytes of a mail that Mailroom accepts."""
HEADER = 64 * 1024
FIELD = re.compile(
    rb"(?:from|sender|to|cc|date|subject|message-id|received|return-path|delivered-to)[ \t]*:", re.IGNORECASE
)
"""A header field that every mail has one of (RFC 5322, section 3.6)."""
SUFFIXES = (".eml", ".mbox")
"""Files of an ordinary folder that are read; other files may be anything."""


@dataclass(frozen=True, slots=True)
class Found:
    """A mail and the file that holds it; without `raw`, `problem` says why there is no mail."""

    name: str
    raw: bytes = b""
    problem: str = ""


def mails(paths: Sequence[Path]) -> Iterator[Found]:
    """Each mail of these files and folders, in order; what cannot be sent comes with its problem. Never raises."""
    for path in paths:
        if path.is_dir():
            yield from _folder(path)
        else:
            yield from _file(path)


def problem_of(raw: bytes) -> str:
    """Why these bytes are not a mail; empty when they may be one."""
    if not raw.strip():
        return "it is empty"
    if len(raw) > LARGEST:
        return f"it has {len(raw):,} bytes, and Mailroom accepts at most {LARGEST:,}"
    header: list[bytes] = []
    for line in raw[:HEADER].lstrip(b"\xef\xbb\xbf\r\n").splitlines():
        if not line.strip():
            break
        header.append(line)
    if b"\0" in b"\n".join(header) or not any(FIELD.match(line) for line in header):
        return "it is not a mail: it has no header with From, To, Date or Subject"
    return ""


def _folder(top: Path) -> Iterator[Found]:
    """The mail in a folder and in the folders inside it; `cur` and `new` of a Maildir hold mail under any name."""
    files, maildir = [], False
    for at, folders, names in os.walk(top):
        folder = Path(at)
        is_box = folder.name in ("cur", "new")
        maildir |= is_box
        folders[:] = sorted(name for name in folders if name != "tmp" or not (folder / "cur").is_dir())
        files += [folder / name for name in sorted(names) if is_box or name.lower().endswith(SUFFIXES)]
    for file in files:
        yield from _file(file)
    if not files:
        why = "the Maildir is empty" if maildir else "it is neither a Maildir nor a folder with .eml or .mbox files"
        yield Found(str(top), problem=f"there is no mail in it: {why}")


def _file(path: Path) -> Iterator[Found]:
    name = str(path)
    try:
        if not path.is_file():
            yield Found(name, problem=_absent(path))
        elif path.stat().st_size and _is_mbox(path):
            yield from _mbox(path)
        elif (size := path.stat().st_size) > LARGEST:
            yield Found(name, problem=f"it has {size:,} bytes, and Mailroom accepts at most {LARGEST:,}")
        else:
            yield _checked(name, path.read_bytes())
    except OSError as error:
        yield Found(name, problem=f"it cannot be read: {error.strerror}")


def _absent(path: Path) -> str:
    if path.is_symlink():
        return "it is a broken link"
    return "it is neither a file nor a folder" if path.exists() else "there is no such file or folder"


def _checked(name: str, raw: bytes) -> Found:
    problem = problem_of(raw)
    return Found(name, problem=problem) if problem else Found(name, raw)


def _is_mbox(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(5) == b"From "


def _mbox(path: Path) -> Iterator[Found]:
    opened = mailbox.mbox(path, create=False)
    try:
        for key in opened.keys():  # noqa: SIM118 - a mailbox iterates over messages, not keys
            yield _checked(f"{path}#{int(key) + 1}", opened.get_bytes(key))
    finally:
        opened.close()
