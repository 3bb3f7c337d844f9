"""The proof: whatever mix of states the mails are in, the differences are exactly those that there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.operations.audit import DRAINED, PATIENCE, STALLED, Evidence, Findings, audit

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OLD, YOUNG = NOW - PATIENCE, NOW - timedelta(seconds=1)
EMPTY = Evidence(
    now=NOW,
    sealed={},
    records={},
    records_known=True,
    held=0,
    stored=0,
    excluded=0,
    recorded=frozenset(),
    quarantined={},
    unsent=(),
)


@dataclass(frozen=True)
class Mail:
    """Where a mail is: `row` its ledger state (empty: none), `lies` in a dead-letter queue; times are old or not."""

    sealed: bool
    row: str
    lies: bool
    sealed_old: bool
    row_old: bool
    letter_old: bool

    @property
    def known(self) -> bool:
        return self.sealed or self.lies or bool(self.row)

    @property
    def nowhere(self) -> bool:
        """Neither ended nor in a dead-letter queue: in a queue, or lost."""
        return self.known and not self.lies and self.row in ("", "quarantined")

    @property
    def late(self) -> bool:
        """Nowhere, and for too long."""
        return self.nowhere and (self.row_old if self.row else self.sealed_old)


mails = st.lists(
    st.builds(
        Mail,
        st.booleans(),
        st.sampled_from(["", "stored", "excluded", "quarantined"]),
        *(st.booleans() for _ in range(4)),
    ),
    max_size=12,
)


def evidence(world: list[Mail], held: int, known: bool = True) -> Evidence:
    """What spool, queues and ledger say of these mails."""
    named = {f"mail-{number:02}": mail for number, mail in enumerate(world)}
    return Evidence(
        now=NOW,
        sealed={name: OLD if mail.sealed_old else YOUNG for name, mail in named.items() if mail.sealed},
        records={name: OLD if mail.letter_old else YOUNG for name, mail in named.items() if mail.lies},
        records_known=known,
        held=held,
        stored=sum(mail.row == "stored" for mail in world),
        excluded=sum(mail.row == "excluded" for mail in world),
        recorded=frozenset(name for name, mail in named.items() if mail.row and (mail.sealed or mail.lies)),
        quarantined={name: OLD if mail.row_old else YOUNG for name, mail in named.items() if mail.row == "quarantined"},
        unsent=(),
    )


@given(mails, st.integers(0, 15))
def test_the_differences_are_exactly_those_that_there_are(world: list[Mail], held: int) -> None:
    findings = audit(evidence(world, held))
    claims = sum(mail.nowhere and mail.sealed for mail in world)  # those that can be sent again come first
    lost = {True: held < claims, False: held < sum(mail.nowhere for mail in world)}
    named = [(f"mail-{number:02}", mail) for number, mail in enumerate(world)]
    late = [(name, mail) for name, mail in named if mail.late and lost[mail.sealed]]
    assert findings.missing == tuple(name for name, mail in late if not mail.row)
    assert findings.orphaned == tuple(name for name, mail in late if mail.row)
    assert findings.unrecorded == tuple(name for name, mail in named if mail.lies and not mail.row and mail.letter_old)


@given(mails, st.integers(0, 15), st.booleans())
def test_every_mail_is_counted_exactly_once(world: list[Mail], held: int, known: bool) -> None:
    assert audit(evidence(world, held, known)).seen == sum(mail.known for mail in world)


@given(mails, st.integers(0, 15))
def test_the_ledger_s_own_numbers_are_reported(world: list[Mail], held: int) -> None:
    findings = audit(evidence(world, held))
    assert findings.stored == sum(mail.row == "stored" for mail in world)
    assert findings.excluded == sum(mail.row == "excluded" for mail in world)
    assert findings.quarantined == sum(mail.row == "quarantined" and mail.lies for mail in world)


@given(mails, st.integers(0, 15))
def test_balanced_means_that_no_mail_differs(world: list[Mail], held: int) -> None:
    findings = audit(evidence(world, held))
    assert findings.balanced == (not findings.missing + findings.orphaned + findings.unrecorded)


@given(mails, st.integers(0, 15))
def test_nothing_is_called_missing_while_a_dead_letter_queue_is_not_known(world: list[Mail], held: int) -> None:
    findings = audit(evidence(world, held, known=False))
    assert (findings.missing, findings.orphaned, findings.balanced) == ((), (), False)


@given(mails)
def test_what_the_queues_can_hold_is_never_called_missing(world: list[Mail]) -> None:
    findings = audit(evidence(world, held=len(world)))
    assert (findings.missing, findings.orphaned) == ((), ())
    assert findings.waiting == sum(mail.late for mail in world)


def judged(sealed: timedelta, held: int = 0, patience: timedelta = PATIENCE) -> Findings:
    """One or two mails without a row, sealed so long ago; `held` messages in the queues."""
    both = {"a": NOW - sealed, "b": NOW - sealed}
    return audit(replace(EMPTY, sealed=both, held=held), patience)


def test_an_empty_system_is_balanced() -> None:
    assert (audit(EMPTY).seen, audit(EMPTY).balanced) == (0, True)


def test_a_mail_that_has_just_come_is_in_flight() -> None:
    assert (judged(timedelta(0)).in_flight, judged(timedelta(0)).balanced) == (2, True)


def test_while_the_queues_work_a_mail_has_its_whole_patience() -> None:
    assert judged(PATIENCE - timedelta(seconds=1), held=1).missing == ()
    assert judged(PATIENCE, held=1).missing == ("a", "b")


def test_once_the_queues_are_drained_a_mail_is_missed_sooner() -> None:
    assert judged(DRAINED - timedelta(seconds=1)).missing == ()
    assert judged(DRAINED).missing == ("a", "b")


def test_an_operator_s_shorter_patience_counts_for_drained_queues_too() -> None:
    assert judged(timedelta(0), patience=timedelta(0)).missing == ("a", "b")


def test_a_notice_that_is_overdue_is_a_difference_but_no_missing_mail() -> None:
    findings = audit(replace(EMPTY, stored=1, unsent=("a",)))
    assert (findings.seen, findings.unnotified, findings.balanced) == (1, ("a",), False)


def test_a_mail_that_cannot_be_helped_does_not_make_others_appear_lost() -> None:
    world = replace(EMPTY, held=1, sealed={"waits": OLD}, quarantined={"gone": OLD})
    assert (audit(world).missing, audit(world).orphaned) == ((), ("gone",))


def test_what_has_been_in_flight_for_over_an_hour_is_named() -> None:
    assert judged(STALLED - timedelta(seconds=1), held=2).stalled == ()
    assert judged(STALLED, held=2).stalled == ("a", "b")


def test_a_quarantined_mail_that_is_on_its_way_again_stalls_too() -> None:
    world = replace(EMPTY, held=1, sealed={"a": NOW}, recorded=frozenset("a"), quarantined={"a": NOW - STALLED})
    assert audit(world).stalled == ("a",)


def test_what_is_missing_is_not_called_stalled_as_well() -> None:
    assert judged(STALLED, held=1).stalled == ()


def test_stalled_mail_is_accounted_for() -> None:
    assert judged(STALLED, held=2).balanced
