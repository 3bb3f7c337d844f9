"""Which destinations of a rule document ask for clear fields that the deployment does not send to their host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.core.hosts import host_of, of_host
from chalicelib.policy import shape


def warnings(document: Mapping[str, Any], hosts: Sequence[str]) -> list[tuple[str, str]]:
    """(path, message) of each such destination of a valid document. `hosts` are those of `ClearFieldHosts`."""
    named: Mapping[str, Mapping[str, Any]] = document.get("destinations", {})
    return [
        (
            f"{shape.below('destinations', name)}.clear_fields",
            f"{host_of(raw['url'])} is not in ClearFieldHosts: nothing is sent there until it is deployed",
        )
        for name, raw in named.items()
        if raw.get("clear_fields") and not of_host(host_of(raw["url"]), hosts)
    ]
