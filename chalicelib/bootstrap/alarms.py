"""The alarms on our own metrics. Those on the queues follow from the stages (`infra/cloudformation/alarms.py`)."""

from __future__ import annotations

from chalicelib.bootstrap.function_types import Alarm
from chalicelib.core.doors import Door

HEARTBEAT = "HasGmailHeartbeat"
"""Condition of the template: the pusher sends heartbeats."""

OFFLOAD_TIMEOUTS = Alarm(
    # Each try counts 0 or 1, so the average is the share: the emulator deploys no alarm on metric mathematics.
    name="OffloadTimeout",
    title="offload-timeouts",
    description="Over 10 % of off-loads time out: see docs/recovery.md, Webhooks and files of links",
    metric="OffloadTimeout",
    dimensions={"stage": "offload"},
    statistic="Average",
    period=300,
    periods=2,
    datapoints=2,
    threshold=0.1,
)

NOTIFY_STUCK = Alarm(
    # Telegram's chat cannot carry this alarm. The operator subscribes to the topic (docs/recovery.md).
    name="NotifyStuck",
    title="notify-stuck",
    description="Telegram refuses notices, the chat or a topic: see docs/recovery.md, Refused notices",
    metric="NotifyStuck",
    dimensions={"stage": "notify"},
    statistic="Sum",
    period=300,
    periods=12,
    datapoints=1,
    threshold=0,
)

GMAIL_SILENCE = Alarm(
    name="GmailSilence",
    title="gmail-silence",
    description="No push and no heartbeat for 15 minutes: see docs/recovery.md, Alerts",
    metric="Sign",
    dimensions={"door": "gmail"},
    statistic="Sum",
    period=15 * 60,
    periods=1,
    datapoints=1,
    threshold=1,
    comparison="LessThanThreshold",
    missing="breaching",
    condition=HEARTBEAT,
)


ACCOUNT_TROUBLE = Alarm(
    # Each run counts 0 or 1 for each account, and 20 minutes hold a run at least: a mail server's restart is no alarm.
    name="AccountTrouble",
    title="account-trouble",
    description="EmailEngine cannot read a mailbox for 40 minutes: see docs/recovery.md, Alerts",
    metric="AccountTrouble",
    dimensions={"source": "emailengine"},
    statistic="Maximum",
    period=1200,
    periods=2,
    datapoints=2,
    threshold=0,
)


def endpoint_errors(door: Door) -> Alarm:
    """Over 5 % of an endpoint's answers are 5xx in two periods of three, so that a single blip is no alarm."""
    return Alarm(
        name=f"{door.name.capitalize()}Errors",
        title=f"{door.name}-errors",
        description=f"Over 5 % of the answers of the {door.label} endpoint are 5xx: see docs/recovery.md, Alerts",
        metric="DoorErrors",
        dimensions={"door": door.name},
        statistic="Average",
        period=300,
        periods=3,
        datapoints=2,
        threshold=0.05,
    )
