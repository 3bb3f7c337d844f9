"""Circuit breakers around what the stages ask of others: state shared through Redis, kept locally without it.

An open breaker raises `Postponed`: the batch runner lets the mail wait without counting the try.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from chalicelib.core.errors import MailroomError, NotReady, Permanent, Postponed, Retryable
from chalicelib.core.message_text import MessageText
from chalicelib.ports import Board, Fetched, MessageReference, MessageSource, Messenger, Sent
from chalicelib.resilience import circuit as rules
from chalicelib.resilience.circuit import POLICY, Policy, State

if TYPE_CHECKING:
    from chalicelib.classification.llm_prompt import Model, Prompt

SERVICES = ("emailengine", "telegram", "llm")
"""The breakers that always exist. Others are named `<kind>:<name>`, a destination of webhooks say."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,31}(:[A-Za-z0-9_.-]{1,100})?")
TTL = 24 * 3600
SWAPS = 4
"""Tries to write against other containers. After that the change stays local: one failure more or less is no harm."""

T = TypeVar("T")
OnChange = Callable[[str, State], None]


def _silent(_name: str, _state: State) -> None:
    pass


def key(name: str) -> str:
    """Redis key of a breaker: other names than ours are hashed, whatever an operator calls a destination."""
    if name in SERVICES:
        return f"breaker:{name}"
    return f"breaker:{hashlib.sha256(name.encode()).hexdigest()[:32]}"


class Breaker:
    """One service's breaker.

    A failure is what the service could not do: every `Retryable` of its adapter (network, time-out, 5xx, an answer
    that is none, a refused token) and the `Permanent` codes in `also`. Any other `Permanent` (400, 404, a mail that is
    gone) is an answer, and as good as a success; so is `NotReady`. A code that ends in `_rate_limited` with a pause is
    neither: all callers obey the pause.

    `on_change` is called with each change of kind, in the container that made it.
    """

    def __init__(
        self,
        name: str,
        board: Board,
        policy: Policy = POLICY,
        on_change: OnChange = _silent,
        also: frozenset[str] = frozenset(),
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not NAME.fullmatch(name):
            raise ValueError("the name of a breaker")
        self.name = name
        self._kind = name.partition(":")[0]
        self._key = key(name)
        self._board = board
        self._policy = policy
        self._on_change = on_change
        self._also = also
        self._clock = clock
        self._local = rules.WHOLE

    def call(self, action: Callable[[], T]) -> T:
        """Do it, unless the service rests.

        Raises what `action` raises; `Postponed("<kind>_resting", after)` while nobody may ask; and where a call fails
        while the breaker is not closed `Postponed(…, attempted=True)`.
        """
        state, ticket = self._enter()
        try:
            result = action()
        except Postponed:
            self._change(lambda state: rules.returned(state, ticket))
            raise
        except (Retryable, Permanent) as error:
            self._failed(error, ticket)
            raise
        except BaseException:
            self._change(lambda state: rules.returned(state, ticket))
            raise
        if ticket is not None or state.failures:
            self._change(lambda state: rules.succeeded(state, ticket, self._clock(), self._policy))
        return result

    def state(self) -> State:
        """As the others see it; the local one without Redis."""
        try:
            return rules.decode(self._board.read(self._key))
        except Retryable:
            return self._local

    def resting(self) -> bool:
        """Whether the service is known not to be well."""
        return self.state().kind != rules.CLOSED

    def _enter(self) -> tuple[State, float | None]:
        """The state and a probe's ticket, or `Postponed`."""
        asked = rules.Permit(rules.WHOLE)

        def ask(state: State) -> State:
            nonlocal asked
            asked = rules.permit(state, self._clock(), self._policy)
            return asked.state

        if not self._change(ask) and asked.ticket is not None:
            asked = rules.Permit(asked.state, rules.TURN)  # others took the turn
        if asked.wait is not None:
            raise Postponed(f"{self._kind}_resting", after=asked.wait)
        return asked.state, asked.ticket

    def _failed(self, error: MailroomError, ticket: float | None) -> None:
        """Note it; raises `Postponed` when the service is now known to be down."""
        now = self._clock()
        after = error.after if isinstance(error, Retryable) else None
        if isinstance(error, NotReady) or (isinstance(error, Permanent) and error.code not in self._also):
            self._change(lambda state: rules.succeeded(state, ticket, now, self._policy))
        elif after is not None and error.code.endswith("_rate_limited"):
            self._change(lambda state: rules.paused(state, ticket, now, after))
        else:
            self._change(lambda state: rules.failed(state, ticket, now, after, self._policy))
            if isinstance(error, Retryable) and self._local.kind != rules.CLOSED:
                rest = self._local.wait(now)
                raise Postponed(error.code, max(after or 0.0, rest), attempted=True) from None

    def _change(self, step: Callable[[State], State]) -> bool:
        """Let a step change the shared state; False when it could not be written against others' changes."""
        written = False
        for _ in range(SWAPS):
            try:
                held = self._board.read(self._key)
                before = rules.decode(held)
                after = step(before)
                written = after == before or self._board.compare_and_set(self._key, held, after.encode(), TTL)
            except Retryable:  # without Redis each container goes by what it sees itself
                before, after = self._local, step(self._local)
                written = True
            self._local = after
            if written:
                break
        if written and after.kind != before.kind:
            self._on_change(self.name, after)
        return written


class GuardedSource:
    """A `MessageSource` behind its breaker."""

    def __init__(self, inner: MessageSource, breaker: Breaker) -> None:
        self._inner = inner
        self._breaker = breaker

    def fetch(self, reference: MessageReference) -> Fetched:
        return self._breaker.call(lambda: self._inner.fetch(reference))


class GuardedMessenger:
    """A `Messenger` behind its breaker."""

    def __init__(self, inner: Messenger, breaker: Breaker) -> None:
        self._inner = inner
        self._breaker = breaker

    def send(self, topic: str, message: MessageText) -> Sent:
        return self._breaker.call(lambda: self._inner.send(topic, message))


class GuardedModel:
    """An LLM `Model` behind its breaker."""

    def __init__(self, inner: Model, breaker: Breaker) -> None:
        self.name = inner.name
        self._inner = inner
        self._breaker = breaker

    def ask(self, prompt: Prompt) -> object:
        return self._breaker.call(lambda: self._inner.ask(prompt))
