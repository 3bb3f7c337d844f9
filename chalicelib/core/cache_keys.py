"""Redis keys that more than one module knows. What belongs to a mail or an account has it in its key."""

from __future__ import annotations


def seen_key(mail_id: str) -> str:
    """The endpoint's hint that a mail was accepted: a repeat is then answered without asking the pipeline."""
    return f"seen:{mail_id}"


def mapping_key(mail_id: str) -> str:
    """The sealed token mapping of one mail, for an answer to it."""
    return f"map:mail:{mail_id}"


def account_event_key(account: str) -> str:
    """The last event that EmailEngine reported about an account's connection."""
    return f"account_event:{account}"


def history_key(account: str, sender: str) -> str:
    """The categories of a sender's earlier mail in one account. `sender` is the keyed hash of the address."""
    return f"history:{account}:{sender}"
