"""Counts requests and tries; doors; the alarm. Machine time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, distinct, func, select

from services.people.domain.limits import Counter, door_closes_at
from services.people.gateways.bounds import Bounds
from services.people.tables import doors, sign_in_codes
from shared.counting import hit, limit_counts
from shared.db import Transaction, new_id
from shared.messaging import steps
from shared.reasons import Missing

FACTOR_TOLD = "factor-told"
LONGEST = "1/day"
"""The slowest rate that settings allow. Counts are kept for as long (PRI-04)."""


async def refused_by(
    tx: Transaction, counters: Sequence[Counter], bounds: Bounds, client: str, now: datetime
) -> Counter | None:
    """Counts this. Returns the counter whose limit is exceeded, if any. Refused tries are not counted, so trying again
    shuts nobody out for longer."""
    for counter in counters:
        rate = bounds.rates[counter.bound]
        if counter.bound == "per-client" and await door_is_open(tx, bounds.hide(client), now):
            rate = bounds.with_door
        if not await hit(tx, counter.what, bounds.hide(counter.whose), rate, now):
            return counter
    return None


# Doors


async def door_is_open(tx: Transaction, client: bytes, now: datetime) -> bool:
    return await tx.first(select(doors.c.id).where(doors.c.client == client, doors.c.until > now).limit(1)) is not None


async def open_door(tx: Transaction, client: bytes, coordinator: UUID, now: datetime) -> None:
    """For an afternoon, many people may sign in from this connection. Opening it again extends the time."""
    door_id = new_id()
    await tx.execute(delete(doors).where(doors.c.client == client))
    values = {"id": door_id, "client": client, "opened_by": coordinator, "opened_at": now, "until": door_closes_at(now)}
    await tx.execute(doors.insert().values(values))
    await steps.add(tx, "door-opened", about=door_id)


async def close_door(tx: Transaction, door_id: UUID) -> None:
    """Harmless if it is already closed."""
    if not (await tx.execute(delete(doors).where(doors.c.id == door_id))).rowcount:
        raise Missing
    await steps.add(tx, "door-closed", about=door_id)


# The alarm


async def accounts_with_wrong_codes(tx: Transaction) -> int:
    """The number of people for whom a wrong code was typed within the last hour."""
    recently = sign_in_codes.c.made_at > func.clock_timestamp() - timedelta(hours=1)
    wrong = select(func.count(distinct(sign_in_codes.c.person_id))).where(recently, sign_in_codes.c.tries > 0)
    return await tx.scalar(wrong)


async def second_steps_guessed(tx: Transaction) -> int:
    """The number of people for whom too many second-step codes were tried within about an hour, in browsers where it
    was never given."""
    recently = limit_counts.c.at > func.clock_timestamp() - timedelta(minutes=70)
    return await tx.scalar(
        select(func.count(distinct(limit_counts.c.whose))).where(limit_counts.c.what == FACTOR_TOLD, recently)
    )


async def forget_closed_doors(tx: Transaction) -> None:
    """PRI-04: deletes doors that have closed."""
    await tx.execute(delete(doors).where(doors.c.until < func.clock_timestamp()))
