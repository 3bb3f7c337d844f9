"""The errors, named after what must happen next.

Adapters translate their vendor's errors into these at their border; the batch
runner alone decides what happens to the message (design invariant 6).
A code is a short snake_case constant: it goes to logs, metrics and receipts, so
it never carries mail content, an address or a vendor's error text.
"""


class MailroomError(Exception):
    """A failure with a public, content-free code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Retryable(MailroomError):
    """A passing failure: the message goes back to its queue.

    `after` is the wait in seconds that the other side asked for (`Retry-After`,
    `retry_after`); None lets the retry schedule decide.
    """

    def __init__(self, code: str, after: float | None = None) -> None:
        super().__init__(code)
        self.after = after


class NotReady(Retryable):
    """The service answered: one thing of its many (an account, say) is not ready. No failure of the service itself.

    A circuit breaker counts it as an answer, so that one account in trouble does not block the others.
    """


class Postponed(Retryable):
    """The other side is known to be unavailable (an open breaker, a switched-off flag): not the mail's fault.

    The batch runner sends a fresh copy of the message for later, and the try does not count towards the dead-letter
    queue. `after` as for `Retryable`. With `attempted` the call *was* made and failed while its service was known to
    be down: that counts, but no faster than the retry schedule would have tried (`resilience.retry.counts`).
    """

    def __init__(self, code: str, after: float | None = None, attempted: bool = False) -> None:
        super().__init__(code, after)
        self.attempted = attempted


class Permanent(MailroomError):
    """A failure that no repetition can fix: quarantine at once, without retries."""


class ConfigurationError(Exception):
    """A broken set-up. Outside `MailroomError`, so that no retry can hide it."""

    def __init__(self, setting: str, problem: str, remedy: str) -> None:
        super().__init__(f"{setting}: {problem}. {remedy}")
        self.setting = setting


class ConfigurationErrors(ConfigurationError):
    """Several broken settings, one a line; `setting` names all of them."""

    def __init__(self, errors: list[ConfigurationError]) -> None:
        Exception.__init__(self, "\n".join(map(str, errors)))
        self.setting = ", ".join(error.setting for error in errors)
