"""Pure: classification rules, runtime flags, pacing; later allowlist and routing."""
