"""Mailroom: mail in at any door, out anonymized, classified, stored and notified."""
