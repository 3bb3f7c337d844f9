"""No seeded identifier leaves the pipeline: not in a queue, a log, a metric, the cache, a notice or a column."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
import pytest

from chalicelib.core.messages import Classification, Content, Envelope, encode
from chalicelib.pipeline.notify import NotifyWorker
from chalicelib.pipeline.store import StoreWorker
from chalicelib.privacy.engine import RulesAnonymizer
from chalicelib.privacy.fold import fold
from chalicelib.telegram.notice import NoticeRenderer
from tests.privacy_data.seeds import Seeded, mails
from tests.twins.messenger import MemoryMessenger
from tests.twins.store import MemoryMailStore
from tests.unit.pipeline.world import VERDICT, World
from tests.unit.privacy.finding import engine

COUNT = 240


class Pipeline(World):
    """All four stages over twins; `shown` is everything that anybody outside could read afterwards."""

    def __init__(self, anonymizer: RulesAnonymizer) -> None:
        super().__init__(anonymizer=anonymizer)  # type: ignore[arg-type]
        self.store = MemoryMailStore()
        self.messenger = MemoryMessenger()
        self.bodies: list[str] = []

    def run(self, seeded: Seeded, name: str) -> None:
        """One mail from the door to the notification."""
        pointer = self.raw(seeded.raw, name)
        done = self.worker.process(pointer).changed(classification=VERDICT)
        self.bodies += [encode(pointer), encode(done)]
        kept = StoreWorker(self.store, self.spool, self.cache, self.telemetry).process(done)
        assert isinstance(kept, Envelope)
        self.bodies.append(encode(kept))
        notify = NotifyWorker(
            self.store.outbox, self.store, self.messenger, lambda: True, NoticeRenderer("en"), self.telemetry
        )
        notify.begin([kept])

    def shown(self) -> Iterator[str]:
        """Queues, logs, metrics, the cache, spool keys and anonymized spool objects, columns, notices, messages."""
        yield from self.bodies
        yield from (queued.body for queue in self.queues.queues.values() for queued in queue)
        yield repr(self.telemetry.lines)
        yield repr(self.telemetry.counts)
        yield from (repr(item) for item in vars(self.cache).values())
        yield from self.spool.objects
        yield from (data.decode() for key, data in self.spool.objects.items() if key.startswith("text/"))
        yield json.dumps(msgspec.to_builtins(self.store.emails), default=str)
        yield repr(self.store.ledger)
        yield repr(self.store.receipts)
        yield repr(vars(self.store.outbox))
        yield repr(self.messenger.sent)


def _bare(text: str) -> str:
    return "".join(c for c in fold(text) if c.isalnum())


@pytest.mark.parametrize("kind", ["rules", "engine"])
def test_no_seeded_identifier_is_shown_anywhere(kind: str) -> None:
    pipeline = Pipeline(RulesAnonymizer() if kind == "rules" else engine())
    seeded = mails(COUNT)
    for index, one in enumerate(seeded):
        pipeline.run(one, str(index))
    shown = _bare(" ".join(text.encode().decode("unicode_escape", "replace") + text for text in pipeline.shown()))
    secrets = {secret for one in seeded for secret in one.secrets}
    assert len(secrets) > 2000
    assert [secret for secret in secrets if _bare(secret) in shown] == []


def test_every_seeded_mail_went_through() -> None:
    pipeline = Pipeline(RulesAnonymizer())
    for index, one in enumerate(mails(40)):
        pipeline.run(one, str(index))
    assert len(pipeline.store.emails) == 40


class Shouting:
    """A classifier that repeats what it was shown in its error."""

    def classify(self, content: Content, text: str) -> Classification:
        raise ValueError(text)


def test_the_error_of_a_later_stage_can_only_hold_anonymized_text() -> None:
    pipeline = Pipeline(RulesAnonymizer())
    seeded = mails(1)[0]
    content = pipeline.worker.process(pipeline.raw(seeded.raw, "1")).content
    assert content is not None
    with pytest.raises(ValueError, match="PERSON") as caught:
        Shouting().classify(content, content.text)
    assert not any(_bare(secret) in _bare(str(caught.value)) for secret in seeded.secrets)
