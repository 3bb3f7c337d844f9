"""The Gmail Apps Script pusher: its endpoint, its payload, its uploads."""
