"""What `policy_routes` take and answer."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from chalicelib.policy.validate import MAX_ERRORS
from chalicelib.web.models import BASE64, Author, ClosedModel, Comment, Model, Version, whole
from chalicelib.web.openapi import schemas as s
from chalicelib.web.openapi.route import ADMIN, Details, Route
from chalicelib.web.request_fields import PRINTABLE

MAX_BODY = 1024 * 1024
"""Bytes of a request with a rule document."""
MAX_RAW = 5_000_000
"""Characters of a mail to try (base64): what Lambda lets through."""
LISTED, MOST = 50, 1_000

Document = Annotated[dict[str, Any], Meta(description="the whole rule document; see docs/rules.md")]
Label = Annotated[str, Meta(max_length=300)]


class Listing(Model, frozen=True):
    """How many changes."""

    limit: Annotated[int, Meta(ge=1, le=MOST)] = LISTED


class RulesChange(ClosedModel, frozen=True):
    """The whole document, and the version that it was made from."""

    document: Document
    author: Author
    base_version: Version
    comment: Comment = ""
    dry_run: bool = False


class Rollback(ClosedModel, frozen=True):
    """Make a new version with the document of an old one; 0 is the time before the first."""

    version: Version
    author: Author
    comment: Comment = ""
    dry_run: bool = False


class Trial(ClosedModel, frozen=True):
    """A mail to try the rules on."""

    raw: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=MAX_RAW,
            description="base64 or base64url of the RFC 822 bytes",
            extra_json_schema={"pattern": BASE64},
        ),
    ]
    account: Annotated[str, Meta(max_length=64, pattern=whole(PRINTABLE.pattern))] = ""
    labels: Annotated[tuple[Label, ...], Meta(max_length=200)] = ()
    at: Annotated[str, Meta(description="ISO 8601 with its offset: as if it were then; now when it is not there")] = ""
    document: Document | None = None


_DOCUMENT = s.of(Document)
_CHANGED = {
    "version": s.whole(minimum=0),
    "author": s.text(),
    "comment": s.text(),
    "created_at": s.text(description="ISO 8601; empty for version 0, the time before the first change"),
    "restores": s.maybe(s.whole(minimum=1, description="the version that a rollback went back to")),
}
RULES = s.record({"status": s.named("ok"), **_CHANGED, "document": _DOCUMENT})
_ERROR = s.record({"path": s.text(description="such as rules[2].when.all[0].matches"), "message": s.text()})
RULES_CHANGED = s.record(
    {
        "status": s.named("ok"),
        "version": s.whole(minimum=1),
        "changes": s.several(s.text(), description="what was added, removed, changed or moved, by name"),
        "diff": s.text(description="unified diff of the pretty documents"),
        "warnings": s.several(_ERROR, description="what is saved, but does not work as this stack is deployed"),
    },
    {"dry_run": {"const": True}},
)
DECISION = s.record(
    {
        "verdict": s.named("accept", "hold", "exclude", "refuse"),
        **dict.fromkeys(("reason", "rule", "retry_at", "hold_until", "topic", "priority", "category"), s.text()),
        **dict.fromkeys(("rules", "webhooks"), s.several(s.text())),
        "offload": s.BOOL,
        "matches": s.several(s.record({"rule": s.text(), "matched": s.BOOL, "why": s.text()})),
    }
)
_DETAILS: dict[str, Details] = {
    "invalid_rules": ({"errors": s.several(_ERROR, MAX_ERRORS)}, {}),
    "version_conflict": ({"version": s.whole(minimum=0)}, {}),
}
ROUTES = (
    Route(
        *("GET", "/admin/rules", ADMIN),
        "The rules in force; version 0 while none were ever saved.",
        results={200: RULES},
    ),
    Route(
        *("PUT", "/admin/rules", ADMIN),
        f"Change the rules: the whole document, at most {MAX_BODY // 1024} KiB, and the version that "
        "it was made from. The answer says what changed. `version_conflict` names the version in force instead.",
        ("invalid_rules", "version_conflict"),
        {200: RULES_CHANGED},
        RulesChange,
        max_body=MAX_BODY,
        details=_DETAILS,
    ),
    Route(
        *("GET", "/admin/rules/versions", ADMIN),
        "Who changed the rules when and why, newest first.",
        results={200: s.record({"status": s.named("ok"), "versions": s.several(s.record(_CHANGED), MOST)})},
        query=Listing,
    ),
    Route(
        *("GET", "/admin/rules/versions/{number}", ADMIN),
        "One version of the rules.",
        ("invalid_field", "unknown_rules"),
        {200: RULES},
    ),
    Route(
        *("POST", "/admin/rules/rollback", ADMIN),
        "Make a new version with the document of an old one; 0 is the time before the first.",
        ("invalid_rules", "unknown_rules", "version_conflict"),
        {200: RULES_CHANGED},
        Rollback,
    ),
    Route(
        *("POST", "/admin/rules/test", ADMIN),
        "What the rules in force (or a document sent along) decide for a mail, and why. Without any effect.",
        ("invalid_rules",),
        {200: s.record({"status": s.named("ok"), "version": s.whole(minimum=0), "decision": DECISION})},
        Trial,
    ),
)
