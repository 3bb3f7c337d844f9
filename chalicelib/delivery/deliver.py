"""Side stage: sends a stored mail to one destination of the rules, signed, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chalicelib.core.clock import Now, timed, utc_now
from chalicelib.core.errors import MailroomError, Permanent, Postponed
from chalicelib.core.hosts import host_of, of_host
from chalicelib.core.messages import Envelope, Message
from chalicelib.delivery import webhook
from chalicelib.ports import Answered, DeliveryStore, Receiver, Telemetry

SWITCHED_OFF_WAIT = 300.0
KEY_WAIT = 900.0
DEFAULT_KEY = "default"
"""The signing key of a destination that names none."""


class Destination(Protocol):
    """A destination of the rule set (`policy.ruleset`)."""

    @property
    def url(self) -> str: ...

    @property
    def clear_fields(self) -> Sequence[str]: ...

    @property
    def key(self) -> str: ...


@dataclass
class DeliverWorker:
    """`destinations` are those of the current rule set, `keys` the signing keys by name, `bucket` where files lie.

    Clear fields go to `clear_hosts` alone, which the deployment names: the rules cannot.
    `through(destination, call)` makes the call unless the destination is paused (its circuit breaker).
    """

    deliveries: DeliveryStore
    receiver: Receiver
    destinations: Callable[[], Mapping[str, Destination]]
    keys: Callable[[], Mapping[str, Sequence[str]]]
    enabled: Callable[[], bool]
    telemetry: Telemetry
    bucket: str = ""
    clear_hosts: Sequence[str] = ()
    through: Callable[[str, Callable[[], Answered]], Answered] = lambda _name, call: call()
    now: Now = utc_now

    def begin(self, messages: Sequence[Message]) -> None:
        """Nothing is shared between the webhooks of a batch."""

    def process(self, message: Message) -> None:
        """Deliver to the one destination that the message names; what was delivered is not sent again."""
        if not isinstance(message, Envelope) or message.routing is None or len(message.routing.webhooks) != 1:
            raise Permanent("malformed_message")
        if not self.enabled():
            raise Postponed("webhooks_switched_off", after=SWITCHED_OFF_WAIT)
        [name] = message.routing.webhooks
        destination = self.destinations().get(name)
        if destination is None:
            raise Permanent("destination_unknown")
        keys = self.keys().get(destination.key or DEFAULT_KEY, ())
        if not keys:  # an operator has to fix it; nothing is ever sent unsigned
            raise Postponed("webhook_key_missing", after=KEY_WAIT)
        clearable = [field for field in webhook.CLEARABLE if field in destination.clear_fields]
        if clearable and not of_host(host_of(destination.url), self.clear_hosts):
            raise Permanent("clear_host_not_allowed")
        claim = self.deliveries.claim(message.mail_id, name, clearable, message.routing.offload)
        if claim.mail is None:
            self.telemetry.log("webhook_without_mail", mail_id=message.mail_id, account=message.account)
            return
        if claim.delivered:
            return
        body = webhook.payload(claim.mail, message.routing, name, claim.links, self.bucket, claim.clear)
        with timed(self.now) as watch:
            answer = self._send(message.mail_id, name, destination.url, keys, body)
        receipt = watch.receipt("deliver", f"webhook.{name}", "delivered")
        self.deliveries.delivered(message.mail_id, name, answer.status, receipt)
        self.telemetry.count("Webhook", stage="deliver", status="delivered")

    def given_up(self, message: Envelope, code: str) -> None:
        """Record that the message goes to the dead-letter queue and its webhook no longer waits. `Retryable`."""
        for name in message.routing.webhooks if message.routing else ():
            self.deliveries.given_up(message.mail_id, name, code)

    def _send(self, mail_id: str, name: str, url: str, keys: Sequence[str], body: bytes) -> Answered:
        stamp = int(self.now().timestamp())
        sent = webhook.headers(mail_id, name, keys, stamp, body)
        try:
            return self.through(name, lambda: webhook.judge(self.receiver.post(url, sent, body)))
        except Postponed as error:
            if error.attempted:
                self.deliveries.failed(mail_id, name, error.code, final=False)
            raise
        except MailroomError as error:
            self.deliveries.failed(mail_id, name, error.code, isinstance(error, Permanent))
            self.telemetry.count("Webhook", stage="deliver", status="failed", code=error.code)
            raise
