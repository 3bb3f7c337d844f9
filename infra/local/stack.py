"""The whole of Mailroom on a laptop: servers, migrations, secrets, package, deployment; up, down and found again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from chalicelib.core.stages import PIPELINE, SERVICE
from infra.cloudformation.deploy import client, deploy, outputs, stack_resource
from infra.cloudformation.package import package
from infra.cloudformation.template import ROOT
from infra.database.migrate import migrate
from infra.database.roles import make_logins
from infra.local.companions import Alarms, StandIns
from infra.local.credentials import credentials
from infra.local.fault_proxy import FaultProxy
from infra.local.folders import FILES as FILES_OF_STACK
from infra.local.folders import FOLDERS, claim, marked, remove
from infra.local.info import Info
from infra.local.patience import scaled
from infra.local.process import Process
from infra.local.server import Server, named
from infra.local.servers import Emulator, Postgres, Valkey
from infra.local.settings import ACCOUNTS, CHAT
from infra.local.settings import load as load_settings
from infra.local.surroundings import reach_loopback_directly
from infra.local.warm import Function, Progress, by_invocation, by_request, silent, warm
from infra.redis_users import make_users
from infra.secret_values import secret_values, store

__all__ = ["DEFAULT_FOLDER", "DOORS", "Info", "Stack", "silent", "temporary"]

ARTIFACTS = "mailroom-artifacts"
FILES = "mailroom-files"
"""Where files of links go."""
DOORS = 6
"""Workers of the endpoints, all started with the stack; further requests wait for one."""
LLM_KEY = "stand-in-key"
"""What the played LLM provider accepts, and nothing else does."""


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
        self._llm = llm
        self.parameters = parameters or {}
        self.postgres = Postgres(self.folder)
        self.valkey = Valkey(self.folder)
        if proxied:
            claim(self.folder)  # the proxy notes its port at once
        self.proxy = FaultProxy(self.folder) if proxied else None
        # Workers inherit the emulator's environment, and an endpoint in it wins over the emulator's own.
        through = {}
        if self.proxy:
            through = {"AWS_ENDPOINT_URL": self.proxy.url, "FRONT_SIGNED_HOSTS": urlsplit(self.proxy.url).netloc}
        self.emulator = Emulator(self.folder, persist=persist, environment=through)
        self.settings = load_settings(self.folder)
        key, real = LLM_KEY if llm else "", self.settings.real
        self.standins = StandIns(self.folder, self._tokens, webhook_retry=1.0, llm_key=key, without=real)
        self._file = self.folder / "stack.json"
        self.alarms = Alarms(self.folder, self.emulator)
        self.servers: list[Server] = [self.postgres, self.valkey, self.emulator, self.standins, self.alarms]
        if self.proxy:
            self.servers.append(self.proxy)

    def up(self, progress: Progress = silent) -> Info:
        """Start what does not run, migrate, package and deploy. Safe to repeat.

        Raises `StartFailed`, which names the part and shows the end of its log; what this call started is stopped then.
        """
        claim(self.folder)
        before = self.alive()
        steps: tuple[tuple[str, Server, Callable[[], object]], ...] = (
            ("PostgreSQL", self.postgres, self.postgres.start),
            ("Valkey", self.valkey, self.valkey.start),
            ("AWS emulator", self.emulator, self._start_emulator),
            (self.standins.title, self.standins, self.standins.start),
            ("database migrations", self.postgres, lambda: migrate(self.postgres.url)),
            ("package and deploy the stack", self.emulator, self.deploy),
            ("alarms", self.alarms, self.alarms.start),
        )
        try:
            for step, server, action in steps:
                started = perf_counter()
                with named(step, server):
                    action()
                progress(step, perf_counter() - started)
            with named("functions", self.emulator):
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
        deploy(template, ARTIFACTS, parameters | self.settings.parameters() | self.parameters, aws)
        # The emulator starts a worker for each request that finds none free: a burst would be so many Pythons that
        # start at once on the few processors of this machine, and all of them late. Further requests wait.
        door = stack_resource(aws, "APIHandler")
        client("lambda", aws).put_function_concurrency(FunctionName=door, ReservedConcurrentExecutions=DOORS)
        self._file.write_text(json.dumps({"api": self._api(aws)}))

    def secrets(self, aws: dict[str, str]) -> None:
        """The logins of database and Valkey, and a secret for each function with what it needs."""
        passwords = self.credentials["database_passwords"]
        make_logins(self.postgres.url, passwords)
        values = self.credentials | {"database_url": self.postgres.url, "redis_url": self.valkey.url}
        values |= {"private_ca": self.standins.outside_ca}
        users = self.credentials["redis_passwords"]
        make_users(self.valkey.url, users)
        store(client("secretsmanager", aws), SERVICE, secret_values(values, passwords, users))

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
        controlled = self.standins.controlled
        return Info(
            api=json.loads(self._file.read_text())["api"],
            aws=self.emulator.client_environment(),
            database_url=self.postgres.url,
            redis_url=self.valkey.url,
            telegram_url=controlled(self.standins.telegram_url),
            emailengine_url=controlled(self.standins.emailengine_url),
            outside_url=controlled(self.standins.outside_url),
            credentials=self.credentials,
            llm_url=controlled(self.standins.llm_url),
            accounts=self.settings.accounts or ACCOUNTS,
        )

    def alive(self) -> dict[str, bool]:
        """Server → does it run."""
        return {server.name: server.alive() for server in self.servers}

    def restart(self) -> int:
        """End the functions' workers, so that the next ones read the secrets again; how many there were.

        A message that one of them works on comes back, as after any crash.
        """
        workers = [Process.of(pid) for pid in self.emulator.workers()]
        for worker in workers:
            worker.end()
        return len(workers)

    def down(self) -> None:
        """Stop everything, keep the data. Harmless when nothing runs."""
        for server in reversed(self.servers):
            server.stop()

    def remove(self) -> list[str]:
        """Stop everything and delete the data; what is left in the folder, because it is not ours, by name.

        Raises `NotOurs` for a folder that Mailroom did not make.
        """
        if marked(self.folder):
            for server in reversed(self.servers):
                server.remove()
        return remove(self.folder, [*FOLDERS, *(server.name for server in self.servers)], FILES_OF_STACK)

    @cached_property
    def credentials(self) -> dict[str, Any]:
        """The folder's, made at the first use. Raises `NotOurs`."""
        made = credentials(self.folder) | self.settings.credentials()
        return made | ({"anthropic_key": LLM_KEY} if self._llm else {})

    def _tokens(self) -> tuple[str, str]:
        return self.credentials["telegram_token"], self.credentials["emailengine_token"]

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
