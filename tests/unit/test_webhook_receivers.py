"""The receivers' code in docs/webhooks.md, run: it takes what Mailroom sends and refuses everything else."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chalicelib.delivery import webhook
from infra.local.patience import scaled

DOCUMENT = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
NOW = 1_763_733_600
BODY = json.dumps({"mail": "é € \U0001f600", "n": 1}, ensure_ascii=False).encode()
Verify = Callable[[dict[str, str], bytes, list[str], int], bool]

RUNNERS = {
    "javascript": (
        "node",
        """
for (const [h, b, k, n] of JSON.parse(require("fs").readFileSync(0)))
  console.log(verify(h, Buffer.from(b, "hex"), k, n));
""",
    ),
    "php": (
        "php",
        """
foreach (json_decode(file_get_contents("php://stdin"), true) as [$h, $b, $k, $n])
    echo verify($h, hex2bin($b), $k, $n) ? "true\\n" : "false\\n";
""",
    ),
}


def code(language: str) -> str:
    """The one block of a language."""
    [found] = re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    return str(found)


def sent(keys: list[str], stamp: int = NOW, body: bytes = BODY) -> dict[str, str]:
    """Mailroom's headers as a server gives them."""
    return {name.lower(): value for name, value in webhook.headers("mail", "desk", keys, stamp, body).items()}


def changed(**headers: str) -> dict[str, str]:
    return sent(["key"]) | {name.replace("_", "-"): value for name, value in headers.items()}


GOOD = sent(["key"])
CASES: dict[str, tuple[dict[str, str], bytes, list[str], int, bool]] = {
    "what was sent": (GOOD, BODY, ["key"], NOW, True),
    "a receiver that knows the new key": (sent(["new", "old"]), BODY, ["new"], NOW, True),
    "a receiver that knows the old key": (sent(["new", "old"]), BODY, ["old"], NOW, True),
    "a receiver with two keys": (sent(["old"]), BODY, ["new", "old"], NOW, True),
    "a key of non-ASCII letters": (sent(["clé-é"]), BODY, ["clé-é"], NOW, True),
    "an empty body": (sent(["key"], body=b""), b"", ["key"], NOW, True),
    "bytes that are no text": (sent(["key"], body=b"\xff\x00"), b"\xff\x00", ["key"], NOW, True),
    "five minutes late": (GOOD, BODY, ["key"], NOW + 300, True),
    "five minutes early": (GOOD, BODY, ["key"], NOW - 300, True),
    "a replay": (GOOD, BODY, ["key"], NOW + 301, False),
    "a time to come": (GOOD, BODY, ["key"], NOW - 301, False),
    "another key": (GOOD, BODY, ["other"], NOW, False),
    "no key": (GOOD, BODY, [], NOW, False),
    "another body": (GOOD, BODY + b" ", ["key"], NOW, False),
    "another time": (changed(x_mailroom_timestamp=str(NOW + 1)), BODY, ["key"], NOW, False),
    "no time": ({"x-mailroom-signature": GOOD["x-mailroom-signature"]}, BODY, ["key"], NOW, False),
    "no signature": ({"x-mailroom-timestamp": str(NOW)}, BODY, ["key"], NOW, False),
    "an empty signature": (changed(x_mailroom_signature=""), BODY, ["key"], NOW, False),
    "a short signature": (changed(x_mailroom_signature=GOOD["x-mailroom-signature"][:-1]), BODY, ["key"], NOW, False),
    "a signature without its version": (
        changed(x_mailroom_signature=GOOD["x-mailroom-signature"][3:]),
        BODY,
        ["key"],
        NOW,
        False,
    ),
    "a signature of non-ASCII": (changed(x_mailroom_signature="v1=é"), BODY, ["key"], NOW, False),
    "a time that is no number": (changed(x_mailroom_timestamp="now"), BODY, ["key"], NOW, False),
    "a negative time": (changed(x_mailroom_timestamp=f"-{NOW}"), BODY, ["key"], NOW, False),
    "a time with a line after it": (changed(x_mailroom_timestamp=f"{NOW}\n"), BODY, ["key"], NOW, False),
    "an endless time": (changed(x_mailroom_timestamp="9" * 5000), BODY, ["key"], NOW, False),
}


def interpreter(name: str) -> str | None:
    """Beside this Python, or on the path."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


@pytest.mark.parametrize("name", CASES)
def test_the_python_example_knows_a_webhook_of_mailroom(name: str) -> None:
    space: dict[str, Any] = {}
    exec(code("python"), space)
    *given, expected = CASES[name]
    assert space["verify"](*given) is expected


def answers(language: str) -> list[str]:
    program, tail = RUNNERS[language]
    found = interpreter(program)
    assert found
    cases = json.dumps([(headers, body.hex(), keys, now) for headers, body, keys, now, _ in CASES.values()])
    option = "-e" if program == "node" else "-r"
    source = (code(language) + tail).removeprefix("<?php\n")
    done = subprocess.run(
        [found, option, source], input=cases, capture_output=True, text=True, timeout=scaled(60), check=True
    )
    return done.stdout.split()


# PHP is no part of the environment; where it is there, its example is run too.
@pytest.mark.parametrize("language", [name for name, (program, _) in RUNNERS.items() if interpreter(program)])
def test_each_example_says_the_same(language: str) -> None:
    assert answers(language) == [str(expected).lower() for *_, expected in CASES.values()]


def test_node_is_there_to_run_its_example() -> None:
    assert interpreter("node")
