"""The history of one mail: what the stages and the operators did to it, in the order of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.core.messages import Receipt
from chalicelib.core.texts import catalogue, formats
from chalicelib.ports import MailStory
from chalicelib.web.dashboard.context import PageContext
from chalicelib.web.dashboard.html import Child, Html, e

WEBHOOK = "webhook."
"""How the action of a webhook's receipt begins; the destination's name follows."""


def timeline(context: PageContext, story: MailStory) -> Html:
    """Receipts of the stages, decisions of operators, and the end in the ledger."""
    steps: list[tuple[str, Html]] = []
    for receipt in story.receipts:
        sure = context.confidence(receipt.confidence) if receipt.confidence is not None else ""
        more = " · ".join(filter(None, [formats.seconds(context.language, receipt.seconds), sure]))
        steps.append((receipt.started, _step(context, receipt.started, "auto", _words(context, receipt), more)))
    for action in story.deeds:
        at = action.at.isoformat()
        words = e("strong", context.text(f"action.{action.decision}", author=action.author))
        steps.append((at, _step(context, at, "person", [words], action.reason)))
    at = story.line.ended_at.isoformat()
    none = None if steps else e("p", context.text("mail.timeline.none"))
    ended = [e("strong", context.text("mail.ended")), " ", badge(context, story.line.state)]
    steps.append((at, _step(context, at, "end", ended)))
    ordered = sorted(steps, key=lambda step: datetime.fromisoformat(step[0]))
    return e("div", none, e("ol", [step for _, step in ordered], class_="timeline"))


def badge(context: PageContext, state: str) -> Html:
    """A state in its colour."""
    return e("span", context.label("state", state), class_=f"badge badge-{state}")


def _words(context: PageContext, receipt: Receipt) -> list[Child]:
    """What was done, then the receipt's codes, as the logs have them."""
    action = receipt.action
    if action.startswith(WEBHOOK):
        words = context.text("mail.webhook", name=action.removeprefix(WEBHOOK))
    else:
        words = context.label("receipt", action)
    head: list[Child] = [e("strong", words)]
    for family in ("result", "category"):
        if catalogue.has(family, receipt.outcome):
            head += [" ", context.label(family, receipt.outcome)]
            break
    return [*head, " ", e("code", f"{action} {receipt.outcome}", class_="more")]


def _step(context: PageContext, at: str, kind: str, words: Sequence[Child], more: str = "") -> Html:
    details = e("span", more, class_="more") if more else None
    return e("li", context.moment(at), e("span", *words), details, class_=kind)
