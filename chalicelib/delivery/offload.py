"""Side stage: fetches the files behind a mail's links into the bucket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

import msgspec

from chalicelib.core.clock import Now, timed, utc_now
from chalicelib.core.errors import Permanent, Postponed, Retryable
from chalicelib.core.messages import Envelope, Message
from chalicelib.core.spool_keys import links_key
from chalicelib.delivery.transfer import TOO_SLOW, UNFINISHED, Transfer
from chalicelib.intake.apply_policy import MAX_LINKS
from chalicelib.ports import Downloads, FileTarget, LinkStore, MailStore, Progress, Spool, Telemetry

LINKS_BYTES = 512 * 1024
MAX_TRIES = 8
"""Tries without a new part after which a mail keeps the original link: about two minutes of retries."""
TIMEOUT, FOLDER_TIMEOUT = 15.0, 120.0
"""Seconds that a source may be silent; Dropbox packs a folder while one waits."""
GRACE = 40.0
"""Seconds after the worker's own end at which a silent source is cut off."""
TIMED_OUT = frozenset({"target_timeout", TOO_SLOW})

FILE_HOSTS = {"dropbox": ("*.dropbox.com", "*.dropboxusercontent.com")}
"""The hosts that a provider's links redirect to; the rule set names the hosts of the links."""


@dataclass(frozen=True, slots=True)
class Share:
    """A link that was found in a mail."""

    provider: str
    url: str


def read_links(data: bytes) -> list[Share]:
    """The links as `intake.apply_policy` wrote them. Raises `Permanent("links_unreadable")` for anything else."""
    try:
        pairs = msgspec.json.decode(data, type=list[tuple[str, str]])
    except msgspec.MsgspecError:
        raise Permanent("links_unreadable") from None
    return [Share(provider, url) for provider, url in pairs[:MAX_LINKS]]


def timeout_of(share: Share) -> float:
    """Seconds that the source of a link may be silent."""
    return FOLDER_TIMEOUT if share.provider == "dropbox" and "/scl/fo/" in share.url else TIMEOUT


def address_of(share: Share) -> str:
    """The address of the file itself: Dropbox shows a page unless it is asked for a download."""
    if share.provider == "dropbox":
        return f"{share.url}{'&' if '?' in share.url else '?'}dl=1"
    return share.url


@dataclass
class OffloadWorker:
    """`hosts` gives the hosts of a provider's links; `limit` is the bytes of a file, `budget` the seconds of a run.

    `target` is None where no bucket is configured.
    """

    spool: Spool
    links: LinkStore
    store: MailStore
    downloads: Downloads
    target: FileTarget | None
    hosts: Callable[[str], Sequence[str]]
    telemetry: Telemetry
    limit: int
    budget: float
    clock: Callable[[], float] = monotonic
    now: Now = utc_now
    _until: float = field(default=0.0, init=False)

    def begin(self, messages: Sequence[Message]) -> None:
        """Start the clock of the invocation."""
        del messages
        self._until = self.clock() + self.budget

    def process(self, message: Message) -> Envelope:
        """The same message, for the webhooks, once each link is settled: its file in the bucket, or given up."""
        if not isinstance(message, Envelope):
            raise Permanent("malformed_message")
        waiting: list[Retryable] = []
        stored = 0
        with timed(self.now) as watch:
            for position, share in enumerate(self._shares(message)):
                try:
                    if self._until - self.clock() < timeout_of(
                        share
                    ):  # a source that is asked must have time to answer
                        raise Postponed(UNFINISHED, after=0)
                    stored += self._settle(message, position, share)
                except Retryable as error:
                    waiting.append(error)
        if waiting:  # all were tried; the one that can continue first decides when
            raise min(waiting, key=lambda error: (error.code != UNFINISHED, error.after or 1.0))
        self.store.add_receipts([(message.mail_id, watch.receipt("offload", "links.offload", f"stored:{stored}"))])
        return message

    def _shares(self, message: Envelope) -> list[Share]:
        try:
            return read_links(self.spool.get(links_key(message.account, message.mail_id), LINKS_BYTES))
        except Permanent as error:
            self.telemetry.log("no_links", mail_id=message.mail_id, code=error.code)
            return []

    def _settle(self, message: Envelope, position: int, share: Share) -> int:
        """1 when the file went into the bucket now. `Retryable` while there is hope."""
        held = self.links.begin(message.mail_id, position, share.provider, share.url)
        if held is None:
            return 0
        kept = [held]

        def keep(now: Progress, before: Progress) -> bool:
            kept.append(now)
            return self.links.save(message.mail_id, position, now, before)

        try:
            if held.tries > MAX_TRIES:
                raise Permanent("offload_worker_died")
            done = self._transfer(message, position, share, held, keep)
        except Permanent as error:
            self._count_try(error.code)
            self._give_up(message, position, share, error.code)
            return 0
        except Retryable as error:
            self._count_try(error.code)
            if kept[-1].tries < MAX_TRIES:  # each new part resets them
                raise
            self._give_up(message, position, share, error.code)
            return 0
        self._count_try("")
        self.links.stored(message.mail_id, position, done)
        self.telemetry.count("Offload", stage="offload", status="stored")
        self.telemetry.count("Provider", stage="offload", provider=share.provider, status="stored")
        self.telemetry.count("OffloadBytes", float(done.total or 0), stage="offload")
        return 1

    def _count_try(self, code: str) -> None:
        """1 for a try that timed out and 0 for any other: the alarm watches their average."""
        self.telemetry.count("OffloadTimeout", int(code in TIMED_OUT), stage="offload")

    def _transfer(
        self,
        message: Envelope,
        position: int,
        share: Share,
        held: Progress,
        keep: Callable[[Progress, Progress], bool],
    ) -> Progress:
        if self.target is None:
            raise Permanent("offload_not_configured")
        seconds = timeout_of(share)
        hosts = (*self.hosts(share.provider), *FILE_HOSTS.get(share.provider, ()))
        left = self._until - self.clock()
        transfer = Transfer(
            target=self.target,
            keep=keep,
            limit=self.limit,
            seconds=seconds,
            until=self._until,
            clock=self.clock,
        )
        return transfer.run(
            held,
            lambda start, validator: self.downloads.open(
                address_of(share), hosts, start, validator, seconds, left + GRACE
            ),
            lambda name: f"{message.account}/{message.mail_id}/{position}/{name}",
        )

    def _give_up(self, message: Envelope, position: int, share: Share, code: str) -> None:
        left = self.links.given_up(message.mail_id, position, code)
        if left.upload and self.target is not None:
            self.target.abort(left.key, left.upload)
        self.telemetry.count("Offload", stage="offload", status="original", code=code)
        self.telemetry.count("Provider", stage="offload", provider=share.provider, status="original")
        self.telemetry.log("link_kept", mail_id=message.mail_id, account=message.account, code=code)
