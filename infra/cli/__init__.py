"""The operator's command-line tool: `mailroom`, behind every make target."""
