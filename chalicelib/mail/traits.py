"""Header facts for the classifier (RFC 3834, RFC 2919, RFC 8058): codes, never header text."""

from __future__ import annotations

import re

from chalicelib.mail.headers import is_forward
from chalicelib.mail.model import Mail

_NO_REPLY = re.compile(
    r"(?:^|[._+-])(?:no|do[._-]?not|ne[._-]?pas|non|nicht|keine)[._-]?(?:reply|repondre|rispondere|antworten|antwort)"
)
_DAEMON = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon)@", re.IGNORECASE)
_REPLY = re.compile(r"^(?:re|aw|sv|rép|r|rif)\s{0,3}(?:\[\d{1,3}\]|\(\d{1,3}\))?\s{0,3}:", re.IGNORECASE)


def traits(mail: Mail) -> tuple[str, ...]:
    """Sorted codes of what the headers say of a mail.

    `auto_submitted`, `auto_reply`, `bulk`, `list`, `unsubscribe`, `bounce`, `delivery_report`, `no_reply`,
    `system_sender`, `null_sender`, `calendar`, `has_attachment`, `reply`, `forward`, `important`, `no_sender`,
    `automatic` (any sign of RFC 3834 that nobody is waiting for an answer). `X-Auto-Response-Suppress` asks not
    to be answered and is no such sign (`suppress_replies`).
    """
    found = _automatic(mail)
    kinds = {item.content_type for item in mail.attachments}
    if any(item.filename and not item.content_type.startswith(("image/", "message/")) for item in mail.attachments):
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


def _automatic(mail: Mail) -> set[str]:
    names = {name for name, _ in mail.headers}
    kind = mail.header("content-type").lower()
    sender = mail.sender.address.lower() if mail.sender else ""
    submitted = mail.header("auto-submitted").lower().partition(";")[0].strip()
    precedence = mail.header("precedence").lower().strip()
    report = kind.startswith("multipart/report")
    daemon = bool(_DAEMON.match(sender))
    signs = {
        "auto_submitted": submitted not in ("", "no"),
        "auto_reply": submitted == "auto-replied"
        or precedence == "auto_reply"
        or bool(names & {"x-autoreply", "x-autorespond", "x-auto-reply"}),
        "bulk": precedence in ("bulk", "junk"),
        "list": precedence == "list" or any(name.startswith("list-") for name in names),
        "delivery_report": report,
        "bounce": (report and "disposition-notification" not in kind) or "x-failed-recipients" in names or daemon,
        "null_sender": mail.header("return-path").strip() == "<>",
        "no_reply": bool(_NO_REPLY.search(sender)),
        "system_sender": daemon,
    }
    found = {code for code, true in signs.items() if true}
    if found:
        found.add("automatic")
    if "list-unsubscribe" in names:
        found.add("unsubscribe")
    return found
