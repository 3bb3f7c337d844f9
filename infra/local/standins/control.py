"""What all stand-ins share: what they are asked to do wrong, and what they remember.

Control routes of every stand-in (JSON in and out):

- `POST /_control/fail` queues a `Fault`; `times` null means until cleared;
- `POST /_control/clear` forgets faults, and with `{"all": true}` requests and messages too;
They need the control token as a Basic password where one was given. A request of a web page is refused on every route.

- `GET /_control/requests` what was asked, tokens masked; `GET /_control/messages` what arrived.
"""

from __future__ import annotations

import hmac
import json
import re
import threading
import time
from base64 import b64encode
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

TOKENS = (
    "MAILROOM_STANDIN_TELEGRAM_TOKEN",
    "MAILROOM_STANDIN_EMAILENGINE_TOKEN",
    "MAILROOM_STANDIN_LLM_KEY",
    "MAILROOM_STANDIN_CONTROL_TOKEN",
)
"""Variables by which the stand-ins' process gets what it accepts; empty: anything."""
HOSTS = frozenset({"127.0.0.1", "localhost"})
"""Names by which a stand-in may be asked; any other is a web page's whose name was pointed here (DNS rebinding)."""
REMEMBERED = 20_000
"""Requests kept, oldest forgotten first."""

BODIES = frozenset({"html", "garbage", "empty", "huge", "truncated"})


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as a stand-in sees it; header names are lower-case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; an empty body is an empty object. Raises ValueError."""
        return json.loads(self.body) if self.body else {}


@dataclass(frozen=True, slots=True)
class Reply:
    """What a stand-in answers; `padding` bytes follow the body, `missing` bytes are promised and never come.

    `pieces` are sent after the body, made on the way; `length` is then what is promised (None: no length is sent).
    """

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    padding: int = 0
    missing: int = 0
    pieces: Iterator[bytes] | None = None
    length: int | None = None

    @classmethod
    def of(cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
        """A JSON answer."""
        return cls(status, json.dumps(value).encode(), headers=dict(headers or {}))


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to misbehave.

    `times` requests (None: all) whose path contains `path` wait `delay` seconds and are then
    answered with `status` and `body` (one of `BODIES`, or a text of its own), or the connection is
    reset. With neither, the answer is the true one, only late. `after` lets the request take effect
    first: the work is done and its answer lost. `hold` keeps the true answer back for seconds after the
    work was done: time to end the process that waits for it.
    """

    times: int | None = 1
    status: int | None = None
    delay: float = 0.0
    body: str | None = None
    reset: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    after: bool = False
    hold: float = 0.0

    @property
    def answers(self) -> bool:
        """Whether the fault itself is the answer."""
        return self.reset or self.status is not None or self.body is not None


HTML = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
GARBAGE = b'{"ok": tru\xff\xfe\x00 <<< "result": [[[' + bytes(range(256))
HUGE = 64 * 1024 * 1024


def spoiled(fault: Fault, plain: Reply) -> Reply:
    """The answer of a fault that has a body; `plain` is the service's own error of that status."""
    status = fault.status or 200
    match fault.body:
        case None:
            return replace(plain, headers={**plain.headers, **fault.headers})
        case "html":
            return Reply(status, HTML, "text/html; charset=utf-8", fault.headers)
        case "garbage":
            return Reply(status, GARBAGE, headers=fault.headers)
        case "empty":
            return Reply(status, headers=fault.headers)
        case "huge":
            return Reply(status, b'{"ok": true, "padding": "', headers=fault.headers, padding=HUGE)
        case "truncated":
            return Reply(status, b'{"ok": true, "result"', headers=fault.headers, missing=4096)
        case text:
            return Reply(status, text.encode(), headers=fault.headers)


class Control:
    """Faults to come and requests that came; safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._requests: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)

    def fail(self, fault: Fault) -> None:
        """Queue a fault; the first that fits a request is used."""
        with self._lock:
            self._faults.append(fault)

    def clear(self, requests: bool = False) -> None:
        """Forget the faults, and the requests where asked."""
        with self._lock:
            self._faults.clear()
            if requests:
                self._requests.clear()

    def fault_for(self, path: str) -> Fault | None:
        """Take the next fault for a path, counting it down."""
        with self._lock:
            for index, fault in enumerate(self._faults):
                if fault.path not in path:
                    continue
                if fault.times is not None:
                    left = fault.times - 1
                    self._faults[index : index + 1] = [replace(fault, times=left)] if left > 0 else []
                return fault
        return None

    def remember(self, request: Request, shown_path: str) -> None:
        """Keep what was asked; authorization is not kept."""
        headers = {name: value for name, value in request.headers.items() if name != "authorization"}
        entry = {
            "at": time.time(),
            "method": request.method,
            "path": shown_path,
            "query": dict(request.query),
            "headers": headers,
            "body": request.body[:65_536].decode("utf-8", "replace"),
        }
        with self._lock:
            self._requests.append(entry)

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What was asked, oldest first."""
        with self._lock:
            return list(self._requests)


def fault_from(value: Any) -> Fault:
    """Read a fault from JSON. Raises ValueError for what it does not know."""
    if not isinstance(value, dict):
        raise ValueError("a fault is an object")
    unknown = set(value) - set(Fault.__dataclass_fields__)
    if unknown:
        raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
    times = value.get("times", 1)
    status = value.get("status")
    return Fault(
        times=None if times is None else int(times),
        status=None if status is None else int(status),
        delay=float(value.get("delay", 0.0)),
        body=value.get("body"),
        reset=bool(value.get("reset", False)),
        headers={str(name): str(text) for name, text in value.get("headers", {}).items()},
        path=str(value.get("path", "")),
        after=bool(value.get("after", False)),
        hold=float(value.get("hold", 0.0)),
    )


def permitted(request: Request, token: str, tls: bool) -> bool:
    """Whether no web page sent it, and, for a control route where there is a token, whether it has that."""
    if "origin" in request.headers or request.headers.get("sec-fetch-site", "none") != "none":
        return False
    # Over TLS a page's own name has no certificate of ours.
    if not tls and re.sub(r":[0-9]+$", "", request.headers.get("host", "")) not in HOSTS:
        return False
    if not token or not request.path.startswith("/_control/"):
        return True
    right = "Basic " + b64encode(f"control:{token}".encode()).decode()
    return hmac.compare_digest(request.headers.get("authorization", "").encode(), right.encode())
