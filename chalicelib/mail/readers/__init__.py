"""Forms of text that mail comes in, each to plain text: pure, bounded, without exceptions."""
