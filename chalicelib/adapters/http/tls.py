"""TLS for every client of ours: a connection that ends without TLS's own goodbye has failed, on each build of Python.

Some builds (Debian's 3.11.2 is one) set `OP_IGNORE_UNEXPECTED_EOF`, and `wrap_socket` hides such an end by default.
Either makes a cut answer look complete where its length is not announced (RFC 9112 section 8, RFC 8446 section 6.1).
"""

from __future__ import annotations

import ssl
import sys
from typing import Any

IGNORE_CUT = getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
"""Absent where Python was built with OpenSSL 1.1.1, which cannot ignore such an end."""


class CompleteContext(ssl.SSLContext):
    """A context whose sockets raise `ssl.SSLEOFError` at a cut: urllib3, which wraps them, does not ask for it."""

    def wrap_socket(self, *given: Any, **options: Any) -> ssl.SSLSocket:
        return super().wrap_socket(*given, **options | {"suppress_ragged_eofs": False})


def client_context(*, cafile: str | None = None, cadata: str | None = None) -> ssl.SSLContext:
    """Checks certificate and name against the given authorities (none: the caller adds them). TLS 1.2 or newer.

    Raises `ssl.SSLError` for `cadata` that is no certificate, OSError for an unreadable `cafile`.
    """
    context = CompleteContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if sys.version_info >= (3, 13):  # what `ssl.create_default_context` sets there
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    if cafile or cadata:
        context.load_verify_locations(cafile, cadata=cadata)
    return complete(context)


def complete(context: ssl.SSLContext) -> ssl.SSLContext:
    """The same context; a connection that is cut is an error in it."""
    context.options &= ~ssl.Options(IGNORE_CUT)
    return context
