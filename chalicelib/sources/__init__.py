"""Where mail comes from: one folder a source."""
