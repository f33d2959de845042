"""What a host pays back for a guest (NET-03): raised by the home organisation when it has paid, answered by the host,
entered in both ledgers.

What arrives is another organisation's input: we look up the attendance that it names in our own register, and the
terms in our own record of our offers.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from services.payments.claims import tables as claims_tables
from services.payments.claims.domain.claims import ClaimState, LineKind, LineState
from services.payments.correcting.use_cases import correcting
from services.payments.ledger.domain import Amounts
from services.payments.ledger.use_cases import ledger
from services.payments.recharging import tables
from services.payments.recharging.domain import recharges as rules
from services.payments.recharging.domain.recharges import Asked, Attended, Offer, Terms
from services.payments.recharging.domain.statements import AGREED
from services.payments.recharging.use_cases import copies
from services.payments.register import tables as register_tables
from shared.clock import london_datetime
from shared.db import Transaction, new_id
from shared.events import network
from shared.events.listings import OpportunityShared
from shared.events.payments import RechargeAnswered, RechargeRaised
from shared.messaging import outbox, steps
from shared.reasons import NotYet

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:organisation, 17))")


async def one_at_a_time(tx: Transaction, organisation: str) -> None:
    """Serialises what is owed between us and one organisation, so that a statement sees whole recharges."""
    await tx.execute(_ONE_AT_A_TIME, {"organisation": organisation})


def amounts_of(recharge: Row[Any]) -> Amounts:
    return Amounts(recharge.fee_pence, recharge.expenses_pence)


# As home


async def raise_recharge(tx: Transaction, attendance_id: UUID) -> None:
    """NET-03: after a claim for a host's session was paid, or its register put right: asks back what the host funds of
    it.

    One recharge for each attendance; a later claim or correction makes a later version of it that includes
    everything. A host that was removed from the network is not asked until it is back.
    """
    host = await tx.scalar(
        select(register_tables.attendances.c.host).where(register_tables.attendances.c.attendance_id == attendance_id)
    )
    if not host:
        return
    await one_at_a_time(tx, host)
    if await copies.is_removed(tx, host):
        await steps.add(tx, "recharge-waits-for-its-host", about=attendance_id, host=host)
        return
    attendance = await tx.one(
        select(register_tables.attendances).where(register_tables.attendances.c.attendance_id == attendance_id)
    )
    most = most_for_home(attendance)
    before = await tx.first(_raised().where(tables.recharges.c.attendance_id == attendance_id))
    paid = await _paid(tx, attendance_id)
    now = rules.to_recharge(most, paid)
    agreed = await on_agreed_statements(tx, before.recharge_id) if before else 0
    if rules.must_be_raised(amounts_of(before) if before else None, now, agreed, paid.total):
        await raise_version(tx, attendance, before, now, most)


async def settle_due_corrections(tx: Transaction) -> None:
    """NET-03, PAY-17: a job: if a correction changes a guest's claims, the host is asked for the new sum."""
    for attendance_id in await correcting.settle_due_corrections(tx):
        await raise_recharge(tx, attendance_id)


async def hear_removal(tx: Transaction, event: network.OrganisationRemoved) -> None:
    """NET-03: what was agreed before is still owed: recharges, statements and their ledger entries remain, and
    finance may still pay or confirm what was agreed. Nothing more is asked of it, because nobody there could hear or
    answer (`raise_recharge`, and the jobs of `statements`)."""
    await one_at_a_time(tx, event.removed)
    await copies.keep_removal(tx, event)
    await steps.add(tx, "organisation-removed", about=event.organisation_id)


async def hear_announced(tx: Transaction, event: network.OrganisationAnnounced) -> None:
    """Keeps that it is there. If it was removed and is back, asks it for what we paid meanwhile; its statement
    follows with the month."""
    await one_at_a_time(tx, event.origin)
    was_removed = await copies.is_removed(tx, event.origin)
    await copies.keep_organisation(tx, event)
    if was_removed and not await copies.is_removed(tx, event.origin):
        table = register_tables.attendances
        for (attendance_id,) in await tx.all(
            select(table.c.attendance_id).where(table.c.host == event.origin).order_by(table.c.attendance_id)
        ):
            await raise_recharge(tx, attendance_id)


def _raised() -> Any:
    return select(tables.recharges).where(tables.recharges.c.direction == "raised")


def most_for_home(attendance: Row[Any]) -> Amounts:
    """What the host funds, by our copy of its register and of its advertised terms."""
    terms = Terms(attendance.rate_pence, attendance.funding, attendance.expenses_cap_pence)
    return rules.funded(terms, attendance.present, attendance.minutes)


