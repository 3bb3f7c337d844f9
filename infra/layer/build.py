"""Builds the Lambda layer of the anonymize function: install, prune, patch, strip, compile, zip; the same each time.

`python -m infra.layer.build [--out build/layer]` writes `python/` (what Lambda unpacks to /opt/python), `layer.zip` and
`report.json` with the sizes. Sizes are of the unpacked files: Lambda allows 250 MiB for function and layers together.
"""

from __future__ import annotations

import argparse
import compileall
import hashlib
import json
import py_compile
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from infra.layer import french

HERE = Path(__file__).parent
LIMIT = 250 * 1024 * 1024
FUNCTION_SHARE = 30 * 1024 * 1024
"""What is left for the function's own zip, unpacked."""
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_24_x86_64", "manylinux2014_x86_64")
"""Amazon Linux 2023 (Lambda's Python 3.12 and later) has glibc 2.34."""
FOLDERS = frozenset(
    {"tests", "test", "testing_data", "include", "examples", "__pycache__", "f2py", "_pyinstaller", "benchmarks"}
)
SUFFIXES = frozenset({".pyx", ".pxd", ".pxi", ".c", ".cc", ".cpp", ".h", ".hpp", ".pyi", ".a", ".md", ".rst", ".ipynb"})
UNUSED = (
    # spaCy's command line, its training, and the other pipes' data of the models: only ner is loaded.
    "bin",
    "share",
    "pip",
    "setuptools",
    "spacy/tests",
    "thinc/tests",
    "numpy/testing/tests",
    "phonenumbers/geodata",
    "phonenumbers/carrierdata",
    "phonenumbers/tzdata",
)
PIPES = ("tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "morphologizer", "senter")
KEPT_METADATA = frozenset({"METADATA", "entry_points.txt"})
"""spaCy finds its parts by entry points, presidio its version; the rest of *.dist-info is for pip. Licences stay."""


def install(folder: Path) -> None:
    """The pinned packages, for Lambda's platform and this interpreter's version, wheels only."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", version, "--target", str(folder)]
    for platform in PLATFORMS:
        command += ["--platform", platform]
    subprocess.run([*command, *_pinned()], check=True)


def _pinned() -> list[str]:
    return ["--requirement", str(HERE / "requirements.txt"), "--constraint", str(HERE / "constraints.txt")]


def prune(folder: Path) -> None:
    """Remove what no run needs. `numpy.libs`, `spacy/lang` and thinc's `.cu` file are needed: they stay."""
    for name in UNUSED:
        _remove(folder / name)
    for model in folder.glob("*_core_*/*_core_*-*"):
        for pipe in PIPES:
            _remove(model / pipe)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and path.name in FOLDERS and not (path.name == "include" and path.parent == folder):
            _remove(path)
        elif path.is_file() and _is_unused(path):
            path.unlink()


def _is_unused(path: Path) -> bool:
    if path.parent.name.endswith(".dist-info"):
        return path.name not in KEPT_METADATA and not path.name.upper().startswith(("LICEN", "NOTICE", "COPYING"))
    return path.suffix in SUFFIXES and not path.name.upper().startswith(("LICEN", "NOTICE"))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    elif path.exists():
        path.unlink()


def strip(folder: Path) -> None:
    """Debug symbols out of the extensions; never in `numpy.libs`, whose libraries break."""
    for library in sorted(folder.rglob("*.so*")):
        if "numpy.libs" not in library.parts:
            subprocess.run(["strip", "--strip-debug", str(library)], check=True)


def byte_compile(folder: Path) -> None:
    """Byte code that trusts its source unchecked: no time stamp in it, and none read at start."""
    compileall.compile_dir(
        folder,
        quiet=2,
        stripdir=str(folder.parent),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


def pack(folder: Path, target: Path) -> str:
    """The zip, in name order and without times; its SHA-256."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in _files(folder):
            info = zipfile.ZipInfo(f"python/{path.relative_to(folder).as_posix()}", (1980, 1, 1, 0, 0, 0))
            info.external_attr = (0o755 if ".so" in path.name else 0o644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, path.read_bytes())
    return hashlib.sha256(target.read_bytes()).hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def size(folder: Path) -> int:
    """Bytes of all files below."""
    return sum(path.stat().st_size for path in _files(folder))


def build(out: Path) -> dict[str, object]:
    """All steps. Raises SystemExit when the layer leaves no room for the function."""
    folder = out / "python"
    _remove(out)
    folder.mkdir(parents=True)
    steps: dict[str, int] = {}
    for step in (install, prune, french.patch, strip, byte_compile):
        step(folder)
        steps[step.__name__] = size(folder)
    digest = pack(folder, out / "layer.zip")
    largest = sorted((size(path) if path.is_dir() else path.stat().st_size, path.name) for path in folder.iterdir())
    report: dict[str, object] = {
        "mebibytes_after": {name: round(value / 2**20, 1) for name, value in steps.items()},
        "zip_mebibytes": round((out / "layer.zip").stat().st_size / 2**20, 1),
        "sha256": digest,
        "largest": {name: round(value / 2**20, 1) for value, name in reversed(largest[-12:])},
    }
    (out / "report.json").write_text(json.dumps(report, indent=1), "utf-8")
    if steps["byte_compile"] + FUNCTION_SHARE > LIMIT:
        raise SystemExit(f"the layer has {steps['byte_compile'] / 2**20:.0f} MiB: too much beside the function")
    return report


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/layer"))
    print(json.dumps(build(parser.parse_args().out), indent=1))


if __name__ == "__main__":
    main()
