"""`make setup`: the virtual environment with exactly what the lock files name. Needs Python alone; quick the second
time.

    python3 deploy/setup/bootstrap.py           the environment for running, testing and `make bench` with its peers
    python3 deploy/setup/bootstrap.py lock      make the lock files again from pyproject.toml

uv does the installing; where pip is told to look (its configuration files and PIP_... variables), uv looks too.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Collection
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
UV_LOCK = Path(__file__).with_name("bootstrap.lock")
MAIN_LOCK = ROOT / "requirements.lock"
BENCH_LOCK = ROOT / "bench" / "requirements.lock"
IMAGE_LOCK = ROOT / "deploy" / "images" / "requirements.lock"
"""What the container image installs: the main lock without development tools."""

_FROM_PIP = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "no-index": "UV_NO_INDEX",
    "cert": "SSL_CERT_FILE",
    "proxy": "HTTPS_PROXY",
}


def main(what: str) -> None:
    if what == "lock":
        ensure_uv()
        make_locks()
        return
    locks = [MAIN_LOCK, BENCH_LOCK]  # the type checker and the tests of bench/ need the peers as well
    stamp = ENVIRONMENT / f".installed-{what}"
    wanted = fingerprint(locks)
    if stamp.exists() and stamp.read_text() == wanted and PYTHON.exists():
        return
    ensure_uv()
    for lock in locks:
        uv("pip", "install", "--compile-bytecode", "--require-hashes", "--requirements", str(lock))
    uv("pip", "install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    stamp.write_text(wanted)


def fingerprint(locks: list[Path]) -> str:
    """Changes when anything that decides what is installed does."""
    digest = hashlib.sha256(sys.version.encode())
    for path in (*locks, UV_LOCK, ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def ensure_uv() -> None:
    """The environment, with the uv that the lock names in it."""
    if not PYTHON.exists():
        print(f"Making {ENVIRONMENT.name} with Python {sys.version.split()[0]}", flush=True)
        try:
            venv.create(ENVIRONMENT, with_pip=True)
        except subprocess.CalledProcessError:
            sys.exit(
                "Python could not make a virtual environment with pip in it. On Debian or Ubuntu: apt-get install "
                "python3-venv"
            )
    if run([PYTHON, "-m", "pip", "--version"], check=False, quiet=True):
        run([PYTHON, "-m", "ensurepip", "--upgrade"], quiet=True)
    pinned = UV_LOCK.read_text().split()[0].removeprefix("uv==")
    shown = (
        subprocess.run([ENVIRONMENT / "bin" / "uv", "--version"], capture_output=True, text=True, check=False)
        if (ENVIRONMENT / "bin" / "uv").exists()
        else None
    )
    if shown is None or shown.stdout.split()[1:2] != [pinned]:
        run(
            [
                PYTHON,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--require-hashes",
                "-r",
                UV_LOCK,
            ]
        )


def uv(*arguments: str, text: str | None = None, without: Collection[str] = ()) -> None:
    """Runs uv on the environment; text is its standard input, without names settings to withhold from it."""
    settings = os.environ | uv_settings() | {"VIRTUAL_ENV": str(ENVIRONMENT)}
    run(
        [ENVIRONMENT / "bin" / "uv", *arguments],
        environment={name: value for name, value in settings.items() if name not in without},
        text=text,
    )


def uv_settings() -> dict[str, str]:
    """pip's configuration in uv's words. Whatever the environment already tells uv takes precedence."""
    listed = subprocess.run([PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False).stdout
    told: dict[str, str] = {}
    for section in ("global.", "install.", ":env:."):  # each overrules the one before
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(section):
                told[name.removeprefix(section)] = value.strip("'\"")
    settings = {_FROM_PIP[name]: value for name, value in told.items() if name in _FROM_PIP and value}
    if "UV_FIND_LINKS" in settings:
        settings["UV_FIND_LINKS"] = ",".join(settings["UV_FIND_LINKS"].split())
    if "UV_INDEX" in settings:
        # pip takes the best match of all indexes; hashes in the lock make that safe.
        settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {name: value for name, value in settings.items() if name not in os.environ}


def make_locks() -> None:
    """With hashes, for every platform, and with no index's address in them.

    Copies of packages that lie on this machine are left out: they are for its own platform and Python alone, and so
    would the hashes be.
    """
    import tomllib

    options = [
        "--generate-hashes",
        "--no-emit-index-url",
        "--no-emit-find-links",
        "--universal",
        "--python-version",
        "3.11",
        "--no-header",
        "--quiet",
    ]
    options += ["--no-annotate"]
    project = str(ROOT / "pyproject.toml")
    local = ("UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
    constraints = ["--constraints", str(MAIN_LOCK)]
    uv("pip", "compile", project, "--extra", "dev", *options, "--output-file", str(MAIN_LOCK), without=local)
    uv("pip", "compile", project, *constraints, *options, "--output-file", str(IMAGE_LOCK), without=local)
    extras = tomllib.loads(Path(project).read_text())["project"]["optional-dependencies"]
    uv(
        "pip",
        "compile",
        "-",
        *constraints,
        *options,
        "--output-file",
        str(BENCH_LOCK),
        text="\n".join(extras["bench"]),
        without=local,
    )


def run(
    command: list[str | Path],
    *,
    check: bool = True,
    quiet: bool = False,
    environment: dict[str, str] | None = None,
    text: str | None = None,
) -> int:
    nowhere = subprocess.DEVNULL if quiet else None
    done = subprocess.run(command, check=False, env=environment, stdout=nowhere, stderr=nowhere, input=text, text=True)
    if check and done.returncode:
        sys.exit(f"This failed (exit code {done.returncode}): {' '.join(map(str, command))}")
    return done.returncode


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs this has not installed anything yet
        sys.exit(
            f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Name another: make PYTHON=python3.12 "
            "setup"
        )
    main(sys.argv[1] if len(sys.argv) > 1 else "all")
