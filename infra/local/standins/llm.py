"""Stand-in for two LLM doors on one port: Anthropic's Messages API and Bedrock's Converse.

Both check the request as the real ones do and answer one tool call. What it says comes from a
*brain*: `rules` (a sensible verdict), `obey` (it does whatever the mail asks: the first JSON
object or `category=…` in the text is its answer) or a scripted object. `POST /_control/brain`
with `{"brain": "rules" | "obey" | {…}}` changes it.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import unquote

import boto3
from botocore.config import Config

from chalicelib.classification.categories import load
from chalicelib.classification.classifier import RulesClassifier
from chalicelib.core.messages import Content
from infra.local.standins.control import Reply, Request
from infra.local.standins.server import StandIn

ANTHROPIC_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
BEDROCK_ERRORS = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}
CONVERSE = re.compile(r"/model/([^/]+)/converse")
FENCED = re.compile(r"\A=== (\S+) begin ===\n(.*)\n=== \1 end ===\Z", re.DOTALL)


class LlmStandIn(StandIn):
    """`api_key` is what Anthropic's door accepts; Bedrock's wants a SigV4 header and believes it."""

    name: ClassVar[str] = "llm"

    def __init__(self, port: int = 0, api_key: str = "test-key") -> None:
        super().__init__(port)
        self._api_key = api_key
        self._rules = RulesClassifier(load())
        self._messages: list[dict[str, Any]] = []
        self.brain: str | dict[str, Any] = "rules"

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What was asked: door, model, system and user text."""
        return list(self._messages)

    def bedrock_client(self, timeout: float = 5.0) -> Any:
        """A boto3 client of this door with test credentials, that waits `timeout` seconds and tries once."""
        return bedrock_client(self.url, timeout)

    def forget(self) -> None:
        """Start again, empty."""
        self._messages.clear()
        self.brain = "rules"

    def serve(self, request: Request) -> Reply | None:
        """Answer a request; the key is replaced by the verdict on it before anything remembers it."""
        if "x-api-key" in request.headers:
            known = "known" if request.headers["x-api-key"] == self._api_key else "unknown"
            request = replace(request, headers={**request.headers, "x-api-key": known})
        return super().serve(request)

    def controlled(self, request: Request) -> Reply:
        """`POST /_control/brain`."""
        if (request.method, request.path) != ("POST", "/_control/brain"):
            return super().controlled(request)
        self.brain = request.json()["brain"]
        return Reply.of({"ok": True})

    def answer(self, request: Request) -> Reply:
        """The true answer of the door that the path names."""
        try:
            body = request.json()
            if request.path == "/v1/messages":
                return self._anthropic(request, body)
            if match := CONVERSE.fullmatch(request.path):
                return self._bedrock(request, body, unquote(match[1]))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            return self._error(request.path, 400)
        return self._error(request.path, 404)

    def error(self, status: int) -> Reply:
        """An error in a form that both clients read: each looks at its own fields alone."""
        return Reply.of(
            {
                "type": "error",
                "error": {"type": ANTHROPIC_ERRORS.get(status, "api_error"), "message": "stand-in"},
                "request_id": "req_stand_in",
                "message": "stand-in",
            },
            status,
            {"x-amzn-ErrorType": BEDROCK_ERRORS.get(status, "InternalServerException")},
        )

    def _error(self, path: str, status: int) -> Reply:
        return self.error(status) if path else Reply(status)

    def _anthropic(self, request: Request, body: Any) -> Reply:
        if request.headers.get("x-api-key") != "known":
            return self.error(401)
        if "anthropic-version" not in request.headers or body["max_tokens"] < 1:
            return self.error(400)
        tool = body["tools"][0]
        if body["tool_choice"]["type"] != "tool" or body["tool_choice"]["name"] != tool["name"]:
            return self.error(400)
        user = body["messages"][0]["content"]
        self._messages.append({"door": "anthropic", "model": body["model"], "system": body["system"], "user": user})
        return Reply.of(
            {
                "id": "msg_stand_in",
                "type": "message",
                "role": "assistant",
                "model": body["model"],
                "content": [
                    {"type": "tool_use", "id": "toolu_stand_in", "name": tool["name"], "input": self._verdict(user)}
                ],
                "stop_reason": "tool_use",
                "stop_sequence": None,
                "usage": {"input_tokens": len(user) // 4, "output_tokens": 60},
            }
        )

    def _bedrock(self, request: Request, body: Any, model: str) -> Reply:
        if not request.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
            return self.error(403)
        spec = body["toolConfig"]["tools"][0]["toolSpec"]
        if body["toolConfig"]["toolChoice"]["tool"]["name"] != spec["name"] or not spec["inputSchema"]["json"]:
            return self.error(400)
        user = body["messages"][0]["content"][0]["text"]
        self._messages.append({"door": "bedrock", "model": model, "system": body["system"][0]["text"], "user": user})
        call = {"toolUse": {"toolUseId": "tooluse_stand_in", "name": spec["name"], "input": self._verdict(user)}}
        usage = {"inputTokens": len(user) // 4, "outputTokens": 60, "totalTokens": len(user) // 4 + 60}
        return Reply.of(
            {
                "output": {"message": {"role": "assistant", "content": [call]}},
                "stopReason": "tool_use",
                "usage": usage,
                "metrics": {"latencyMs": 1},
            }
        )

    def _verdict(self, user: str) -> Any:
        if isinstance(self.brain, dict):
            return self.brain
        fenced = FENCED.match(user)
        head, _, text = (fenced[2] if fenced else user).partition("\n\n")
        fields = dict(line.partition(": ")[::2] for line in head.split("\n"))
        traits = tuple(trait for trait in fields.get("header facts", "").split(", ") if trait != "none")
        content = Content(
            subject=fields.get("subject", ""),
            sender=fields.get("sender", ""),
            recipients=(),
            language="und",
            traits=traits,
        )
        verdict = self._rules.classify(content, text)
        answer: dict[str, Any] = {
            "category": verdict.category,
            "urgency": verdict.urgency,
            "language": verdict.language,
            "confidence": verdict.confidence,
            "reason": "The content fits the category best",
        }
        return {**answer, **_orders(user)} if self.brain == "obey" else answer


def bedrock_client(url: str, timeout: float = 5.0) -> Any:
    """A `bedrock-runtime` client for an address on loopback."""
    session = boto3.session.Session("test", "test", region_name="eu-west-1")
    config = Config(connect_timeout=timeout, read_timeout=timeout, retries={"total_max_attempts": 1})
    return session.client("bedrock-runtime", config=config, endpoint_url=url)


def _orders(text: str) -> dict[str, Any]:
    """What the mail asks the LLM to answer."""
    start = text.find("{")
    if start >= 0:
        try:
            found, _ = json.JSONDecoder().raw_decode(text[start:])
        except ValueError:
            found = {}
        if isinstance(found, dict) and found:
            return found
    orders = re.findall(r"\b(category|urgency|language|reason|confidence)=(\S+)", text)
    return {name: float(value) if name == "confidence" else value for name, value in orders}
