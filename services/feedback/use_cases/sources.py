"""What a concern was raised from, which its owner sets aside if whoever raised it may open it (FB-09). The owner alone
says so; while it is away, it is asked again."""

import contextlib
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from services.feedback.domain.safeguarding import OWNERS, source_of
from services.feedback.tables import concerns
from services.feedback.use_cases import leads
from shared.db import SYSTEM, Command, Transaction
from shared.events.feedback import ConcernRaised
from shared.service import Service


async def role_to_set_aside(
    service: Service,
    read_at: str,
    person_id: UUID,
    roles: Collection[str],
    concern: ConcernRaised | None = None,
) -> str | None:
    """The role in which this person may set aside what they read there, as its owner says; None if they may not, or the
    page shows more than one thing. concern: it sets it aside at once. Raises ConnectionError or TimeoutError if the
    owner is away."""
    if (source := source_of(read_at)) is None:
        return None
    kind, source_id = source
    question: dict[str, Any] = {"source": kind, "id": str(source_id), "by": str(person_id), "roles": sorted(roles)}
    if concern is not None:
        question["concern"] = concern.model_dump(mode="json")
    return (await service.requests(f"{OWNERS[kind]}.set-aside.feedback", question))["as"]


async def set_aside_at_once(service: Service, concern_id: UUID, roles: Collection[str]) -> None:
    """The owner sets it aside now, not when the event reaches it; if it is away, the event does it."""

    async def read(tx: Transaction) -> Row[Any]:
        return await tx.one(select(concerns).where(concerns.c.concern_id == concern_id))

    row = await service.database.read(read)
    if row.source_id is None or row.settled_at is not None:
        return
    with contextlib.suppress(ConnectionError, TimeoutError):
        await role_to_set_aside(service, row.read_at, row.raised_by, roles, leads.event_of(ConcernRaised, row))


async def ask_owners(service: Service) -> None:
    """The job: asks owners that were away when a concern was raised."""

    async def waiting(tx: Transaction) -> list[Row[Any]]:
        still = select(concerns).where(concerns.c.asks_as.is_not(None)).order_by(concerns.c.concern_id)
        return list(await tx.all(still.limit(leads.MOST_AT_ONCE)))

    for row in await service.database.read(waiting):
        try:
            role = await role_to_set_aside(service, row.read_at, row.raised_by, row.asks_as)
        except (ConnectionError, TimeoutError):
            continue
        work = Command("hear-who-sets-aside", SYSTEM)
        await service.database.run(work, lambda tx, row=row, role=role: hear_owner(tx, row.concern_id, role))


async def hear_owner(tx: Transaction, concern_id: UUID, role: str | None) -> None:
    """The owner said in which role whoever raised it may set it aside, or that they may not."""
    row = await tx.one(select(concerns).where(concerns.c.concern_id == concern_id).with_for_update())
    if row.asks_as is None:
        return
    if role is None or (source := source_of(row.read_at)) is None:
        await tx.execute(update(concerns).where(concerns.c.concern_id == concern_id).values(asks_as=None))
    else:
        await leads.say_it_stands(tx, row, asks_as=None, marked_as=role, source_id=source[1])
    await leads.follow_concerns(tx)
