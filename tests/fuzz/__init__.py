"""Whatever is sent: no exception, no 5xx, bounded time."""
