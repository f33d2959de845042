"""Saying on a concern's page whom of those who work here it is about, and handing it to the lead or deputy of today
(FB-09)."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, update

from services.feedback.domain.who_reads import (
    Told,
    given_after_handing_over,
    may_be_about,
    may_be_handed_to,
    reasons_not_to_hand_over,
    reasons_not_to_say_whom_it_is_about,
    who_is_told,
    who_reads_what_ended,
)
from services.feedback.queries import concerns_of
from services.feedback.tables import concerns
from services.feedback.use_cases import leads
from services.feedback.use_cases.items import locked, wait_otherwise
from services.feedback.use_cases.safeguarding import locked_concern, sees_it
from shared.db import Transaction
from shared.messaging import steps
from shared.reasons import refuse


async def say_whom_it_is_about(
    tx: Transaction, concern_id: UUID, person_id: UUID, people: Collection[UUID]
) -> dict[str, bool]:
    """FB-09: open or ended, these lose it at once. The step does not name them, for they may read steps. Returns
    whether this person has it still."""
    concern = await locked_concern(tx, concern_id, person_id)
    refuse(
        reasons_not_to_say_whom_it_is_about(people, about=concern.about, may_be=await whom_it_may_be_about(tx, concern))
    )
    about = sorted({*concern.about, *people})
    await tx.execute(update(concerns).where(concerns.c.concern_id == concern_id).values(about=about))
    await steps.add(tx, "concern-about-said", about=concern_id, people=len(about) - len(concern.about))
    if concern.settled_at is None:
        await leads.follow_concerns(tx)
    elif {*concern.told, concern.deputy_id} & set(people):
        deputy = None if concern.deputy_id in people else concern.deputy_id
        told = [each for each in concern.told if each not in people]
        await leads.say_it_stands(tx, concern, told=told, deputy_id=deputy)
    if concern.outcome == "returned" and concern.item_id:
        await _say_whose_it_is(tx, concern.item_id)
    return {"has_it": await sees_it(tx, concern_id, person_id)}


async def _say_whose_it_is(tx: Transaction, item_id: UUID) -> None:
    """FB-09: what came back and waits is no task any more of whom it is about."""
    row = (await locked(tx, [item_id], with_concerns=True))[0]
    if row.ending is None:
        await wait_otherwise(tx, row)


async def whom_it_may_be_about(tx: Transaction, concern: Row[Any]) -> Collection[UUID]:
    had = leads.standing_of(concern)
    return may_be_about(await leads.named(tx), await leads.colleagues(tx), had.given or (), had.about)


async def to_whom(tx: Transaction, concern: Row[Any]) -> tuple[UUID, ...]:
    """FB-09: the lead and deputy of today to whom this concern may be handed."""
    who, team = await leads.named(tx), await leads.colleagues(tx)
    standing = leads.standing_of(concern, await _about_too(tx, concern))
    readers = who_reads_what_ended(who, team, standing) if concern.settled_at else standing.told.everyone
    return may_be_handed_to(who, team, standing, readers)


async def hand_over(
    tx: Transaction, concern_id: UUID, person_id: UUID, *, to: Sequence[UUID], not_about_them: bool
) -> dict[str, bool]:
    """FB-09: whoever has a concern hands it to the lead or deputy of today. What they had in hand gets a new clock.
    Returns whether they have it still."""
    concern = await locked_concern(tx, concern_id, person_id)
    may_be = await to_whom(tx, concern)
    refuse(reasons_not_to_hand_over(to, may_be=may_be, not_about_them=not_about_them))
    who, team, standing = await leads.named(tx), await leads.colleagues(tx), leads.standing_of(concern)
    holder = None if concern.settled_at else concern.taken_by
    given = given_after_handing_over(who, standing, by=person_id, to=to, taken_by=holder)
    told = who_is_told(who, team, replace(standing, given=given, told=Told(given)), run_out=False)
    values: dict[str, Any] = {"given": list(given), "told": list(told.people), "deputy_id": told.deputy}
    if holder == person_id:
        values |= leads.new_clock(tx, concern)
    await leads.say_it_stands(tx, concern, tell=to, **values)
    await steps.add(tx, "concern-handed-over", about=concern_id, people=len(to))
    return {"has_it": await sees_it(tx, concern_id, person_id)}


async def _about_too(tx: Transaction, concern: Row[Any]) -> Collection[UUID]:
    source = leads.source_read(concern)
    return (await concerns_of.about_by_source(tx, {source})).get(source, ()) if source else ()