async def _paid(tx: Transaction, attendance_id: UUID) -> Amounts:
    """The sum of the claims for this attendance that are paid whole: the first, and those that follow it."""
    claims, lines = claims_tables.claims, claims_tables.lines
    rows = await tx.all(
        select(
            (lines.c.kind == LineKind.PARTICIPATION).label("is_fee"), func.sum(lines.c.approved_pence).label("pence")
        )
        .join(claims, claims.c.id == lines.c.claim_id)
        .where(
            claims.c.attendance_id == attendance_id,
            claims.c.state == ClaimState.PAID,
            lines.c.state == LineState.APPROVED,
        )
        .group_by("is_fee")
    )
    sums = {row.is_fee: row.pence for row in rows}
    return Amounts(sums.get(True, 0), sums.get(False, 0))


async def on_agreed_statements(tx: Transaction, recharge_id: UUID) -> int:
    lines, statements = tables.statement_lines, tables.statements
    return await tx.scalar(
        select(func.coalesce(func.sum(lines.c.ours_pence), 0))
        .join(statements, statements.c.id == lines.c.statement_id)
        .where(lines.c.recharge_id == recharge_id, statements.c.direction == "issued", statements.c.state.in_(AGREED))
    )


async def raise_version(
    tx: Transaction, attendance: Row[Any], before: Row[Any] | None, now: Amounts, most: Amounts
) -> Row[Any]:
    """The first version of a recharge, or its next: the ledger entries of the version before are reversed."""
    recharge_id = before.id if before else new_id()
    table = tables.recharges
    values = {
        "version": before.version + 1 if before else 1,
        "fee_pence": now.participation,
        "expenses_pence": now.expenses,
        "most_fee_pence": most.participation,
        "most_expenses_pence": most.expenses,
        "state": "raised",
        "because": "",
        "raised_at": tx.now,
    }
    if before:
        await ledger.reverse_recharge(tx, before)
        row = await tx.one(update(table).where(table.c.id == recharge_id).values(**values).returning(table))
    else:
        whose = {
            "id": recharge_id,
            "direction": "raised",
            "organisation": attendance.host,
            "recharge_id": recharge_id,
            "attendance_id": attendance.attendance_id,
            "guest_id": attendance.guest_id,
            "opportunity_id": attendance.opportunity_id,
            "session_date": attendance.session_date,
        }
        row = await tx.one(insert(table).values(**whose, **values).returning(table))
    await ledger.enter_recharge(tx, row)
    await _say_raised(tx, attendance, row)
    return row


async def _say_raised(tx: Transaction, attendance: Row[Any], row: Row[Any]) -> None:
    event = RechargeRaised(
        version=row.version,
        to=attendance.host,
        recharge_id=row.id,
        guest_id=attendance.guest_id,
        opportunity_id=attendance.host_opportunity_id,
        attendance_id=attendance.host_attendance_id,
        fee_pence=row.fee_pence,
        expenses_pence=row.expenses_pence,
    )
    await outbox.add(tx, event)
    facts = {
        "version": row.version,
        "fee_pence": row.fee_pence,
        "expenses_pence": row.expenses_pence,
        "host": attendance.host,
    }
    await steps.add(tx, "recharge-raised", about=row.id, attendance_id=attendance.attendance_id, **facts)


async def hear_answer(tx: Transaction, event: network.RechargeAnswered) -> None:
    """NET-03: the host's word on a recharge of ours. We bear what it refuses: we agreed to that beforehand."""
    await one_at_a_time(tx, event.origin)
    row = await tx.first(
        _raised().where(tables.recharges.c.id == event.recharge_id, tables.recharges.c.organisation == event.origin)
    )
    if row is None or row.version != event.version or row.state != "raised":
        await steps.add(tx, "recharge-answer-left", about=event.recharge_id, origin=event.origin, version=event.version)
        return
    state, because = rules.heard_answer(amounts_of(row).total, event.state, event.accepted_pence, event.because)
    if state == "refused":
        await ledger.reverse_recharge(tx, row)
    await tx.execute(
        update(tables.recharges).where(tables.recharges.c.id == row.id).values(state=state, because=because)
    )
    await steps.add(tx, f"recharge-{state}", about=row.id, version=row.version, because=because, by=event.origin)


# As host


async def keep_offer(tx: Transaction, event: OpportunityShared) -> None:
    """NET-03: what we offer to the network for an opportunity of ours, from now on. Rows are kept for ever: they say
    what was agreed when."""
    table = tables.funding_terms
    values = {
        "opportunity_id": event.opportunity_id,
        "version": event.version,
        "holds_from": tx.now,
        "rate_pence": event.rate_pence,
        "funding": event.funding,
        "expenses_cap_pence": event.expenses_cap_pence,
    }
    await tx.execute(insert(table).values(**values).on_conflict_do_nothing())


