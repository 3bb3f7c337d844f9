"""What finds personal data in a text: one file a family."""
