"""Signing in and out."""

from __future__ import annotations

from chalicelib.bootstrap import telemetry
from chalicelib.core.keyed_hashes import keyed_hash
from chalicelib.core.networks import network
from chalicelib.ports import Quota
from chalicelib.web.auth import bearer_ok
from chalicelib.web.dashboard import session as s
from chalicelib.web.dashboard.context import PageContext, PageResponse
from chalicelib.web.dashboard.frame import page
from chalicelib.web.dashboard.html import Child, Html, e
from chalicelib.web.request_fields import AUTHOR, AUTHOR_CHARS

PER_MINUTE, AT_ONCE = 5.0, 10
"""Sign-ins of one address (`core.networks` says what counts as one), counted before the token is looked at. There is
no limit for all addresses together: anyone who used it up would lock the operator out."""
TOKEN_CHARS = 1_000


def form(context: PageContext, code: int = 200, wrong: str = "", wait: float = 0.0) -> PageResponse:
    """The page that asks for name and token."""
    visitor = s.visitor(context.cookies)
    alarm = e("p", wrong, class_="alarm", role="alert", id="wrong") if wrong else None
    fields = e(
        "form",
        e("input", type="hidden", name="token", value=s.visitor_token(_key(context), visitor)),
        _field(context, "author", type="text", autocomplete="username", value=_author(context), maxlength=AUTHOR_CHARS),
        _field(context, "token", "secret", type="password", autocomplete="current-password", maxlength=TOKEN_CHARS),
        e("button", context.text("sign_in"), type="submit", class_="main"),
        method="post",
        action=context.link("/sign-in"),
    )
    already = e("p", e("a", context.text("sign_in.already"), href=context.link()), class_="more")
    content: list[Child] = [done_out(context), alarm, fields, already]
    cookie = s.set_cookie(s.VISITOR, visitor, s.VISITOR_SECONDS)
    more = {"Retry_After": str(round(wait + 0.5))} if wait else {}
    return page(
        context, context.text("sign_in"), e("div", *content, class_="card entry"), code=code, Set_Cookie=cookie, **more
    )


def done_out(context: PageContext) -> Html | None:
    """The message after signing out."""
    return (
        e("p", context.text("sign_in.out"), class_="done", role="status")
        if context.query.get("done") == "out"
        else None
    )


def sign_in(context: PageContext) -> PageResponse:
    """Check the token, then begin a session."""
    tokens = _tokens(context)
    source = keyed_hash("network", network(context.source), context.container.pseudonym_key())
    quota = Quota(f"dashboard:{source}", PER_MINUTE, AT_ONCE)
    [wait] = context.container.limiter.take([[quota]])
    if wait:
        telemetry.count("SignIn", status="limited")
        return form(context, 429, context.text("sign_in.limited", seconds=context.number(round(wait + 0.5))), wait)
    known = context.cookies.get(s.VISITOR, "")
    if not s.IDENTIFIER.fullmatch(known) or not s.same(context.value("token"), s.visitor_token(_key(context), known)):
        return form(context, 403, context.text("sign_in.stale"))
    author = _author(context)
    if not AUTHOR.fullmatch(author) or len(author) > AUTHOR_CHARS:
        return form(context, 400, context.text("sign_in.author.wrong"))
    # Every token is compared, so that the time does not reveal which one matches.
    right = [token for token in tokens if bearer_ok(f"Bearer {context.value('secret')}", [token])]
    if not right:
        telemetry.count("SignIn", status="refused")
        telemetry.warn("sign_in_refused", trace_id=context.trace)
        return form(context, 401, context.text("sign_in.wrong"))
    telemetry.count("SignIn", status="accepted")
    telemetry.log("signed_in", trace_id=context.trace)
    cookie = s.issue(_key(context), right[0], author, context.now.timestamp())
    answer = context.redirect("")
    return PageResponse("", answer.code, {**answer.headers, "Set-Cookie": s.set_cookie(s.SESSION, cookie, s.SECONDS)})


def sign_out(context: PageContext) -> PageResponse:
    """End the session: the browser deletes its cookie, and a copy of it is refused while Redis is available."""
    assert context.session
    left = context.session.ends - int(context.now.timestamp())
    context.container.cache.set(ended_key(context.session), b"1", max(left, 1))
    answer = context.redirect("/sign-in", done="out")
    return PageResponse("", answer.code, {**answer.headers, "Set-Cookie": s.set_cookie(s.SESSION, "", 0)})


def ended_key(session: s.Session) -> str:
    """The Redis key that marks a session as signed out."""
    return f"session_ended:{session.identifier}"


def _tokens(context: PageContext) -> tuple[str, ...]:
    return context.container.door_secrets.texts("admin_tokens")


def _key(context: PageContext) -> bytes:
    return context.container.mapping_key()


def _author(context: PageContext) -> str:
    return context.value("author").strip()[: AUTHOR_CHARS + 1]


def _field(context: PageContext, name: str, spelled: str = "", **attributes: str | int) -> Html:
    key = spelled or name
    label = e("label", context.text(f"sign_in.{name}"), for_=key)
    entry = e("input", id=key, name=key, required=True, aria_describedby=f"{key}-help", **attributes)
    return e(
        "div",
        label,
        entry,
        e("p", context.text(f"sign_in.{name}.help"), id=f"{key}-help", class_="more"),
        class_="field",
    )
