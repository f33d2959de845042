"""Payment runs until they leave (PAY-12): made from what finance selects, checked again for their file and when they
leave, sent once.

Rows are locked in the order run, payables, payments, claims. It takes a few statements, however many payments there
are.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, case, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from services.payments.approving import tables as approving_tables
from services.payments.claims import tables as claims_tables
from services.payments.claims.domain.claims import ClaimState
from services.payments.claims.use_cases import doubts, ready
from services.payments.claims.use_cases import waiting as waiting_use_cases
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain.leaving import TRANSFER
from services.payments.paying.domain import releasing
from services.payments.paying.domain.releasing import Leaving
from services.payments.paying.use_cases import taken_out
from services.payments.people import queries as people
from services.payments.rows import locked
from shared.db import Transaction, new_id, one_of
from shared.messaging import steps
from shared.reasons import Reason, refuse

_ONE_RUN_AT_A_TIME = text("SELECT pg_advisory_xact_lock(12)")


def person_of(tx: Transaction) -> UUID:
    if tx.actor.id is None:
        raise ValueError("only a person does this with a payment run")
    return tx.actor.id


# Making


async def make_run(
    tx: Transaction, chosen: Sequence[UUID] | None = None, way: str | None = None, *, looked: bool = False
) -> str:
    """PAY-12: makes a run of the payables that finance chose, or (None) of everything, or of everything that leaves one
    way. Returns the run's id.

    All of it is approved, in no live run, and the maker's to release. If any of what was chosen cannot go, refuses
    all, so that none is overlooked. What a bank may have paid from an earlier file goes only if the maker has looked
    at our account at the bank (looked).
    """
    maker = person_of(tx)
    await tx.execute(_ONE_RUN_AT_A_TIME)
    found = await tx.all(_wanted(chosen, way).with_for_update(of=owing_tables.payables))
    reasons = {payable.id: reasons_to_wait(payable, maker) for payable in found}
    to_look_at = {payable.id for payable in found if payable.earlier}
    payables = [
        payable
        for payable in found
        if not reasons[payable.id] and (chosen is not None or looked or payable.id not in to_look_at)
    ]
    if chosen is not None:
        waiting = [reasons[payable.id][0] for payable in found if reasons[payable.id]]
        refuse(releasing.reasons_not_to_put_in(len(set(chosen)), waiting, len(payables)))
    sent_before = sum(payable.id in to_look_at for payable in payables)
    refuse(releasing.reasons_to_look_first(sent_before, looked=looked))
    if not payables:
        left = sum(not reasons[payable.id] for payable in found)
        refuse(releasing.reasons_to_look_first(left, looked=looked, of_all=chosen is None))
        refuse(releasing.NOTHING_TO_PUT_IN)
    number = await tx.scalar(select(func.coalesce(func.max(owing_tables.payment_runs.c.number), 0) + 1))
    run_id = new_id()
    values = {"id": run_id, "number": number, "state": "made", "made_by": maker, "made_at": tx.now}
    values |= {"message_id": releasing.message_id(number, run_id, 1)}
    await tx.execute(insert(owing_tables.payment_runs).values(**values))
    await _add_payments(tx, run_id, number, payables)
    pence = sum(payable.amount_pence for payable in payables)
    await steps.add(tx, "payment-run-made", about=run_id, number=number, payments=len(payables), pence=pence)
    if sent_before:
        await steps.add(tx, "account-looked-at", about=run_id, payments=sent_before)
    return str(run_id)


def _wanted(chosen: Sequence[UUID] | None, way: str | None) -> Any:
    statement = owed(with_held=chosen is not None).order_by(
        claims_tables.claims.c.target_day, owing_tables.payables.c.id
    )
    if chosen is not None:
        statement = statement.where(one_of(owing_tables.payables.c.id, chosen))
    return statement if way is None else statement.where(owing_tables.payables.c.method == way)


def owed(*, with_held: bool = False) -> Any:
    """What we owe and have not sent, with all that the rules need to decide whether it can go: one query, however
    much it is."""
    payables, claims, details, approvals = (
        owing_tables.payables,
        claims_tables.claims,
        owing_tables.bank_details,
        approving_tables.approvals,
    )
    approvers = (
        select(approvals.c.approver_id)
        .where(approvals.c.claim_id == claims.c.id, approvals.c.decision == "approved")
        .scalar_subquery()
    )
    return (
        select(
            payables,
            claims.c.held,
            waiting_use_cases.is_decided_again("payables").label("correction_due"),
            claims.c.pay_by,
            claims.c.target_day,
            claims.c.stopped_on,
            func.array(approvers, type_=ARRAY(Uuid)).label("approvers"),
            people.all_introducers_of(payables),
            details.c.id.label("details_id"),
            details.c.confirmed_by,
            details.c.actor_id.label("entered_by"),
            _standing_of_details(),
            waiting_use_cases.run_that_may_have_paid(claims.c.attendance_id).label("perhaps_gone_in"),
            _earlier(),
        )
        .join(claims, claims.c.id == payables.c.claim_id)
        .join(details, owing.are_current_details_of(payables), isouter=True)
        .where(ready.is_owed() if with_held else ready.is_ready())
    )


@cache
def _earlier() -> Any:
    """Each transfer that counts as not paid, though it was sent or a file with it fetched: for the same attendance, or
    for another of the same person that was taken back lately, because what is written down anew may be the same. The
    bank's own words, and its run."""
    payments, claims, theirs = owing_tables.payments, claims_tables.claims, claims_tables.claims.alias("theirs")
    facts = func.jsonb_build_array(payments.c.bank_said, payments.c.run_id)
    left = (payments.c.method == TRANSFER) & (
        payments.c.state.in_(["rejected", "returned"])
        | ((payments.c.state == "cancelled") & payments.c.in_file.is_not(None))
    )
    goes_on = theirs.c.state.in_([ClaimState.APPROVED, ClaimState.RETURNED, ClaimState.PAID])
    lately = claims.c.created_at - theirs.c.created_at < releasing.ANEW_WITHIN
    mine = theirs.c.participant_id == claims.c.participant_id
    of_it = mine & ((theirs.c.attendance_id == claims.c.attendance_id) | (~goes_on & lately))
    found = (
        select(func.jsonb_agg(aggregate_order_by(facts, payments.c.id)))
        .select_from(payments.join(theirs, theirs.c.id == payments.c.claim_id))
        .where(of_it, left)
        .correlate(claims)
    )
    return func.coalesce(found.scalar_subquery(), literal([], JSONB)).label("earlier")


