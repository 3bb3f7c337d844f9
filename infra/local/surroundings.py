"""Keeps a machine's own settings (proxies, `.netrc`, cloud profiles) away from servers on its loopback interface."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")


def reach_loopback_directly(environment: MutableMapping[str, str] = os.environ) -> None:
    """No proxy and no password of a `.netrc` for loopback, in this process and what it starts. Safe to repeat."""
    for name in ("no_proxy", "NO_PROXY"):
        known = [part.strip() for part in environment.get(name, "").split(",") if part.strip()]
        environment[name] = ",".join([*known, *(host for host in LOOPBACK_NAMES if host not in known)])
    # `requests` would replace a bearer token by what a `default` entry says.
    environment["NETRC"] = os.devnull


def forget_the_cloud(environment: MutableMapping[str, str] = os.environ) -> None:
    """For tests: drop the account, profile, region and settings of AWS and Mailroom that this shell has."""
    for name in list(environment):
        if name.startswith(("AWS_", "MAILROOM_")) and name != "MAILROOM_PATIENCE":
            del environment[name]
    environment["AWS_CONFIG_FILE"] = environment["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    environment["AWS_EC2_METADATA_DISABLED"] = "true"
