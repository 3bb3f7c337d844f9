"""Recognizers of this installation: none as it ships. `docs/privacy.md` shows how to write one.

`anonymize` runs every recognizer of `OWN` after the project's own rules.
"""

from __future__ import annotations

from chalicelib.privacy.rules import Recognizer

OWN: tuple[Recognizer, ...] = ()
