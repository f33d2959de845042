"""Ends the servers of a process that died without stopping them: killed, or closed with its window.

`deploy.local.processes` starts this beside it with a pipe to its standard input, and writes "+ PID SIGNAL" and "- PID"
there. When the pipe closes, its writer is gone; whatever was not crossed out is ended. Standard library alone: it must
be small.
"""

import contextlib
import os
import signal
import sys
import time

PATIENCE = 15.0
"""Seconds between the polite signal and SIGKILL."""


def main() -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    children: dict[int, int] = {}
    for line in sys.stdin:
        sign, pid, *rest = line.split()
        if sign == "+":
            children[int(pid)] = int(rest[0])
        else:
            children.pop(int(pid), None)
    for pid, politely in reversed(children.items()):  # who uses a server was started after it
        end(pid, politely)


def end(pid: int, politely: int) -> None:
    for which in (politely, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, which)
        deadline = time.monotonic() + PATIENCE
        while alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        if os.path.exists("/proc/self/stat"):
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
