"""What each scheduled function does: `run(parts, event, context)` in a module of its own. A source has its own."""
