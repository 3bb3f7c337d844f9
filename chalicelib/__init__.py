"""Mailroom: mail in at any door, out anonymized, classified, stored and notified."""

__version__ = "0.2.0"
"""The version of the project, of the command and of the API."""
