"""Stage 1: open the seal, parse, replace personal data; nothing but anonymized text goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from chalicelib.core import spool_keys
from chalicelib.core.clock import Now, timed, utc_now
from chalicelib.core.errors import Permanent
from chalicelib.core.keyed_hashes import sender_key
from chalicelib.core.messages import INLINE_TEXT_BYTES, Content, Envelope, Exclusion, Message
from chalicelib.intake.apply_policy import Rules, decide
from chalicelib.intake.load_mail import ERASED, LoadedMail, load_mail
from chalicelib.intake.seal_links import with_links
from chalicelib.mail.everyone import all_addresses
from chalicelib.mail.headers import parse_date
from chalicelib.mail.identity import claims, thread_root
from chalicelib.mail.model import Mail
from chalicelib.mail.traits import traits
from chalicelib.ports import Anonymizer, Cache, MessageSource, Spool, Telemetry
from chalicelib.privacy.mapping import open_sealed, seal
from chalicelib.privacy.model import Anonymized


@dataclass
class AnonymizeWorker:
    """`mapping_key` is 32 bytes (AES-256), `pseudonym_key` keys the hashes, `mapping_ttl` is in seconds."""

    spool: Spool
    messages: MessageSource
    anonymizer: Anonymizer
    cache: Cache
    telemetry: Telemetry
    mapping_key: bytes
    pseudonym_key: bytes
    mapping_ttl: int
    rules: Callable[[], Rules]
    now: Now = utc_now

    def begin(self, messages: Sequence[Message]) -> None:
        """Nothing is shared between the mails of a batch."""

    def process(self, message: Message) -> Envelope | Exclusion | None:
        """The same pointer with anonymized content, or the note that the rules keep the mail out.

        None for a mail that was erased on its way.
        """
        if not isinstance(message, Envelope):
            raise Permanent("malformed_message")
        try:
            return self._anonymized(message)
        except Permanent as error:
            if error.code != ERASED:
                raise
            return None

    def _anonymized(self, message: Envelope) -> Envelope | Exclusion:
        with timed(self.now) as watch:
            opened = load_mail(message, self.spool, self.messages)
            decided = decide(message, opened, self.rules, self.pseudonym_key, self.now())
            if isinstance(decided, Exclusion):
                return decided
            message = with_links(decided, opened.mail, lambda: self.rules().providers, self.spool)
            # A mail without any Message-ID is a thread of its own: strangers must not share their tokens.
            root = thread_root(opened.mail) or message.mail_id
            thread = sender_key(f"{message.account}\n{root}", self.pseudonym_key)
            result = self.anonymizer.anonymize(opened.mail, self._known(thread))
            self._remember(thread, message.mail_id, result)
            content = self._content(message, opened, result, thread)
        receipt = watch.receipt("anonymize", "email.anonymize", "anonymized")
        return replace(message, content=content, receipts=(*message.receipts, receipt))

    def _content(self, message: Envelope, opened: LoadedMail, result: Anonymized, thread: str) -> Content:
        mail = opened.mail
        identities, matches = claims(mail, opened.provider_id, opened.form)
        text, text_key = result.text, ""
        if len(text.encode("utf-8")) > INLINE_TEXT_BYTES:
            text_key = spool_keys.text_key(message.account, message.mail_id)
            self.spool.put(text_key, text.encode("utf-8"))
            text = ""
        return Content(
            subject=result.subject,
            sender=result.sender,
            recipients=result.recipients,
            language=result.language,
            text=text,
            text_key=text_key,
            attachments=result.attachments,
            date=_date(opened, message.received_at),
            source_key=opened.key,
            sender_key=_sender_key(mail, self.pseudonym_key),
            thread_key=thread,
            identities=identities,
            matches=matches,
            traits=traits(mail),
            defects=mail.defects,
            address_keys=tuple(sender_key(address, self.pseudonym_key) for address in all_addresses(mail)),
        )

    def _known(self, thread: str) -> dict[str, str]:
        """Tokens of the thread's earlier mails. What Redis holds is a hint: unreadable counts as absent."""
        held = self.cache.get(f"map:thread:{thread}")
        try:
            return dict(open_sealed(held, self.mapping_key, thread)) if held else {}
        except Permanent as error:
            self.telemetry.log("thread_mapping_ignored", code=error.code)
            return {}

    def _remember(self, thread: str, mail_id: str, result: Anonymized) -> None:
        """The encrypted mapping, for minutes: by mail for a later answer, by thread for stable tokens."""
        if result.mapping:
            for key, name in ((f"map:mail:{mail_id}", mail_id), (f"map:thread:{thread}", thread)):
                self.cache.set(key, seal(result.mapping, self.mapping_key, name), self.mapping_ttl)


def _date(opened: LoadedMail, received_at: str) -> str | None:
    """The mail's own date, else the mailbox's, else the time of receipt; only the first is part of an identity."""
    date = opened.mail.date or parse_date(opened.told_date) or parse_date(received_at)
    return date.isoformat() if date else None


def _sender_key(mail: Mail, key: bytes) -> str:
    return sender_key(mail.sender.address, key) if mail.sender and mail.sender.address else ""
