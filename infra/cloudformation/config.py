"""`.chalice/config.json`, made from the table of functions: Chalice reads time-outs and memory there.

The file is in the repository, so that `chalice` works as it is; `make docs` writes it, a test compares it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chalicelib.bootstrap.functions import API, FUNCTIONS
from chalicelib.core.stages import SERVICE

FILE = Path(__file__).resolve().parents[2] / ".chalice" / "config.json"
STAGE = "mail"


def config() -> dict[str, Any]:
    """The configuration. What stands outside `stages` is the API's."""
    return {
        "version": "2.0",
        "app_name": SERVICE,
        "api_gateway_stage": "api",
        "api_gateway_endpoint_type": "REGIONAL",
        "minimum_compression_size": 1024,
        "autogen_policy": False,
        "environment_variables": {},
        "lambda_memory_size": API.memory,
        "lambda_timeout": API.timeout,
        "stages": {
            STAGE: {
                "iam_policy_file": "policy.json",
                "lambda_functions": {
                    row.name: {"lambda_timeout": row.timeout, "lambda_memory_size": row.memory}
                    for row in FUNCTIONS
                    if row is not API
                },
            }
        },
    }


def text() -> str:
    """The file as it should be."""
    return json.dumps(config(), indent=2) + "\n"
