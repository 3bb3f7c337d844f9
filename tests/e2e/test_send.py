"""`mailroom send` with a running stack: an ordinary mail, one that needs an upload, and what is no mail."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from infra.cli.__main__ import mailroom
from tests.e2e.world import NUMBERS, World


def mail(number: int, size: int = 0) -> bytes:
    head = f"From: send-{number}@workshop.example\r\nTo: desk@workshop.example\r\nSubject: Sent {number}\r\n"
    line = b"Plain text that goes on and on for as long as it has to.\r\n"
    return f"{head}Message-ID: <send-{number}@workshop.example>\r\n\r\n".encode() + line * (1 + size // len(line))


def test_each_file_comes_to_its_end_under_the_id_that_was_printed(world: World, tmp_path: Path) -> None:
    number = next(NUMBERS)
    (tmp_path / "small.eml").write_bytes(mail(number))
    (tmp_path / "large.eml").write_bytes(mail(-number, 4_500_000))
    command = ["--folder", str(world.stack.folder), "send", "--wait", "100"]
    done = CliRunner().invoke(mailroom, [*command, str(tmp_path)])
    assert done.exit_code == 0, done.output
    ids = {Path(line.split()[-1]).name: line.split()[1] for line in done.output.splitlines() if line.endswith(".eml")}
    assert sorted(ids) == ["large.eml", "small.eml"]
    states = world.rows("SELECT state FROM core.ledger WHERE mail_id = ANY(%s::uuid[])", list(ids.values()))
    assert states == [("stored",), ("stored",)]
    assert CliRunner().invoke(mailroom, [*command, "/etc/passwd"]).exit_code == 1
