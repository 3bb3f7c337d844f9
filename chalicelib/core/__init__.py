"""What every room may use and what uses none of them: errors, messages, stages, clock, keyed hashes, names of keys."""
