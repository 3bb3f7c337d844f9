"""What bytes of mail mean: labels, stateful encodings and evidence in the text itself."""
