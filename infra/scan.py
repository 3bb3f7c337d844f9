"""`make scan`: no secret in the repository; offline. False positives are listed in `.secrets.json`.

Forms of tokens and keys are looked for everywhere, credentials in URLs, passwords and random-looking strings
outside of the tests (which are full of invented ones) as well.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

from infra.cloudformation.template import ROOT

ACCEPTED = ROOT / ".secrets.json"
FORMS = """AWSKeyDetector AzureStorageKeyDetector CloudantDetector DiscordBotTokenDetector GitHubTokenDetector
    GitLabTokenDetector IbmCloudIamDetector JwtTokenDetector MailchimpDetector NpmDetector OpenAIDetector
    PrivateKeyDetector PypiTokenDetector SendGridDetector SlackDetector SoftlayerDetector SquareOAuthDetector
    StripeDetector TelegramBotTokenDetector TwilioKeyDetector""".split()
GUESSES: list[dict[str, object]] = [
    {"name": "BasicAuthDetector"},
    {"name": "KeywordDetector"},
    {"name": "Base64HighEntropyString", "limit": 4.7},
    {"name": "HexHighEntropyString", "limit": 3.0},
]
DATA = (".svg", ".eml", ".txt", ".jsonl", "package-lock.json", ".secrets.json")
"""Word lists, texts of mails and a lock file's digests: only forms are looked for."""


def tracked() -> list[str]:
    """Files that git knows, or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(name for name in done.stdout.splitlines() if (ROOT / name).is_file())


def found(names: Iterable[str], root: Path = ROOT) -> set[tuple[str, str, str]]:
    """(file, kind, SHA-1 of the string) of what looks like a secret."""
    result = set()
    for guess in (False, True):
        plugins = [{"name": name} for name in FORMS] + (GUESSES if guess else [])
        with transient_settings({"plugins_used": plugins, "filters_used": []}):
            for name in names:
                if guess == (not name.startswith("tests/") and not name.endswith(DATA)):
                    result |= {(name, secret.type, secret.secret_hash) for secret in scan_file(str(root / name))}
    return result


def accepted() -> set[tuple[str, str, str]]:
    """What was checked and found harmless."""
    return {(one[0], one[1], one[2]) for one in json.loads(ACCEPTED.read_text())} if ACCEPTED.exists() else set()


def main() -> int:
    """The exit code: 0 when there is nothing new."""
    parser = argparse.ArgumentParser(prog="make scan", description=__doc__)
    parser.add_argument("--accept", action="store_true", help="record that you checked each: none is a secret")
    options = parser.parse_args()
    now = found(tracked())
    if options.accept:
        ACCEPTED.write_text(json.dumps(sorted(now), indent=0) + "\n")
    new = sorted(now - accepted())
    for name, kind, digest in new:
        print(f"{name}: {kind} ({digest[:12]})")
    if new:
        print("A real secret: remove it, and replace it where it is used, because git keeps it (docs/security.md).")
        print("No secret: make scan ACCEPT=1")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
