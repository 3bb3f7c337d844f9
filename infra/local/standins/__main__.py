"""Runs all stand-ins in one process: `python -m infra.local.standins`; one JSON line with the ports once ready."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import ssl
import threading

from infra.local.standins.control import TOKENS
from infra.local.standins.emailengine import EmailEngineStandIn
from infra.local.standins.outside import Behind, OutsideStandIn
from infra.local.standins.server import StandIn
from infra.local.standins.telegram import TelegramStandIn


def llm(port: int, key: str) -> StandIn:
    """The stand-in for the LLM provider, imported only where it is wanted: it brings a client of its own."""
    from infra.local.standins.llm import LlmStandIn

    return LlmStandIn(port, api_key=key)


def arguments() -> argparse.Namespace:
    """Ports of 0 are free ones. Tokens come by the environment (`control.TOKENS`); empty ones accept any."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.standins", description=__doc__)
    parser.add_argument("--telegram-port", type=int, default=0)
    parser.add_argument("--without", action="append", default=[], help="telegram or emailengine: not played")
    parser.add_argument("--no-limits", action="store_true", help="Telegram without its rate limits")
    parser.add_argument("--emailengine-port", type=int, default=0)
    parser.add_argument("--webhook-retry", type=float, default=5.0, help="first pause of a refused webhook, seconds")
    parser.add_argument("--llm-port", type=int, default=None, help="also play the LLM provider")
    parser.add_argument("--outside-port", type=int, default=0, help="HTTPS: files and webhooks")
    parser.add_argument("--outside-control-port", type=int, default=0)
    parser.add_argument("--outside-chain", default="", help="PEM of key and certificate; empty: not played")
    return parser.parse_args()


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    given = arguments()
    # Taken out, so that nothing that is started from here inherits them.
    telegram, emailengine, llm_key, control = (os.environ.pop(name, "") for name in TOKENS)
    stand_ins: list[StandIn] = [
        TelegramStandIn(given.telegram_port, token=telegram, limits=not given.no_limits),
        EmailEngineStandIn(given.emailengine_port, token=emailengine, retry_base=given.webhook_retry),
    ]
    stand_ins = [stand_in for stand_in in stand_ins if stand_in.name not in given.without]
    if given.llm_port is not None:
        stand_ins.append(llm(given.llm_port, llm_key or "test-key"))
    if given.outside_chain:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(given.outside_chain)
        outside = OutsideStandIn(given.outside_port, tls)
        stand_ins += [outside, Behind(outside, given.outside_control_port)]
    for stand_in in stand_ins:
        stand_in.control_token = control
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    with contextlib.ExitStack() as stack:
        for stand_in in stand_ins:
            stack.enter_context(stand_in)
        print(json.dumps({stand_in.name: stand_in.port for stand_in in stand_ins}), flush=True)
        done.wait()


if __name__ == "__main__":
    main()
