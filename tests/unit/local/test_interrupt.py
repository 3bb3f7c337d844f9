"""A command that is ended takes its servers down first, however often it is signalled."""

from __future__ import annotations

import signal
import subprocess
import sys

from infra.local.patience import scaled

COMMAND = """
import sys, time
from infra.local.interrupt import CODE, orderly
orderly()
try:
    print("working", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("cleaning", flush=True)
    sys.stdin.readline()
    print("clean", flush=True)
    sys.exit(CODE)
"""


def test_the_first_signal_ends_the_work_and_no_other_the_cleaning_up() -> None:
    with subprocess.Popen([sys.executable, "-c", COMMAND], stdin=-1, stdout=-1, text=True) as command:
        assert command.stdout is not None
        assert command.stdout.readline() == "working\n"
        command.send_signal(signal.SIGTERM)
        assert command.stdout.readline() == "cleaning\n"
        command.send_signal(signal.SIGTERM)
        command.send_signal(signal.SIGINT)
        rest, _ = command.communicate("go on\n", timeout=scaled(30))
        assert (rest, command.returncode) == ("clean\n", 130)
