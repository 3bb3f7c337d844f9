"""Signing in and out."""

from __future__ import annotations

from chalicelib.bootstrap import telemetry
from chalicelib.ports import Quota
from chalicelib.web.auth import bearer_ok
from chalicelib.web.dashboard import session as s
from chalicelib.web.dashboard.frame import page
from chalicelib.web.dashboard.html import Child, Html, e
from chalicelib.web.dashboard.visit import Answer, Visit
from chalicelib.web.request_fields import AUTHOR, AUTHOR_CHARS

PER_MINUTE, AT_ONCE = 5.0, 10
"""Sign-ins of one network address, counted before the token is looked at. There is no limit for all addresses
together: whoever used it up would lock the operator out."""
TOKEN_CHARS = 1_000


def form(visit: Visit, code: int = 200, wrong: str = "", wait: float = 0.0) -> Answer:
    """The page that asks who is there."""
    visitor = s.visitor(visit.cookies)
    tokens = _tokens(visit)
    alarm = e("p", wrong, class_="alarm", role="alert", id="wrong") if wrong else None
    fields = e(
        "form",
        e("input", type="hidden", name="token", value=s.visit_token(visitor, tokens)),
        _field(visit, "author", type="text", autocomplete="username", value=_author(visit), maxlength=AUTHOR_CHARS),
        _field(visit, "token", "secret", type="password", autocomplete="current-password", maxlength=TOKEN_CHARS),
        e("button", visit.t("sign_in"), type="submit", class_="main"),
        method="post",
        action=visit.link("/sign-in"),
    )
    already = e("p", e("a", visit.t("sign_in.already"), href=visit.link()), class_="more")
    content: list[Child] = [done_out(visit), alarm, fields, already]
    cookie = s.set_cookie(s.VISIT, visitor, s.VISIT_SECONDS)
    more = {"Retry_After": str(round(wait + 0.5))} if wait else {}
    return page(
        visit, visit.t("sign_in"), e("div", *content, class_="card entry"), code=code, Set_Cookie=cookie, **more
    )


def done_out(visit: Visit) -> Html | None:
    """What signing out says."""
    return e("p", visit.t("sign_in.out"), class_="done", role="status") if visit.query.get("done") == "out" else None


def sign_in(visit: Visit) -> Answer:
    """Check the token, then begin a session."""
    tokens = _tokens(visit)
    quota = Quota(f"dashboard:{s.hashed(visit.source, tokens)}", PER_MINUTE, AT_ONCE)
    [wait] = visit.parts.limiter.take([[quota]])
    if wait:
        telemetry.count("SignIn", status="limited")
        return form(visit, 429, visit.t("sign_in.limited", seconds=round(wait + 0.5)), wait)
    known = visit.cookies.get(s.VISIT, "")
    if not s.IDENTIFIER.fullmatch(known) or not s.same(visit.value("token"), s.visit_token(known, tokens)):
        return form(visit, 403, visit.t("sign_in.stale"))
    author = _author(visit)
    if not AUTHOR.fullmatch(author) or len(author) > AUTHOR_CHARS:
        return form(visit, 400, visit.t("sign_in.author.wrong"))
    # Every token is looked at, whichever is right; so the time does not tell.
    right = [token for token in tokens if bearer_ok(f"Bearer {visit.value('secret')}", [token])]
    if not right:
        telemetry.count("SignIn", status="refused")
        telemetry.warn("sign_in_refused", trace_id=visit.trace)
        return form(visit, 401, visit.t("sign_in.wrong"))
    telemetry.count("SignIn", status="accepted")
    telemetry.log("signed_in", trace_id=visit.trace)
    cookie = s.issue(right[0], author, visit.now.timestamp())
    answer = visit.see("")
    return Answer("", answer.code, {**answer.headers, "Set-Cookie": s.set_cookie(s.SESSION, cookie, s.SECONDS)})


def sign_out(visit: Visit) -> Answer:
    """End the session: the browser forgets it, and no copy of its cookie is taken any more (while Redis knows)."""
    assert visit.session
    left = visit.session.ends - int(visit.now.timestamp())
    visit.parts.cache.set(ended_key(visit.session), b"1", max(left, 1))
    answer = visit.see("/sign-in", done="out")
    return Answer("", answer.code, {**answer.headers, "Set-Cookie": s.set_cookie(s.SESSION, "", 0)})


def ended_key(session: s.Session) -> str:
    """Where Redis notes that a session was signed out."""
    return f"session_ended:{session.identifier}"


def _tokens(visit: Visit) -> tuple[str, ...]:
    return visit.parts.door_secrets.texts("admin_tokens")


def _author(visit: Visit) -> str:
    return visit.value("author").strip()[: AUTHOR_CHARS + 1]


def _field(visit: Visit, name: str, spelled: str = "", **attributes: str | int) -> Html:
    key = spelled or name
    label = e("label", visit.t(f"sign_in.{name}"), for_=key)
    entry = e("input", id=key, name=key, required=True, aria_describedby=f"{key}-help", **attributes)
    return e(
        "div", label, entry, e("p", visit.t(f"sign_in.{name}.help"), id=f"{key}-help", class_="more"), class_="field"
    )
