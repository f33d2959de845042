"""Writing down a contribution, and putting it right (OPP-18): payments opens a claim for it, as for an attendance."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from services.opportunities.contributions import domain
from services.opportunities.contributions.queries import current
from services.opportunities.contributions.tables import contribution_records, contributions
from services.opportunities.people import queries as people_queries
from services.opportunities.people.domain import reasons_not_to_take_part_before_age
from services.opportunities.people.tables import people
from services.opportunities.people.use_cases.ages import ask_for_age
from services.opportunities.writing.tables import opportunities
from services.opportunities.writing.use_cases import lock_opportunity
from shared.clock import london_date
from shared.db import Transaction, actor_values, new_id, participant_of, participant_values
from shared.events import ParticipantRef
from shared.events.opportunities import ContributionRecorded
from shared.messaging import outbox, steps
from shared.reasons import refuse


async def record_contribution(
    tx: Transaction,
    opportunity_id: UUID,
    participant: ParticipantRef,
    way: domain.Way,
    day: date,
    minutes: int,
    *,
    sure_of: int | None = None,
    is_another: bool = False,
    is_late: bool = False,
) -> str:
    """minutes: what it took them. Returns its id. Missing if we do not know the person."""
    opportunity = await lock_opportunity(tx, opportunity_id)
    await tx.one(select(people.c.person_id).where(people.c.person_id == participant.id))
    alike = () if opportunity.closes_on else (contributions.c.day == day,)
    same = current().where(
        contributions.c.opportunity_id == opportunity_id,
        contributions.c.participant_id == participant.id,
        contribution_records.c.counts,
        *alike,
    )
    before = [(each.way, each.day, each.minutes) for each in await tx.all(same.order_by(contributions.c.day))]
    published_on = london_date(opportunity.published_at or tx.now)
    refuse(
        domain.reasons_not_to_write_own(participant.id, tx.actor.id)
        + domain.reasons_not_to_record_contribution(opportunity.state, day, published_on, tx.today)
        + domain.reasons_against_time(minutes, sure_of)
        + domain.reasons_to_ask_about_another(before, is_another=is_another)
        + domain.reasons_to_ask_about_late(day, opportunity.closes_on, is_late=is_late)
    )
    if reasons_not_to_take_part_before_age(await people_queries.age_known(tx, participant.id)):
        await ask_for_age(tx, participant.id)
    contribution_id = new_id()
    whole = {"id": contribution_id, "version": 1, "opportunity_id": opportunity_id, "way": way, "day": day}
    row = await tx.one(
        insert(contributions).values(**whole, **participant_values(participant)).returning(contributions)
    )
    await _write(tx, opportunity, row, counts=True, minutes=minutes)
    return str(contribution_id)


async def correct_contribution(
    tx: Transaction, opportunity_id: UUID, contribution_id: UUID, minutes: int, *, seen: int, sure_of: int | None = None
) -> None:
    """minutes: 0 takes it back, as a mistake. The claim for it is put right (PAY-17). seen: the version that the page
    showed. Saying the same again changes nothing."""
    opportunity = await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id))
    of_it = contributions.c.id == contribution_id, contributions.c.opportunity_id == opportunity_id
    row = await tx.one(select(contributions).where(*of_it).with_for_update())
    if (await tx.one(current().where(contributions.c.id == row.id))).minutes == minutes:
        return
    refuse(domain.reasons_not_to_write_own(row.participant_id, tx.actor.id))
    refuse(domain.reasons_not_to_correct(row.version, seen))
    if minutes:
        refuse(domain.reasons_against_time(minutes, sure_of))
    newer = update(contributions).where(contributions.c.id == row.id).values(version=row.version + 1)
    await _write(tx, opportunity, await tx.one(newer.returning(contributions)), counts=minutes > 0, minutes=minutes)


async def _write(tx: Transaction, opportunity: Row[Any], row: Row[Any], *, counts: bool, minutes: int) -> None:
    if tx.actor.id is None:
        raise ValueError("a contribution is recorded by a person")  # PAY-10 needs to know who
    said = {"contribution_id": row.id, "version": row.version, "counts": counts, "minutes": minutes}
    await tx.execute(insert(contribution_records).values(**said, recorded_at=tx.now, **actor_values(tx.actor)))
    event = ContributionRecorded(
        **said,
        opportunity_id=opportunity.id,
        day=row.day,
        participant=participant_of(row),
        way=row.way,
        paid=bool(opportunity.paid),
        recorded_by=tx.actor.id,
    )
    await outbox.add(tx, event)
    what = "contribution-recorded" if row.version == 1 else "contribution-corrected"
    await steps.add(tx, what, about=row.id, opportunity_id=opportunity.id, minutes=minutes, version=row.version)
