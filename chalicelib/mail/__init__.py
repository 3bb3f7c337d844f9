"""Pure: message model, tolerant MIME parsing, identity, language."""
