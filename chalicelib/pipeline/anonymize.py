"""Stage 1: load the sealed mail, parse it, replace personal data; only anonymized text goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chalicelib.core import spool_keys
from chalicelib.core.cache_keys import mapping_key
from chalicelib.core.clock import Now, timed, utc_now
from chalicelib.core.errors import Permanent
from chalicelib.core.keyed_hashes import keyed_hash, sender_key
from chalicelib.core.messages import INLINE_TEXT_BYTES, Content, Envelope, Exclusion, Message
from chalicelib.intake.apply_policy import Rules, decide, with_links
from chalicelib.intake.load_mail import ERASED, LoadedMail, load_mail
from chalicelib.mail.dates import parse_date
from chalicelib.mail.everyone import all_addresses
from chalicelib.mail.identity import claims, thread_root
from chalicelib.mail.model import Mail
from chalicelib.mail.traits import traits
from chalicelib.ports import Anonymizer, Cache, MessageSource, Spool, Telemetry
from chalicelib.privacy.mapping import seal
from chalicelib.privacy.model import Anonymized
from chalicelib.privacy.tokens import thread_numbers

MAX_MAPPING = 256 * 1024
"""Bytes of one sealed mapping: what names more people is stored and shown, but cannot be answered."""

MAX_ADDRESS_KEYS = 4_000
"""Hashes of addresses in one message, 35 bytes each: SQS takes 1 MiB, the text included."""


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
        """The same pointer with anonymized content, or the note that the rules exclude the mail.

        None for a mail that was erased meanwhile.
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
            # A mail without any Message-ID is a thread of its own.
            root = thread_root(opened.mail) or message.mail_id
            thread = keyed_hash("thread", f"{message.account}\n{root}", self.pseudonym_key)
            result = self.anonymizer.anonymize(opened.mail, thread_numbers(thread, self.pseudonym_key))
            self._keep_mapping(message.mail_id, result)
            content = self._content(message, opened, result, thread)
        receipt = watch.receipt("anonymize", "email.anonymize", "anonymized")
        return message.changed(content=content, receipts=(*message.receipts, receipt))

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
            quoted_at=result.quoted_at,
            address_keys=self._address_keys(mail),
        )

    def _address_keys(self, mail: Mail) -> tuple[str, ...]:
        """The hashes of all addresses, or none where a message cannot carry them: the original is searched then."""
        found = all_addresses(mail)
        return tuple(sender_key(one, self.pseudonym_key) for one in found) if len(found) <= MAX_ADDRESS_KEYS else ()

    def _keep_mapping(self, mail_id: str, result: Anonymized) -> None:
        """The encrypted mapping, for minutes and for an answer to this mail: what the mail itself says, no more."""
        if not result.mapping:
            return
        sealed = seal(result.mapping, self.mapping_key, mail_id)
        if len(sealed) > MAX_MAPPING:
            self.telemetry.log("mapping_too_large", mail_id=mail_id, count=len(result.mapping))
            return
        self.cache.set(mapping_key(mail_id), sealed, self.mapping_ttl)


def _date(opened: LoadedMail, received_at: str) -> str | None:
    """The mail's own date, else the mailbox's, else the time of receipt; only the first is part of an identity."""
    date = opened.mail.date or parse_date(opened.mailbox_date) or parse_date(received_at)
    return date.isoformat() if date else None


def _sender_key(mail: Mail, key: bytes) -> str:
    return sender_key(mail.sender.address, key) if mail.sender and mail.sender.address else ""
