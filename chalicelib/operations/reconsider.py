"""Re-evaluates mail that the rules excluded: its pointer goes to the first stage once more, without a routing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from chalicelib.core.clock import Now, TimeLeft, fraction, unlimited, utc_now
from chalicelib.core.keyed_hashes import domain_key, sender_key
from chalicelib.core.messages import Envelope, Receipt, send_grouped
from chalicelib.core.stages import PIPELINE
from chalicelib.intake.apply_policy import RECONSIDER
from chalicelib.policy.decision import SENDER_NOT_ALLOWED
from chalicelib.policy.facts import plain_address
from chalicelib.ports import Excluded, ExclusionQuery, Exclusions, Queues, Spool

LIMIT = 200
"""Mails of one page: each costs one request to the spool, and a route has 29 seconds."""

BATCH = 10
"""Messages that one call to SQS takes."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an operator names, in the clear; every field that is not empty must hold."""

    sender: str = ""
    domain: str = ""
    rule: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Allowed:
    """The senders that the rules in force allow; both empty: all. `*.` before a domain stands for its subdomains."""

    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reconsidered:
    """What became of a page of excluded mail; all but the numbers are mail ids.

    - `requeued`: sent to be re-evaluated, or would be (a dry run).
    - `forgotten`: no longer in the spool.
    - `failed`: not sent, because the queue did not take them or the time was over; they stay excluded.
    - `allowed_now`: how many of `requeued` were excluded for their sender, who is allowed now (by address or domain;
      a domain with a wildcard is not recognised here).
    - `last`: where the next page begins; empty when there is none.
    """

    found: int
    requeued: tuple[str, ...]
    forgotten: tuple[str, ...]
    failed: tuple[str, ...]
    allowed_now: int
    last: str


@dataclass
class ReconsiderDesk:
    """All that it does is keyed by the mail id: a repeat changes nothing. `key` keys the hashes of senders."""

    exclusions: Exclusions
    spool: Spool
    queues: Queues
    key: Callable[[], bytes]
    allowed: Callable[[], Allowed]
    now: Now = utc_now

    def page(
        self,
        wanted: Wanted,
        author: str,
        dry_run: bool = False,
        after: str = "",
        limit: int = LIMIT,
        time_left: TimeLeft = unlimited,
    ) -> Reconsidered:
        """Re-evaluate one page, in the order of the mail ids; a page is shorter when time runs out.

        A mail counts as excluded until its re-evaluation ends: what the queue loses is found by a repeat.
        `Retryable`, `Permanent("database_rejected")` for the author.
        """
        found = self.exclusions.find(self._query(wanted), after, limit)
        checked, kept = self._kept(found, fraction(time_left, 1 / 2))
        failed: tuple[str, ...] = ()
        if not dry_run:
            self.exclusions.reconsidered(kept, author)
            failed = self._send(kept, time_left)
        return Reconsidered(
            found=checked,
            requeued=tuple(mail.mail_id for mail in kept if mail.mail_id not in failed),
            forgotten=tuple(mail.mail_id for mail in found[:checked] if mail not in kept),
            failed=failed,
            allowed_now=self._allowed_now(kept),
            last=found[checked - 1].mail_id if checked and (checked < len(found) or len(found) == limit) else "",
        )

    def _query(self, wanted: Wanted) -> ExclusionQuery:
        # As the rules saw the sender: lower case, the domain in A-labels.
        sender = plain_address(wanted.sender)
        domain = plain_address(f"@{wanted.domain.strip().lstrip('@')}").lstrip("@")
        return ExclusionQuery(
            sender_key(sender, self.key()) if sender else "",
            domain_key(domain, self.key()) if domain else "",
            wanted.rule,
            wanted.reason,
        )

    def _kept(self, found: Sequence[Excluded], time_left: TimeLeft) -> tuple[int, list[Excluded]]:
        """How many mails were checked (one at least), and those of them that the spool still has.

        Checked by listing, which needs no permission to read mail.
        """
        kept: list[Excluded] = []
        for number, mail in enumerate(found):
            if number and time_left() <= 0:
                return number, kept
            if any(entry.key == mail.spool_key for entry in self.spool.list(mail.spool_key)):
                kept.append(mail)
        return len(found), kept

    def _send(self, mails: Sequence[Excluded], time_left: TimeLeft) -> tuple[str, ...]:
        lost: list[str] = []
        for start in range(0, len(mails), BATCH):
            batch = mails[start : start + BATCH]
            unsent: Collection[int] = range(len(batch))
            if time_left() > 0:
                unsent = send_grouped(self.queues, [(PIPELINE[0].name, self._pointer(mail)) for mail in batch])
            lost += [batch[index].mail_id for index in unsent]
        return tuple(sorted(lost))

    def _pointer(self, mail: Excluded) -> Envelope:
        at = self.now().isoformat(timespec="milliseconds")
        return Envelope(
            mail_id=mail.mail_id,
            account=mail.account,
            source=mail.source,
            spool_key=mail.spool_key,
            received_at=mail.received_at.isoformat(timespec="milliseconds"),
            trace_id=mail.trace_id,
            receipts=(Receipt(RECONSIDER, "email.reconsider", at, 0.0, "requeued"),),
        )

    def _allowed_now(self, mails: Sequence[Excluded]) -> int:
        excluded = [mail for mail in mails if mail.reason == SENDER_NOT_ALLOWED]
        allowed = self.allowed()
        if not allowed.addresses and not allowed.domains:
            return len(excluded)
        key = self.key()
        senders = {sender_key(address, key) for address in allowed.addresses}
        domains = {domain_key(domain, key) for domain in allowed.domains}
        return sum(mail.sender_key in senders or mail.domain_key in domains for mail in excluded)
