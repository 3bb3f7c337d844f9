"""A stack that does not come up says which part failed, shows its log and leaves nothing running."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.folders import claim
from infra.local.process import StartFailed
from infra.local.stack import Stack


class Halfway(Stack):
    """Starts its first two servers for real; the emulator ends with words in its log."""

    def _start_emulator(self) -> None:
        self.emulator.folder.mkdir(parents=True)
        self.emulator.log.write_text("\n".join(f"line {number}" for number in range(100)))
        raise self.failure

    failure: BaseException


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Halfway]:
    stack = Halfway(tmp_path / "stack")
    yield stack
    stack.remove()


def test_a_part_that_fails_is_named_with_the_end_of_its_log(stack: Halfway) -> None:
    stack.failure = ValueError("no such thing")
    with pytest.raises(StartFailed, match="AWS emulator failed: no such thing") as caught:
        stack.up()
    shown = str(caught.value).splitlines()
    assert any(str(stack.emulator.log) in line for line in shown)
    assert shown[-15:] == [f"line {number}" for number in range(85, 100)]
    assert not any(stack.alive().values())


def test_an_interrupted_start_leaves_nothing_running(stack: Halfway) -> None:
    stack.failure = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        stack.up()
    assert not any(stack.alive().values())


def test_what_ran_before_a_start_that_fails_runs_on(stack: Halfway) -> None:
    claim(stack.folder)
    stack.valkey.start()
    stack.failure = StartFailed("the port was taken")
    with pytest.raises(StartFailed, match="the port was taken"):
        stack.up()
    assert [name for name, alive in stack.alive().items() if alive] == ["valkey"]
