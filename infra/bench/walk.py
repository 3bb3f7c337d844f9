"""`python -m infra.bench.walk`: the files of chalicelib that one mail crosses, from the Gmail endpoint to Telegram.

The mail goes through the real code over in-memory parts, and a file counts when code of it ran for this mail: a
function, a method, or the constructor that a dataclass was given. Importing a file does not count. `ADAPTERS` are the
files behind the in-memory parts; they are shown apart.
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections import Counter
from collections.abc import Iterator
from types import FrameType

from infra.cloudformation.template import ROOT

LIMIT = 45
"""Files at most, without the rooms of `SPECIALISTS`."""

SPECIALISTS = ("mail", "policy", "classification", "privacy")
"""Parser, rules and recognisers: a person who follows a mail need not open them."""

ADAPTERS = (
    "adapters/breaker.py",
    "adapters/aws/s3_spool.py",
    "adapters/aws/session.py",
    "adapters/aws/sqs_queues.py",
    "adapters/http/client.py",
    "adapters/postgres/database.py",
    "adapters/postgres/outbox.py",
    "adapters/postgres/store.py",
    "adapters/postgres/store_statements.py",
    "adapters/redis/cache.py",
    "adapters/redis/limiter.py",
    "adapters/telegram/messenger.py",
)
"""What the in-memory parts stand for."""

MAIL = {"id": "1", "sender": "Ada <ada@example.com>", "subject": "Results", "body": "Dear Bob"}


@contextlib.contextmanager
def traced(found: set[str]) -> Iterator[None]:
    """Gather the names of the modules of chalicelib whose functions are called."""

    def called(frame: FrameType, event: str, _: object) -> None:
        name = frame.f_globals.get("__name__", "")
        if event == "call" and frame.f_code.co_name != "<module>" and str(name).startswith("chalicelib."):
            found.add(str(name))

    sys.setprofile(called)
    try:
        yield
    finally:
        sys.setprofile(None)


def crossed() -> list[str]:
    """The files, as paths below `chalicelib`, in the order of their names. Raises when the mail was not notified."""
    from tests.app.test_stages import Stack
    from tests.app.world import installed

    modules: set[str] = set()
    # The first mail loads what is loaded late; the second is followed. A world each: a chat must not make it wait.
    for _ in range(2):
        modules.clear()
        stack = Stack(report_failures="true")
        with installed(stack), traced(modules):
            stack.push(MAIL)
            stack.run()
            assert [topic for topic, _ in stack.messenger.sent] == ["email"]
    ran = {f"{name.partition('.')[2].replace('.', '/')}.py" for name in modules}
    files = {name if (ROOT / "chalicelib" / name).exists() else name[:-3] + "/__init__.py" for name in ran}
    return sorted(files)


def followed(files: list[str]) -> list[str]:
    """Those that a person opens who follows a mail."""
    return [name for name in files if name.partition("/")[0] not in SPECIALISTS]


def main() -> None:
    """Print the files, the count for each room, and the total."""
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stdout(io.StringIO()):  # the metrics go to it
        files = crossed()
    for name in files:
        print(name)
    for room, number in sorted(Counter(name.partition("/")[0] for name in files).items()):
        print(f"{number:4} {room}{' (not counted)' if room in SPECIALISTS else ''}")
    print(f"{len(followed(files)):4} of at most {LIMIT}; {len(files)} with {', '.join(SPECIALISTS)}")
    print(f"{len(set(ADAPTERS) - set(files)):4} adapters behind the in-memory parts")


if __name__ == "__main__":
    main()
