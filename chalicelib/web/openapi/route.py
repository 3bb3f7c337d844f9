"""One row of the table of routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.web.openapi.schemas import Schema

OPEN, ADMIN, GMAIL, EMAILENGINE, SESSION = "open", "admin", "gmail", "emailengine", "session"
"""Who may call a route; see `document.SECURITY`."""

JSON, HTML, CSS, FORM = "application/json", "text/html", "text/css", "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path.

    `verdicts` are the refusals and acceptances of `http.STATUS`, each with its own code; `results` are other
    bodies by HTTP status. Every route has `internal_error` (500) and `try_again` (503) beside them; those of a page
    (`html`) are pages as well. `takes` is the form of the body.
    """

    method: str
    path: str
    access: str
    summary: str
    verdicts: tuple[str, ...] = ()
    results: Mapping[int, Schema] = field(default_factory=dict)
    body: Schema | None = None
    query: Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    media: str = JSON
    takes: str = JSON

    @property
    def html(self) -> bool:
        """Whether it answers a browser."""
        return self.media == HTML

    @property
    def name(self) -> str:
        """A name that tools can call the operation by: `put_admin_flags_name`."""
        words = self.path.replace("{", "").replace("}", "").replace(".", "/").replace("-", "/").split("/")
        return "_".join([self.method.lower(), *filter(None, words)])
