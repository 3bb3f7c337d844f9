"""What the operator sees: structured logs and EMF metrics that can carry ids and codes, nothing else.

Mail content cannot reach a log by accident: a record keeps only the keys of `ALLOWED`, and a string
value only if it has the form that its key asks for: an id, a code, a place. Exceptions are logged by
class and place, never by text, because drivers quote values in theirs.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

SERVICE = "mailroom"
NAMESPACE = "Mailroom"
ALLOWED = frozenset(
    """level message timestamp service cold_start function_name function_request_id
    event trace_id mail_id account source stage status code error place seconds attempts receives wait
    count batch failed accepted duplicate refused kind flag value topic alarm state door category urgency
    classifier bytes version settings message_key""".split()
)
CODE = re.compile(r"(?!(?:.*[0-9]){4})[A-Za-z0-9_.:/-]{0,100}")
"""A code, a class, a stage: without spaces, and too few digits for a number of a person."""

ID = re.compile(r"[A-Za-z0-9=_-]{0,128}")
FORMS = {
    "timestamp": re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,]\d{3,6}(Z|[+-]\d\d:?\d\d)?"),
    "mail_id": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "trace_id": ID,
    "message_key": re.compile(r"[0-9a-f]{32}"),
    "function_request_id": ID,
    "function_name": ID,
    "account": re.compile(r"[a-z0-9][a-z0-9._-]{0,63}"),
    "place": re.compile(r"([A-Za-z0-9_<>-]{1,60}(\.py)?:[0-9]{1,6})?"),
    "settings": re.compile(r"[A-Za-z0-9_.:/,=*\\-]{0,400}"),
}
"""What the text of a key may look like; every other key holds a `CODE`."""


class AllowListFormatter(LambdaPowertoolsFormatter):
    """Powertools' JSON, less every key and value that is not known to be harmless."""

    def serialize(self, log: Any) -> str:
        """Keep allowed keys; replace any free text by `?`."""
        return super().serialize({key: _harmless(key, value) for key, value in log.items() if key in ALLOWED})


def _harmless(key: str, value: Any) -> Any:
    if key == "settings" and isinstance(value, dict):
        return {name: _harmless(key, held) for name, held in value.items()}
    if isinstance(value, bool | float) or value is None or (isinstance(value, int) and abs(value) < 10**9):
        return value
    return value if isinstance(value, str) and FORMS.get(key, CODE).fullmatch(value) else "?"


logger = Logger(service=SERVICE, location=None, logger_formatter=AllowListFormatter(), log_uncaught_exceptions=False)


def log(event: str, **fields: Any) -> None:
    """One line: `event` is a constant; fields outside the allow-list are dropped by the formatter."""
    logger.info(event, extra=fields)


def warn(event: str, **fields: Any) -> None:
    """As `log`, for what an operator should see: level WARNING."""
    logger.warning(event, extra=fields)


def failure(event: str, error: BaseException, **fields: Any) -> None:
    """Log an error, level ERROR, by class and the innermost place of our own code, without its text."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "chalicelib" in frame.filename or frame.filename.endswith("app.py")]
    place = ""
    if frames:
        frame = (ours or frames)[-1]
        place = f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
    logger.error(event, extra={"error": type(error).__name__, "place": place, **fields})


_collected: dict[tuple[tuple[str, str], ...], EphemeralMetrics] = {}


def count(name: str, value: float = 1, **dimensions: str) -> None:
    """Collect a counter until `flush`; dimensions are codes (stage, status), never an address."""
    _collect(name, value, MetricUnit.Count, dimensions)


def duration(name: str, seconds: float, **dimensions: str) -> None:
    """Collect a duration until `flush`."""
    _collect(name, seconds, MetricUnit.Seconds, dimensions)


def _collect(name: str, value: float, unit: MetricUnit, dimensions: Mapping[str, str]) -> None:
    key = tuple(sorted((k, v) for k, v in dimensions.items() if v and CODE.fullmatch(v)))
    if key not in _collected:
        _collected[key] = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
        for dimension, text in key:
            _collected[key].add_dimension(name=dimension, value=text)
    _collected[key].add_metric(name=name, unit=unit, value=value)


def flush() -> None:
    """Print what was collected, one EMF line a set of dimensions; called at the end of each invocation."""
    for collected in _collected.values():
        if collected.metric_set:  # Powertools prints a set by itself when it is full
            collected.flush_metrics()
    _collected.clear()
