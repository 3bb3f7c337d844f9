"""Proves the packaged layer: the test mails through it in a clean interpreter, against the development environment.

`python -m infra.layer.prove [--layer build/layer]`. The clean interpreter has the standard library, the unpacked
`layer.zip` and the function's own code, and nothing else (`-I -S`). Ends with an error when one result differs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PROBE = Path(__file__).with_name("probe.py")
TEXTS = ROOT / "tests" / "privacy_data"
FUNCTION_NEEDS = ("cryptography", "cffi", "pycparser")


def texts() -> list[str]:
    """The texts of the templates (their slots stand as they are) and some invented values, in three languages."""
    found: list[str] = []
    for path in sorted(TEXTS.glob("*_*.txt")):
        found += path.read_text("utf-8").split("\n===\n")
    names = (("Jean Dupont", "01 23 45 67 89"), ("Giulia Bianchi", "+39 347 1234567"), ("John Smith", "(212) 555-0134"))
    filled = [
        t.replace("{person}", n).replace("{first}", n.split()[0]).replace("{phone}", p) for t in found for n, p in names
    ]
    return [text.replace("{", "").replace("}", "") for text in filled]


def function(folder: Path) -> Path:
    """What the function's own zip brings of it: chalicelib, and cryptography."""
    shutil.copytree(ROOT / "chalicelib", folder / "chalicelib", ignore=shutil.ignore_patterns("__pycache__"))
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-compile",
        "--target",
    ]
    pins = [line.split("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines()]
    subprocess.run([*command, str(folder), *[pin for pin in pins if pin.startswith("cryptography==")]], check=True)
    return folder


def run(command: list[str], wanted: list[str]) -> dict[str, Any]:
    """The probe's report."""
    environment = {"PATH": os.defpath, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8"}
    done = subprocess.run(
        command,
        input=json.dumps(wanted),
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=tempfile.gettempdir(),
    )
    if done.returncode:
        raise SystemExit(f"the probe failed:\n{done.stderr[-3000:]}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layer", type=Path, default=Path("build/layer"))
    layer = parser.parse_args().layer
    wanted = texts()
    with tempfile.TemporaryDirectory() as scratch:
        opt, code = Path(scratch) / "opt", Path(scratch) / "task"
        with zipfile.ZipFile(layer / "layer.zip") as archive:
            archive.extractall(opt)
        function(code)
        path = [str(code), str(opt / "python")]
        start = f"import sys, runpy; sys.path[:0] = {path!r}; runpy.run_path({str(PROBE)!r})"
        packaged = run([sys.executable, "-I", "-S", "-c", start], wanted)
        packaged = run([sys.executable, "-I", "-S", "-c", start], wanted) | {"first_start": packaged["load_seconds"]}
    start = f"import sys, runpy; sys.path.insert(0, {str(ROOT)!r}); runpy.run_path({str(PROBE)!r})"
    development = run([sys.executable, "-I", "-c", start], wanted)
    different = sum(a != b for a, b in zip(packaged["results"], development["results"], strict=True))
    for name, report in (("packaged", packaged), ("development", development)):
        print(name, {key: value for key, value in report.items() if key not in ("results", "modules_from")})
    print(f"{len(wanted)} texts, {different} with another result")
    if different:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
