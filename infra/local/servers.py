"""The embedded servers of the local stack, in one place to import from."""

from infra.local.emulator import Emulator
from infra.local.postgres import Postgres
from infra.local.process import StartFailed, free_port
from infra.local.valkey import Valkey

__all__ = ["Emulator", "Postgres", "StartFailed", "Valkey", "free_port"]
