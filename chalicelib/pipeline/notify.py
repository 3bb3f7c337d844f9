"""Stage 4: send what the outbox holds, many mails in one message, and mark it sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chalicelib.core.clock import Now, timed, utc_now
from chalicelib.core.errors import MailroomError, Permanent, Postponed, Retryable
from chalicelib.core.message_text import MessageText
from chalicelib.core.messages import Envelope, Message
from chalicelib.ports import MailStore, Messenger, Notice, Outbox, Sent, Telemetry
from chalicelib.resilience import refusals

CLAIM = 40
"""Notices taken for one message at most; those that do not fit are given back."""
LEASE = 60.0
"""Seconds after which the claim of a dead worker ends: longer than any invocation lasts."""
MIN_WAIT = 0.5


class Renderer(Protocol):
    """Turns notices into what people read (`telegram.notice.NoticeRenderer`)."""

    def digest(self, notices: Sequence[Notice]) -> tuple[MessageText, int]:
        """One message for as many notices as fit, in their order; how many those are (at least one)."""

    def minimal(self, notice: Notice) -> MessageText:
        """The notice without the text that was refused: its mail and account."""


@dataclass
class NotifyWorker:
    """A queue message only asks to look into the outbox, which knows what is unsent.

    `resting` is whether the messenger is known to be unavailable: then waiting for the chat's pause is no try either.
    """

    outbox: Outbox
    store: MailStore
    messenger: Messenger
    enabled: Callable[[], bool]
    render: Renderer
    telemetry: Telemetry
    resting: Callable[[], bool] = lambda: False
    now: Now = utc_now
    _wait: float = field(default=0.0, init=False)
    _failure: MailroomError | None = field(default=None, init=False)
    _sent: frozenset[str] = field(default=frozenset(), init=False)

    def begin(self, messages: Sequence[Message]) -> None:
        """Send one message for the whole batch, then see which of its mails are done."""
        self._wait, self._failure = 0.0, None
        if self.enabled():
            self.drain()
        self._sent = self.outbox.sent([message.mail_id for message in messages])

    def process(self, message: Message) -> None:
        """Finished when nothing of the mail is left to send, otherwise retried after the chat's pause."""
        if not isinstance(message, Envelope):
            raise Permanent("malformed_message")
        if message.mail_id in self._sent or not self.enabled():
            return  # a switched-off notification stays in the outbox; the sweep sends it later
        if isinstance(self._failure, Postponed):
            raise Postponed(self._failure.code, self._failure.after, self._failure.attempted)
        if self._failure is not None:
            after = self._failure.after if isinstance(self._failure, Retryable) else None
            raise Retryable(self._failure.code, after)
        waiting = Postponed if self.resting() else Retryable
        raise waiting("notify_waiting", after=max(self._wait, MIN_WAIT))

    def drain(self) -> int:
        """Claim, send, mark; the number of notices that were delivered."""
        claim = self.outbox.claim(CLAIM, LEASE)
        self._wait = claim.wait
        if not claim.notices:
            return 0
        if claim.notices[0].max_batch == refusals.WITHOUT_TEXT:
            message, fitting = self.render.minimal(claim.notices[0]), 1
        else:
            message, fitting = self.render.digest(claim.notices)
        taken, left = claim.notices[:fitting], claim.notices[fitting:]
        if left:
            self.outbox.release([notice.id for notice in left], 0)
        try:
            with timed(self.now) as watch:
                sent = self.messenger.send(taken[0].topic, message)
        except MailroomError as error:
            self._not_sent(taken, error)
            return 0
        self.outbox.mark_sent([notice.id for notice in taken], sent)
        receipt = watch.receipt("notify", "email.notify", "sent")
        self.store.add_receipts([(notice.mail_id, receipt) for notice in taken if notice.mail_id])
        self._count(taken, sent)
        return len(taken)

    def _count(self, taken: Sequence[Notice], sent: Sent) -> None:
        self.telemetry.count("Notified", len(taken), stage="notify")
        if repeated := sum(notice.unknown_sends > 0 for notice in taken):
            self.telemetry.count("NotifyRepeated", repeated, stage="notify")
        for code in sent.changes:
            self.telemetry.warn("notify_rerouted", code=code, count=len(taken))
        if refusals.TOPIC_LOST in sent.changes:  # in the general topic until a person acts
            self.telemetry.count("NotifyStuck", stage="notify")

    def _not_sent(self, taken: Sequence[Notice], error: MailroomError) -> None:
        """Give the notices back: nothing is lost. What else happens depends on what was refused."""
        ids, code = [notice.id for notice in taken], error.code
        self._failure = error
        if isinstance(error, Permanent):
            self._refused(taken, code)
        elif code == refusals.CHAT_REFUSED:
            self._failure = Postponed(code)  # no mail's fault, so no try of any of them
            wait = self.outbox.chat_refused(ids)
            self.telemetry.count("NotifyStuck", stage="notify")
            self.telemetry.warn("notify_chat_refused", code=code, count=len(ids), wait=wait)
        elif code == refusals.OUTCOME_UNKNOWN:
            wait = refusals.doubt(max(notice.unknown_sends for notice in taken))
            self.outbox.unknown(ids, wait)
            self.telemetry.count("NotifyUnknown", len(ids), stage="notify")
            self.telemetry.warn("notify_unknown", code=code, count=len(ids), wait=wait)
        else:
            after = error.after if isinstance(error, Retryable) and error.after else 0
            self.outbox.release(ids, after)
            self.telemetry.log("notify_failed", code=code, count=len(ids), wait=after)

    def _refused(self, taken: Sequence[Notice], code: str) -> None:
        """Try smaller messages, then the notice without its text. If that is refused too, the text was not the cause:
        the notice gets it back and is paused."""
        self._failure = Postponed(code)  # counts as no try, neither for the refused mails nor for those that wait
        if taken[0].max_batch != refusals.WITHOUT_TEXT:
            self.outbox.refused([notice.id for notice in taken], refusals.after_refusal(len(taken)), 0)
            self.telemetry.count("NotifyRefused", stage="notify")
            self.telemetry.log("notify_refused", code=code, count=len(taken))
            return
        pause = refusals.rest(taken[0].refusals)
        self.outbox.refused([taken[0].id], refusals.ALONE, pause)
        self.telemetry.count("NotifyStuck", stage="notify")
        self.telemetry.warn("notify_stuck", code=code, refused=taken[0].refusals + 1, wait=pause)
