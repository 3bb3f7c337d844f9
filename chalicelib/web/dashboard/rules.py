"""The rules in force in words, their versions with what each changed, and the way back to one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.bootstrap import telemetry
from chalicelib.core.errors import Permanent
from chalicelib.policy.changes import summary, unified
from chalicelib.policy.ruleset import InvalidRules, load
from chalicelib.ports import RuleChange, RuleVersion
from chalicelib.web.dashboard.frame import done, error_page, page, section, table
from chalicelib.web.dashboard.html import Child, Html, e
from chalicelib.web.dashboard.visit import Answer, Unavailable, Visit
from chalicelib.web.dashboard.words import Words

LISTED = 50
RULES = 200
DIFF_LINES = 600
DIFF_CHARS = 300


def show(visit: Visit) -> Answer:
    """`GET /dashboard/rules`."""
    store = visit.parts.rules.durable
    current = visit.read("database", lambda: store().current())
    changes = visit.read("database", lambda: store().versions(LISTED))
    if isinstance(current, Unavailable):
        now: Child = visit.missing(current)
        told = visit.t("rules")
    elif current is None:
        now, told = e("p", visit.t("rules.none")), visit.t("rules")
    else:
        now = [_about(visit, current.change), in_words(visit, current.document)]
        told = f"{visit.t('rules.version', n=current.change.version)}, {visit.t('rules.in_force')}"
    return page(
        visit,
        visit.t("rules"),
        done(visit, "rolled_back"),
        section(told, now, e("p", visit.t("rules.edit"), class_="more"), name="rules"),
        section(visit.t("rules.history"), _changes(visit, changes, current), name="history"),
        current="rules",
    )


def in_force(visit: Visit) -> Html:
    """Which version is in force, since when and by whom, in short."""
    changes = visit.read("database", lambda: visit.parts.rules.durable().versions(1))
    if isinstance(changes, Unavailable):
        return section(visit.t("rules"), visit.missing(changes), name="rules")
    if not changes:
        return section(visit.t("rules"), e("p", visit.t("rules.none")), name="rules")
    [latest] = changes
    number = e("a", visit.t("rules.version", n=latest.version), href=visit.link(f"/rules/{latest.version}"))
    told = e("p", e("strong", number), ", ", visit.t("rules.in_force"))
    return section(visit.t("rules"), told, _about(visit, latest), name="rules")


def version(visit: Visit, number: str) -> Answer:
    """`GET /dashboard/rules/{number}`: what a version says, what it changed, and what going back to it would."""
    if not (number.isascii() and number.isdecimal() and 1 <= len(number) <= 9):
        return error_page(visit, 404)
    wanted, store = int(number), visit.parts.rules.durable()
    found = store.version(wanted) if wanted else None
    if found is None and wanted:
        return error_page(visit, 404, visit.t("rules.unknown"))
    current = store.current()
    before = store.version(wanted - 1) if wanted > 1 else None
    document, old = (found.document if found else {}), (before.document if before else {})
    parts: list[Child] = []
    if found:
        parts.append(
            section(
                visit.t("rules.version", n=wanted), _about(visit, found.change), in_words(visit, document), name="rules"
            )
        )
        parts.append(section(visit.t("rules.diff"), difference(visit, old, document, wanted - 1, wanted), name="diff"))
    if current and current.change.version != wanted:
        parts.append(_way_back(visit, current, document, wanted))
    return page(visit, visit.t("rules.version", n=wanted), *parts, current="rules")


def rollback(visit: Visit) -> Answer:
    """`POST /dashboard/rules/rollback` with `version` and `base`, the one that was looked at."""
    told = [visit.value(name) for name in ("version", "base")]
    if not all(one.isascii() and one.isdecimal() and 1 <= len(one) <= 9 for one in told):
        return error_page(visit, 400)
    wanted, base = map(int, told)
    book = visit.parts.rules
    found, current = (book.durable().version(wanted) if wanted else None), book.durable().current()
    if wanted and found is None:
        return error_page(visit, 404, visit.t("rules.unknown"))
    if (current.change.version if current else 0) != base:
        return error_page(visit, 409)
    try:
        saved = book.save(found.document if found else {}, visit.author, "", base, wanted or None)
    except InvalidRules:
        return error_page(visit, 400, visit.t("rules.unreadable"))
    except Permanent as error:
        return error_page(visit, 409) if error.code == "version_conflict" else error_page(visit, 400, error.code)
    telemetry.log("rules_changed", version=saved.change.version, kind="rollback", trace_id=visit.trace)
    return visit.see("/rules", done="rolled_back", n=saved.change.version)


def in_words(visit: Visit, document: Mapping[str, Any]) -> Html:
    """The rules of a document as sentences."""
    try:
        parsed = load(document).parsed
    except InvalidRules as error:
        paths = e("ul", [e("li", e("code", path or "document")) for path, _ in error.errors[:20]])
        return e("div", e("p", visit.t("rules.unreadable"), class_="away"), paths)
    words = Words(visit.language, parsed.time_windows)
    parts: list[Child] = []
    if parsed.allowlist:
        numbers = {"addresses": len(parsed.allowlist.addresses), "domains": len(parsed.allowlist.domains)}
        allowed = e("strong", visit.t("rules.allowlist"))
        parts.append(e("li", allowed, e("p", visit.t("rules.allowlist.words", **numbers))))
    for rule in parsed.rules[:RULES]:
        asked = words.condition(rule.when) if rule.when else visit.t("rules.every_mail")
        off = [" ", e("span", visit.t("rules.disabled"), class_="badge")] if not rule.enabled else None
        does = "; ".join(map(_short, words.actions(rule)))
        then = e("b", visit.t("rules.then"))
        told = e("p", e("b", visit.t("rules.if")), " ", _short(asked), ", ", then, " ", does, ".")
        parts.append(e("li", e("strong", rule.name), off, told, class_=None if rule.enabled else "off"))
    if not parts:
        return e("p", visit.t("rules.none"))
    more = e("p", f"+ {visit.number(len(parsed.rules) - RULES)}") if len(parsed.rules) > RULES else None
    return e("div", e("h3", visit.t("rules.list")), e("ol", parts, class_="rules"), more)


def difference(visit: Visit, old: Mapping[str, Any], new: Mapping[str, Any], old_number: int, new_number: int) -> Html:
    """What changed: a short list, then the lines."""
    told = unified(old, new, visit.t("rules.version", n=old_number), visit.t("rules.version", n=new_number))
    if not told:
        return e("p", visit.t("rules.diff.none"))
    lines = told.splitlines()
    kinds = {"+": "come", "-": "gone", "@": "place"}
    shown = [e("span", line[:DIFF_CHARS] + "\n", class_=kinds.get(line[:1], "same")) for line in lines[:DIFF_LINES]]
    cut = e("p", visit.t("rules.diff.cut"), class_="more") if len(lines) > DIFF_LINES else None
    listed = e("ul", [e("li", _short(line)) for line in summary(old, new)[:100]])
    return e("div", listed, e("pre", shown, class_="diff", tabindex="0"), cut)


def _way_back(visit: Visit, current: RuleVersion, document: Mapping[str, Any], wanted: int) -> Html:
    now = current.change.version
    hidden = [e("input", type="hidden", name=name, value=value) for name, value in (("version", wanted), ("base", now))]
    button = e("button", visit.t("confirm.do.rollback", n=wanted), type="submit", class_="main danger")
    return section(
        visit.t("rules.diff.rollback"),
        difference(visit, current.document, document, now, wanted),
        visit.post("/rules/rollback", *hidden, e("p", button, class_="actions")),
        more=visit.t("rules.rollback.more"),
        name="rollback",
        class_="full",
    )


def _changes(visit: Visit, changes: list[RuleChange] | Unavailable, current: RuleVersion | Unavailable | None) -> Html:
    if isinstance(changes, Unavailable):
        return visit.missing(changes)
    if not changes:
        return e("p", visit.t("rules.none"))
    force = current.change.version if isinstance(current, RuleVersion) else None
    rows = [_change(visit, one, one.version == force) for one in changes]
    heads: list[Child] = [visit.t("rules"), visit.t("time"), visit.t("author"), visit.t("rules.comment")]
    heads.append(e("span", visit.t("rules.in_force"), class_="unseen"))
    return table(heads, rows, visit.t("rules.history"))


def _change(visit: Visit, one: RuleChange, in_force: bool) -> Html:
    number = e("a", visit.t("rules.version", n=one.version), href=visit.link(f"/rules/{one.version}"))
    here = e("span", visit.t("rules.in_force"), class_="badge badge-stored")
    return e(
        "tr",
        e("td", number),
        e("td", visit.moment(one.created_at)),
        e("td", one.author),
        e("td", _comment(visit, one), class_="text"),
        e("td", here if in_force else _back(visit, one.version)),
    )


def _back(visit: Visit, number: int) -> Html:
    return e("a", visit.t("rules.rollback", n=number), href=visit.link(f"/rules/{number}") + "#h-rollback")


def _comment(visit: Visit, change: RuleChange) -> Child:
    restores = visit.t("rules.restores", n=change.restores) if change.restores else ""
    return " · ".join(filter(None, [change.comment, restores])) or "–"


def _about(visit: Visit, change: RuleChange) -> Html:
    told = _comment(visit, change)
    return e(
        "p", visit.moment(change.created_at), " ", visit.t("flag.by", author=change.author), " · ", told, class_="more"
    )


def _short(told: str) -> str:
    return told if len(told) <= 1_000 else told[:999] + "…"
