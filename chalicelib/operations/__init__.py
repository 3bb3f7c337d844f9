"""What the operator relies on: audit, sweep, alerts, failed messages, re-evaluation."""
