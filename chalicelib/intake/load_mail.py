"""From the spool's objects to a mail: the sealed original in whatever form it came, and its anonymized text."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from chalicelib.core.errors import Permanent
from chalicelib.core.messages import Content, Envelope
from chalicelib.core.spool_keys import fetched_key, upload_key
from chalicelib.mail import sealed
from chalicelib.mail.emailengine_message import from_message
from chalicelib.mail.fields import from_push
from chalicelib.mail.identity import Form
from chalicelib.mail.model import Mail
from chalicelib.mail.parse import parse
from chalicelib.mail.reference import facts_of
from chalicelib.ports import MessageReference, MessageSource, Spool

ERASED = "erased"
"""Code of a mail that was erased while it was in progress: the stage stops, and the ledger knows already."""

MAX_SEALED = 41 * 1024 * 1024
"""Bytes read from the spool at most: the largest mail (40 MiB) and its header line; an upload has none."""


MAX_TEXT = 4 * 1024 * 1024
"""Bytes of anonymized text read from the spool at most."""


@dataclass(frozen=True, slots=True)
class LoadedMail:
    """A mail in the clear. `source` is the mail as it came, `key` the spool object that holds it whole.

    `mailbox_date` is when the mailbox says that it came (ISO 8601, or empty), for a mail without a date.
    """

    mail: Mail
    source: bytes
    key: str
    form: Form
    provider_id: str
    labels: tuple[str, ...] = ()
    mailbox_date: str = ""


def upload_named(account: str, payload: bytes) -> str:
    """The key of the upload that a seal of kind `upload` names. Raises `Permanent("sealed_unreadable")`."""
    return upload_key(account, str(_object(payload).get("upload", "")))


def parse_source(source: bytes) -> Mail:
    """The mail of an original as the database keeps it: RFC 822, a push's fields, or EmailEngine's message."""
    if source.lstrip()[:1] == b"{":
        try:
            pushed = _object(source)
        except Permanent:
            return parse(source)
        return from_message(pushed) if isinstance(pushed.get("from"), dict) else from_push(pushed)
    return parse(source)


def load_mail(envelope: Envelope, spool: Spool, messages: MessageSource) -> LoadedMail:
    """Open the sealed mail, and fetch the full message where the endpoint only had a reference.

    What was fetched is sealed too, so that the store stage need not ask EmailEngine again.
    Raises `Permanent` (`erased`, `spool_missing`, `sealed_unreadable`, `message_gone`, …) or `Retryable`.
    """
    header, payload = sealed.unseal(spool.get(envelope.spool_key, MAX_SEALED))
    key = envelope.spool_key
    if header.kind == sealed.EMAILENGINE:
        fetched = messages.fetch(_reference(payload, envelope.account))
        header = replace(header, kind=sealed.RAW if fetched.mail is None else sealed.MESSAGE)
        key, payload = fetched_key(envelope.account, envelope.mail_id), fetched.raw
        spool.put(key, sealed.seal(header, payload))
    elif header.kind == sealed.UPLOAD:
        # Sealed like any other mail from here on: the upload address could be written to once more.
        payload = spool.get(upload_named(envelope.account, payload), MAX_SEALED)
        header, key = replace(header, kind=sealed.RAW), fetched_key(envelope.account, envelope.mail_id)
        spool.put(key, sealed.seal(header, payload))
    return _opened(header, payload, key)


def reopen(key: str, spool: Spool) -> LoadedMail:
    """Load what `load_mail` named as `key`: the mail itself, or the upload that was sealed over it meanwhile."""
    header, payload = sealed.unseal(spool.get(key, MAX_SEALED))
    if header.kind == sealed.UPLOAD:
        payload = spool.get(upload_named(header.account, payload), MAX_SEALED)
        header = replace(header, kind=sealed.RAW)
    return _opened(header, payload, key)


def load_text(content: Content, spool: Spool) -> str:
    """The anonymized text of a mail, from the message or from the spool."""
    if not content.text_key:
        return content.text
    return spool.get(content.text_key, MAX_TEXT).decode("utf-8", "replace")


def _opened(header: sealed.Header, payload: bytes, key: str) -> LoadedMail:
    form: Form = "fields"
    if header.kind == sealed.RAW:
        mail, form = parse(payload), "raw"
    elif header.kind == sealed.FIELDS:
        mail = from_push(_object(payload))
    elif header.kind == sealed.MESSAGE:
        mail = from_message(_object(payload))
    else:
        raise Permanent(ERASED if header.kind == sealed.ERASED else "sealed_unreadable")
    return LoadedMail(mail, payload, key, form, header.provider_id, tuple(header.labels.splitlines()), header.date)


def _reference(payload: bytes, account: str) -> MessageReference:
    reference = _object(payload)
    facts = facts_of(reference)
    return MessageReference(
        account=account,
        id=str(reference.get("id", "")),
        email_id=str(reference.get("emailId", "")),
        message_id=facts.message_id,
        path=str(reference.get("path", "")),
        date=facts.date,
        size=facts.size,
        subject=facts.subject,
        sender=facts.sender,
    )


def _object(payload: bytes) -> dict[str, object]:
    try:
        data = json.loads(payload)
    except (ValueError, RecursionError):
        raise Permanent("sealed_unreadable") from None
    if not isinstance(data, dict):
        raise Permanent("sealed_unreadable")
    return data
