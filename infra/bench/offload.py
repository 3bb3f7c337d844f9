"""Off-load of one large file: throughput, and the peak memory of the worker's process.

The source makes its bytes while it sends them and the bucket forgets them after their digest, each in a process of its
own, so that nothing touches a disk and the memory measured is the worker's alone. All share this machine's cores.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import run
from typing import Any
from urllib.parse import parse_qs, urlsplit

from infra.cloudformation.template import ROOT
from infra.database.migrate import migrate
from infra.local.companions import OUTSIDE, StandIns
from infra.local.rehearsal import control
from infra.local.servers import Postgres
from infra.local.standins.outside import File

GIB = 1024**3
HOST = OUTSIDE[0]
MAIL = "00000000-0000-5000-8000-000000000001"
KEY = "the bench's own"
TARGET_MIB = 128


class Sink(ThreadingHTTPServer):
    """A bucket that keeps the digest of one multipart upload and nothing else."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.digest, self.size = hashlib.sha256(), 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Sink

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def _answer(self, body: bytes = b"", **headers: str) -> None:
        self.send_response(200)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        if "uploads" in parse_qs(urlsplit(self.path).query, keep_blank_values=True):
            body = b"<InitiateMultipartUploadResult><UploadId>bench</UploadId></InitiateMultipartUploadResult>"
        else:
            body = b'<CompleteMultipartUploadResult><ETag>"bench"</ETag></CompleteMultipartUploadResult>'
        self._answer(body, **{"Content-Type": "application/xml"})

    def do_PUT(self) -> None:
        left = int(self.headers["content-length"])
        if self.headers.get("expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        while left:
            piece = self.rfile.read(min(left, 1 << 20))
            self.server.digest.update(piece)
            self.server.size += len(piece)
            left -= len(piece)
        self._answer(ETag='"part"')


@contextmanager
def sink() -> Iterator[Sink]:
    """Served from threads of this process."""
    server = Sink()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def measure(folder: Path, size: int = GIB) -> dict[str, Any]:
    """Numbers of one file of `size` bytes; the worker is a process of its own."""
    postgres, outside = Postgres(folder, durable=False), StandIns(folder, lambda: ("", ""))
    try:
        url = postgres.start()
        migrate(url)
        outside.start()
        _stored_mail(url)
        control(
            outside.controlled(outside.outside_url), "file", {"path": "/s/bench", "size": size, "name": "bench.bin"}
        )
        with sink() as bucket:
            given = {
                "MAILROOM_BENCH_DATABASE": url,
                "MAILROOM_BENCH_BUCKET": f"http://127.0.0.1:{bucket.server_port}",
                "MAILROOM_BENCH_PLACE": outside.outside[HOST],
                "MAILROOM_BENCH_CA": outside.outside_ca,
                "AWS_ACCESS_KEY_ID": "bench",
                "AWS_SECRET_ACCESS_KEY": "bench",
                "AWS_DEFAULT_REGION": "eu-west-1",
            }
            done = run(
                [sys.executable, "-m", "infra.bench.offload"],
                env=os.environ | given,
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=900,
                check=True,
            )
            result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
            whole = (bucket.size, bucket.digest.hexdigest()) == (size, File(size).sha256())
    finally:
        outside.remove()
        postgres.remove()
    return result | {"mib": size / 2**20, "mib_per_s": round(size / 2**20 / result["seconds"], 1), "identical": whole}


def _stored_mail(url: str) -> None:
    import psycopg

    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO core.ledger (mail_id, account_id, source, state, stage, received_at)"
            " VALUES (%s, 'bench', 'gmail', 'stored', 'store', now())",
            (MAIL,),
        )
        connection.execute(
            "INSERT INTO ingestion.emails (mail_id, account_id, sender, subject, body, recipients, attachments,"
            " language, category, urgency, confidence, reason, classifier, traits, defects, thread_key, sender_key,"
            " received_at) SELECT mail_id, account_id, '', '', '', '{}', '{}', 'en', 'files', 'normal', 1, '', '',"
            " '{}', '{}', '', '', received_at FROM core.ledger"
        )


class _Links:
    """The spool, of which the stage needs one object."""

    def get(self, _key: str, _limit: int) -> bytes:
        return json.dumps([["files", f"https://{HOST}/s/bench"]]).encode()


def work(given: Mapping[str, str]) -> dict[str, Any]:
    """The stage's own code over its real adapters, with everything loaded that the function loads."""
    import app  # noqa: F401 - what every function imports
    from chalicelib.adapters import observability as o11y
    from chalicelib.adapters.aws.file_bucket import FileBucket, client_of
    from chalicelib.adapters.http.downloads import GuardedDownloads
    from chalicelib.adapters.http.guard import Guard
    from chalicelib.adapters.http.tls import client_context
    from chalicelib.adapters.postgres.database import Database
    from chalicelib.adapters.postgres.links import PostgresLinkStore
    from chalicelib.adapters.postgres.store import PostgresMailStore
    from chalicelib.core.errors import Postponed
    from chalicelib.core.messages import Envelope, Routing
    from chalicelib.delivery.offload import OffloadWorker

    database = Database(given["MAILROOM_BENCH_DATABASE"])
    address, _, port = given["MAILROOM_BENCH_PLACE"].rpartition(":")
    ca = given["MAILROOM_BENCH_CA"]
    worker = OffloadWorker(
        spool=_Links(),  # type: ignore[arg-type]
        links=PostgresLinkStore(database, KEY),
        store=PostgresMailStore(database, lambda: KEY),
        downloads=GuardedDownloads(
            Guard(private={HOST}, placed={HOST: (address, int(port))}, trust=lambda: client_context(cadata=ca))
        ),
        target=FileBucket(lambda: client_of(given["MAILROOM_BENCH_BUCKET"], "bench", "bench"), "bench"),
        hosts=lambda _: (HOST,),
        telemetry=o11y,
        limit=4 * GIB,
        budget=240.0,
    )
    mail = Envelope(MAIL, "bench", "gmail", "", "2025-01-01T00:00:00+00:00", "bench", routing=Routing(1, offload=True))
    database.ping()
    before = _peak()
    started = time.perf_counter()
    invocations = 0
    while True:
        invocations += 1
        worker.begin([mail])
        try:
            worker.process(mail)
            break
        except Postponed:
            continue
    seconds = time.perf_counter() - started
    return {
        "seconds": round(seconds, 2),
        "invocations": invocations,
        "peak_mib": _peak(),
        "before_mib": before,
    }


def _peak() -> float:
    """Largest resident set of this process so far, in MiB (Linux gives KiB)."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    print(json.dumps(work(os.environ)))
