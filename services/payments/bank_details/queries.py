"""What waits to be confirmed by ringing or meeting somebody (PAY-10, PAY-13)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, func, select

from services.payments.approving import tables as approving_tables
from services.payments.bank_details import tables
from services.payments.bank_details.domain import confirming
from services.payments.bank_details.domain.confirming import NumberSeen, ToConfirm
from services.payments.claims import tables as claims_tables
from services.payments.claims.domain import days
from services.payments.claims.domain.claims import ClaimState
from services.payments.claims.queries.views import clock_of
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain import leaving
from services.payments.owing.domain.leaving import TRANSFER
from services.payments.people import tables as people_tables
from services.payments.people.queries import all_introducers_of, everybody_of_finance, names
from shared.db import Transaction, one_of
from shared.reasons import Reason, mark_of


@dataclass(frozen=True, slots=True)
class Waiting:
    """reasons: why the viewer may not confirm it; empty if they may."""

    id: UUID
    person_id: UUID
    name: str
    row: Any
    reasons: list[Reason]
    clock: days.Shown | None = None
    """PAY-07: when the money of a person who waits is due."""
    mark: str = ""
    calls: Sequence[Any] = ()
    """Calls that nobody answered, newest first, and who made them."""
    pays_too: bool = False
    """PAY-10: whether whoever confirms these details may also release what goes into them."""
    is_missed: bool = False
    """PAY-10: whether nobody of finance is left who may, if the viewer confirms them."""
    number: NumberSeen = "not-looked-at"
    """PAY-13: what the viewer saw of the number to ring."""
    warns: str = ""
    """PAY-13: of the account: another person is paid into it, too."""


async def details_to_confirm(tx: Transaction, viewer: UUID) -> list[Waiting]:
    """PAY-13: changed details, and those that somebody else entered, masked; the oldest first."""
    details, introductions = owing_tables.bank_details, people_tables.unconfirmed_introductions
    barred = (
        select(func.array_agg(introductions.c.introduced_by))
        .where(introductions.c.person_id == details.c.participant_id)
        .scalar_subquery()
    )
    columns = (
        details.c.id,
        details.c.participant_id,
        details.c.ends_with,
        details.c.given_at,
        details.c.state,
        details.c.actor_id,
        details.c.acting_for,
    )
    rows = await tx.all(
        select(*columns, barred.label("barred")).where(details.c.state == "unconfirmed").order_by(details.c.given_at)
    )
    people = [row.participant_id for row in rows]
    marks, tried = await marks_of(tx, people), await _unanswered(tx, [row.id for row in rows])
    known = await names(tx, [*people, *(call.rung_by for call in tried)])
    seen = await numbers_seen(tx, [row.id for row in rows], viewer)
    missed = {each.id: each.missed for each in await details_that_wait(tx)}
    alike = await owing.who_shares_an_account(tx, people)
    found = []
    for row in rows:
        facts = ToConfirm(row.state, row.participant_id, row.actor_id, frozenset(row.barred or ()))
        reasons = confirming.reasons_not_to_ring(facts, viewer)
        found.append(
            Waiting(row.id, row.participant_id, known[row.participant_id], row, reasons, mark=marks[row.participant_id])
        )
        rung = [(call.rung_at, known.get(call.rung_by, "")) for call in tried if call.details_id == row.id]
        pays_too = not leaving.may_not_release_what_they_confirmed(row.participant_id, row.actor_id)
        found[-1] = replace(
            found[-1],
            calls=rung,
            pays_too=pays_too,
            is_missed=viewer in missed.get(row.id, ()),
            number=seen[row.id],
            warns=leaving.SAME_ACCOUNT if row.participant_id in alike else "",
        )
    return found


async def numbers_seen(tx: Transaction, about: Sequence[UUID], viewer: UUID) -> dict[UUID, NumberSeen]:
    """PAY-13: what the viewer saw of the number to ring, by bank details or person. It no longer counts for a person
    if somebody else has since entered how they are reached."""
    shown, introductions = tables.numbers_shown, people_tables.introductions
    entered_since = (
        select(introductions.c.person_id)
        .where(introductions.c.person_id == shown.c.about, introductions.c.heard_at > shown.c.shown_at)
        .exists()
    )
    mine = select(shown.c.about, shown.c.is_held).where(
        one_of(shown.c.about, about), shown.c.shown_to == viewer, ~entered_since
    )
    seen: dict[UUID, NumberSeen] = dict.fromkeys(about, "not-looked-at")
    for row in await tx.all(mine):
        seen[row.about] = "held" if row.is_held else "none"
    return seen


async def _unanswered(tx: Transaction, details_ids: Sequence[UUID]) -> Sequence[Any]:
    calls = tables.unanswered_calls
    return await tx.all(
        select(calls).where(one_of(calls.c.details_id, details_ids)).order_by(calls.c.rung_at.desc(), calls.c.id.desc())
    )


async def marks_of(tx: Transaction, people: Sequence[UUID]) -> dict[UUID, str]:
    """PAY-10, PAY-13: for each person, who entered how they are reached and when, and their bank details. Ringing
    somebody confirms that, and nothing entered since."""
    introductions, details = people_tables.introductions, owing_tables.bank_details
    entered = await tx.all(select(introductions).where(one_of(introductions.c.person_id, people)))
    given = await tx.all(
        select(details.c.id, details.c.participant_id).where(
            one_of(details.c.participant_id, people), owing.are_current(details)
        )
    )
    said: dict[UUID, list[str]] = {person: [] for person in people}
    for row in entered:
        said[row.person_id].append(f"{row.introduced_by} {row.heard_at.timestamp()}")
    for row in given:
        said[row.participant_id].append(str(row.id))
    return {person: mark_of(person, sorted(each)) for person, each in said.items()}


_COMING = [ClaimState.SUBMITTED, ClaimState.SECOND_APPROVER, ClaimState.APPROVED, ClaimState.RETURNED]
"""States of a claim with money on its way to somebody."""


async def how_many_to_confirm(tx: Transaction) -> int:
    """PAY-10, PAY-13: how many bank details and people wait for somebody to confirm them."""
    details = owing_tables.bank_details
    people = _people_to_confirm().subquery()
    counts = select(func.count()).where(details.c.state == "unconfirmed"), select(func.count()).select_from(people)
    return sum([await tx.scalar(count) for count in counts])


def _people_to_confirm() -> Any:
    introductions, claims = people_tables.unconfirmed_introductions, claims_tables.claims
    waiting = (
        select(claims.c.participant_id, func.min(claims.c.target_day).label("aim_by"))
        .where(claims.c.state.in_(_COMING))
        .group_by(claims.c.participant_id)
    )
    of_claims = waiting.subquery()
    return (
        select(
            introductions.c.person_id, of_claims.c.aim_by, func.array_agg(introductions.c.introduced_by).label("barred")
        )
        .join(of_claims, of_claims.c.participant_id == introductions.c.person_id)
        .group_by(introductions.c.person_id, of_claims.c.aim_by)
        .order_by(of_claims.c.aim_by, introductions.c.person_id)
    )


async def people_to_confirm(tx: Transaction, viewer: UUID) -> list[Waiting]:
    """PAY-10: people with money on its way whom somebody took in and nobody else has confirmed since."""
    rows = await tx.all(_people_to_confirm())
    people = [row.person_id for row in rows]
    known, clocks, marks = await names(tx, people), await _soonest_clocks(tx, people), await marks_of(tx, people)
    seen = await numbers_seen(tx, people, viewer)
    return [
        Waiting(
            row.person_id,
            row.person_id,
            known[row.person_id],
            row,
            confirming.reasons_not_to_confirm_person(frozenset(row.barred), row.person_id, "in-person", viewer),
            clocks[row.person_id],
            marks[row.person_id],
            number=seen[row.person_id],
        )
        for row in rows
    ]


async def _soonest_clocks(tx: Transaction, people: Sequence[UUID]) -> dict[UUID, days.Shown]:
    """PAY-07: for each person, the first day that a page may promise for any of their claims; if none, why not."""
    claims = claims_tables.claims
    theirs = (
        select(claims)
        .where(one_of(claims.c.participant_id, people), claims.c.state.in_(_COMING))
        .order_by(claims.c.target_day.desc(), claims.c.id)
    )
    soonest: dict[UUID, days.Shown] = {}
    for row in await tx.all(theirs):
        shown = clock_of(row)
        if shown.last is not None or row.participant_id not in soonest:
            soonest[row.participant_id] = shown
    return soonest


@dataclass(frozen=True, slots=True)
class DetailsThatWait:
    """Bank details that wait. missed: who would leave nobody of finance able to pay into them, by confirming them."""

    id: UUID
    not_for: frozenset[UUID]
    missed: frozenset[UUID]


async def details_that_wait(tx: Transaction, people: Collection[UUID] | None = None) -> list[DetailsThatWait]:
    """PAY-10, PAY-13: bank details to confirm, with who may not, or had better not, ring about them. people: whose;
    None: everybody's."""
    details = owing_tables.bank_details
    waiting = select(
        details.c.id,
        details.c.participant_id,
        details.c.actor_id,
        all_introducers_of(details),
        _approvers().label("approvers"),
        _said_failed().label("said_failed"),
    )
    finance = await everybody_of_finance(tx)
    found = []
    theirs = [] if people is None else [one_of(details.c.participant_id, people)]
    for row in await tx.all(waiting.where(details.c.state == "unconfirmed", *theirs)):
        facts = ToConfirm("unconfirmed", row.participant_id, row.actor_id, frozenset(row.introducers))
        barred = {
            person
            for person in {row.participant_id, row.actor_id, *row.introducers} - {None}
            if confirming.reasons_not_to_ring(facts, person)
        }
        hands = row.participant_id, row.actor_id, frozenset(row.approvers), finance
        missed = leaving.who_would_be_missed(*hands)
        needed = leaving.who_alone_could_send(*hands, frozenset(row.said_failed))
        if finance <= needed | barred:
            needed = frozenset()  # nobody else of finance can ring
        found.append(DetailsThatWait(row.id, frozenset(barred) | missed | needed, missed))
    return found


