"""The embedded AWS emulator (MiniStack) and its Lambda workers, on the loopback interface."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from infra.local.process import LOOPBACK, StartFailed, free_port, members, spawn, wait_until
from infra.local.server import Server

REGION = "us-east-1"
ACCOUNT = "000000000000"
PROGRAM = Path(__file__).with_name("queueing_emulator.py")


class Emulator(Server):
    """MiniStack as a process group of its own: its Lambda workers are its children and end with it.

    `environment` is added to what the emulator and every Lambda worker sees; the caller's own
    environment (credentials, endpoints) is not passed on. Every request but the API's needs the emulator's own secret
    (`emulator_front.py`): what `client_environment` gives signs with it. With `persist`, a clean stop saves the
    emulator's state and the next start loads it.
    """

    name = "emulator"

    def __init__(
        self, folder: Path, region: str = REGION, persist: bool = False, environment: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(folder)
        self.region = region
        self._persist = persist
        self._extra = dict(environment or {})

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def secret(self) -> str:
        """The secret access key. Raises RuntimeError before the first start."""
        return self._secret("secret")

    def client_environment(self) -> dict[str, str]:
        """What a client process (AWS CLI, boto3) needs to reach this emulator and nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            # A profile of the user's may name another endpoint, another addressing style, a pager.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def workers(self) -> list[int]:
        """Process ids of the Lambda workers that live now (for tests that kill one)."""
        pid = self._process().pid
        return members(pid) if pid and self.alive() else []

    def stop(self) -> None:
        self._process().end_group()

    def kill(self) -> None:
        self._process().end_group(signal.SIGKILL)

    def _launch(self) -> None:
        port = free_port(self._state().get("port", 0))
        # Unpacked functions go to the temporary folder and a killed emulator leaves them: clear on start.
        scratch = self.folder / "tmp"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        environment = {
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))),
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "TMPDIR": str(scratch),
            "GATEWAY_PORT": str(port),
            "BIND_HOST": LOOPBACK,
            "MINISTACK_HOST": LOOPBACK,
            "MINISTACK_REGION": self.region,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": self._made_secret("secret"),
            "AWS_DEFAULT_REGION": self.region,
            "PERSIST_STATE": "1" if self._persist else "0",
            "S3_PERSIST": "1" if self._persist else "0",
            "STATE_DIR": str(self.folder / "state"),
            "S3_DATA_DIR": str(self.folder / "s3"),
            "PYTHONUNBUFFERED": "1",
            # Listeners of services that are not used; they would bind fixed ports.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "DOCKER_HOST": f"unix://{self.folder}/no-docker.sock",
        } | self._extra
        process = spawn([sys.executable, "-P", PROGRAM], self.log, environment, self.folder)
        self._remember(port=port, pid=process.pid, birth=process.birth)
        if not wait_until(lambda: self._healthy() or not process.alive(), 60) or not process.alive():
            raise StartFailed.of("the AWS emulator", self.log)

    def _healthy(self) -> bool:
        asked = urllib.request.Request(  # noqa: S310
            f"{self.url}/_localstack/health", headers={"Authorization": f"Bearer {self.secret}"}
        )
        try:
            with urllib.request.urlopen(asked, timeout=2) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False
