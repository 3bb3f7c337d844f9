"""An `Anonymizer` of rules alone, without a model: quick, for tests of other parts."""

from __future__ import annotations

from chalicelib.privacy.engine import RulesAnonymizer

__all__ = ["RulesAnonymizer"]
