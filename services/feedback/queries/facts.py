"""The facts about items for the rules, and which items somebody must not answer."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from services.feedback.domain.ending import reasons_it_is_not_theirs
from services.feedback.domain.facts import Item
from services.feedback.tables import asked_hosts, concerns, endings, items
from shared.db import Transaction, one_of


async def facts_of(tx: Transaction, rows: Sequence[Row[Any]]) -> list[Item]:
    """The facts about these rows for the rules."""
    ids = [row.item_id for row in rows]
    by_us = select(endings.c.item_id, endings.c.ended_by_id).where(
        endings.c.ending.not_in(["withdrawn", "safeguarding"])
    )
    ended = await tx.all(by_us.where(one_of(endings.c.item_id, ids)))
    awaited = select(asked_hosts.c.item_id).where(asked_hosts.c.awaited, one_of(asked_hosts.c.item_id, ids))
    said = await tx.all(select(concerns.c.item_id, concerns.c.about).where(one_of(concerns.c.item_id, ids)))
    with_hosts = {row.item_id for row in await tx.all(awaited)}
    return [
        Item(
            id=row.item_id,
            waiting_for=row.waiting_for,
            ending=row.ending,
            reopened=row.reopened_on is not None,
            may_show=row.may_show,
            giver_id=row.giver_id,
            joined_to=row.joined_to,
            answered_by=frozenset(end.ended_by_id for end in ended if end.item_id == row.item_id and end.ended_by_id),
            with_host=row.item_id in with_hosts,
            reviewer_role=row.reviewer_role,
            kept_from=frozenset(each for one in said if one.item_id == row.item_id for each in one.about),
        )
        for row in rows
    ]


async def kept_from(tx: Transaction, item_id: UUID) -> frozenset[UUID]:
    """FB-09: whom concerns that were raised from this item before are about."""
    rows = await tx.all(select(concerns.c.about).where(concerns.c.item_id == item_id))
    return frozenset(each for row in rows for each in row.about)


async def not_theirs(
    tx: Transaction, item_ids: Collection[UUID], *, by: UUID, roles: Collection[str], reviewer_role: str
) -> dict[UUID, str]:
    """FB-02, FB-07: which of these this person may not answer, and why."""
    facts = await facts_of(tx, await tx.all(select(items).where(one_of(items.c.item_id, item_ids))))
    why = {
        item.id: reasons_it_is_not_theirs(item, by=by, roles=roles, reviewer_role=reviewer_role)
        for item in facts
        if item.waiting
    }
    return {item_id: " ".join(reason.text for reason in reasons) for item_id, reasons in why.items() if reasons}
