"""What `mailroom send` reads: files, mbox files, Maildirs and folders; and what it refuses, with a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from infra.cli.mailfiles import LARGEST, Found, mails, problem_of

MAIL = b"From: Ada <ada@example.org>\r\nSubject: Hello\r\n\r\nText.\r\n"
PASSWD = b"root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"


def write(file: Path, content: bytes = MAIL) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def one(path: Path) -> Found:
    [found] = mails([path])
    return found


def names(path: Path) -> list[str]:
    """Paths of the mail in a folder; nothing else is found there."""
    found = list(mails([path]))
    assert [item.problem for item in found if item.problem] == []
    return [str(Path(item.name).relative_to(path)) for item in found]


@pytest.mark.parametrize("name", ["a.eml", "a.EML", "a.txt", "1700000000.M1P2.host:2,S"])
def test_a_file_that_is_named_is_read_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    assert one(write(tmp_path / name)) == Found(str(tmp_path / name), MAIL)


@pytest.mark.parametrize(
    "content",
    [PASSWD, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\0" * 500, b"#!/bin/sh\necho\n", b"{}", "From: ä".encode("utf-16")],
)
def test_what_is_no_mail_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "not a mail" in one(write(tmp_path / "file", content)).problem


@pytest.mark.parametrize("content", [b"", b"\n", b"  \r\n\r\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "empty" in one(write(tmp_path / "a.eml", content)).problem


@pytest.mark.parametrize(
    "raw",
    [
        b"subject: lower case\n\nText",
        b"Received: from a\n by b\nX-Odd: y\n\nText",
        b"Date: Mon, 1 Jan 2024 00:00:00 +0000\rSubject: old line ends\r\rText",
        b"\xef\xbb\xbfFrom: ada@example.org\n\nText",
        b"\r\nFrom: ada@example.org\r\n\r\nText",
        b"To: x@example.org",
        MAIL + b"\0\0 binary text",
    ],
)
def test_a_mail_of_any_form_is_a_mail(raw: bytes) -> None:
    assert problem_of(raw) == ""


def test_a_mail_above_the_limit_is_refused_and_not_read(tmp_path: Path) -> None:
    large = write(tmp_path / "large.eml")
    os.truncate(large, LARGEST + 1)
    found = one(large)
    assert (found.raw, f"{LARGEST:,}" in found.problem) == (b"", True)


def test_a_folder_named_like_a_mail_is_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "x.eml" / "inside.eml")
    assert names(tmp_path) == ["x.eml/inside.eml"]
    assert names(tmp_path / "x.eml") == ["inside.eml"]


def test_a_folder_gives_its_mail_in_order_and_nothing_else(tmp_path: Path) -> None:
    for name in ("b.eml", "A.EML", "sub/c.eml", "notes.txt"):
        write(tmp_path / name)
    assert names(tmp_path) == ["A.EML", "b.eml", "sub/c.eml"]


def test_a_maildir_is_read_with_its_subfolders_and_without_tmp(tmp_path: Path) -> None:
    for name in ("new/1", "cur/2:2,S", "tmp/3", ".Sent/cur/4:2,S", ".Archive.2024/new/5", "dovecot.index"):
        write(tmp_path / name)
    assert sorted(names(tmp_path)) == [".Archive.2024/new/5", ".Sent/cur/4:2,S", "cur/2:2,S", "new/1"]


@pytest.mark.parametrize("folders", [("new", "cur", "tmp"), ("cur",), (".Sent/cur",)])
def test_an_empty_maildir_is_called_empty(tmp_path: Path, folders: tuple[str, ...]) -> None:
    for name in folders:
        (tmp_path / name).mkdir(parents=True)
    assert "the Maildir is empty" in one(tmp_path).problem


def test_a_folder_without_mail_says_what_is_expected(tmp_path: Path) -> None:
    write(tmp_path / "notes.txt")
    assert "neither a Maildir nor" in one(tmp_path).problem


@pytest.mark.parametrize("inside", [True, False])
def test_a_broken_link_is_named(tmp_path: Path, inside: bool) -> None:
    link = tmp_path / "x.eml"
    link.symlink_to(tmp_path / "none")
    assert one(tmp_path if inside else link) == Found(str(link), problem="it is a broken link")


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    write(tmp_path / "a.eml")
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    assert names(tmp_path) == ["a.eml"]


def test_what_is_not_there_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    found = list(mails([tmp_path / "none.eml", write(tmp_path / "a.eml")]))
    assert [item.problem for item in found] == ["there is no such file or folder", ""]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.eml")
    assert "neither a file nor a folder" in one(tmp_path / "pipe.eml").problem


def test_an_mbox_gives_each_mail_by_its_number(tmp_path: Path) -> None:
    text = (
        b"From a Mon Jan  1 00:00:00 2024\nFrom: a@example.org\n\nOne\n\nFrom b Mon Jan  1 00:00:00 2024\nno header\n"
    )
    file = write(tmp_path / "archive.mbox", text)
    first, second = mails([tmp_path])
    assert (first.name, first.raw) == (f"{file}#1", b"From: a@example.org\n\nOne\n")
    assert (second.name, "not a mail" in second.problem) == (f"{file}#2", True)
