"""The keys of the spool's objects. No other module builds one."""

from __future__ import annotations

from chalicelib.core.mail_ids import MailRef

SEALED_PREFIX = "sealed/"
"""Mail as its endpoint sealed it: whatever was accepted has an object here."""

UPLOADS = "uploads"
"""Mail that a pusher put here before its push: by the upload's own name."""

ORIGINALS = ("sealed", "fetched", "links")
"""The mail as the endpoint sealed it, as it was fetched, and its links in clear."""

EVERYTHING = (*ORIGINALS, "text")


def sealed_key(account: str, mail_id: str) -> str:
    """The sealed mail, under its identity: a repeat overwrites itself."""
    return f"{SEALED_PREFIX}{account}/{mail_id}"


def sealed_mail(key: str) -> MailRef:
    """The mail that a key of `sealed_key` names."""
    account, _, mail_id = key.removeprefix(SEALED_PREFIX).rpartition("/")
    return MailRef(mail_id, account)


def fetched_key(account: str, mail_id: str) -> str:
    """The full mail that the endpoint had only a reference to."""
    return f"fetched/{account}/{mail_id}"


def links_key(account: str, mail_id: str) -> str:
    """The links of a mail: in clear they never travel in a queue."""
    return f"links/{account}/{mail_id}"


def text_key(account: str, mail_id: str) -> str:
    """Anonymized text that is too large for a queue message."""
    return f"text/{account}/{mail_id}"


def upload_key(account: str, upload: str) -> str:
    """The bytes that a pusher was allowed to put into the spool."""
    return f"{UPLOADS}/{account}/{upload}"


def uploads_of(account: str) -> str:
    """The prefix of an account's uploads."""
    return upload_key(account, "")


def keys(mail: MailRef, prefixes: tuple[str, ...] = EVERYTHING) -> list[str]:
    """The keys of one mail; not each of them exists."""
    return [f"{prefix}/{mail.account}/{mail.mail_id}" for prefix in prefixes]
