"""One stack for the whole session, made as the demo makes it; every test leaves it whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from infra.local.leaks import leaks
from infra.local.rehearsal import Balance, Sent, balance, differences, send
from infra.local.samples import Sample, samples
from infra.local.stack import temporary
from infra.local.watch import Fate, follow
from tests.e2e.world import World


@pytest.fixture(scope="session")
def stack_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The running stack, Telegram's rate limits on."""
    with temporary(tmp_path_factory.mktemp("e2e") / "stack") as stack:
        yield World(stack, stack.info())


@pytest.fixture
def world(stack_world: World) -> Iterator[World]:
    """The stack; whatever a test broke in it is whole again afterwards."""
    yield stack_world
    stack_world.stack.postgres.start()
    stack_world.stack.valkey.start()
    stack_world.restore()


@dataclass(frozen=True)
class Rehearsal:
    """The demo's run: what was sent, what became of it, and what the demo judges."""

    samples: tuple[Sample, ...]
    sent: list[Sent]
    fates: list[Fate]
    balance: Balance
    differences: list[str]
    leaks: list[str]


@pytest.fixture(scope="session")
def rehearsal(stack_world: World) -> Rehearsal:
    """The demo's sample mails through both doors, followed to their ends."""
    info, mails = stack_world.info, samples(datetime.now(UTC))
    sent = send(info, mails, lambda _: None)
    ids = list(dict.fromkeys(one.mail_id for one in sent if one.status == "accepted"))
    stack_world.accepted += ids
    fates = follow(info, ids, lambda *_: None, 90)
    seeded = [secret for sample in mails for secret in sample.secrets]
    return Rehearsal(
        mails,
        sent,
        fates,
        balance(info, sent, fates),
        differences(sent, fates),
        leaks(info, seeded, stack_world.stack.folder),
    )
