"""The worst mails there can be, opened, parsed and anonymized as the stages do it: seconds each, peak memory of all.

`python -m infra.bench.worst [--store] [NAME…]` prints one JSON line. In a process of its own, and with the mails made
by another one: memory's peak is the process's. `--store` is what the store stage does with the original: no models.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

from chalicelib.core.messages import Envelope
from chalicelib.intake.load_mail import load_mail
from chalicelib.mail import bounds, sealed
from chalicelib.mail.identity import claims
from chalicelib.mail.traits import traits
from chalicelib.ports import Anonymizer, Fetched, MessageReference, SpoolEntry

HEAD = b"From: A <a@example.com>\r\nTo: b@example.org\r\nSubject: worst\r\nMessage-ID: <w@example.com>\r\n"
FULL = bounds.MAX_INPUT_BYTES
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
HTML = HEAD + b"Content-Type: text/html\r\n\r\n"
BASE64 = b"Content-Transfer-Encoding: base64\r\n"


def filled(head: bytes, unit: bytes, size: int = FULL) -> bytes:
    """`head`, then `unit` again and again."""
    return head + unit * ((size - len(head)) // len(unit))


def prose(size: int) -> bytes:
    """Text with something to find in every line."""
    line = "Jean Dupont (jean.dupont@example.com, 06 12 34 56 78) wrote to Marie Curie, 12 rue de la Paix, Paris.\n"
    return (line * (size // len(line) + 1)).encode()[:size]


def levels(count: int) -> bytes:
    """Multiparts in multiparts."""
    return b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(count))


def deep(count: int) -> bytes:
    """HTML elements in elements."""
    return b"<div>" * count + b"x" + b"</div>" * count


WORST: dict[str, Callable[[], bytes]] = {
    "40 MiB of text": lambda: filled(HEAD + b"\r\n", prose(100_000)),
    "40 MiB of text in base64": lambda: HEAD + BASE64 + b"\r\n" + base64.encodebytes(prose(FULL * 2 // 3)),
    "an attachment of 40 MiB": lambda: (
        MIXED + b"--x\nContent-Type: application/zip\n" + BASE64 + b"\n" + base64.encodebytes(bytes(FULL * 2 // 3))
    ),
    "40 MiB of HTML": lambda: filled(HTML, b"<p>Jean <b>Dupont</b> of Example</p>\n"),
    "a subject of 50 MiB": lambda: b"Subject: " + b"Jean Dupont " * (50 * 2**20 // 12) + b"\r\n" + HEAD + b"\r\nx",
    "100,000 parts": lambda: MIXED + b"--x\n\nJean Dupont\n" * 100_000,
    "parts to the last byte": lambda: filled(MIXED, b"--x\n\na\n"),
    "1,000 parts of HTML": lambda: filled(MIXED, b"--x\nContent-Type: text/html\n\n" + deep(1_000) + b"\n"),
    "5,000 multiparts in each other": lambda: HEAD + levels(5_000) + b"\nhi\n",
    "lines in 19 multiparts": lambda: filled(HEAD + levels(19) + b"\n", b"x\n"),
    "messages in messages": lambda: filled(HEAD, b"Content-Type: message/rfc822\n\n"),
    "40 MiB of line ends": lambda: filled(HEAD + b"\n", b"\n"),
    "headers of 40 MiB": lambda: filled(b"", b"X-Filler: Jean Dupont\n") + HEAD + b"\nx",
    "20,000 tags in each other": lambda: HTML + deep(20_000),
    "60,000 recipients": lambda: filled(b"To: ", b"Jean Dupont <jean@example.com>, ", 2**21) + b"\n" + HEAD + b"\nx",
    "the longest text that is read": lambda: HEAD + b"\r\n" + prose(bounds.MAX_TEXT_CHARS),
}


class Holding:
    """A spool, and a source of messages, that hold one mail."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.objects: dict[str, bytes] = {}

    def put(self, key: str, data: bytes) -> None:
        self.objects = {key: data}

    def get(self, _key: str, _limit: int) -> bytes:
        header = sealed.Header(sealed.EMAILENGINE, "personal", "", "2026-01-01T00:00:00+00:00", "")
        reference = {"id": "a", "emailId": "", "messageId": "", "path": "INBOX"}
        return sealed.seal(header, json.dumps(reference).encode())

    def head(self, key: str, size: int) -> bytes:
        return self.get(key, size)[:size]

    def list(self, _prefix: str, _after: str = "") -> Iterator[SpoolEntry]:
        return iter(())

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)

    def ping(self) -> None:
        """Always there."""

    def fetch(self, _reference: MessageReference) -> Fetched:
        return Fetched(raw=self.raw, mail=None)


def work(raw: bytes, anonymizer: Anonymizer | None) -> None:
    """What the anonymize stage does with a fetched mail: it is held as it came and as it is sealed again."""
    held = Holding(raw)
    identifier = "00000000-0000-4000-8000-000000000000"
    envelope = Envelope(identifier, "personal", "emailengine", "sealed/personal/a", "2026-01-01T00:00:00+00:00", "t")
    opened = load_mail(envelope, held, held)
    claims(opened.mail, opened.provider_id, opened.form)
    traits(opened.mail)
    if anonymizer:
        anonymizer.anonymize(opened.mail)


def main() -> None:
    """Let one process make the mails and another one measure; print its result."""
    flags = [argument for argument in sys.argv[1:] if argument.startswith("--")]
    names = [argument for argument in sys.argv[1:] if argument not in flags] or list(WORST)
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(names):
            Path(folder, str(number)).write_bytes(WORST[name]())
        arguments = [folder, "store" if "--store" in flags else "anonymize", json.dumps(names)]
        code = "import sys; from infra.bench.worst import measure; measure(*sys.argv[1:])"
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        subprocess.run([sys.executable, "-c", code, *arguments], check=True, env=environment)


def measure(folder: str, stage: str, names: str) -> None:
    """Measure the mails that lie in `folder`."""
    anonymizer: Anonymizer | None = None
    if stage == "anonymize":
        from chalicelib.privacy.engine import PresidioAnonymizer

        anonymizer = PresidioAnonymizer(time_limit=25.0)
    base = peak()
    seconds, peaks = {}, {}
    for number, name in enumerate(json.loads(names)):
        raw = Path(folder, str(number)).read_bytes()
        began = perf_counter()
        work(raw, anonymizer)
        seconds[name], peaks[name] = round(perf_counter() - began, 2), peak()
        del raw
    print(json.dumps({"base_mib": base, "peak_mib": peak(), "seconds": seconds, "peaks": peaks}))


def peak() -> int:
    """Of this process, in MiB."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used // (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main()
