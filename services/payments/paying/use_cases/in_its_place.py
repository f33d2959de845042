"""What was paid in the place of payments that count as not paid, as the database knows it (PAY-08, PAY-12)."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, all_, and_, cast, func, select

from services.payments.claims import tables as claims_tables
from services.payments.claims.domain.claims import LineKind
from services.payments.claims.domain.thanks import method_of_expenses
from services.payments.claims.use_cases import ground
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.paying.domain import releasing
from services.payments.paying.domain.in_its_place import Again, InItsPlace, Part, in_its_place
from shared.db import Transaction, one_of

NOT_PAID = frozenset({"cancelled", "rejected", "returned"})
ALL: frozenset[Part] = frozenset(("fee", "costs"))


async def made_in_its_place(
    tx: Transaction, payments: Sequence[Row[Any]], but: Collection[UUID] = ()
) -> dict[UUID, tuple[InItsPlace, list[UUID]]]:
    """For each of these that other payments of its claim stand in the place of, except for payments in but: how much
    of it they pay, and those of them that were sent."""
    found = await tx.all(_others([payment.id for payment in payments], but))
    pays = await _what_they_pay(tx, {of for row in found for of in (row.gone_payable, row.payable)})
    others: dict[UUID, list[Row[Any]]] = {}
    for row in found:
        others.setdefault(row.id, []).append(row)
    places: dict[UUID, tuple[InItsPlace, list[UUID]]] = {}
    for payment_id, rows in others.items():
        its = pays[rows[0].gone_payable]
        theirs = {row.other: ALL if row.payable == row.gone_payable else pays[row.payable] for row in rows}
        if what := in_its_place(its, [(theirs[row.other], row.state) for row in rows]):
            sent = [row.other for row in rows if row.state != "made" and theirs[row.other] & (its or ALL)]
            places[payment_id] = (what, sent)
    return places


async def _what_they_pay(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, frozenset[Part]]:
    """What each of these payables pays of its claim: the fee, the costs or both; nothing if we did not keep what it
    was for when it was withdrawn."""
    payables, claims, lines = owing_tables.payables, claims_tables.claims, claims_tables.lines
    found = await tx.all(
        select(payables, claims.c.recognition, claims.c.expenses_method)
        .join(claims, claims.c.id == payables.c.claim_id)
        .where(one_of(payables.c.id, sorted(ids)))
    )
    was_for = sorted({UUID(line_id) for row in found for line_id in row.was_for or ()})
    is_fee = {
        row.id: row.kind == LineKind.PARTICIPATION
        for row in await tx.all(select(lines.c.id, lines.c.kind).where(one_of(lines.c.id, was_for)))
    }

    def parts(row: Row[Any]) -> list[tuple[Part, bool]]:
        if row.state == "withdrawn":
            kinds = {is_fee[UUID(line_id)] for line_id in row.was_for or ()}
            return [("fee", True in kinds), ("costs", False in kinds)]
        of_costs = method_of_expenses(row.recognition, row.expenses_method)
        return [("fee", row.method == row.recognition), ("costs", row.method == of_costs)]

    return {row.id: frozenset(part for part, pays in parts(row) if pays) for row in found}


async def paid_again(tx: Transaction, payments: Sequence[Row[Any]]) -> dict[UUID, Again]:
    """PAY-12: those that count as not paid and were paid again since, by id, and how: if they left too, what was paid
    again by their own claim is a loss."""
    gone = [payment for payment in payments if payment.state in NOT_PAID]
    if not gone:
        return {}
    places = await made_in_its_place(tx, gone)
    own: dict[UUID, Again] = {of: what for of, (what, _) in places.items() if what in ("part", "whole")}
    through_another = await paid_through_another(tx, [payment for payment in gone if payment.id not in own])
    sent: dict[UUID, Again] = {of: "another-claim" for of, state in through_another.items() if state != "made"}
    return sent | own


async def paid_again_by_its_claim(tx: Transaction, payments: Sequence[Row[Any]]) -> dict[UUID, Again]:
    """Those of paid_again() that its own claim paid again."""
    return {of: how for of, how in (await paid_again(tx, payments)).items() if how != "another-claim"}


async def paid_through_another(tx: Transaction, gone: Sequence[Row[Any]]) -> dict[UUID, str]:
    """For each of these whose money has gone since, in full or in part, through another claim of its attendance:
    that payment's state."""
    payments, payables = owing_tables.payments, owing_tables.payables
    it, mine = payments.alias("it"), payables.alias("mine")
    since = (payables.c.created_at > mine.c.created_at) & payments.c.claim_id.in_(
        ground.claims_beside(it.c.claim_id).correlate(it)
    )
    out = payments.c.state.in_(["sent", "paid"]) | (
        (payments.c.state == "made") & owing.may_have_left() & (payables.c.state != "withdrawn")
    )
    found = (
        select(it.c.id, func.max(payments.c.state).label("state"))
        .join(mine, mine.c.id == it.c.payable_id)
        .join(payments, payments.c.claim_id != it.c.claim_id)
        .join(payables, payables.c.id == payments.c.payable_id)
        .where(one_of(it.c.id, [payment.id for payment in gone]), since, out)
        .group_by(it.c.id)
    )
    states = {row.id: row.state for row in await tx.all(found)}
    beside = {payment.id: await ground.left_beside(tx, payment) for payment in gone if payment.id in states}
    return {
        payment_id: states[payment_id]
        for payment_id, (left, elsewhere) in beside.items()
        if releasing.went_in_its_place(left, elsewhere)
    }


def _others(ids: Sequence[UUID], but: Collection[UUID]) -> Any:
    """The other payments of the claims of these, with their states: of another approval, or of the same payable. Not
    those that can still be taken back, nor those on their way that nobody is owed."""
    payments, payables = owing_tables.payments, owing_tables.payables
    gone, mine = payments.alias("gone"), payables.alias("mine")
    others = payments.c.id != all_(cast(list(but), ARRAY(Uuid)))
    instead = others, payments.c.id != gone.c.id, payments.c.state.in_(["made", "sent", "paid"])
    is_free = (payments.c.state == "made") & (payments.c.payable_id != gone.c.payable_id) & ~owing.may_have_left()
    is_owed = (payables.c.state != "withdrawn") | (payments.c.payable_id == gone.c.payable_id)
    return (
        select(gone.c.id, mine.c.id.label("gone_payable"), payables.c.id.label("payable"), payments.c.state)
        .add_columns(payments.c.id.label("other"))
        .join(mine, mine.c.id == gone.c.payable_id)
        .join(payments, (payments.c.claim_id == gone.c.claim_id) & and_(*instead))
        .join(payables, payables.c.id == payments.c.payable_id)
        .where(one_of(gone.c.id, ids))
        .where((payments.c.payable_id == gone.c.payable_id) | (payables.c.created_at != mine.c.created_at))
        .where(~is_free, is_owed)
    )
