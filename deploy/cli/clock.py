"""`chorus clock`: business time, the second clock, which only a demo or test instance allows to be moved."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any

import httpx
import typer

from deploy.cli.common import (
    AWAY,
    FOUND_WRONG,
    UNSAID,
    WRONG_USE,
    Directory,
    Json,
    Name,
    fail,
    operator_client,
    out,
    print_json,
    reached,
)
from deploy.client.clock import ClockProblem, business_times, move
from shared.clock import LONDON

app = typer.Typer(help="Business time: what decides dates, deadlines and reminders.", no_args_is_help=True)
_UNITS = {"minute": 60, "hour": 3600, "day": 86400, "week": 7 * 86400}


def parse_duration(text: str) -> timedelta:
    """ "36 days", "5 weeks", "2h". Raises ValueError with a clear sentence."""
    found = re.fullmatch(r"\s*(\d+)\s*(minutes?|hours?|days?|weeks?|m|h|d|w)\s*", text)
    if not found:
        raise ValueError(f"“{text}” is not a length of time. Write it like: 36 days, 5 weeks, 2 hours.")
    unit = next(seconds for word, seconds in _UNITS.items() if word.startswith(found[2].rstrip("s")))
    return timedelta(seconds=int(found[1]) * unit)


def parse_moment(text: str) -> datetime:
    """An ISO date or time in London ("2026-12-03", "2026-12-03T16:00"), aware. Raises ValueError with a clear
    sentence."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{text}” is not a moment. Write it like: 2026-12-03 or 2026-12-03T16:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)


@app.command()
def show(name: Name = UNSAID, directory: Directory = None, as_json: Json = False) -> None:
    """Say which business time each service has."""
    instance = reached(name, directory, as_json=as_json)
    try:
        with operator_client(instance) as client:
            times = business_times(client)
    except ClockProblem as problem:
        fail(str(problem), AWAY, as_json=as_json)
    _tell({service: moment.isoformat() for service, moment in times.items()}, as_json)


@app.command()
def advance(
    by: Annotated[str | None, typer.Argument(help="How far, like “36 days” or “5 weeks”.")] = None,
    to: Annotated[str | None, typer.Option(help="To a moment in London instead, like 2026-12-03T16:00.")] = None,
    name: Name = UNSAID,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Move business time forward, in every service, and run what is due by then.

    Only a demo or test instance accepts it. It never moves back. Only the jobs that come due change data.
    """
    if (by is None) == (to is None):
        fail(
            "Say how far (chorus clock advance “36 days”) or until when (--to 2026-12-03T16:00).",
            WRONG_USE,
            as_json=as_json,
        )
    instance = reached(name, directory, as_json=as_json)
    try:
        step, until = (parse_duration(by) if by else None), (parse_moment(to) if to else None)
    except ValueError as problem:
        fail(str(problem), WRONG_USE, as_json=as_json)
    try:
        with operator_client(instance, timeout=120) as client:
            goal = until or max(business_times(client).values()) + (step or timedelta(0))
            moved = move(client, goal)
    except ClockProblem as problem:
        fail(str(problem), FOUND_WRONG, as_json=as_json)
    except httpx.TransportError as problem:
        fail(
            f"The organisation stopped answering ({type(problem).__name__}). Some services may have moved and others "
            "not: look with `chorus doctor`.",
            AWAY,
            as_json=as_json,
        )
    _tell(moved, as_json)


def _tell(times: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json({"business_time": times})
        return
    for service, moment in times.items():
        local = datetime.fromisoformat(moment).astimezone(LONDON)
        out.print(f"{service:15} {local:%A} {local.day} {local:%B %Y, %H:%M}")
