"""A safeguarding concern leaves ordinary pages and the board, and goes to the safeguarding lead (FB-09)."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update

from services.feedback.domain.network import effect_of_answer
from services.feedback.domain.safeguarding import (
    SETTLED,
    reasons_not_to_move_to_safeguarding,
    reasons_not_to_settle,
    reasons_not_to_take,
    reasons_not_to_tell_of_worry,
    respond_by,
    source_of,
)
from services.feedback.domain.who_reads import about_with_roles, sees_concern, who_may_answer, who_reads_what_ended
from services.feedback.queries import concerns_of
from services.feedback.queries.facts import facts_of, kept_from
from services.feedback.queries.names import names_of
from services.feedback.tables import concerns, items
from services.feedback.use_cases import crossing, leads
from services.feedback.use_cases.host_answers import end_as_host_did
from services.feedback.use_cases.items import end, locked, say_it_was_dealt_with, wait_again
from shared.db import Transaction, new_id
from shared.messaging import steps
from shared.reasons import Missing, refuse


async def raise_concern(
    tx: Transaction, item_id: UUID, *, why: str, about: Collection[UUID], hours: int, raised_by: UUID | None = None
) -> bool:
    """FB-09: about: the people working here who must not see it; nor does whom an earlier one was about. hours: the
    lead's clock. raised_by: the id of another organisation, if it raised the concern. False if nobody is left here who
    may see it, so whoever raised it must ring someone."""
    row = (await locked(tx, [item_id], with_concerns=True))[0]
    item = (await facts_of(tx, [row]))[0]
    if tx.actor.id in item.kept_from and tx.actor.id != item.giver_id:
        raise Missing
    refuse(reasons_not_to_move_to_safeguarding(item, why))
    concern_id = await _keep(
        tx,
        why=why,
        about={*about, *item.kept_from},
        hours=hours,
        item_id=item_id,
        raised_by=raised_by or tx.actor.id,
        ending_before=row.ending,
        ended_on_before=row.ended_on,
    )
    await end(tx, row, "safeguarding")
    return await _address(tx, concern_id)


async def tell_of_worry(
    tx: Transaction,
    *,
    why: str,
    about: Collection[UUID],
    hours: int,
    read_at: str = "",
    about_roles: Collection[str] = (),
    reach: str = "",
    works_here: bool = False,
    marked_as: str | None = None,
    asks_as: Collection[str] | None = None,
) -> dict[str, Any]:
    """FB-09: a concern about anything that is no feedback, from anybody. read_at: the page where staff read it.
    marked_as: the role in which they may set that aside, as its owner says; None if they may not. asks_as: their roles,
    if the owner is still to be asked. about_roles: it is about one of those with these roles, so none of them sees it.
    reach: how to reach a visitor. Returns its id, and whether somebody here may see
    it."""
    raised_by = tx.actor.acting_for or tx.actor.id
    told = 0 if works_here else await _told_since_yesterday(tx, raised_by)
    refuse(reasons_not_to_tell_of_worry(why, told_since_yesterday=told))
    source = source_of(read_at) if marked_as else None
    all_of_them = about_with_roles(await leads.named(tx), await leads.colleagues(tx), about, about_roles)
    concern_id = await _keep(
        tx,
        why=why,
        about=all_of_them,
        about_roles=sorted(about_roles),
        hours=hours,
        raised_by=raised_by,
        helped_by=tx.actor.id if tx.actor.acting_for else None,
        read_at=read_at,
        source_id=source and source[1],
        marked_as=marked_as or "",
        asks_as=None if asks_as is None else sorted(asks_as),
        reach=reach,
    )
    return {"concern_id": str(concern_id), "somebody_has_it": await _address(tx, concern_id)}


async def _told_since_yesterday(tx: Transaction, person_id: UUID | None) -> int:
    """0 for a visitor, whose connection is counted instead. Two told at once are counted one after the other."""
    if person_id is None:
        return 0
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"feedback.worries {person_id}", 0))))
    theirs = concerns.c.raised_by == person_id, concerns.c.raised_at > tx.now - timedelta(days=1)
    return await tx.scalar(select(func.count()).select_from(concerns).where(*theirs)) or 0


async def _keep(tx: Transaction, *, about: Collection[UUID], hours: int, **values: Any) -> UUID:
    concern_id = new_id()
    clock = {"raised_at": tx.now, "respond_by": respond_by(tx.now, hours)}
    kept = {"about": sorted(set(about)), "hours": hours}
    await tx.execute(insert(concerns).values(concern_id=concern_id, **kept, **clock, **values))
    await steps.add(tx, "concern-raised", about=concern_id)
    return concern_id


async def _address(tx: Transaction, concern_id: UUID) -> bool:
    """Whether somebody here has it now."""
    await leads.follow_concerns(tx)
    kept = await tx.one(select(concerns.c.told, concerns.c.deputy_id).where(concerns.c.concern_id == concern_id))
    return bool(kept.told or kept.deputy_id)


async def read_concern(tx: Transaction, concern_id: UUID, person_id: UUID) -> Row[Any]:
    """FB-09: for those who have it; Missing for everyone else. PRI-03: each reading is written down, by ids alone."""
    found = await concerns_of.concern(tx, concern_id)
    seen = await _those_seen(tx, [found] if found else [], person_id)
    if not seen:
        raise Missing
    concern = seen[0]
    await steps.add(tx, "concern-read", about=concern_id, item_id=concern.item_id)
    return concern


async def _those_seen(tx: Transaction, found: Sequence[Row[Any]], person_id: UUID) -> list[Row[Any]]:
    has_it = await _who_have_it(tx, found)
    return [
        row
        for row in found
        if sees_concern(person_id, has_it[row.concern_id], about=row.about, giver=leads.standing_of(row).giver)
    ]


async def _who_have_it(tx: Transaction, found: Sequence[Row[Any]]) -> dict[UUID, Collection[UUID]]:
    """FB-09: an open concern is for the people to whom it was addressed; a settled one for those who had it."""
    who, team = await leads.named(tx), await leads.colleagues(tx)

    def has_it(row: Row[Any]) -> Collection[UUID]:
        concern = leads.standing_of(row)
        return concern.told.everyone if row.settled_at is None else who_reads_what_ended(who, team, concern)

    return {row.concern_id: has_it(row) for row in found}


async def who_have_concerns(tx: Transaction, source_ids: Collection[UUID]) -> dict[UUID, Collection[UUID]]:
    """FB-09: who has each concern that sets one of these aside, as it is now."""
    return await _who_have_it(tx, await concerns_of.with_a_source(tx, source_ids))


async def sees_it(tx: Transaction, concern_id: UUID, person_id: UUID) -> bool:
    found = await concerns_of.concern(tx, concern_id)
    return found is not None and bool(await _those_seen(tx, [found], person_id))


async def sources_kept_from(tx: Transaction, person_id: UUID, concern: Row[Any]) -> list[UUID]:
    """FB-09: what of that which it sets aside, or of what may share its words, this person reads through no concern,
    because another one was raised from it that they do not have: it may be about them."""
    found = await concerns_of.beside(tx, concern)
    seen = {row.concern_id for row in await _those_seen(tx, found, person_id)}
    return sorted({row.source_id for row in found if row.concern_id not in seen})


async def ended_concerns(tx: Transaction, person_id: UUID, after: str | None) -> tuple[list[Row[Any]], str | None]:
    """FB-09: a page of the settled concerns that this person reads, newest first. Missing for whoever has none and is
    neither lead nor deputy."""
    here = [each.person_id for each in await leads.colleagues(tx) if each.present]
    rows, next_after = await concerns_of.ended_concerns(tx, person_id, here, after)
    seen = await _those_seen(tx, rows, person_id)
    if not seen and next_after is None and not await may_list_concerns(tx, person_id):
        raise Missing
    await steps.add(tx, "ended-concerns-listed", about=person_id, concerns=len(seen))
    return seen, next_after


async def may_list_concerns(tx: Transaction, person_id: UUID) -> bool:
    """FB-09: whoever has an open concern, and a lead or deputy who is here, also without any."""
    named, team = await leads.named(tx), await leads.colleagues(tx)
    here = person_id in named.both and any(each.person_id == person_id and each.present for each in team)
    return here or bool(await concerns_of.open_concerns(tx, person_id))


async def take_concern(tx: Transaction, concern_id: UUID, person_id: UUID) -> None:
    """FB-09: somebody has it in hand, so its clock stops. The first one keeps it; the other is told who has it."""
    concern = await locked_concern(tx, concern_id, person_id)
    refuse([SETTLED] if concern.settled_at is not None else [])
    name = (
        (await names_of(tx, [concern.taken_by])).get(concern.taken_by, "Somebody else here") if concern.taken_by else ""
    )
    has_it = {*concern.told, concern.deputy_id}
    refuse(reasons_not_to_take(person_id, holder=concern.taken_by, has_it=has_it, name=name))
    if concern.taken_by == person_id:
        return
    await leads.say_it_stands(tx, concern, taken_at=tx.now, taken_by=tx.actor.id)
    await steps.add(tx, "concern-taken", about=concern_id)


async def settle_concern(
    tx: Transaction, concern_id: UUID, person_id: UUID, *, outcome: Literal["dealt-with", "returned"], note: str
) -> None:
    """FB-09: it was dealt with; or it was no concern, and the item returns to ordinary pages as it was before."""
    concern = await locked_concern(tx, concern_id, person_id)
    refuse(reasons_not_to_settle(note, settled=concern.settled_at is not None))
    await leads.say_it_stands(tx, concern, settled_at=tx.now, settled_by=tx.actor.id, outcome=outcome, note=note)
    await steps.add(tx, "concern-settled", about=concern_id, outcome=outcome)
    if concern.item_id is None:
        return
    if outcome == "returned":
        await _return_to_ordinary_view(tx, concern)
    else:
        await say_it_was_dealt_with(tx, (await locked(tx, [concern.item_id], with_concerns=True))[0])


async def nobody_answers_what_comes_back(tx: Transaction, concern: Row[Any]) -> bool:
    """FB-09: whether nobody here may answer this feedback, if it is no concern: it is about all who could."""
    if concern.item_id is None:
        return False
    blocked = {*await kept_from(tx, concern.item_id), leads.standing_of(concern).giver}
    return not who_may_answer(await leads.colleagues(tx), blocked)


async def _return_to_ordinary_view(tx: Transaction, concern: Row[Any]) -> None:
    row = (await locked(tx, [concern.item_id], with_concerns=True))[0]
    if concern.ending_before is None or concern.ending_before == "joined":
        await wait_again(tx, row)
        await _go_on_with_host(tx, item_id=row.item_id)
        return
    before = {"ending": concern.ending_before, "ended_on": concern.ended_on_before}
    await tx.execute(update(items).where(items.c.item_id == row.item_id).values(before))


async def _go_on_with_host(tx: Transaction, item_id: UUID) -> None:
    """If its host was to answer it, it ends with what the host has said meanwhile; or the host is asked again, because
    nothing left while it was with the safeguarding lead."""
    asked = await crossing.host_asked(tx, item_id)
    if asked is None or not asked.awaited:
        return
    row = (await locked(tx, [item_id], with_concerns=True))[0]
    if (
        asked.heard_ending is not None
        and effect_of_answer((await facts_of(tx, [row]))[0], asked.heard_ending, ended_by_host=False) == "ends"
    ):
        await end_as_host_did(tx, row, asked)
    else:
        await crossing.tell_host(tx, item_id, version=row.version, may_show=row.may_show)


async def locked_concern(tx: Transaction, concern_id: UUID, person_id: UUID) -> Row[Any]:
    kept = concerns.outerjoin(items, items.c.item_id == concerns.c.item_id)
    query = select(concerns, items.c.giver_id, items.c.giver_kind).select_from(kept)
    concern = await tx.one(query.where(concerns.c.concern_id == concern_id).with_for_update(of=concerns))
    if not await _those_seen(tx, [concern], person_id):
        raise Missing
    return concern
