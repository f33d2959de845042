"""Who looks after safeguarding: naming lead and deputy, and making sure that somebody has each concern (FB-09)."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Row, any_, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.feedback.domain.safeguarding import (
    has_run_out,
    named_no_longer,
    newly_named,
    parts_missing,
    reasons_not_to_name_leads,
    respond_by,
    source_of,
)
from services.feedback.domain.who_reads import (
    WORKS_HERE,
    Colleague,
    Named,
    Part,
    Standing,
    Told,
    begins_anew,
    everybody_given,
    reaches_the_next,
    who_is_told,
    who_reads_what_ended,
)
from services.feedback.queries import concerns_of
from services.feedback.tables import cards, concerns, items, namings, watch
from shared.db import Transaction, new_id
from shared.events.feedback import (
    ConcernOverdue,
    ConcernRaised,
    ConcernSettled,
    ConcernTaken,
    SafeguardingLeadsMissing,
    SafeguardingLeadsNamed,
    SafeguardingLeadsPresent,
)
from shared.messaging import outbox, steps
from shared.reasons import refuse

LEADS = UUID("5a0e7c52-8a8e-5f3c-9a51-0f6f0c1d2b77")
"""The id for "the lead and the deputy" of this organisation, which have no other."""
AConcern = TypeVar("AConcern", bound=ConcernRaised | ConcernOverdue | ConcernTaken | ConcernSettled)
MOST_AT_ONCE = 100
"""How many concerns of old one run of the job says again."""


async def name_leads(tx: Transaction, lead: UUID | None, deputy: UUID | None) -> None:
    """FB-09: these two look after safeguarding from now on. What came before stays with those who have it."""
    refuse(reasons_not_to_name_leads(lead, deputy, await colleagues(tx)))
    await _name(tx, lead, deputy)
    await follow_concerns(tx)


async def _name(tx: Transaction, lead: UUID | None, deputy: UUID | None) -> None:
    before = await named(tx)
    values = {
        "lead_id": lead,
        "deputy_id": deputy,
        "named_at": tx.now,
        "named_by_kind": tx.actor.kind,
        "named_by_id": tx.actor.id,
    }
    await tx.execute(insert(namings).values(naming_id=new_id(), **values))
    await steps.add(tx, "safeguarding-leads-named", about=LEADS, lead=lead, deputy=deputy)
    await _say_again_who_reads(tx)
    now = Named(lead, deputy)
    await _say_who_is_named(tx, newly_named(before, now), named_no_longer(before, now))


async def _say_who_is_named(tx: Transaction, tell: Sequence[UUID] = (), no_longer: Sequence[UUID] = ()) -> None:
    """FB-09: once for each naming. An older naming, from before this was told, sends nobody a message."""
    newest = await tx.first(select(namings).order_by(namings.c.naming_id.desc()).limit(1))
    said = await tx.first(select(watch).where(watch.c.leads_id == LEADS).with_for_update())
    if newest is None or (said is not None and said.naming_id == newest.naming_id):
        return
    who = Named(newest.lead_id, newest.deputy_id)
    version = said.version + 1 if said else 1
    missing = said.missing if said else list(parts_missing(who, await colleagues(tx)))
    changed = {"version": version, "naming_id": newest.naming_id}
    values = {"leads_id": LEADS, "missing": missing, **changed}
    await tx.execute(upsert(watch).values(values).on_conflict_do_update(index_elements=["leads_id"], set_=changed))
    said_now = {"lead": who.lead, "deputy": who.deputy, "tell": tuple(tell), "no_longer": tuple(no_longer)}
    by = newest.named_by_id if newest.named_by_kind == "person" else None
    await outbox.add(tx, SafeguardingLeadsNamed(version=version, leads_id=LEADS, named_by=by, **said_now))


async def take_over_setting(tx: Transaction, ids: Sequence[UUID]) -> None:
    """Reads once who was named by a setting, before there was a page for it. A naming on the page is kept."""
    if ids and (await named(tx)) == Named():
        await _name(tx, ids[0], ids[1] if len(ids) > 1 else None)


async def named(tx: Transaction) -> Named:
    row = await tx.first(select(namings).order_by(namings.c.naming_id.desc()).limit(1))
    return Named(row.lead_id, row.deputy_id) if row else Named()


async def colleagues(tx: Transaction) -> list[Colleague]:
    """Everyone who works here, or did."""
    here = sorted(WORKS_HERE)
    rows = await tx.all(select(cards).where(cards.c.roles.overlap(here) | cards.c.roles_had.overlap(here)))
    return [Colleague(row.person_id, frozenset(row.roles), row.paused, frozenset(row.roles_had)) for row in rows]


async def follow_concerns(tx: Transaction) -> None:
    """FB-09: passes every open concern to those who should have it now, after somebody was named, came back or went
    away, or its hours ran out. Administrators hear when there is no lead or no deputy."""
    who, team = await named(tx), await colleagues(tx)
    kept = concerns.outerjoin(items, items.c.item_id == concerns.c.item_id)
    query = select(concerns, items.c.giver_id, items.c.giver_kind).select_from(kept)
    rows = await tx.all(
        query.where(concerns.c.settled_at.is_(None)).order_by(concerns.c.concern_id).with_for_update(of=concerns)
    )
    read = {row.concern_id: source_read(row) for row in rows}
    about = await concerns_of.about_by_source(tx, {source_id for source_id in read.values() if source_id})
    for row in rows:
        await _follow(tx, row, who, team, about.get(source, ()) if (source := read[row.concern_id]) else ())
    await _say_sources(tx, who, team)
    await _say_who_is_named(tx)
    await _watch(tx, parts_missing(who, team))


async def follow_if_they_matter(tx: Transaction, person_id: UUID) -> None:
    """Somebody's card has changed: open concerns pass on at once if this person could see them, or may see them from
    now on."""
    who = await named(tx)
    await _say_again_who_reads(tx, had_by=person_id)
    if person_id in (who.lead, who.deputy) or await tx.first(
        select(literal(1)).where(concerns.c.settled_at.is_(None)).limit(1)
    ):
        await follow_concerns(tx)


def source_read(row: Row[Any]) -> UUID | None:
    """What it sets aside; or would, if its owner, who is still to be asked, lets it: nobody gets it who would not get
    it then."""
    source = source_of(row.read_at) if row.asks_as is not None else None
    return row.source_id or (source and source[1])


def standing_of(row: Row[Any], about_too: Collection[UUID] = ()) -> Standing:
    """What decides who has it. row: a concern; if it has an item, with its giver."""
    told = Told(tuple(row.told), row.deputy_id)
    given = (tuple(row.given) or told.everyone) if row.version else None
    giver = row.giver_id if row.item_id and row.giver_kind == "person" else None
    return Standing(
        about=row.about, giver=giver, about_too=about_too, about_roles=row.about_roles, given=given, told=told
    )


def new_clock(tx: Transaction, row: Row[Any]) -> dict[str, Any]:
    """FB-09: nobody has it in hand, and its hours begin again."""
    return {"taken_at": None, "taken_by": None, "respond_by": respond_by(tx.now, row.hours), "run_out": False}


async def _say_again_who_reads(tx: Transaction, had_by: UUID | None = None) -> None:
    """FB-09: what was dealt with may set aside a question that waits for those who read it."""
    dealt_with = [concerns.c.source_id.is_not(None), concerns.c.outcome == "dealt-with"]
    if had_by is not None:
        had = concerns.c.given.op("||")(concerns.c.told).op("||")(concerns.c.deputy_id)
        dealt_with.append(literal(had_by) == any_(had))
    await tx.execute(update(concerns).where(*dealt_with).values(source_to_say=True))


async def _say_sources(tx: Transaction, who: Named, team: Sequence[Colleague]) -> None:
    """FB-09: once of each concern, open or dealt with, whose events do not say what it sets aside; or, for one that was
    dealt with, who has it since others were named: a question that it sets aside may wait for them."""
    query = select(concerns).where(concerns.c.source_to_say).order_by(concerns.c.concern_id).limit(MOST_AT_ONCE)
    for row in await tx.all(query.with_for_update()):
        concern = standing_of(row)
        told = Told(who_reads_what_ended(who, team, concern)) if row.settled_at else concern.told
        kept = {"told": list(told.people), "deputy_id": told.deputy, "given": list(concern.given or ())}
        await say_it_stands(tx, row, source_to_say=False, **kept)


async def _follow(
    tx: Transaction,
    row: Row[Any],
    who: Named,
    team: Sequence[Colleague],
    about_too: Collection[UUID],
) -> None:
    runs_out = not row.run_out and has_run_out(row.respond_by, row.taken_at, tx.now)
    concern = standing_of(row, about_too)
    before, is_taken = concern.told, row.taken_at is not None
    run_out = reaches_the_next(before, runs_out=runs_out, had_run_out=row.run_out, is_taken=is_taken)
    told = who_is_told(who, team, concern, run_out=run_out)
    anew = bool(row.version) and begins_anew(before, told, row.taken_by)
    if row.version and not runs_out and not anew and told == before:
        return
    tell = told.everyone if runs_out or anew else tuple(each for each in told.everyone if each not in before.everyone)
    values: dict[str, Any] = {"told": list(told.people), "deputy_id": told.deputy, "run_out": row.run_out or runs_out}
    values |= {"given": list(everybody_given(concern, told))} | (new_clock(tx, row) if anew else {})
    await _say(tx, row, tell, **values)
    what = "concern-run-out" if runs_out and not anew else "concern-addressed"
    await steps.add(tx, what, about=row.concern_id, people=len(told.everyone))


async def say_it_stands(tx: Transaction, row: Row[Any], *, tell: Sequence[UUID] = (), **values: Any) -> None:
    """Keeps what has changed of the locked concern. tell: who gets a message."""
    await _say(tx, row, tell, **values)


async def _say(tx: Transaction, row: Row[Any], tell: Sequence[UUID], **values: Any) -> None:
    changed = await tx.one(
        update(concerns)
        .where(concerns.c.concern_id == row.concern_id)
        .values(version=row.version + 1, **values)
        .returning(concerns)
    )
    kind = (
        ConcernSettled
        if changed.settled_at
        else ConcernTaken
        if changed.taken_at
        else ConcernOverdue
        if changed.run_out
        else ConcernRaised
    )
    ending = {"returned": changed.outcome == "returned"} if kind is ConcernSettled else {}
    await outbox.add(tx, event_of(kind, changed, tell=tuple(tell), **ending))


def event_of(kind: type[AConcern], row: Row[Any], **more: Any) -> AConcern:
    """What the others are told of a concern as it is kept."""
    source = source_of(row.read_at) if row.source_id else None
    return kind(
        version=row.version,
        concern_id=row.concern_id,
        people=tuple(row.told),
        deputy=row.deputy_id,
        respond_by=row.respond_by,
        taken_by=row.taken_by,
        source=source and source[0],
        source_id=row.source_id,
        marked_as=row.marked_as if row.source_id else "",
        **more,
    )


async def _watch(tx: Transaction, missing: Sequence[Part]) -> None:
    """Says once when somebody is missing, and once when nobody is any longer."""
    before = await tx.first(select(watch).where(watch.c.leads_id == LEADS).with_for_update())
    if before is not None and list(before.missing) == list(missing):
        return
    values = {"leads_id": LEADS, "version": before.version + 1 if before else 1, "missing": list(missing)}
    await tx.execute(upsert(watch).values(values).on_conflict_do_update(index_elements=["leads_id"], set_=values))
    if missing:
        await outbox.add(
            tx, SafeguardingLeadsMissing(version=values["version"], leads_id=LEADS, missing=tuple(missing))
        )
    else:
        await outbox.add(tx, SafeguardingLeadsPresent(version=values["version"], leads_id=LEADS))
    await steps.add(tx, "safeguarding-leads-watched", about=LEADS, missing=list(missing))
