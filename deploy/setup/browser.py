"""Makes sure that the browser tests have a Chromium: the system's, or one installed now. Fails saying how; never
skips."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

WITHIN = 900
APT = ["apt-get", "-y", "-qq"]
HOW = "Install one: `apt-get install chromium-headless-shell` as root, or `.venv/bin/playwright install chromium`."


_WHERE = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def system_shell() -> str | None:
    """The engine without windows: the tests prefer it, because it costs half as much."""
    return shutil.which("chromium-headless-shell")


def system_chromium() -> str | None:
    return system_shell() or shutil.which("chromium") or shutil.which("chromium-browser")


def playwrights_own() -> bool:
    """Asked in a process of its own: what sets up imports nothing that must be set up first."""
    asked = subprocess.run([sys.executable, "-c", _WHERE], capture_output=True, text=True, timeout=60, check=True)
    return Path(asked.stdout.strip()).exists()


def attempts() -> list[list[list[str]]]:
    """Ways to get one, each a list of commands, best first."""
    ways = []
    if os.geteuid() == 0 and shutil.which("apt-get"):
        install = [*APT, "--no-install-recommends", "install", "fonts-liberation"]
        ways += [[[*APT, "update"], [*install, package]] for package in ("chromium-headless-shell", "chromium")]
    ways.append([[sys.executable, "-m", "playwright", "install", "chromium"]])
    return ways


def carried_out(commands: list[list[str]]) -> bool:
    for command in commands:
        print("$ " + " ".join(command), flush=True)
        try:
            subprocess.run(
                command,
                check=True,
                timeout=WITHIN,
                env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
                stdin=subprocess.DEVNULL,
            )
        except (subprocess.SubprocessError, OSError) as problem:
            print(f"That failed: {problem}", file=sys.stderr)
            return False
    return True


def add_the_shell() -> None:
    """Installed beside this system's whole Chromium, at the same version: nothing existing changes, and the tests
    run without it, too."""
    if os.geteuid() == 0 and shutil.which("apt-get") and not system_shell():
        quickly = ["-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=10"]
        print("The tests take half as long in Chromium's headless shell; installing it.", flush=True)
        carried_out(
            [
                [
                    *APT,
                    *quickly,
                    "--no-install-recommends",
                    "--no-upgrade",
                    "--no-remove",
                    "install",
                    "chromium-headless-shell",
                ]
            ]
        )


def main() -> None:
    if system_chromium():
        add_the_shell()
    if system_chromium() or playwrights_own():
        return
    print("No Chromium was found for the browser tests; installing one.", flush=True)
    for commands in attempts():
        if carried_out(commands) and (system_chromium() or playwrights_own()):
            return
    sys.exit(f"The browser tests need a Chromium, and none could be installed. {HOW}")


if __name__ == "__main__":
    main()
