"""The recipes of `docs/CONTRIBUTING.md`, each carried out in a copy of the repository."""
