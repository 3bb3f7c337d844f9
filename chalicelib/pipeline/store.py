"""Stage 3: ledger, anonymized mail, sealed original, receipts and outbox row in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.classification.history import write_history
from chalicelib.core.cache_keys import seen_key
from chalicelib.core.clock import Now, timed, utc_now
from chalicelib.core.errors import Permanent
from chalicelib.core.messages import Classification, Envelope, Exclusion, Message, Quarantine, Receipt
from chalicelib.intake.load_mail import ERASED, load_text, reopen
from chalicelib.mail.model import Address
from chalicelib.ports import Cache, MailStore, Original, Spool, Telemetry


@dataclass
class StoreWorker:
    """The ledger's only writer: classified mail, and the notes about excluded and quarantined mail."""

    store: MailStore
    spool: Spool
    cache: Cache
    telemetry: Telemetry
    now: Now = utc_now

    def begin(self, messages: Sequence[Message]) -> None:
        """Each mail is a transaction of its own: one bad mail must not undo its neighbours."""

    def process(self, message: Message) -> Envelope | None:
        """The pointer for the notify stage, without content; None for notes, duplicates and erased mail."""
        if isinstance(message, Quarantine):
            self.store.quarantine(message)
            return None
        if isinstance(message, Exclusion):
            self.store.exclude(message)
            # When it is pushed again, the rules decide again: they may have changed.
            self.cache.delete(seen_key(message.mail_id))
            self.telemetry.count("Excluded", stage="store", code=message.reason)
            return None
        if not isinstance(message, Envelope):
            raise Permanent("malformed_message")
        try:
            return self._store(message)
        except Permanent as error:
            if error.code != ERASED:
                raise
            return None

    def _store(self, message: Envelope) -> Envelope | None:
        content = message.content
        if content is None or message.classification is None:
            raise Permanent("malformed_message")
        with timed(self.now) as watch:
            text = load_text(content, self.spool)
            original = self._original(content.source_key or message.spool_key)
            message, routed = _routed(message, message.classification, watch.started)
        receipt = watch.receipt("store", "email.store", "stored")
        stored = self.store.store(message, text, original, (*message.receipts, *routed, receipt))
        if content.sender_key and stored.outcome == "stored":
            history = self.store.sender_history(message.account, content.sender_key)
            write_history(self.cache, message.account, content.sender_key, history)
        self.telemetry.count("Stored", stage="store", status=stored.outcome)
        if stored.outcome in ("duplicate", ERASED):
            self.telemetry.log(
                stored.outcome, mail_id=message.mail_id, account=message.account, trace_id=message.trace_id
            )
            return None
        return message.changed(content=None, classification=None, receipts=())

    def _original(self, key: str) -> Original:
        opened = reopen(key, self.spool)
        mail = opened.mail
        return Original(
            sender=_written(mail.sender) if mail.sender else "",
            subject=mail.subject,
            body=mail.text,
            source=opened.source,
            recipients=tuple(map(_written, (*mail.to, *mail.cc))),
        )


def _routed(message: Envelope, verdict: Classification, at: str) -> tuple[Envelope, tuple[Receipt, ...]]:
    """The operator's rules overrule the classifier's urgency and category; the receipt records both values."""
    routing = message.routing
    if routing is None or not routing.rules:
        return message, ()
    now = replace(verdict, urgency=routing.priority or verdict.urgency, category=routing.category or verdict.category)
    changed = [
        f"{name}={getattr(verdict, name)}>{getattr(now, name)}"
        for name in ("urgency", "category")
        if getattr(now, name) != getattr(verdict, name)
    ]
    outcome = " ".join([f"rules v{routing.version}", *changed])[:100]
    return message.changed(classification=now), (Receipt("rules", "email.route", at, 0.0, outcome),)


def _written(person: Address) -> str:
    return f"{person.name} <{person.address}>" if person.name else person.address
