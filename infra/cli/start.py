"""The entry point of `mailroom`. Imports nothing of weight itself, so that Ctrl-C ends in a sentence from the start."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of this process."""
    try:
        from infra.cli.__main__ import mailroom
    except KeyboardInterrupt:
        print("Interrupted before the command started.", file=sys.stderr)
        sys.exit(130)  # 128 + SIGINT
    mailroom(prog_name="mailroom")


if __name__ == "__main__":
    main()
