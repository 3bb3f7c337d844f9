"""The worker of `anonymize`. Importing this loads Presidio; making the worker loads the language models."""

from __future__ import annotations

import os
from collections.abc import Sequence

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container
from chalicelib.bootstrap.parts.emailengine import messages
from chalicelib.pipeline.anonymize import AnonymizeWorker
from chalicelib.pipeline.runner import Worker
from chalicelib.privacy.engine import PresidioAnonymizer
from chalicelib.privacy.recognizers.own import OWN
from chalicelib.privacy.rules import Recognizer

TIME_LIMIT = 25.0
"""Seconds for one mail; `Stage.reserve` is longer."""


def make(parts: Container, own: Sequence[Recognizer] = OWN) -> Worker:
    """Fetches, parses and anonymizes; `own` are the installation's recognizers."""
    # A function has less than two processors: more threads of the matrix library only cost it time at the start.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    return AnonymizeWorker(
        spool=parts.spool,
        messages=messages(parts),
        anonymizer=PresidioAnonymizer(time_limit=TIME_LIMIT, extra=own),
        cache=parts.cache,
        telemetry=telemetry,
        mapping_key=parts.mapping_key(),
        pseudonym_key=parts.pseudonym_key(),
        mapping_ttl=parts.settings.mapping_minutes * 60,
        rules=lambda: parts.rules.current(),
    )