def _approvers() -> Any:
    """Approvers of what is owed by transfer to the owners of these details."""
    details, approvals, payables = owing_tables.bank_details, approving_tables.approvals, owing_tables.payables
    theirs = (
        (payables.c.participant_id == details.c.participant_id)
        & (payables.c.method == TRANSFER)
        & (payables.c.state == "owed")
    )
    mine = select(approvals.c.approver_id).join(payables, payables.c.claim_id == approvals.c.claim_id)
    return func.array(
        mine.where(theirs, approvals.c.decision == "approved").correlate(details).scalar_subquery(), type_=ARRAY(Uuid)
    )


def _said_failed() -> Any:
    """PAY-12: who said alone that a payment into earlier details of these owners did not arrive, of claims of which
    something is owed by transfer."""
    details, payables, payments = owing_tables.bank_details, owing_tables.payables, owing_tables.payments
    mine = select(payments.c.ended_by).join(payables, payables.c.id == payments.c.payable_id)
    theirs = (payables.c.participant_id == details.c.participant_id) & (payables.c.state == "owed")
    failed = payments.c.state.in_(["rejected", "returned"]) & payments.c.ended_by.is_not(None)
    return func.array(
        mine.where(theirs, failed, payments.c.method == TRANSFER).correlate(details).scalar_subquery(),
        type_=ARRAY(Uuid),
    )
