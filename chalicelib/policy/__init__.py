"""The operator's rules: document, compiler, decisions, time windows, flags. Pure."""
