"""`python -m bench` lists what can be measured, `python -m bench NAME [--json]` measures it."""

import argparse
import asyncio
import importlib
import inspect
import json
import sys
from dataclasses import asdict
from typing import Any

from rich.console import Console

from bench.report import show

NAMES = ("outbox", "latency", "consume", "pages", "share", "catchup", "region", "tune")


def main() -> int:
    """0 if every goal was met, 1 if one was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Without a name: lists what can be measured.")
    parser.add_argument("name", nargs="?", choices=NAMES)
    parser.add_argument(
        "--json", action="store_true", help="the rows as JSON on standard output, and nothing else there"
    )
    parser.add_argument("--rounds", type=int, help="alternating rounds, instead of the bench's own number")
    options = parser.parse_args()
    console = Console(stderr=options.json)
    if options.name is None:
        for name in NAMES:
            console.print(f"[bold]{name}[/]: {_about(name)}", highlight=False)
        return 0
    more: dict[str, Any] = {"rounds": options.rounds} if options.rounds else {}
    result = asyncio.run(_bench(options.name).measure(**more))
    path = result.save()
    if options.json:
        json.dump(
            {"name": result.name, "machine": result.machine, "rows": [asdict(row) for row in result.rows]},
            sys.stdout,
            indent=1,
        )
    else:
        show(result, console)
        console.print(f"Raw samples, versions and settings: {path}", highlight=False)
    return 0 if all(row.met is not False for row in result.rows) else 1


def _bench(name: str) -> Any:
    return importlib.import_module(f"bench.{name}")


def _about(name: str) -> str:
    return (inspect.getdoc(_bench(name)) or "").splitlines()[0]


if __name__ == "__main__":
    sys.exit(main())
