"""Notices of new mail in Telegram."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "notice.new.one": ("New mail", "Nouveau message"),
    "notice.new.other": ("{n} new mails", "{n} nouveaux messages"),
    "notice.from": ("from {sender}", "de {sender}"),
    "notice.unknown_sender": ("(unknown sender)", "(expéditeur inconnu)"),
    "notice.repeated": ("may be a repeat", "peut-être une répétition"),
    "notice.urgent": ("URGENT", "URGENT"),
    "notice.vip": ("VIP", "VIP"),
}
