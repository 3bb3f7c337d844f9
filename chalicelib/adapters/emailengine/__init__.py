"""EmailEngine's API."""
