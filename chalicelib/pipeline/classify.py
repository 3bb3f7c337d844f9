"""Stage 2: the category of a mail, from anonymized text only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.classification.history import read_history
from chalicelib.core.clock import Now, timed, utc_now
from chalicelib.core.errors import Permanent
from chalicelib.core.messages import Envelope, Message
from chalicelib.intake.load_mail import load_text
from chalicelib.ports import Cache, Classifier, Spool


@dataclass
class ClassifyWorker:
    """Adds the classification to the message. The cache holds the sender's history in the mail's account."""

    classifier: Classifier
    spool: Spool
    cache: Cache
    now: Now = utc_now

    def begin(self, messages: Sequence[Message]) -> None:
        """Nothing is shared between the mails of a batch."""

    def process(self, message: Message) -> Envelope:
        """The same message with its classification."""
        if not isinstance(message, Envelope) or message.content is None:
            raise Permanent("malformed_message")
        content = message.content
        with timed(self.now) as watch:
            history = read_history(self.cache, message.account, content.sender_key)
            written = load_text(content, self.spool)[: content.quoted_at]
            result = self.classifier.classify(content, written, history)
        receipt = watch.receipt("classify", "email.classify", result.category, result.confidence)
        return message.changed(classification=result, receipts=(*message.receipts, receipt))
