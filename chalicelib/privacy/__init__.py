"""Pure but for the language models: recognizers, tokens, mapping."""
