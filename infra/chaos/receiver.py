"""The receiver of webhooks: HTTPS on loopback with a certificate of its own, which misbehaves when told to."""

from __future__ import annotations

import ssl
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, ClassVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra.local.process import LOOPBACK
from infra.local.standins.control import Reply, Request
from infra.local.standins.server import StandIn


class Receiver(StandIn):
    """Remembers what it was told under each Idempotency-Key. `authority` is the PEM that its clients must trust."""

    name: ClassVar[str] = "receiver"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        folder.mkdir(parents=True, exist_ok=True)
        self.authority, key = _certificate()
        file = folder / "receiver.pem"
        file.touch(mode=0o600)
        file.write_text(key + self.authority)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(file)
        file.unlink()
        self._lock = threading.Lock()
        self._told: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"https://{self.target}"

    @property
    def target(self) -> str:
        """host:port, as the setting PrivateTargets wants it."""
        return f"{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Listen, with TLS."""
        super().start()
        assert self._server is not None
        # The handshake belongs to the connection's own thread: a client that hangs must not stop the others.
        self._server.socket = self._context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Each with `key`, `signature` and `body`, oldest first."""
        with self._lock:
            return list(self._told)

    def forget(self) -> None:
        with self._lock:
            self._told.clear()

    def answer(self, request: Request) -> Reply:
        entry = {
            "key": request.headers.get("idempotency-key", ""),
            "signature": request.headers.get("x-mailroom-signature", ""),
            "body": request.body.decode("utf-8", "replace"),
        }
        with self._lock:
            self._told.append(entry)
        return Reply.of({"ok": True})

    def error(self, status: int) -> Reply:
        return Reply.of({"error": status}, status, {"Retry-After": "2"} if status == 429 else {})


def _certificate() -> tuple[str, str]:
    """PEM of a self-signed certificate for the loopback address, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM).decode(), private.decode()
