"""Amazon Bedrock's Converse API as a `Model` (docs.aws.amazon.com/bedrock, "Converse"), through botocore."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ReadTimeoutError,
)

from chalicelib.classification.llm_prompt import Prompt
from chalicelib.core.errors import Permanent, Retryable

RATE = frozenset({"ThrottlingException", "TooManyRequestsException"})
"""ServiceQuotaExceededException is not here: it is answered with 400 and waits for a person."""

DENIED = frozenset(
    {
        "AccessDeniedException",
        "UnrecognizedClientException",
        "ExpiredTokenException",
        "InvalidSignatureException",
        "IncompleteSignature",
    }
)


class BedrockModel:
    """One forced tool call a question.

    `client` is a `bedrock-runtime` client that tries once, with a read time-out of about 8 seconds
    (`adapters.aws.session.Aws` makes such); `model` is a model id, an inference profile or its ARN.
    """

    name = "bedrock"

    def __init__(self, client: Any, model: str, temperature: float | None = 0.0) -> None:
        self._client = client
        self._model = model
        self._temperature = temperature

    def ask(self, prompt: Prompt) -> object:
        """The tool's input. Raises `Retryable`/`Permanent` with an `llm_…` code."""
        inference: dict[str, Any] = {"maxTokens": prompt.max_tokens}
        if self._temperature is not None:
            inference["temperature"] = self._temperature
        spec = {
            "name": prompt.tool,
            "description": prompt.description,
            "inputSchema": {"json": json.loads(json.dumps(prompt.schema))},
        }
        try:
            answer = self._client.converse(
                modelId=self._model,
                system=[{"text": prompt.system}],
                messages=[{"role": "user", "content": [{"text": prompt.user}]}],
                inferenceConfig=inference,
                toolConfig={"tools": [{"toolSpec": spec}], "toolChoice": {"tool": {"name": prompt.tool}}},
            )
        except ClientError as error:
            raise _refused(error) from None
        except (ReadTimeoutError, ConnectTimeoutError):
            raise Retryable("llm_timeout") from None
        except (HTTPClientError, EndpointConnectionError):
            raise Retryable("llm_unavailable") from None
        except (NoCredentialsError, PartialCredentialsError):
            raise Permanent("llm_unauthorized") from None
        except ParamValidationError:
            raise Permanent("llm_refused") from None
        except (BotoCoreError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            # botocore's own parser fails in these ways on an answer that is not Bedrock's.
            raise Permanent("llm_bad_answer") from None
        return _tool_input(answer, prompt.tool)


def _refused(error: ClientError) -> Exception:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in RATE or status == 429:
        return Retryable("llm_rate_limited")
    if code == "ModelTimeoutException" or status == 408:
        return Retryable("llm_timeout")
    if status >= 500:
        return Retryable("llm_unavailable")
    return Permanent("llm_unauthorized" if code in DENIED or status in (401, 403) else "llm_refused")


def _tool_input(answer: Any, tool: str) -> object:
    try:
        calls = [block["toolUse"] for block in answer["output"]["message"]["content"] if "toolUse" in block]
        if answer["stopReason"] == "tool_use" and len(calls) == 1 and calls[0]["name"] == tool:
            found: object = calls[0]["input"]
            return found
    except (TypeError, KeyError):
        pass
    raise Permanent("llm_bad_answer")
