"""What a mail is about: categories, scoring, sender history, the prompt of the LLM. Pure."""
