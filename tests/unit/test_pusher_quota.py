"""The calculation of the pusher's quota in the documents is that of the script as it is."""

from __future__ import annotations

import json

from infra.bench import pusher
from infra.docs import BENCH


def test_the_kept_counts_are_those_of_the_script_now() -> None:
    kept = json.loads(BENCH.read_text())["pusher"]
    assert kept == pusher.measure(), "run: python -m infra.bench.pusher && make docs"


def test_the_calculation_adds_up() -> None:
    counted = json.loads(BENCH.read_text())["pusher"]
    backlog, quotas = counted["backlog"], counted["quotas"]
    for kind, mails in backlog["mailsPerDayByQuota"].items():
        used = mails * backlog["used"][kind] / backlog["mails"] + backlog["triggers"] * counted["idle"][kind]
        assert abs(used - 0.9 * quotas[kind]) <= backlog["used"][kind] / backlog["mails"], kind
