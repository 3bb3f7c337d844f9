"""What docs/security.md promises, one file a promise."""
