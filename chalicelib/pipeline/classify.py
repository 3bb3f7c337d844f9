"""Stage 2: what the mail is about, from anonymized text only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.core.clock import Now, timed, utc_now
from chalicelib.core.errors import Permanent
from chalicelib.core.messages import Content, Envelope, Message
from chalicelib.ports import Classifier, Spool

MAX_TEXT = 4 * 1024 * 1024
"""Bytes of anonymized text read from the spool at most."""


def text_of(content: Content, spool: Spool) -> str:
    """The anonymized text, wherever it travels."""
    if not content.text_key:
        return content.text
    return spool.get(content.text_key, MAX_TEXT).decode("utf-8", "replace")


@dataclass
class ClassifyWorker:
    """Adds the classification to the message."""

    classifier: Classifier
    spool: Spool
    now: Now = utc_now

    def begin(self, messages: Sequence[Message]) -> None:
        """Nothing is shared between the mails of a batch."""

    def process(self, message: Message) -> Envelope:
        """The same message with its classification."""
        if not isinstance(message, Envelope) or message.content is None:
            raise Permanent("malformed_message")
        with timed(self.now) as watch:
            result = self.classifier.classify(message.content, text_of(message.content, self.spool))
        receipt = watch.receipt("classify", "email.classify", result.category, result.confidence)
        return replace(message, classification=result, receipts=(*message.receipts, receipt))
