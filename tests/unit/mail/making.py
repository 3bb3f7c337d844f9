"""Small makers of raw mail for the tests of this folder."""

from __future__ import annotations

HEAD = (
    b"From: Ada Example <ada@example.com>\r\nTo: bob@example.org\r\nSubject: Hello\r\n"
    b"Date: Mon, 3 Mar 2025 10:00:00 +0100\r\nMessage-ID: <1@example.com>\r\n"
)


def plain(body: bytes, content_type: bytes = b"text/plain; charset=utf-8", encoding: bytes = b"8bit") -> bytes:
    """A mail with one part."""
    return HEAD + b"Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n%s" % (content_type, encoding, body)


def parts(*bodies: bytes, kind: bytes = b"mixed", end: bytes = b"--x--\r\n") -> bytes:
    """A multipart mail; each body is a part with its headers."""
    inner = b"".join(b"--x\r\n" + body + b"\r\n" for body in bodies)
    return HEAD + b'Content-Type: multipart/%s; boundary="x"\r\n\r\n' % kind + inner + end


def part(content_type: bytes, body: bytes, *headers: bytes) -> bytes:
    """One part of `parts`."""
    return b"\r\n".join((b"Content-Type: " + content_type, *headers, b"", body))
