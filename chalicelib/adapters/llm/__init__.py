"""Language models that classify: Anthropic, Bedrock."""
