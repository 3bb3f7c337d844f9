"""The only way to an address that a mail or a rule names."""

from __future__ import annotations

import ssl

from chalicelib.adapters.http.guard import Guard, public_trust
from chalicelib.adapters.http.tls import client_context
from chalicelib.bootstrap.container import Container
from chalicelib.core.errors import ConfigurationError


def guard(parts: Container) -> Guard:
    """The guard with the operator's private hosts, which are trusted by their own authority where there is one."""
    targets = parts.settings.private_targets
    if not targets:
        return Guard()

    def private_trust() -> ssl.SSLContext:
        pem = parts.backend_secrets.text("private_ca")
        try:
            return client_context(cadata=pem) if pem else public_trust()
        except ssl.SSLError:
            raise ConfigurationError(
                "private_ca", "the field of the secret is no certificate", "Write the authority's PEM there, or nothing"
            ) from None

    places = {name: at.rpartition(":") for name, at in targets.items() if at}
    return Guard(
        private=frozenset(targets),
        placed={name: (address, int(port)) for name, (address, _, port) in places.items()},
        private_trust=private_trust,
    )
