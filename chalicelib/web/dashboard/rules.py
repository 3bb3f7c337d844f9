"""The rules in force as sentences, their versions, and the rollback to one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.bootstrap import telemetry
from chalicelib.core.errors import Permanent
from chalicelib.policy.changes import summary, unified
from chalicelib.policy.document import Rule
from chalicelib.policy.ruleset import InvalidRules, load
from chalicelib.ports import RuleChange, RuleVersion
from chalicelib.web.dashboard.context import PageContext, PageResponse, Unavailable
from chalicelib.web.dashboard.frame import Column, done, error_page, page, section, table
from chalicelib.web.dashboard.html import Child, Html, e
from chalicelib.web.dashboard.rule_sentences import RuleSentences

LISTED = 50
RULES = 200
DIFF_LINES = 600
DIFF_CHARS = 300


def show(context: PageContext) -> PageResponse:
    """`GET /dashboard/rules`."""
    store = context.container.rules.durable
    current = context.read("database", lambda: store().current())
    changes = context.read("database", lambda: store().versions(LISTED))
    if isinstance(current, Unavailable):
        title, now = context.text("rules"), context.unavailable(current)
    elif current is None:
        title, now = context.text("rules"), e("p", context.text("rules.none"))
    else:
        title = f"{context.text('rules.version', n=current.change.version)}, {context.text('rules.in_force')}"
        now = e("div", _about(context, current.change), in_words(context, current.document))
    return page(
        context,
        context.text("rules"),
        done(context, "rolled_back"),
        section(title, now, e("p", context.text("rules.edit"), class_="more"), name="rules"),
        section(context.text("rules.history"), _changes(context, changes, current), name="history"),
        current="rules",
    )


def in_force(context: PageContext) -> Html:
    """Which version is in force, since when and by whom, in short."""
    changes = context.read("database", lambda: context.container.rules.durable().versions(1))
    if isinstance(changes, Unavailable):
        return section(context.text("rules"), context.unavailable(changes), name="rules")
    if not changes:
        return section(context.text("rules"), e("p", context.text("rules.none")), name="rules")
    [latest] = changes
    number = e("a", context.text("rules.version", n=latest.version), href=context.link(f"/rules/{latest.version}"))
    words = e("p", e("strong", number), ", ", context.text("rules.in_force"))
    return section(context.text("rules"), words, _about(context, latest), name="rules")


def version(context: PageContext, number: str) -> PageResponse:
    """`GET /dashboard/rules/{number}`: a version, what it changed, and what a rollback to it would change."""
    if not (number.isascii() and number.isdecimal() and 1 <= len(number) <= 9):
        return error_page(context, 404)
    wanted, store = int(number), context.container.rules.durable()
    found = store.version(wanted) if wanted else None
    if found is None and wanted:
        return error_page(context, 404, context.text("rules.unknown"))
    current = store.current()
    before = store.version(wanted - 1) if wanted > 1 else None
    document, old = (found.document if found else {}), (before.document if before else {})
    parts: list[Child] = []
    if found:
        parts.append(
            section(
                context.text("rules.version", n=wanted),
                _about(context, found.change),
                in_words(context, document),
                name="rules",
            )
        )
        parts.append(
            section(context.text("rules.diff"), difference(context, old, document, wanted - 1, wanted), name="diff")
        )
    if current and current.change.version != wanted:
        parts.append(_way_back(context, current, document, wanted))
    return page(context, context.text("rules.version", n=wanted), *parts, current="rules")


def rollback(context: PageContext) -> PageResponse:
    """`POST /dashboard/rules/rollback` with `version` and `base`, the version in force when the form was made."""
    numbers = [context.value(name) for name in ("version", "base")]
    if not all(one.isascii() and one.isdecimal() and 1 <= len(one) <= 9 for one in numbers):
        return error_page(context, 400)
    wanted, base = map(int, numbers)
    book = context.container.rules
    found, current = (book.durable().version(wanted) if wanted else None), book.durable().current()
    if wanted and found is None:
        return error_page(context, 404, context.text("rules.unknown"))
    if (current.change.version if current else 0) != base:
        return error_page(context, 409)
    try:
        saved = book.save(found.document if found else {}, context.author, "", base, wanted or None)
    except InvalidRules:
        return error_page(context, 400, context.text("rules.unreadable"))
    except Permanent as error:
        return (
            error_page(context, 409)
            if error.code == "version_conflict"
            else error_page(context, 400, context.text("error.400.code", code=error.code))
        )
    telemetry.log("rules_changed", version=saved.change.version, kind="rollback", trace_id=context.trace)
    return context.redirect("/rules", done="rolled_back", n=saved.change.version)


def in_words(context: PageContext, document: Mapping[str, Any]) -> Html:
    """The rules of a document as sentences."""
    try:
        parsed = load(document).parsed
    except InvalidRules as error:
        paths = e("ul", [e("li", e("code", path or "document")) for path, _ in error.errors[:20]])
        return e("div", e("p", context.text("rules.unreadable"), class_="unavailable"), paths)
    sentences = RuleSentences(context.language, parsed.time_windows)
    parts: list[Child] = []
    if parsed.allowlist:
        who = {
            "addresses": context.counted("rule.addresses", len(parsed.allowlist.addresses)),
            "domains": context.counted("rule.domains", len(parsed.allowlist.domains)),
        }
        allowed = e("strong", context.text("rule.allowlist"))
        parts.append(e("li", allowed, e("p", context.text("rule.allowlist.who", **who))))
    parts += [_sentence(context, sentences, rule) for rule in parsed.rules[:RULES]]
    if not parts:
        return e("p", context.text("rules.none"))
    left = len(parsed.rules) - RULES
    more = e("p", context.text("rules.more", n=context.number(left))) if left > 0 else None
    return e("div", e("h3", context.text("rules.list")), e("ol", parts, class_="rules"), more)


def _sentence(context: PageContext, sentences: RuleSentences, rule: Rule) -> Html:
    off = [" ", e("span", context.text("rules.off"), class_="badge")] if not rule.enabled else None
    if rule.when:
        asked = _short(sentences.condition(rule.when))
        start: Child = [e("b", context.text("rule.if")), " ", asked, ", ", e("b", context.text("rule.then"))]
    else:
        start = e("b", context.text("rule.every_mail"))
    between = "\N{NARROW NO-BREAK SPACE}; " if context.language == "fr" else "; "
    does = between.join(map(_short, sentences.actions(rule)))
    return e(
        "li",
        e("strong", e("bdi", rule.name)),
        off,
        e("p", start, " ", does, "."),
        class_=None if rule.enabled else "off",
    )


def difference(
    context: PageContext, old: Mapping[str, Any], new: Mapping[str, Any], old_number: int, new_number: int
) -> Html:
    """What changed: a short list, then the lines."""
    before, after = (context.text("rules.version", n=number) for number in (old_number, new_number))
    diff = unified(old, new, before, after, context.language)
    if not diff:
        return e("p", context.text("rules.diff.none"))
    lines = diff.splitlines()
    kinds = {"+": "come", "-": "gone", "@": "place"}
    shown = [e("span", line[:DIFF_CHARS] + "\n", class_=kinds.get(line[:1], "same")) for line in lines[:DIFF_LINES]]
    cut = e("p", context.text("rules.diff.cut"), class_="more") if len(lines) > DIFF_LINES else None
    listed = e("ul", [e("li", _short(line)) for line in summary(old, new, context.language)[:100]])
    return e("div", listed, e("pre", shown, class_="diff", tabindex="0"), cut)


def _way_back(context: PageContext, current: RuleVersion, document: Mapping[str, Any], wanted: int) -> Html:
    now = current.change.version
    hidden = [e("input", type="hidden", name=name, value=value) for name, value in (("version", wanted), ("base", now))]
    button = e("button", context.text("rules.rollback", n=wanted), type="submit", class_="main danger")
    return section(
        context.text("rules.diff.rollback"),
        difference(context, current.document, document, now, wanted),
        context.post("/rules/rollback", *hidden, e("p", button, class_="actions")),
        more=context.text("rules.rollback.more"),
        name="rollback",
        class_="full",
    )


def _changes(
    context: PageContext, changes: list[RuleChange] | Unavailable, current: RuleVersion | Unavailable | None
) -> Html:
    if isinstance(changes, Unavailable):
        return context.unavailable(changes)
    if not changes:
        return e("p", context.text("rules.none"))
    force = current.change.version if isinstance(current, RuleVersion) else None
    rows = [_change(context, one, one.version == force) for one in changes]
    columns = [Column(context.text(key)) for key in ("rules", "time", "author")]
    columns += [Column(context.text("rules.comment"), "text"), Column(context.text("rules.in_force"), unseen=True)]
    return table(columns, rows, context.text("rules.history"))


def _change(context: PageContext, one: RuleChange, in_force: bool) -> list[Child]:
    number = e("a", context.text("rules.version", n=one.version), href=context.link(f"/rules/{one.version}"))
    here = e("span", context.text("rules.in_force"), class_="badge badge-stored")
    return [
        number,
        context.moment(one.created_at),
        one.author,
        _comment(context, one),
        here if in_force else _back(context, one.version),
    ]


def _back(context: PageContext, number: int) -> Html:
    return e("a", context.text("rules.rollback", n=number), href=context.link(f"/rules/{number}") + "#h-rollback")


def _comment(context: PageContext, change: RuleChange) -> Child:
    restores = context.text("rules.restores", n=change.restores) if change.restores else ""
    comment = e("bdi", change.comment) if change.comment else ""
    return [comment, " · ", restores] if comment and restores else comment or restores or "–"


def _about(context: PageContext, change: RuleChange) -> Html:
    by, comment = context.text("by", author=change.author), _comment(context, change)
    return e("p", context.moment(change.created_at), " ", by, " · ", comment, class_="more")


def _short(words: str) -> str:
    return words if len(words) <= 1_000 else words[:999] + "…"
