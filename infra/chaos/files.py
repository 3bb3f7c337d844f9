"""The verdict on files of links: each is in the bucket, whole, or the mail kept its original link."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import psycopg

from infra.chaos import rules
from infra.chaos.judge import Check, Fate
from infra.cloudformation.deploy import client
from infra.local.stack import FILES, Info

LINKS = "SELECT mail_id::text, state, size FROM ingestion.links"


def files(info: Info, linked: frozenset[int], sent: Mapping[str, int], known: Mapping[str, Fate]) -> Check:
    """The link of each stored mail was dealt with, and as many whole files are there as are said to be."""
    with psycopg.connect(info.database_url, connect_timeout=5) as connection:
        links = connection.execute(LINKS).fetchall()
    pages = client("s3", info.aws).get_paginator("list_objects_v2").paginate(Bucket=FILES)
    whole = sum(held["Size"] == rules.FILE_BYTES for page in pages for held in page.get("Contents", ()))
    return judged(linked, sent, known, links, whole)


def judged(
    linked: frozenset[int],
    sent: Mapping[str, int],
    known: Mapping[str, Fate],
    links: list[tuple[str, str, int | None]],
    whole: int,
) -> Check:
    """`linked`: numbers of mails; `links`: (mail id, state, size); `whole`: the number of whole files in the bucket."""
    wanted = {mail_id for mail_id, fate in known.items() if fate.rows and sent.get(mail_id, -1) in linked}
    states = Counter(state for _, state, _ in links)
    found = [f"{mail_id}: its link is {state}" for mail_id, state, _ in links if state not in ("stored", "original")]
    found += [f"{mail_id}: nobody looked at its link" for mail_id in sorted(wanted - {row[0] for row in links})]
    found += [
        f"{mail_id}: a file of {size} bytes"
        for mail_id, state, size in links
        if state == "stored" and size != rules.FILE_BYTES
    ]
    if whole < states["stored"]:
        found.append(f"{whole} whole files in the bucket for {states['stored']} stored links")
    counts = ", ".join(f"{number} {state}" for state, number in sorted(states.items())) or "none"
    return Check("files", counts, tuple(found))
