"""People whose bank details were wrong and set aside while something of theirs is to go into an account (PAY-13):
they are asked for the right ones, and their clocks stand still until they answer (PAY-07)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text

from services.payments.bank_details import tables
from services.payments.bank_details.use_cases import said
from services.payments.claims import tables as claims_tables
from services.payments.claims.domain import thanks
from services.payments.claims.domain.claims import ClaimState
from services.payments.claims.use_cases import records
from services.payments.claims.use_cases.claims import started_again
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain.leaving import TRANSFER
from shared.db import Transaction, one_of, participant_of
from shared.events import ParticipantRef
from shared.events.payments import BankDetailsWanted, ClaimClockChanged
from shared.messaging import outbox, steps

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(1312)")
_UNDECIDED = [ClaimState.SUBMITTED, ClaimState.SECOND_APPROVER]


async def tell_of_wanted_details(tx: Transaction) -> None:
    """A job: tells whose details are wanted now, and who no longer has anything going into an account."""
    await _tell(tx, None)


async def tell_of(tx: Transaction, person_id: UUID) -> None:
    """At once, about somebody whose details were set aside or given."""
    await _tell(tx, person_id)


async def is_wanted(tx: Transaction, person_id: UUID) -> bool:
    """Whether they are asked for details again."""
    told_of = tables.details_wanted
    mine = select(told_of.c.participant_id).where(told_of.c.participant_id == person_id, told_of.c.waiting)
    return await tx.first(mine) is not None


async def _tell(tx: Transaction, person_id: UUID | None) -> None:
    await tx.execute(_ONE_AT_A_TIME)
    told_of = tables.details_wanted
    whose = [told_of.c.participant_id == person_id] if person_id is not None else []
    told = {row.participant_id: row for row in await tx.all(select(told_of).where(told_of.c.waiting, *whose))}
    for person, claim_ids in await _wanting(tx, person_id):
        if told.pop(person.id, None) is None:
            await _say(tx, person, waiting=True)
            await _stop_clocks(tx, claim_ids)
    for _, row in sorted(told.items()):
        await _say(tx, participant_of(row), waiting=False)
        await _let_clocks_go_on(tx, row.participant_id)


async def _wanting(tx: Transaction, person_id: UUID | None) -> list[tuple[ParticipantRef, list[UUID]]]:
    """People without details since theirs were set aside, with those of their claims that pay something into an
    account."""
    details, later = owing_tables.bank_details, owing_tables.bank_details.alias()
    current = select(later.c.id).where(later.c.participant_id == details.c.participant_id, owing.are_current(later))
    gone = select(details.c.participant_id).distinct().where(details.c.set_aside_at.is_not(None), ~current.exists())
    gone = gone if person_id is None else gone.where(details.c.participant_id == person_id)
    people = [row.participant_id for row in await tx.all(gone)]
    found: dict[UUID, tuple[ParticipantRef, list[UUID]]] = {}
    for claim in [*await _owed(tx, people), *await _undecided(tx, people)]:
        found.setdefault(claim.participant_id, (participant_of(claim), []))[1].append(claim.id)
    return [found[each] for each in sorted(found)]


async def _owed(tx: Transaction, people: Sequence[UUID]) -> Sequence[Row[Any]]:
    claims, payables = claims_tables.claims, owing_tables.payables
    open_ = payables.c.state.in_(["owed", "returned", "in-run"]), payables.c.method == TRANSFER
    mine = select(claims).join(payables, payables.c.claim_id == claims.c.id).where(*open_)
    return await tx.all(mine.where(one_of(claims.c.participant_id, people)).order_by(claims.c.id))


async def _undecided(tx: Transaction, people: Sequence[UUID]) -> Sequence[Row[Any]]:
    claims, lines = claims_tables.claims, claims_tables.lines
    mine = one_of(claims.c.participant_id, people), claims.c.state.in_(_UNDECIDED)
    rows = await tx.all(select(claims).where(*mine).order_by(claims.c.id))
    of_claim: dict[UUID, list[Row[Any]]] = {}
    for line in await tx.all(select(lines).where(one_of(lines.c.claim_id, [row.id for row in rows]))):
        of_claim.setdefault(line.claim_id, []).append(line)
    return [
        row
        for row in rows
        if thanks.needs_bank(row.recognition, row.expenses_method, records.line_facts(of_claim.get(row.id, [])))
    ]


async def _stop_clocks(tx: Transaction, claim_ids: Sequence[UUID]) -> None:
    """PAY-07: their owner owes an answer."""
    for claim_id in sorted(set(claim_ids)):
        claim = await records.locked_claim(tx, claim_id)
        if claim.stopped_on is None and claim.state in (*_UNDECIDED, ClaimState.APPROVED):
            row = await records.save_claim(tx, claim, stopped_on=tx.today, overdue_since=None)
            await records.publish(tx, ClaimClockChanged, row, stopped=True, pay_by=row.pay_by, aim_by=row.target_day)
            await steps.add(tx, "waits-for-details", about=claim_id)


async def _let_clocks_go_on(tx: Transaction, person_id: UUID) -> None:
    claims = claims_tables.claims
    stand = claims.c.stopped_on.is_not(None) & ~claims.c.held & claims.c.state.in_([*_UNDECIDED, ClaimState.APPROVED])
    mine = select(claims).where(claims.c.participant_id == person_id, stand).order_by(claims.c.id)
    for claim in await tx.all(mine.with_for_update()):
        row = await records.save_claim(tx, claim, **started_again(tx, claim))
        await records.publish(tx, ClaimClockChanged, row, stopped=False, pay_by=row.pay_by, aim_by=row.target_day)


async def _say(tx: Transaction, participant: ParticipantRef, *, waiting: bool) -> None:
    version = await said.keep(tx, tables.details_wanted, participant, waiting=waiting)
    await outbox.add(
        tx,
        BankDetailsWanted(version=version, person_id=participant.id, participant=participant, waiting=waiting),
    )