async def _offers(tx: Transaction, opportunity_id: UUID) -> list[Offer]:
    table = tables.funding_terms
    rows = await tx.all(select(table).where(table.c.opportunity_id == opportunity_id).order_by(table.c.version))
    return [Offer(Terms(row.rate_pence, row.funding, row.expenses_cap_pence), row.holds_from) for row in rows]


def _terms_for(attendance: Row[Any], offers: list[Offer]) -> Terms:
    """What we are bound to for this line of our register."""
    return rules.agreed_terms(offers, london_datetime(attendance.session_date, 0), attendance.recorded_at)


async def most_for_host(tx: Transaction, attendance: Row[Any]) -> Amounts:
    terms = _terms_for(attendance, await _offers(tx, attendance.opportunity_id))
    return rules.funded(terms, attendance.present, attendance.minutes)


async def hear_recharge(tx: Transaction, event: network.RechargeRaised) -> None:
    """NET-03: accepts up to what we agreed to, refuses the whole above it. A later version corrects it: the entry
    before is reversed."""
    attendance = await tx.first(
        select(register_tables.attendances).where(register_tables.attendances.c.attendance_id == event.attendance_id)
    )
    if attendance is None:
        raise NotYet("the attendance of this recharge")
    await one_at_a_time(tx, event.origin)
    table = tables.recharges
    recharge_id = network.local_id(event.origin, event.recharge_id)
    before = await tx.first(select(table).where(table.c.id == recharge_id).with_for_update())
    if before is not None and before.version >= event.version:
        return
    offers = await _offers(tx, attendance.opportunity_id)
    if not offers and attendance.participant_home == event.origin:
        raise NotYet("our own offer for this opportunity")
    terms = _terms_for(attendance, offers)
    most = rules.funded(terms, attendance.present, attendance.minutes)
    asked = Asked(event.origin, event.guest_id, event.opportunity_id, Amounts(event.fee_pence, event.expenses_pence))
    because = rules.because_refused(
        asked, _attended(attendance), terms, most, await _asked_before(tx, attendance, recharge_id)
    )
    values = {
        "version": event.version,
        "attendance_id": attendance.attendance_id,
        "guest_id": event.guest_id,
        "opportunity_id": attendance.opportunity_id,
        "session_date": attendance.session_date,
        "fee_pence": event.fee_pence,
        "expenses_pence": event.expenses_pence,
        "most_fee_pence": most.participation,
        "most_expenses_pence": most.expenses,
        "state": "refused" if because else "accepted",
        "because": because,
        "raised_at": tx.now,
    }
    if before is not None:
        await ledger.reverse_recharge(tx, before)
    whose = {"id": recharge_id, "direction": "received", "organisation": event.origin, "recharge_id": event.recharge_id}
    kept = insert(table).values(**whose, **values).on_conflict_do_update(index_elements=[table.c.id], set_=values)
    row = await tx.one(kept.returning(table))
    if not because:
        await ledger.enter_recharge(tx, row)
    await _say(tx, row)


def _attended(attendance: Row[Any]) -> Attended:
    return Attended(
        is_guest=attendance.participant_kind == "guest",
        home=attendance.participant_home,
        guest_id=attendance.participant_id,
        opportunity_id=attendance.opportunity_id,
        present=attendance.present,
    )


async def _asked_before(tx: Transaction, attendance: Row[Any], recharge_id: UUID) -> bool:
    """Whether another recharge for this attendance was accepted."""
    table = tables.recharges
    another = select(table.c.id).where(
        table.c.attendance_id == attendance.attendance_id,
        table.c.direction == "received",
        table.c.state == "accepted",
        table.c.fee_pence + table.c.expenses_pence > 0,
        table.c.id != recharge_id,
    )
    return await tx.first(another) is not None


async def _say(tx: Transaction, recharge: Row[Any]) -> None:
    """The answer has the version that it answers, so that an answer to an older version can be recognised."""
    event = RechargeAnswered(
        version=recharge.version,
        to=recharge.organisation,
        recharge_id=recharge.recharge_id,
        state=recharge.state,
        accepted_pence=amounts_of(recharge).total if recharge.state == "accepted" else 0,
        because=recharge.because,
    )
    await outbox.add(tx, event)
    facts = {
        "version": recharge.version,
        "pence": amounts_of(recharge).total,
        "because": recharge.because,
        "home": recharge.organisation,
    }
    await steps.add(tx, f"recharge-{recharge.state}", about=recharge.id, attendance_id=recharge.attendance_id, **facts)
