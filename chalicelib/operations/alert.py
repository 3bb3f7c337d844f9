"""Side stage: a CloudWatch alarm, through SNS and SQS, becomes a message in Telegram "System".

Sent directly, not through the outbox: the alarm may be about the database.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.core.errors import MailroomError, Permanent, Postponed
from chalicelib.core.message_text import MessageText
from chalicelib.operations.alarm_texts import alarm_message
from chalicelib.ports import Cache, Limiter, Messenger
from chalicelib.resilience import refusals
from chalicelib.resilience.pacing import ALARMS

ONCE_SECONDS = 24 * 3600
OPEN_SECONDS = 14 * ONCE_SECONDS
STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
NAME = re.compile(r"[A-Za-z0-9_.:-]{1,200}")


@dataclass(frozen=True, slots=True)
class Alarm:
    """One state change of an alarm; `at` is CloudWatch's own time stamp of it."""

    name: str
    state: str
    at: str
    description: str


def read(body: str) -> Alarm:
    """The alarm inside SNS's envelope, or bare (raw message delivery). Raises `Permanent("malformed_alarm")`."""
    try:
        outer = json.loads(body)
        inner = json.loads(outer["Message"]) if isinstance(outer, dict) and "Message" in outer else outer
        alarm = Alarm(
            name=inner["AlarmName"],
            state=inner["NewStateValue"],
            at=str(inner.get("StateChangeTime", "")),
            description=str(inner.get("AlarmDescription") or ""),
        )
        if not NAME.fullmatch(alarm.name) or alarm.state not in STATES:
            raise Permanent("malformed_alarm")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Permanent("malformed_alarm") from None
    return alarm


@dataclass
class AlertWorker:
    """Sends each state change once, in `language`, at a pace of its own; `cache` only prevents a repeat."""

    messenger: Messenger
    cache: Cache
    limiter: Limiter
    language: str

    def begin(self, messages: Sequence[Alarm]) -> None:
        """Alarms are sent one by one."""

    def process(self, message: Alarm) -> None:
        """Send one alarm. Raises the messenger's passing errors; a refusal is no fault of the alarm's, which waits.

        "OK" is sent only after "ALARM" was: every alarm starts as "OK" when the stack is deployed.
        """
        key, open_key = f"alarm:{message.name}:{message.state}:{message.at}", f"alarm-open:{message.name}"
        alarmed = message.state == "ALARM"
        if message.state == "INSUFFICIENT_DATA" or self.cache.get(key) is not None:
            return
        if not alarmed and self.cache.get(open_key) is None:
            return
        if wait := self.limiter.take([[ALARMS]])[0]:
            raise Postponed("notify_waiting", after=wait)
        self._send(message, alarmed)
        self.cache.set(key, b"1", ONCE_SECONDS)
        if alarmed:
            self.cache.set(open_key, b"1", OPEN_SECONDS)
        else:
            self.cache.delete(open_key)

    def _send(self, alarm: Alarm, alarmed: bool) -> None:
        """The whole text, or without the description where that is refused. A text that is refused even then waits."""
        for description in (alarm.description, ""):
            text = alarm_message(alarm.name, alarmed, description, self.language)
            try:
                self.messenger.send("system", MessageText.inert(text))
            except Permanent as error:
                refused: MailroomError = error
            except MailroomError as error:
                if error.code != refusals.CHAT_REFUSED:
                    raise
                raise Postponed(error.code) from None
            else:
                return
        raise Postponed(refused.code)
