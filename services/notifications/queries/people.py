"""Whose pages these are, and what we call people."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, or_, select

from services.notifications.tables import cards, safeguarding_leads, tasks
from shared.db import Transaction
from shared.identity import Role, SignIn
from shared.text import number_of, told_apart


def whose(who: SignIn) -> tuple[UUID, frozenset[str]]:
    """Whose first page and messages these are, and their roles: the helped person's while somebody helps (PEO-02)."""
    if who.acting_for is not None:
        return who.acting_for, frozenset({Role.PARTICIPANT})
    return who.person_id, frozenset(who.roles)


async def looks_after_safety(tx: Transaction, person_id: UUID) -> bool:
    """FB-09: whether they are the safeguarding lead or the deputy, work here and have not paused everything."""
    part = or_(safeguarding_leads.c.lead_id == person_id, safeguarding_leads.c.deputy_id == person_id)
    named = select(cards.c.roles).join(safeguarding_leads, part)
    held = await tx.first(named.where(cards.c.person_id == person_id, cards.c.paused.is_(False)))
    return held is not None and bool(set(held.roles) - {Role.PARTICIPANT})


async def what_comes_first(tx: Transaction, person_id: UUID) -> frozenset[str]:
    """PAY-10, PAY-13: what must happen before anything is paid, so that no day can be promised yet. "call": somebody
    rings or meets them, about their bank details or at all; "details": they give us their bank details again."""
    open_ = select(tasks.c.kind).where(
        tasks.c.kind.in_(list(_FIRST)),
        tasks.c.person_id == person_id,
        tasks.c.opened_version > func.coalesce(tasks.c.settled_version, -1),
    )
    return frozenset(_FIRST[row.kind] for row in await tx.all(open_.distinct()))


_FIRST = {"confirm-details": "call", "confirm-person": "call", "give-details": "details"}


def names_apart(rows: Iterable[Row[Any]]) -> dict[UUID, str]:
    """What staff call each of the people in these rows, with what tells two of one name apart if a page has both. The
    rows have a card's person_id, name and told_apart_by."""
    people = {
        row.person_id: (row.name or "", row.told_apart_by or f"our number {number_of(row.person_id)}")
        for row in rows
        if row.person_id is not None
    }
    return dict(zip(people, told_apart([(name, by if name else "") for name, by in people.values()]), strict=True))


async def name_of(tx: Transaction, person_id: UUID) -> str | None:
    """What we call them; None until their card arrives."""
    return await tx.scalar(select(cards.c.name).where(cards.c.person_id == person_id))
