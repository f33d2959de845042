"""People whom somebody must ring or meet before anything is handed to them (PAY-10): finance is told by which day,
and told when it is done."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from services.payments.bank_details import tables
from services.payments.bank_details.domain import confirming
from services.payments.bank_details.use_cases import said
from services.payments.claims import tables as claims_tables
from services.payments.claims.domain.claims import ClaimState
from services.payments.owing.domain.leaving import TRANSFER
from services.payments.people import tables as people_tables
from shared.db import Transaction, one_of, participant_of
from shared.events import ParticipantRef
from shared.events.payments import PersonToConfirm
from shared.messaging import outbox
from shared.working_days import add_working_days

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(1310)")
_COMING = [ClaimState.SUBMITTED, ClaimState.SECOND_APPROVER, ClaimState.APPROVED, ClaimState.RETURNED]


async def tell_of_people(tx: Transaction) -> None:
    """A job: tells who waits now, who was taken in by others since, and who no longer waits."""
    await _tell(tx, None)


async def tell_of(tx: Transaction, person_id: UUID) -> None:
    """At once, about somebody who was rung or met."""
    await _tell(tx, [person_id])


async def _tell(tx: Transaction, people: Sequence[UUID] | None) -> None:
    await tx.execute(_ONE_AT_A_TIME)
    told_of = tables.people_to_confirm
    whose = [one_of(told_of.c.participant_id, people)] if people is not None else []
    told = {row.participant_id: row for row in await tx.all(select(told_of).where(told_of.c.waiting, *whose))}
    for person, introducers in sorted(await _waiting(tx, people), key=lambda each: each[0].id):
        before, not_for = told.pop(person.id, None), sorted(confirming.who_may_not_ring(frozenset(introducers)))
        if before is None:
            await _say(
                tx,
                person,
                waiting=True,
                confirm_by=add_working_days(tx.today, confirming.DAYS_TO_CONFIRM),
                not_for=not_for,
            )
        elif sorted(before.not_for) != not_for:
            await _say(tx, person, waiting=True, confirm_by=before.confirm_by, not_for=not_for)
    for _, row in sorted(told.items()):
        await _say(tx, participant_of(row), waiting=False, confirm_by=row.confirm_by, not_for=row.not_for)


async def _waiting(tx: Transaction, people: Sequence[UUID] | None) -> list[tuple[ParticipantRef, list[UUID]]]:
    """People with something on its way other than a transfer, and who took them in. (For a transfer, the account is
    what has to be confirmed, PAY-13.)"""
    introductions, claims = people_tables.unconfirmed_introductions, claims_tables.claims
    who = claims.c.participant_kind, claims.c.participant_id, claims.c.participant_home
    handed = (claims.c.recognition != TRANSFER) | (claims.c.expenses_method != TRANSFER)
    coming = select(*who).distinct().where(claims.c.state.in_(_COMING), handed)
    claimants = [
        participant_of(row)
        for row in await tx.all(coming if people is None else coming.where(one_of(claims.c.participant_id, people)))
    ]
    unconfirmed = select(
        introductions.c.person_id, func.array_agg(introductions.c.introduced_by.distinct()).label("introducers")
    )
    theirs = unconfirmed.where(one_of(introductions.c.person_id, [each.id for each in claimants])).group_by(
        introductions.c.person_id
    )
    introducers = {row.person_id: row.introducers for row in await tx.all(theirs)}
    return [(each, introducers[each.id]) for each in claimants if each.id in introducers]


async def _say(tx: Transaction, participant: ParticipantRef, **facts: Any) -> None:
    version = await said.keep(tx, tables.people_to_confirm, participant, **facts)
    told: dict[str, Any] = {**facts, "not_for": tuple(facts["not_for"])}
    await outbox.add(tx, PersonToConfirm(version=version, person_id=participant.id, participant=participant, **told))