@cache
def _standing_of_details() -> Any:
    details = owing_tables.bank_details
    doubted = (details.c.state == "confirmed") & details.c.doubted_because.is_not(None)
    return case((doubted, "doubted"), else_=func.coalesce(details.c.state, "none")).label("details")


def to_release(payable: Row[Any]) -> releasing.ToRelease:
    """payable: a row of owed()."""
    return releasing.ToRelease(
        method=payable.method,
        approvers=frozenset(payable.approvers),
        claimant=payable.participant_id,
        held=payable.held,
        correction_due=payable.correction_due,
        bank_details=payable.details,
        introducers=frozenset(payable.introducers),
        confirmed_by=payable.confirmed_by,
        entered_by=payable.entered_by,
        perhaps_gone_in=payable.perhaps_gone_in,
    )


def reasons_to_wait(payable: Row[Any], releaser: UUID) -> list[Reason]:
    """PAY-09, PAY-10, PAY-13: why the releaser cannot put this row of owed() into a run."""
    return releasing.reasons_not_to_release(to_release(payable), releaser)


_ADD_PAYMENTS = text(
    "INSERT INTO payments (id, run_id, payable_id, claim_id, participant_kind, participant_id, participant_home, "
    "method, amount_pence, state,"
    " end_to_end_id, bank_detail_id)"
    " SELECT added.id, :run_id, payables.id, claim_id, participant_kind, participant_id, participant_home, method, "
    "amount_pence, 'made',"
    " added.end_to_end_id, added.bank_detail_id"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:payables AS uuid[]), CAST(:references AS text[]), CAST(:details AS "
    "uuid[]))"
    " AS added (id, payable_id, end_to_end_id, bank_detail_id) JOIN payables ON payables.id = added.payable_id"
)


