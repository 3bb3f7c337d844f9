"""How mail gets in: one module per door, and the intake they all go through."""
