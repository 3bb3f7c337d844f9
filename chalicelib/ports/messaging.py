"""Ports to what people are notified of: the outbox, the messenger, and where the chat is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chalicelib.core.message_text import MessageText


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that arrived: what is needed to edit or to delete it.

    `thread` is None in a group's general topic. `changes` are codes of what differs from the deployment
    (`resilience.refusals`): the group has moved, a topic is lost, a topic was made again.
    """

    message_id: int
    chat: str
    thread: int | None = None
    changes: tuple[str, ...] = ()


class Messenger(Protocol):
    """Delivers a text to people (Telegram)."""

    def send(self, topic: str, message: MessageText) -> Sent:
        """Send a text of at most 4,096 code points; nothing in its foreign spans can be touched.

        `Permanent("telegram_refused")`: this text is refused. `Retryable` with one of these codes:
        `telegram_rate_limited`: `after` is exactly as long as the service asks;
        `telegram_chat_refused`: the chat cannot be written to, whatever the text;
        `telegram_outcome_unknown`: the message may have arrived;
        `telegram_unauthorized`: the token is refused;
        `telegram_unavailable`: all else, the message did not arrive.
        """


@dataclass(frozen=True, slots=True)
class ChatChanges:
    """What has changed in the chat since its deployment. `chat` is its new id, empty where it has not moved.

    `threads` maps "<topic>=<thread id of the deployment>" to the thread that was made instead.
    """

    chat: str = ""
    threads: Mapping[str, int] = field(default_factory=dict)


class ChatBook(Protocol):
    """Keeps what changes in the chat, so that no deployment is needed. `configured` is the deployment's chat id.

    Another `configured` chat than before starts without changes. `Retryable("database_unavailable")`.
    """

    def changes(self, configured: str) -> ChatChanges: ...

    def moved(self, configured: str, chat: str) -> None:
        """The chat has a new id: the threads that were made in the old one are void."""

    def remade(self, configured: str, slot: str, dead: int, thread: int) -> int:
        """`thread` replaces `dead` for `slot` (a key of `ChatChanges.threads`); the thread to use from now on.

        That is another worker's thread where it was faster.
        """


@dataclass(frozen=True, slots=True)
class Notice:
    """One outbox row. `topic` is `email`, `system` or one of a rule's; `mail_id` is None where it is about no mail.

    `fields` are anonymized values, never personal data. After a refusal `max_batch` bounds the notices of its next
    message (0: alone and without its text, `resilience.refusals`); `refusals` counts those without its text.
    `unknown_sends` counts its messages of which nobody knows whether they arrived.
    """

    id: int
    topic: str
    mail_id: str | None
    urgency: int
    fields: Mapping[str, str]
    created_at: datetime
    max_batch: int | None = None
    refusals: int = 0
    unknown_sends: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """Notices to deliver in one message now; or none, and the seconds to wait before asking again."""

    notices: tuple[Notice, ...]
    wait: float


class Outbox(Protocol):
    """What is to be notified; claimed before the call and marked after it."""

    def claim(self, limit: int, lease: float) -> Claim:
        """Claim up to `limit` notices of *one* topic, most urgent first then oldest, for `lease` seconds.

        A notice is not claimed before its time (`Routing.hold_until`) nor while it is paused, and none of a topic in
        which `resilience.refusals.STUCK` are paused. Those that were refused together stay apart from the others:
        notices of one claim have the same `max_batch`, and are no more than that.

        Reserves the chat's next sending slot (`resilience.pacing`) in the same transaction, so that two
        workers never send at once. The claim is durable before the call: one that ends with its lease, because its
        worker died, is a message of unknown outcome.
        """

    def mark_sent(self, ids: Sequence[int], sent: Sent) -> None:
        """They were in this message. The chat is well: its refusals count from zero."""

    def release(self, ids: Sequence[int], after: float) -> None:
        """Give claimed notices back that were not sent, and pause the chat for `after` seconds."""

    def unknown(self, ids: Sequence[int], after: float) -> None:
        """As `release`, for a message that may have arrived: counted in `Notice.unknown_sends`."""

    def chat_refused(self, ids: Sequence[int]) -> float:
        """As `release`, for a chat that cannot be written to; the seconds of its pause.

        The pause doubles with each refusal in a row (`resilience.refusals.rest`). The notices do not change.
        """

    def refused(self, ids: Sequence[int], max_batch: int, rest: float) -> None:
        """Give claimed notices back that were refused: at most `max_batch` of them in a message from now on.

        A `rest` of more than 0 seconds is one more refusal without the text: the notice is paused for so long.
        """

    def sent(self, mail_ids: Sequence[str]) -> frozenset[str]:
        """Those of the mails that have no notice left to send now.

        A notice that is held or paused, and all of a chat that is paused because it refused, are left to the sweep.
        """

    def add_system(self, key: str, fields: Mapping[str, str]) -> None:
        """Queue a notice for topic `system`; the same `key` again changes nothing."""
