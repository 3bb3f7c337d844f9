"""EmailEngine: its endpoint, its webhooks, and the comparison with its mailboxes."""
