"""The folder of a stack: closed, marked, and the only thing that `down --delete` may delete."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from infra.cli.__main__ import mailroom
from infra.cloudformation.package import stage_source
from infra.local.folders import MARK, NotOurs, claim, marked, remove
from infra.local.stack import Stack

OTHER = 65_534
"""`nobody`, as another user of the machine."""


def test_a_claimed_folder_is_closed_and_marked(tmp_path: Path) -> None:
    claim(tmp_path / "stack")
    assert stat.S_IMODE((tmp_path / "stack").stat().st_mode) == 0o700
    assert marked(tmp_path / "stack")


def test_a_claimed_folder_that_was_opened_is_closed_again(tmp_path: Path) -> None:
    claim(tmp_path)
    tmp_path.chmod(0o755)
    claim(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_a_folder_with_something_in_it_is_not_claimed(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    before = tmp_path.stat().st_mode
    with pytest.raises(NotOurs, match="not empty"):
        claim(tmp_path)
    assert (tmp_path.stat().st_mode, [one.name for one in tmp_path.iterdir()]) == (before, ["letter.txt"])


def test_a_symbolic_link_is_not_claimed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(NotOurs):
        claim(tmp_path / "link")


def test_only_what_is_named_is_removed(tmp_path: Path) -> None:
    claim(tmp_path)
    for name in ("valkey", "photos"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / "credentials.json").touch()
    assert remove(tmp_path, ["valkey"], ["credentials.json"]) == ["photos"]
    assert sorted(one.name for one in tmp_path.iterdir()) == [MARK, "photos"]


def test_a_link_in_the_place_of_a_folder_is_not_followed(tmp_path: Path) -> None:
    stack, precious = tmp_path / "stack", tmp_path / "precious"
    claim(stack)
    precious.mkdir()
    (precious / "file").touch()
    (stack / "valkey").symlink_to(precious)
    assert remove(stack, ["valkey"], []) == []
    assert (precious / "file").exists()
    assert not stack.exists()


def test_a_forged_home_of_postgres_is_not_deleted(tmp_path: Path) -> None:
    stack, precious = Stack(tmp_path / "stack"), tmp_path / "precious"
    assert stack.credentials
    (precious / "data").mkdir(parents=True)
    stack.postgres.folder.mkdir()
    (stack.postgres.folder / "state.json").write_text(f'{{"home": "{precious}"}}')
    assert stack.remove() == []
    assert (precious / "data").exists()


@pytest.mark.parametrize("content", [("thesis.tex",), ("valkey", "credentials.json"), (".git",)])
def test_down_deletes_no_folder_that_up_did_not_make(tmp_path: Path, content: tuple[str, ...]) -> None:
    for name in content:
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    result = CliRunner().invoke(mailroom, ["--folder", str(tmp_path), "down", "--delete", "--yes"])
    assert result.exit_code == 2
    assert "was not made by" in result.output
    assert sorted(tmp_path.rglob("*")) == before


def test_a_look_at_a_folder_that_is_no_stack_leaves_nothing_in_it(tmp_path: Path) -> None:
    result = CliRunner().invoke(mailroom, ["--folder", str(tmp_path), "status"])
    assert result.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_a_stack_removes_all_that_it_made(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "stack")
    assert stack.credentials
    stack.valkey.start()
    assert stack.remove() == []
    assert not stack.folder.exists()


READ_ALL = """
import os, sys
os.setgroups([]); os.setgid({other}); os.setuid({other})
for folder, names, files in os.walk(sys.argv[1]):
    print("entered", folder)
for path in sys.argv[2:]:
    try:
        open(path, "rb").read(1)
    except OSError:
        continue
    print("read", path)
"""


def readable_by_another(folder: Path) -> list[str]:
    """What a user who is neither the owner nor root can list or read of a folder, asked by name too."""
    files = [str(path) for path in folder.rglob("*") if path.is_file()]
    assert files
    command = [sys.executable, "-c", READ_ALL.format(other=OTHER), str(folder), *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody may enter: pytest's own would be what keeps the other user out."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_reads_nothing_of_a_stack(public: Path) -> None:
    stack = Stack(public / "stack")
    assert stack.credentials
    stack.valkey.start()
    try:
        open_file = public / "open"
        open_file.touch(mode=0o644)
        assert readable_by_another(public)  # the test itself works
        assert readable_by_another(stack.folder) == []
        stack.down()
        assert readable_by_another(stack.folder) == []
        assert [path for path in stack.folder.rglob("*") if path.stat().st_mode & 0o077 and not path.is_symlink()] == []
    finally:
        stack.remove()


def test_a_package_is_not_made_over_somebody_s_own_folder(tmp_path: Path) -> None:
    own = tmp_path / "mailroom-source" / "chalicelib"
    own.mkdir(parents=True)
    (own / "work.py").touch()
    result = CliRunner().invoke(mailroom, ["package", "--thin", "--out", str(tmp_path / "mailroom")])
    assert (result.exit_code, (own / "work.py").exists()) == (2, True)
    assert "was not made by" in result.output


def test_what_an_earlier_package_left_is_renewed(tmp_path: Path) -> None:
    stage_source(tmp_path / "source", thin=True)
    (tmp_path / "source" / "chalicelib" / "gone.py").touch()
    stage_source(tmp_path / "source", thin=True)
    assert not (tmp_path / "source" / "chalicelib" / "gone.py").exists()
