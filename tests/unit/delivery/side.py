"""A stored mail with links, and the workers beside the pipeline over twins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chalicelib.core.messages import Envelope, Routing
from chalicelib.delivery.deliver import DeliverWorker
from chalicelib.delivery.offload import OffloadWorker
from chalicelib.intake.apply_policy import seal_links
from chalicelib.policy.document import Destination
from chalicelib.ports import Answered, Original
from tests.contract.mails import envelope
from tests.twins.delivery import (
    MemoryBucket,
    MemoryDeliveryStore,
    MemoryDownloads,
    MemoryLinkStore,
    MemoryReceiver,
    Source,
)
from tests.twins.spool import MemorySpool
from tests.twins.store import MemoryMailStore
from tests.twins.telemetry import Telemetry
from tests.unit.pipeline.world import NOW

URL = "https://files.example/s/abcd"
ORIGINAL = Original("Ada <ada@example.com>", "Files of Ada", "Dear Bob", b"raw", ("Bob <bob@example.org>",))


class Clock:
    """Seconds that pass when a test wants it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Side:
    """`mail` is stored; `share` gives it links whose files are in `downloads`."""

    store: MemoryMailStore = field(default_factory=MemoryMailStore)
    spool: MemorySpool = field(default_factory=MemorySpool)
    downloads: MemoryDownloads = field(default_factory=MemoryDownloads)
    bucket: MemoryBucket = field(default_factory=MemoryBucket)
    receiver: MemoryReceiver = field(default_factory=MemoryReceiver)
    telemetry: Telemetry = field(default_factory=Telemetry)
    clock: Clock = field(default_factory=Clock)
    destinations: dict[str, Destination] = field(default_factory=dict)
    keys: dict[str, Sequence[str]] = field(default_factory=lambda: {"default": ["key-1"]})
    enabled: bool = True
    clear_hosts: tuple[str, ...] = ("desk.example",)
    limit: int = 100 * 1024 * 1024
    through: Callable[[str, Callable[[], Answered]], Answered] = lambda _name, call: call()

    def __post_init__(self) -> None:
        self.links = MemoryLinkStore(self.store)
        self.deliveries = MemoryDeliveryStore(self.store, self.links)
        stored = envelope("a")
        self.store.store(stored, "Dear <PERSON_1>", ORIGINAL, [])
        routing = Routing(3, ("files",), webhooks=("desk",), offload=True)
        self.mail = stored.changed(content=None, classification=None, routing=routing)
        self.destinations["desk"] = Destination("desk", "https://desk.example/hook")

    @property
    def offloader(self) -> OffloadWorker:
        """A new one, as after a worker's death."""
        worker = OffloadWorker(
            *(self.spool, self.links, self.store, self.downloads, self.bucket, lambda _: ("files.example",)),
            *(self.telemetry, self.limit, 240.0, self.clock, lambda: NOW),
        )
        worker.begin([])
        return worker

    @property
    def deliverer(self) -> DeliverWorker:
        return DeliverWorker(
            *(self.deliveries, self.receiver, lambda: self.destinations, lambda: self.keys),
            *(lambda: self.enabled, self.telemetry, "files-bucket", self.clear_hosts, self.through, lambda: NOW),
        )

    def share(self, *sources: Source, provider: str = "files") -> None:
        """Each source gets a link of its own, the first is `URL`."""
        urls = [URL if number == 0 else f"{URL}-{number}" for number in range(len(sources))]
        self.downloads.sources |= dict(zip(urls, sources, strict=True))
        seal_links(self.spool, self.mail, [(provider, url) for url in urls])

    def offload(self) -> Envelope:
        return self.offloader.process(self.mail)

    def states(self) -> list[tuple[str, str]]:
        """(state, reason) of each link."""
        return [(row.state, row.reason) for _, row in sorted(self.links.rows.items())]

    @property
    def file(self) -> bytes:
        """The one file in the bucket."""
        [content] = self.bucket.files.values()
        return content
