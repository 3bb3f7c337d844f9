"""The whole of Mailroom on a laptop: servers, migrations, secrets, package, deployment; up, down and found again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from chalicelib.core.errors import ConfigurationError
from chalicelib.core.stages import PIPELINE, SERVICE
from infra.cloudformation.deploy import client, deploy, outputs, stack_resource
from infra.cloudformation.package import package
from infra.cloudformation.template import ROOT
from infra.database.migrate import migrate
from infra.database.roles import make_logins
from infra.local.companions import Alarms, StandIns
from infra.local.credentials import credentials
from infra.local.fault_proxy import FaultProxy
from infra.local.patience import scaled
from infra.local.process import StartFailed
from infra.local.server import Server
from infra.local.servers import Emulator, Postgres, Valkey
from infra.local.surroundings import reach_loopback_directly
from infra.local.warm import Function, Progress, by_invocation, by_request, warm
from infra.secret_values import secret_values, store

ACCOUNTS = ("practice", "faculty", "research", "personal")
CHAT = "-1001234567890"
ARTIFACTS = "mailroom-artifacts"
FILES = "mailroom-files"
"""Where files of links go."""
DOORS = 6
"""Workers of the endpoints, all started with the stack; further requests wait for one."""
LLM_KEY = "stand-in-key"
"""What the played LLM provider accepts, and nothing else does."""


def silent(_step: str, _seconds: float) -> None:
    """Progress that is not shown."""


@dataclass(frozen=True)
class Info:
    """Where a running stack is reached, and with which credentials."""

    api: str
    aws: dict[str, str]
    database_url: str = field(repr=False)
    redis_url: str
    telegram_url: str
    emailengine_url: str
    credentials: dict[str, Any] = field(repr=False)
    outside_url: str = ""
    llm_url: str = ""


class Stack:
    """A stack that lives in `folder`; any process with the same folder finds it again.

    With `llm` an LLM provider is played and asked by the classifier; with `proxied` the functions (not the emulator's
    own pollers, nor this process) reach AWS through `proxy`, which can be made to misbehave.
    """

    def __init__(
        self,
        folder: Path,
        *,
        persist: bool = False,
        parameters: dict[str, str] | None = None,
        llm: bool = False,
        proxied: bool = False,
    ) -> None:
        reach_loopback_directly()
        self.folder = folder.absolute()
        self.credentials = credentials(self.folder) | ({"anthropic_key": LLM_KEY} if llm else {})
        self.parameters = parameters or {}
        self.postgres = Postgres(self.folder)
        self.valkey = Valkey(self.folder)
        self.proxy = FaultProxy(self.folder) if proxied else None
        # Workers inherit the emulator's environment, and an endpoint in it wins over the emulator's own.
        through = {"AWS_ENDPOINT_URL": self.proxy.url} if self.proxy else {}
        self.emulator = Emulator(self.folder, persist=persist, environment=through)
        tokens = self.credentials["telegram_token"], self.credentials["emailengine_token"]
        self.standins = StandIns(self.folder, *tokens, webhook_retry=1.0, llm_key=LLM_KEY if llm else "")
        self._file = self.folder / "stack.json"
        self.alarms = Alarms(self.folder, self.emulator)
        self.servers: list[Server] = [self.postgres, self.valkey, self.emulator, self.standins, self.alarms]
        if self.proxy:
            self.servers.append(self.proxy)

    def up(self, progress: Progress = silent) -> Info:
        """Start what does not run, migrate, package and deploy. Safe to repeat.

        Raises `StartFailed`, which names the part and shows the end of its log; what this call started is stopped then.
        """
        before = self.alive()
        steps: tuple[tuple[str, Server, Callable[[], object]], ...] = (
            ("PostgreSQL", self.postgres, self.postgres.start),
            ("Valkey", self.valkey, self.valkey.start),
            ("AWS emulator", self.emulator, self._start_emulator),
            ("stand-ins for Telegram and EmailEngine", self.standins, self.standins.start),
            ("database migrations", self.postgres, lambda: migrate(self.postgres.url)),
            ("package and deploy the stack", self.emulator, self.deploy),
            ("alarms", self.alarms, self.alarms.start),
        )
        try:
            for step, server, action in steps:
                started = perf_counter()
                with _named(step, server):
                    action()
                progress(step, perf_counter() - started)
            with _named("functions", self.emulator):
                self.warm(progress)
        except BaseException:
            for server in reversed(self.servers):
                if not before[server.name]:
                    server.stop()
            raise
        return self.info()

    def deploy(self) -> None:
        """Secrets, package and CloudFormation: the same template as on AWS, with the laptop's parameters."""
        aws = self.emulator.client_environment()
        for bucket in (ARTIFACTS, FILES):
            client("s3", aws).create_bucket(Bucket=bucket)
        self.secrets(aws)
        parameters = {
            "Accounts": ",".join(ACCOUNTS),
            "GmailAccount": "personal",
            "GmailAuth": "both",
            "EmailEngineUrl": self.standins.emailengine_url,
            "TelegramUrl": self.standins.telegram_url,
            "TelegramChat": CHAT,
            "OffloadBucket": FILES,
            "ClearFieldHosts": ",".join({host.partition(":")[0] for host in self.standins.outside}),
            "PrivateTargets": ",".join(f"{host}={place}" for host, place in self.standins.outside.items()),
        }
        if self.standins.llm_url:
            parameters |= {"Classifier": "anthropic", "LlmModel": "stand-in", "LlmUrl": self.standins.llm_url}
        template = package(self.folder / "package", thin=True)
        deploy(template, ARTIFACTS, parameters | self.parameters, aws)
        # The emulator starts a worker for each request that finds none free: a burst would be so many Pythons that
        # start at once on the few processors of this machine, and all of them late. Further requests wait.
        door = stack_resource(aws, "APIHandler")
        client("lambda", aws).put_function_concurrency(FunctionName=door, ReservedConcurrentExecutions=DOORS)
        self._file.write_text(json.dumps({"api": self._api(aws)}))

    def secrets(self, aws: dict[str, str]) -> None:
        """The database's logins, and a secret for each function with what it needs."""
        passwords = self.credentials["database_passwords"]
        make_logins(self.postgres.url, passwords)
        values = self.credentials | {"database_url": self.postgres.url, "redis_url": self.valkey.url}
        values |= {"private_ca": self.standins.outside_ca}
        store(client("secretsmanager", aws), SERVICE, secret_values(values, passwords))

    def warm(self, progress: Progress = silent) -> None:
        """Start the stages, as often as each may run at once, and the endpoints. Raises `StaysCold`."""
        aws = self.emulator.client_environment()
        # The functions' own time-outs decide; the client only outlives them.
        lambdas = client("lambda", aws, timeout=scaled(90))
        physical = {stage.name: stack_resource(aws, stage.name.capitalize()) for stage in PIPELINE}
        functions = [
            Function(stage.name, stage.concurrency, by_invocation(lambdas, physical[stage.name])) for stage in PIPELINE
        ]
        ready = f"{json.loads(self._file.read_text())['api']}/ready"
        warm([*functions, Function("endpoints", DOORS, by_request(ready, scaled(60)))], progress)

    def info(self) -> Info:
        """Where it is. Raises FileNotFoundError when it was never up in this folder."""
        return Info(
            api=json.loads(self._file.read_text())["api"],
            aws=self.emulator.client_environment(),
            database_url=self.postgres.url,
            redis_url=self.valkey.url,
            telegram_url=self.standins.telegram_url,
            emailengine_url=self.standins.emailengine_url,
            outside_url=self.standins.outside_url,
            credentials=self.credentials,
            llm_url=self.standins.llm_url,
        )

    def alive(self) -> dict[str, bool]:
        """Server → does it run."""
        return {server.name: server.alive() for server in self.servers}

    def down(self) -> None:
        """Stop everything, keep the data. Harmless when nothing runs."""
        for server in reversed(self.servers):
            server.stop()

    def remove(self) -> None:
        """Stop everything and delete the data."""
        for server in reversed(self.servers):
            server.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_emulator(self) -> None:
        self.emulator.start()
        if self.proxy:
            self.proxy.upstream = self.emulator.url
            self.proxy.start()

    def _api(self, aws: dict[str, str]) -> str:
        """The emulator's route of the API: AWS's own endpoint URL does not resolve here."""
        endpoint = outputs(aws)["EndpointURL"]
        identifier = endpoint.split("//")[1].split(".")[0]
        return f"{self.emulator.url}/restapis/{identifier}/api/_user_request_"


@contextmanager
def _named(part: str, server: Server) -> Iterator[None]:
    """A part that does not start is named, with the end of the log that may show why."""
    try:
        yield
    except (StartFailed, ConfigurationError):
        raise
    except Exception as error:
        raise StartFailed.of(part, server.log, f"failed: {str(error) or type(error).__name__}") from error


@contextmanager
def temporary(folder: Path, progress: Progress = silent, **options: Any) -> Iterator[Stack]:
    """A fresh stack that leaves nothing behind."""
    stack = Stack(folder, **options)
    stack.remove()
    stack = Stack(folder, **options)
    try:
        stack.up(progress)
        yield stack
    finally:
        stack.remove()


DEFAULT_FOLDER = ROOT / ".mailroom"
