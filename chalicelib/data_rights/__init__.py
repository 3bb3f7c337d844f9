"""The rights of a person: find, export, erase; and retention."""
