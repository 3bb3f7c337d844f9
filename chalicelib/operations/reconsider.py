"""Has mail that the rules kept out decided anew: its pointer goes to the first stage once more, without a routing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chalicelib.core.clock import Now, utc_now
from chalicelib.core.keyed_hashes import domain_key, sender_key
from chalicelib.core.messages import Envelope, Receipt, send_grouped
from chalicelib.core.stages import PIPELINE
from chalicelib.intake.apply_policy import RECONSIDER
from chalicelib.policy.decision import SENDER_NOT_ALLOWED
from chalicelib.policy.facts import plain_address
from chalicelib.ports import Excluded, ExclusionQuery, Exclusions, Queues, Spool

LIMIT = 200
"""Mails of one call: each costs one question to the spool, and a route has 29 seconds."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an operator names, in the clear; every field that is not empty must hold."""

    sender: str = ""
    domain: str = ""
    rule: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Who may send by the rules in force; both empty: everybody. Domains that begin with `*.` stand for others."""

    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reconsidered:
    """What became of a page of excluded mail; all but the numbers are mail ids.

    - `requeued`: on their way to be decided anew, or would be.
    - `forgotten`: the spool has them no more.
    - `failed`: the queue did not take them; they stay excluded.
    - `allowed_now`: how many of `requeued` were kept out for their sender, who may send now (by address or domain; a
      domain with a wildcard is not seen here).
    - `last`: where the next page begins, empty when there is none.
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
        self, wanted: Wanted, author: str, dry_run: bool = False, after: str = "", limit: int = LIMIT
    ) -> Reconsidered:
        """One page, in the order of the mail ids. `Retryable`, `Permanent("database_rejected")` for the author.

        Until it ends anew a mail counts as excluded: what the queue loses is found by asking once more.
        """
        found = self.exclusions.find(self._query(wanted), after, limit)
        kept = [mail for mail in found if self._is_kept(mail)]
        failed: tuple[str, ...] = ()
        if not dry_run:
            self.exclusions.reconsidered(kept, author)
            failed = self._send(kept)
        return Reconsidered(
            found=len(found),
            requeued=tuple(mail.mail_id for mail in kept if mail.mail_id not in failed),
            forgotten=tuple(mail.mail_id for mail in found if mail not in kept),
            failed=failed,
            allowed_now=self._allowed_now(kept),
            last=found[-1].mail_id if len(found) == limit else "",
        )

    def _query(self, wanted: Wanted) -> ExclusionQuery:
        # As the rules saw the sender: small letters, the domain in A-labels.
        sender = plain_address(wanted.sender)
        domain = plain_address(f"@{wanted.domain.strip().lstrip('@')}").lstrip("@")
        return ExclusionQuery(
            sender_key(sender, self.key()) if sender else "",
            domain_key(domain, self.key()) if domain else "",
            wanted.rule,
            wanted.reason,
        )

    def _is_kept(self, mail: Excluded) -> bool:
        """Asked by a list, which needs no right to read mail."""
        return any(entry.key == mail.spool_key for entry in self.spool.list(mail.spool_key))

    def _send(self, mails: Sequence[Excluded]) -> tuple[str, ...]:
        lost = send_grouped(self.queues, [(PIPELINE[0].name, self._pointer(mail)) for mail in mails])
        return tuple(sorted(mails[index].mail_id for index in lost))

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
        barred = [mail for mail in mails if mail.reason == SENDER_NOT_ALLOWED]
        allowed = self.allowed()
        if not allowed.addresses and not allowed.domains:
            return len(barred)
        key = self.key()
        senders = {sender_key(address, key) for address in allowed.addresses}
        domains = {domain_key(domain, key) for domain in allowed.domains}
        return sum(mail.sender_key in senders or mail.domain_key in domains for mail in barred)