async def _add_payments(tx: Transaction, run_id: UUID, number: int, payables: Sequence[Row[Any]]) -> None:
    ids = [new_id() for _ in payables]
    await tx.execute(
        update(owing_tables.payables)
        .where(one_of(owing_tables.payables.c.id, [payable.id for payable in payables]))
        .values(state="in-run")
    )
    await tx.execute(
        _ADD_PAYMENTS,
        {
            "run_id": run_id,
            "ids": ids,
            "payables": [payable.id for payable in payables],
            "references": [releasing.end_to_end_id(number, position) for position in range(1, len(payables) + 1)],
            "details": [payable.details_id if payable.method == TRANSFER else None for payable in payables],
        },
    )
    told = [
        (
            payable.claim_id,
            {"run_id": run_id, "payment_id": payment_id, "pence": payable.amount_pence, "method": payable.method},
        )
        for payment_id, payable in zip(ids, payables, strict=True)
    ]
    await steps.add_all(tx, "put-into-payment-run", told)
    await ready.say(tx, {payable.claim_id for payable in payables})


# What is true when it leaves (PAY-13)


def made_payments(run_id: UUID) -> Any:
    """The payments of a run that may still leave, as things are now."""
    payments, payables, claims, details = (
        owing_tables.payments,
        owing_tables.payables,
        claims_tables.claims,
        owing_tables.bank_details,
    )
    return (
        select(
            payments,
            claims.c.opportunity_id,
            claims.c.held,
            waiting_use_cases.is_decided_again("payments").label("correction_due"),
            claims.c.state.label("claim_state"),
            (payables.c.state != "in-run").label("withdrawn"),
            details.c.id.label("details_id"),
            _standing_of_details(),
            people.all_introducers_of(payments),
            waiting_use_cases.run_that_may_have_paid(claims.c.attendance_id, but=payments).label("perhaps_gone_in"),
        )
        .join(payables, payables.c.id == payments.c.payable_id)
        .join(claims, claims.c.id == payments.c.claim_id)
        .join(details, owing.are_current_details_of(payments), isouter=True)
        .where(payments.c.run_id == run_id, payments.c.state == "made")
        .order_by(payments.c.end_to_end_id)
    )


def why_it_stays(payment: Row[Any], *, file_is_out: bool, writable: bool = True) -> str:
    """payment: a row of made_payments()."""
    leaving = Leaving(
        method=payment.method,
        claim=ClaimState(payment.claim_state),
        held=payment.held,
        withdrawn=payment.withdrawn,
        correction_due=payment.correction_due,
        details=payment.details,
        changed=payment.details_id != payment.bank_detail_id,
        writable=writable,
        introducers=frozenset(payment.introducers),
        perhaps_gone=payment.perhaps_gone_in is not None,
    )
    return releasing.why_it_stays(leaving, file_is_out=file_is_out)


async def locked_made_payments(tx: Transaction, run_id: UUID) -> Sequence[Row[Any]]:
    """Locks the payables and payments, and then their claims, so that nothing changes until it is done. The caller
    has locked the run."""
    payables, payments, claims = owing_tables.payables, owing_tables.payments, claims_tables.claims
    mine = select(payments.c.payable_id).where(payments.c.run_id == run_id, payments.c.state == "made")
    await tx.execute(select(payables.c.id).where(payables.c.id.in_(mine)).order_by(payables.c.id).with_for_update())
    await tx.execute(
        select(payments.c.id)
        .where(payments.c.run_id == run_id, payments.c.state == "made")
        .order_by(payments.c.id)
        .with_for_update()
    )
    of_claims = select(payments.c.claim_id).where(payments.c.run_id == run_id, payments.c.state == "made")
    await tx.execute(select(claims.c.id).where(claims.c.id.in_(of_claims)).order_by(claims.c.id).with_for_update())
    return await tx.all(made_payments(run_id))


async def drop_out(tx: Transaction, run_id: UUID, dropped: Sequence[tuple[Row[Any], str]]) -> None:
    """PAY-13: these stay behind, each with its reason, and can go into a later run; the rest leaves."""
    if not dropped:
        return
    await _take_out(tx, run_id, [payment for payment, _ in dropped])
    await tx.execute(
        text(
            "UPDATE payments SET dropped_because = dropped.because FROM unnest(CAST(:ids AS uuid[]), CAST(:because AS "
            "text[])) AS dropped (id, because)"
            " WHERE payments.id = dropped.id"
        ),
        {"ids": [payment.id for payment, _ in dropped], "because": [because for _, because in dropped]},
    )
    told = [
        (payment.claim_id, {"run_id": run_id, "payment_id": payment.id, "because": because})
        for payment, because in dropped
    ]
    await steps.add_all(tx, "dropped-out-of-payment-run", told)


