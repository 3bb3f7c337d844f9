"""How each stage's worker is made: `make(parts)` in a module of its own, so that none loads another's libraries."""
