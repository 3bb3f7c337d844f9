"""Facts of headers and structure for the classifier (RFC 3834, 3464, 8098, 5965, 8058): codes, never text."""

from __future__ import annotations

import re

from chalicelib.mail import reports, subjects
from chalicelib.mail.headers import is_forward
from chalicelib.mail.model import Attachment, Mail

_NO_REPLY = re.compile(
    r"(?:^|[._+-])(?:no|do[._-]?not|ne[._-]?pas|non|nicht|keine)[._-]?(?:reply|repondre|rispondere|antworten|antwort)"
)
_DAEMON = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|mail delivery (?:system|subsystem))", re.IGNORECASE)
_REPLY = re.compile(r"^(?:re|aw|sv|rép|r|rif|antw)\s{0,3}(?:\[\d{1,3}\]|\(\d{1,3}\))?\s{0,3}:", re.IGNORECASE)
_SHOWN_MARKS = frozenset({"smime_opaque", "smime_signed", "pgp_encrypted", "pgp_signed"})


def traits(mail: Mail) -> tuple[str, ...]:
    """Sorted codes of what headers and structure say of a mail.

    `auto_submitted`, `auto_reply`, `bulk`, `list`, `unsubscribe`, `no_reply`, `system_sender`, `null_sender`,
    `calendar`, `has_attachment`, `reply`, `forward`, `important`, `no_sender`, `automatic` (any sign of RFC 3834 that
    nobody waits for an answer). At most one names the kind of a report: `bounce` (a mail was not delivered),
    `delivery_delay`, `delivery_receipt`, `read_receipt`, `complaint`, `dmarc_report`; `delivery_report` comes with the
    first three. `smime_opaque`, `smime_signed`, `pgp_encrypted`, `pgp_signed`. `X-Auto-Response-Suppress` asks not to
    be answered and is no such sign (`suppress_replies`).
    """
    found = _automatic(mail) | (_SHOWN_MARKS & set(mail.marks))
    kinds = {item.content_type for item in mail.attachments}
    if any(_is_file(item) for item in mail.attachments):
        found.add("has_attachment")
    if kinds & {"text/calendar", "application/ics"} or any(
        x.filename.lower().endswith(".ics") for x in mail.attachments
    ):
        found.add("calendar")
    if mail.in_reply_to or mail.references or _REPLY.match(mail.subject):
        found.add("reply")
    if is_forward(mail.subject):
        found.add("forward")
    if mail.header("importance").lower() == "high" or mail.header("x-priority").strip()[:1] in ("1", "2"):
        found.add("important")
    if mail.header("x-auto-response-suppress"):
        found.add("suppress_replies")
    if not (mail.sender and mail.sender.address):
        found.add("no_sender")
    return tuple(sorted(found))


def _is_file(item: Attachment) -> bool:
    if item.content_type.startswith("image/"):
        return not item.inline
    return bool(item.filename) and not item.content_type.startswith("message/")


def _automatic(mail: Mail) -> set[str]:
    names = {name for name, _ in mail.headers}
    sender = mail.sender.address.lower() if mail.sender else ""
    submitted = mail.header("auto-submitted").lower().partition(";")[0].strip()
    precedence = mail.header("precedence").lower().strip()
    daemon = _is_daemon(mail)
    report = _report(mail, names, daemon)
    signs = {
        "auto_submitted": submitted not in ("", "no"),
        "auto_reply": not report
        and (
            submitted.startswith(("auto-replied", "auto-notified"))
            or precedence == "auto_reply"
            or bool(names & {"x-autoreply", "x-autorespond", "x-auto-reply"})
            or subjects.is_auto_reply(mail.subject)
        ),
        "bulk": precedence in ("bulk", "junk"),
        "list": precedence == "list" or any(name.startswith("list-") for name in names),
        "delivery_report": report in ("bounce", "delivery_delay", "delivery_receipt"),
        "null_sender": mail.header("return-path").strip() == "<>",
        "no_reply": bool(_NO_REPLY.search(sender)),
        "system_sender": daemon,
    }
    found = {code for code, true in signs.items() if true} | ({report} if report else set())
    if found:
        found.add("automatic")
    if "list-unsubscribe" in names:
        found.add("unsubscribe")
    return found


def _is_daemon(mail: Mail) -> bool:
    """A mail system, also where its address is empty or has no domain: `MAILER-DAEMON <>`."""
    if not mail.sender:
        return False
    local = mail.sender.address.partition("@")[0]
    return _DAEMON.fullmatch(local or mail.sender.name.strip()) is not None


def _report(mail: Mail, names: set[str], daemon: bool) -> str:
    """The one trait of a report, by its parts, its headers, then its subject; empty for any other mail."""
    kind = mail.header("content-type").lower()
    marks = set(mail.marks)
    if reports.DMARC in marks or subjects.is_dmarc(mail.subject, tuple(item.filename for item in mail.attachments)):
        return "dmarc_report"
    if reports.COMPLAINT in marks or "feedback-report" in kind:
        return "complaint"
    if reports.RECEIPT in marks or "disposition-notification" in kind:
        return "read_receipt"
    if reports.FAILED in marks or "x-failed-recipients" in names:
        return "bounce"
    system = daemon or "delivery-status" in kind or mail.header("return-path").strip() == "<>"
    if reports.DELAYED in marks or (system and subjects.says_delayed(mail.subject)):
        return "delivery_delay"
    if reports.DELIVERED in marks:
        return "delivery_receipt"
    if system and subjects.says_read(mail.subject):
        return "read_receipt"
    failed = daemon or "delivery-status" in kind or (system and subjects.says_failed(mail.subject))
    return "bounce" if failed and not subjects.is_auto_reply(mail.subject) else ""
