"""A person's mail through both doors, then erased: a search of everything finds nothing, and all else is whole."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import redis

from infra.cloudformation.deploy import client, stack_resource
from infra.cloudformation.template import ROOT
from infra.local.leaks import places
from infra.local.patience import scaled
from infra.local.samples import Sample
from infra.local.samples.model import MailDraft
from infra.local.watch import TERMINAL
from tests.e2e.world import NUMBERS, World

PERSON = "zephyrine.quibell@garden.example"
TRACES = (PERSON, "Zephyrine", "Quibell", "Rhubarbatorium")
"""Her address, her names, and a word that only her mails have: no sample of the demo has any of them."""


def mail(via: Any, sender: str = f"Zephyrine Quibell <{PERSON}>", text: str = "Rhubarbatorium") -> Sample:
    """A mail of hers, or from somebody else to her."""
    number = next(NUMBERS)
    draft = MailDraft(f"e2e-{number}", via, "personal", "en", sender, f"News of {text}", f"About the {text} in May.")
    return draft.sample(number, datetime.now(UTC))


def command(world: World, *words: str) -> subprocess.CompletedProcess[str]:
    """The operator's command on this stack, as a process of its own."""
    line = [sys.executable, "-m", "infra.cli.start", "--folder", str(world.stack.folder), *words]
    return subprocess.run(line, capture_output=True, text=True, timeout=scaled(100), check=False, cwd=ROOT)


def everywhere(world: World) -> Iterator[tuple[str, str]]:
    """The whole database with its originals opened, all of Redis, the spool, the queues and the logs."""
    key = world.info.credentials["raw_key"]
    with psycopg.connect(world.info.database_url) as connection:
        tables = connection.execute(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables"
            " WHERE table_schema IN ('core', 'ingestion') AND table_type = 'BASE TABLE'"
        ).fetchall()
        for (table,) in tables:
            for (row,) in connection.execute(f"SELECT to_jsonb(t)::text FROM {table} AS t".encode()):
                yield table, row
        for (source,) in connection.execute(
            "SELECT pgp_sym_decrypt_bytea(source, %s) FROM ingestion.emails_raw", (key,)
        ):
            yield "originals", bytes(source).decode("utf-8", "replace")
    with redis.Redis.from_url(world.info.redis_url) as cache:
        for name in cache.scan_iter():
            yield "Redis", f"{name!r} {cache.dump(name)!r}"
    spool, bucket = client("s3", world.info.aws), stack_resource(world.info.aws, "Spool")
    for page in spool.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for held in page.get("Contents", []):
            data = spool.get_object(Bucket=bucket, Key=held["Key"])["Body"].read()
            yield "spool", f"{held['Key']} {data.decode('utf-8', 'replace')}"
    yield from (place for place in places(world.info, world.stack.folder) if "elegram" not in place[0])


def traces(world: World) -> list[str]:
    """Where something of hers is readable."""
    return sorted({place for place, text in everywhere(world) for trace in TRACES if trace in text})


def states(world: World, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    query = "SELECT mail_id::text, state, reason FROM core.ledger WHERE mail_id = ANY(%s::uuid[])"
    return {name: (state, why) for name, state, why in world.rows(query, list(ids))}


def test_a_persons_mail_is_written_out_erased_everywhere_and_stays_away(world: World, tmp_path: Path) -> None:
    others = [world.mail("Seed potatoes", "gmail raw"), world.mail("Seed drill", "emailengine")]
    hers = world.send(mail("gmail raw"), mail("gmail fields"), mail("emailengine"))
    assert len(hers) == 3
    assert world.lost(*hers, *others) == []

    target = tmp_path / "hers.zip"
    assert command(world, "export", "--address", PERSON, "--to", str(target)).returncode == 0
    with zipfile.ZipFile(target) as held:
        originals = [held.read(name).decode() for name in held.namelist() if name.startswith("originals/")]
    assert (len(originals), all(PERSON in one for one in originals)) == (3, True)
    assert target.stat().st_mode & 0o777 == 0o600
    assert command(world, "export", "--address", PERSON, "--to", str(target)).returncode != 0

    with world.paused("anonymize"):
        hers += world.send(mail("gmail raw"))
        before = traces(world)
        dry = command(world, "erase", "--address", PERSON, "--dry-run")
        assert (dry.returncode, "in flight 1" in dry.stdout, traces(world)) == (0, True, before)
        erased = command(world, "erase", "--address", PERSON, "--yes", "--author", "ann")
        assert erased.returncode == 0, erased.stderr
    receipt = json.loads(erased.stdout[erased.stdout.index("{\n") :])
    assert (receipt["counts"]["mails"], PERSON in erased.stdout) == (4, False)

    world.wait(world.idle, "the queues to run empty")
    assert (set(before) >= {"originals", "spool"}, traces(world)) == (True, [])
    assert set(states(world, hers).values()) == {("excluded", "erased")}
    assert {state for state, _ in states(world, others).values()} <= set(TERMINAL) - {"excluded", "quarantined"}
    assert not [one for one in world.dead("anonymize") if any(name in one["Body"] for name in hers)]

    kept = dump(world)
    again = command(world, "erase", "--address", PERSON, "--yes", "--author", "bob")
    assert json.loads(again.stdout[again.stdout.index("{\n") :]) == receipt
    assert dump(world) == kept
    proof = command(world, "verify")
    assert (proof.returncode, "balanced" in proof.stdout) == (0, True), proof.stdout


def dump(world: World) -> bytes:
    """What the database says, short enough to compare."""
    rows = world.rows("SELECT to_jsonb(l)::text FROM core.ledger AS l ORDER BY 1")
    rows += world.rows("SELECT to_jsonb(e)::text FROM core.erasures AS e ORDER BY 1")
    return gzip.compress(json.dumps(rows).encode(), mtime=0)
