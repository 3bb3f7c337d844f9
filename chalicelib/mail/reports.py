"""What a report of a mail system says (RFC 3464, RFC 8098, RFC 5965, RFC 7489), as marks for the traits."""

from __future__ import annotations

import re

FAILED, DELAYED, DELIVERED = "dsn_failed", "dsn_delayed", "dsn_delivered"
RECEIPT, COMPLAINT, DMARC = "read_receipt", "complaint", "dmarc_report"
REPORT = "report"
"""That any part is a report: the mail that it returns is not the mail's text."""

_ACTION = re.compile(r"^Action[ \t]{0,9}:[ \t]{0,9}([A-Za-z]{1,20})", re.IGNORECASE | re.MULTILINE)
_ACTIONS = {"failed": FAILED, "delayed": DELAYED, "delivered": DELIVERED, "relayed": DELIVERED, "expanded": DELIVERED}
_FEEDBACK = re.compile(r"^Feedback-Type[ \t]{0,9}:[ \t]{0,9}([A-Za-z-]{1,30})", re.IGNORECASE | re.MULTILINE)
MAX_CHARS = 100_000


def report_marks(kind: str, content: str) -> set[str]:
    """The marks of one leaf part; empty for what is no report."""
    if kind in ("message/delivery-status", "message/global-delivery-status"):
        actions = {action.lower() for action in _ACTION.findall(content[:MAX_CHARS])}
        return {REPORT} | {_ACTIONS[action] for action in actions if action in _ACTIONS}
    if kind in ("message/disposition-notification", "message/global-disposition-notification"):
        return {REPORT, RECEIPT}
    if kind == "message/feedback-report":
        found = _FEEDBACK.search(content[:MAX_CHARS])
        return {REPORT, DMARC if found and found[1].lower() in ("auth-failure", "dmarc") else COMPLAINT}
    return set()
