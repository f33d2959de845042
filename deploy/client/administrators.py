"""The first two people who give roles, and the way back in for one of them: done on the database of people, before
anybody can do it on a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import text

from services.people.use_cases.factors import take_away_at_the_machine
from services.people.use_cases.roles import make_first_administrator
from shared.clock import BusinessClock
from shared.db import Actor, Command, Database, Transaction
from shared.identity import OPERATOR_TOOL

T = TypeVar("T")


async def make_administrator(people_database_url: str, email: str, name: str) -> str:
    """Make one of the first two administrators; returns their id. Raises Refused, saying why not, once there are two.

    people_database_url: of the database `people`, as its runtime role. The running service publishes what this writes.
    """
    return str(
        await _done(
            people_database_url,
            "make-first-administrator",
            lambda tx: make_first_administrator(tx, email.strip(), name.strip()),
        )
    )


async def take_second_step_away(people_database_url: str, email: str) -> str:
    """Take somebody's second step away; returns their id. Raises Refused, saying why not. The URL is as above."""
    now = datetime.now(UTC)
    return str(
        await _done(
            people_database_url, "take-second-step-away", lambda tx: take_away_at_the_machine(tx, email.strip(), now)
        )
    )


async def _done(people_database_url: str, name: str, work: Callable[[Transaction], Awaitable[T]]) -> T:
    """The use case as a command of the operator's, at business time."""
    clock = BusinessClock()
    database = Database(people_database_url, clock)
    try:
        offset = await database.read(lambda tx: tx.scalar(text("SELECT offset_seconds FROM business_clock")))
        clock.offset = timedelta(seconds=offset)
        return await database.run(Command(name, Actor("operator", OPERATOR_TOOL)), work)
    finally:
        await database.close()
