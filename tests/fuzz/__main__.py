"""`make fuzz`: the short form and every property, again and again with another seed, until something is found."""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time

OK, NOTHING_SELECTED = 0, 5
"""Of pytest's exit codes."""


def show(line: str) -> None:
    """One line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def properties(seed: int) -> tuple[str, ...]:
    """The property tests beyond this folder, with more examples than `make test` tries."""
    places = ("tests/unit", "tests/app", "tests/security")
    return (*places, "-m", "hypothesis", "--hypothesis-profile=search", f"--hypothesis-seed={seed}")


def _run(what: tuple[str, ...], variables: dict[str, str], only: str) -> int:
    """pytest's exit code."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--timeout=900", "-p", "no:cacheprovider", *what]
    command += ["-k", only] if only else []
    return subprocess.run(command, env=os.environ | variables, check=False).returncode


def main() -> int:
    """0 when nothing was found; a failing round can be replayed by its seed."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, help="begin with this one; alone with --minutes 0 it replays a round")
    parser.add_argument("--factor", type=int, default=5, help="inputs, as a multiple of the short form's")
    parser.add_argument("--only", default="", help="a pytest -k expression")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**9)
    end = time.monotonic() + options.minutes * 60
    done = 0
    while not done or time.monotonic() < end:
        show(f"seed {seed} (make fuzz SEED={seed} MINUTES=0 replays this round)")
        variables = {"FUZZ_SEED": str(seed), "FUZZ_FACTOR": str(options.factor)}
        ends = {_run(what, variables, options.only) for what in (("tests/fuzz",), properties(seed))}
        if ends == {NOTHING_SELECTED}:
            parser.error(f"no test matches {options.only!r}")
        if ends - {OK, NOTHING_SELECTED}:
            show(f"found with seed {seed}; the input lies in build/fuzz")
            return 1
        done, seed = done + 1, seed + 1
    show(f"nothing found in {done} rounds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
