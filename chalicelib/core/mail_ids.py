"""What a mail is called: the form of its id, and where it belongs."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAIL_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A UUIDv5 in lower case; `mail.identity.mail_id` makes it."""


@dataclass(frozen=True, slots=True)
class MailRef:
    """A mail by its account and id: enough to find everything that is kept of it."""

    mail_id: str
    account: str
