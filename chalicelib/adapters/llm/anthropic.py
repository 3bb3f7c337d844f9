"""Anthropic's Messages API as a `Model` (docs.anthropic.com/en/api/messages)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec

from chalicelib.adapters.http.client import Answer, AnswerTooLarge, HttpClient
from chalicelib.classification.llm_prompt import Prompt
from chalicelib.core.errors import MailroomError, Permanent, Retryable

API_VERSION = "2023-06-01"
RESPONSE_BYTES = 64 * 1024


class AnthropicModel:
    """One forced tool call a question; no retry, no redirect.

    `timeout` is in seconds, for each read and for the whole answer. `temperature` None leaves it out,
    for models that refuse it. `key` is called for each question, so that a rotated secret is used at once.
    """

    name = "anthropic"

    def __init__(
        self,
        key: Callable[[], str],
        model: str,
        url: str = "https://api.anthropic.com",
        timeout: float = 8.0,
        temperature: float | None = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._key = key
        self._model = model
        self._url = url.rstrip("/") + "/v1/messages"
        self._timeout = timeout
        self._temperature = temperature
        self._clock = clock
        self._http = HttpClient("llm_unavailable", (min(3.05, timeout), timeout), timeout)

    def ask(self, prompt: Prompt) -> object:
        """The tool's input. Raises `Retryable`/`Permanent` with an `llm_…` code."""
        headers = {"x-api-key": self._key(), "anthropic-version": API_VERSION}
        started = self._clock()
        try:
            answer = self._http.call(
                "POST", self._url, limit=RESPONSE_BYTES, headers=headers, payload=self._body(prompt)
            )
        except AnswerTooLarge:
            raise Permanent("llm_answer_too_large") from None
        except Retryable as error:
            # The client has one code for every failure of the network; an operator wants to know this one.
            raise Retryable("llm_timeout" if self._clock() - started >= self._timeout else error.code) from None
        if answer.status != 200:
            raise _refused(answer)
        return _tool_input(answer.body, prompt.tool)

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._model,
            "max_tokens": prompt.max_tokens,
            "system": prompt.system,
            "messages": [{"role": "user", "content": prompt.user}],
            "tools": [
                {"name": prompt.tool, "description": prompt.description, "input_schema": dict(prompt.schema)},
            ],
            "tool_choice": {"type": "tool", "name": prompt.tool, "disable_parallel_tool_use": True},
        }
        if self._temperature is not None:
            body["temperature"] = self._temperature
        return body


def _refused(answer: Answer) -> MailroomError:
    if answer.status == 429:
        return Retryable("llm_rate_limited", after=answer.retry_after)
    if answer.status in (408, 409) or answer.status >= 500:  # 529 is Anthropic's "overloaded"
        return Retryable("llm_unavailable", after=answer.retry_after)
    return Permanent("llm_unauthorized" if answer.status in (401, 403) else "llm_refused")


def _tool_input(data: bytes, tool: str) -> object:
    try:
        answer = msgspec.json.decode(data)
        calls = [block for block in answer["content"] if block["type"] == "tool_use"]
        if answer["stop_reason"] == "tool_use" and len(calls) == 1 and calls[0]["name"] == tool:
            found: object = calls[0]["input"]
            return found
    except (msgspec.MsgspecError, UnicodeError, RecursionError, TypeError, KeyError):
        pass
    raise Permanent("llm_bad_answer")
