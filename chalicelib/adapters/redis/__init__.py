"""Redis or Valkey: cache and limiter."""
