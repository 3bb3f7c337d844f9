"""The one way in: check, decide, seal, enqueue; and open again what was sealed."""