async def _take_out(tx: Transaction, run_id: UUID, taken: Sequence[Row[Any]]) -> None:
    payables, payments = owing_tables.payables, owing_tables.payments
    in_run = one_of(payables.c.id, [payment.payable_id for payment in taken]) & (payables.c.state == "in-run")
    await tx.execute(update(payables).where(in_run).values(state="owed"))
    await tx.execute(
        update(payments)
        .where(one_of(payments.c.id, [payment.id for payment in taken]))
        .values(state="cancelled", ended_at=tx.now)
    )
    await taken_out.note(tx, run_id, taken)
    await ready.say(tx, {payment.claim_id for payment in taken}, only_waiting=True)
    await doubts.ask(tx, {payment.participant_id for payment in taken})


async def look_again(tx: Transaction, run_id: UUID) -> list[Row[Any]]:
    """PAY-13: before a file is out: drops out what may no longer leave, and redirects payments whose owners have
    new, confirmed details. The run is locked. Returns the payments that remain, as they are now."""
    found = await locked_made_payments(tx, run_id)
    why = {payment.id: why_it_stays(payment, file_is_out=False) for payment in found}
    await drop_out(tx, run_id, [(payment, why[payment.id]) for payment in found if why[payment.id]])
    moved = [
        payment
        for payment in found
        if not why[payment.id] and payment.method == TRANSFER and payment.details_id != payment.bank_detail_id
    ]
    if not moved:
        return [payment for payment in found if not why[payment.id]]
    await tx.execute(
        text(
            "UPDATE payments SET bank_detail_id = moved.details_id FROM unnest(CAST(:ids AS uuid[]), CAST(:details AS "
            "uuid[])) AS moved (id, details_id)"
            " WHERE payments.id = moved.id"
        ),
        {"ids": [payment.id for payment in moved], "details": [payment.details_id for payment in moved]},
    )
    await steps.add_all(
        tx,
        "paid-into-new-details",
        [(payment.claim_id, {"run_id": run_id, "details_id": payment.details_id}) for payment in moved],
    )
    return list(await tx.all(made_payments(run_id)))


async def make_anew(tx: Transaction, run_id: UUID) -> int:
    """PAY-13: the file that was fetched is out of date and the bank does not have it. What has changed drops out,
    and the next file is a new one. PAY-12: that one is given out once a second person has said that the bank does
    not have the earlier one (answers.confirm_not_gone). Returns how many dropped out."""
    person_of(tx)
    run = await locked(tx, owing_tables.payment_runs, run_id)
    refuse(releasing.reasons_not_to_make_anew(run.state))
    if await taken_out.how_many_went_out(tx, run_id, owing_tables.payments.c.state == "made"):
        refuse(releasing.THE_BANK_HAS_IT)
    before = await locked_made_payments(tx, run_id)
    stays = [
        (payment, why) for payment in before if (why := why_it_stays(payment, file_is_out=run.fetched_at is not None))
    ]
    await drop_out(tx, run_id, stays)
    file_number = run.file_number + 1
    values = {"file_number": file_number, "message_id": releasing.message_id(run.number, run.id, file_number)}
    table = owing_tables.payment_runs
    await tx.execute(
        update(table).where(table.c.id == run_id).values(fetched_at=None, sealed_file=None, file_key_id=None, **values)
    )
    await steps.add(tx, "payment-file-made-anew", about=run_id, file_number=file_number, dropped=len(stays))
    return len(stays)


async def cancel_run(tx: Transaction, run_id: UUID) -> int:
    """PAY-12: takes back a run that was made and never sent. What was in it can go into another run, except what the
    bank may have (PAY-17). Returns how many that are."""
    run = await locked(tx, owing_tables.payment_runs, run_id)
    refuse(releasing.reasons_not_to_take_back(run.state))
    found = await locked_made_payments(tx, run_id)
    await _take_out(tx, run_id, found)
    await tx.execute(
        update(owing_tables.payment_runs).where(owing_tables.payment_runs.c.id == run_id).values(state="cancelled")
    )
    await steps.add_all(
        tx,
        "taken-out-of-payment-run",
        [(payment.claim_id, {"run_id": run_id, "payment_id": payment.id}) for payment in found],
    )
    await steps.add(tx, "payment-run-cancelled", about=run_id)
    return sum(owing.row_may_have_left(payment) for payment in found)
