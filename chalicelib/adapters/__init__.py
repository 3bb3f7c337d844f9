"""The outside world: one module per vendor, each behind a Protocol of `ports`."""
