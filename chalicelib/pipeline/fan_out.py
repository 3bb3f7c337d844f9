"""Where a mail goes next: the following stage, and the side stages that the operator's rules ask for."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.core import stages
from chalicelib.core.messages import Envelope


def next_messages(stage: str, mail: Envelope) -> list[tuple[str, Envelope]]:
    """(stage, message) for each that follows `stage`.

    After *store* a mail goes to *notify*, and to *offload* where a rule asks for the files of its links, else straight
    to *deliver*; *offload* forwards to *deliver*. Each destination gets a message of its own, so that one receiver's
    failure neither repeats nor delays another's webhook.
    """
    following = stages.after(stage)
    made = [(following.name, mail)] if following else []
    if mail.routing is None:
        return made
    if stage == stages.LEDGER and mail.routing.offload:
        return [*made, (stages.OFFLOAD.name, mail)]
    if stage in (stages.LEDGER, stages.OFFLOAD.name):
        for destination in dict.fromkeys(mail.routing.webhooks):
            made.append((stages.DELIVER.name, mail.changed(routing=replace(mail.routing, webhooks=(destination,)))))
    return made
