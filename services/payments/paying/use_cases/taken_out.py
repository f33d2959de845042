"""Payments that were taken out of a run after a file with them was fetched (PAY-12, PAY-17). The bank may have them,
so nothing for their attendances leaves until the bank, or a second person, has said what became of them."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, func, select, update

from services.payments.claims.use_cases.waiting import (
    a_line_may_be,
    a_line_of_another_sum_waits,
    a_line_waits,
    may_have_gone_after_all,
    went_out,
)
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain.leaving import TRANSFER
from services.payments.owing.queries import is_perhaps_gone, may_have_left, row_may_have_left
from services.payments.paying.domain import releasing
from shared.clock import london_date
from shared.db import Transaction, one_of
from shared.events.payments import PaymentsPerhapsGone
from shared.messaging import outbox, steps
from shared.working_days import add_working_days

LATELY = 400
"""Days since a payment counts as not paid, in which a statement may be brought that shows otherwise."""


async def how_many_went_out(tx: Transaction, run_id: UUID, *which: Any) -> int:
    """How many payments of this run left according to an undecided line of the account's statement."""
    payments = owing_tables.payments
    return await tx.scalar(
        select(func.count()).select_from(payments).where(payments.c.run_id == run_id, went_out(payments), *which)
    )


async def how_many_with_a_line(tx: Transaction, run_id: UUID) -> int:
    """How many payments of this run have an undecided line of the account's statement that names them, or that names
    none and may be them."""
    payments = owing_tables.payments
    may_be = may_have_left(payments) & (payments.c.method == TRANSFER) & a_line_may_be(payments)
    may_be |= may_have_gone_after_all(payments)
    mine = (
        select(func.count()).select_from(payments).where(payments.c.run_id == run_id, a_line_waits(payments) | may_be)
    )
    return await tx.scalar(mine)


def to_look_at(payments: Any = owing_tables.payments) -> Any:
    """PAY-12: somebody has to find out what became of it: it is perhaps gone, or an undecided line of the account's
    statement says something about it. A payment on its way is asked about anyway; it counts here only if that line
    has a different sum."""
    asked_here = (payments.c.state != "sent") | a_line_of_another_sum_waits(payments)
    return is_perhaps_gone(payments) | (a_line_waits(payments) & asked_here) | may_have_gone_after_all(payments)


async def how_many_perhaps_gone(tx: Transaction, run_id: UUID, *which: Any) -> int:
    payments = owing_tables.payments
    return await tx.scalar(
        select(func.count()).select_from(payments).where(payments.c.run_id == run_id, is_perhaps_gone(), *which)
    )


@cache
def in_an_earlier_file() -> Any:
    """Payments that are still in their run, and also in an earlier file that the bank may have."""
    payments, runs = owing_tables.payments, owing_tables.payment_runs.alias()
    newest = select(runs.c.file_number).where(runs.c.id == payments.c.run_id).scalar_subquery()
    return (payments.c.state == "made") & may_have_left() & (payments.c.in_file < newest)


async def how_many_in_an_earlier_file(tx: Transaction, run_id: UUID) -> int:
    payments = owing_tables.payments
    return await tx.scalar(
        select(func.count()).select_from(payments).where(payments.c.run_id == run_id, in_an_earlier_file())
    )


async def settle_earlier_file(tx: Transaction, run_id: UUID, payments: Sequence[Row[Any]], *, alone: bool) -> None:
    """A second person said that the bank does not have it. These payments, which are locked, go on in the newest
    file only. alone: for some of them only one person said so, so somebody else has to send them."""
    await _settle(tx, payments)
    await steps.add(
        tx,
        "earlier-file-not-at-the-bank" if alone else "two-said-not-at-the-bank",
        about=run_id,
        payments=len(payments),
    )


async def note(tx: Transaction, run_id: UUID, taken: Sequence[Row[Any]]) -> None:
    """The run is locked. taken: rows of its payments as they were before they were taken out."""
    gone = [payment for payment in taken if row_may_have_left(payment)]
    if not gone:
        return
    payments = owing_tables.payments
    ids = [payment.id for payment in gone]
    await tx.execute(update(payments).where(one_of(payments.c.id, ids)).values(taken_out_by=tx.actor.id))
    await steps.add_all(
        tx, "perhaps-gone", [(payment.claim_id, {"run_id": run_id, "payment_id": payment.id}) for payment in gone]
    )
    await say(tx, run_id)


async def settle(tx: Transaction, payments: Sequence[Row[Any]], *, paid: bool) -> None:
    """Records that we know what became of these, which are locked. Whoever said that the bank did not pay one does
    not send it again."""
    await _settle(tx, payments)
    told = [(payment.claim_id, {"run_id": payment.run_id, "payment_id": payment.id}) for payment in payments]
    await steps.add_all(tx, "paid-all-the-same" if paid else "not-paid-after-all", told)
    await say_of(tx, [payment.id for payment in payments if payment.settled_at is None])


async def _settle(tx: Transaction, payments: Sequence[Row[Any]]) -> None:
    table = owing_tables.payments
    mine = one_of(table.c.id, [payment.id for payment in payments])
    await tx.execute(update(table).where(mine).values(settled_at=tx.now, settled_by=tx.actor.id))


async def tell_untold(tx: Transaction) -> None:
    """A job: tells finance of payments that a program before this one took out of runs whose lists or files were
    already fetched."""
    runs, payments = owing_tables.payment_runs, owing_tables.payments
    untold = (
        select(payments.c.run_id)
        .join(runs, runs.c.id == payments.c.run_id)
        .where(is_perhaps_gone(), runs.c.perhaps_gone_version == 0)
    )
    for (run_id,) in await tx.all(untold.distinct().order_by(payments.c.run_id)):
        await say(tx, run_id)


async def say(tx: Transaction, run_id: UUID) -> None:
    """Says how many payments of a run finance has to look at now: taken out, or counted as not paid while the
    account's statement shows them leaving. The update locks the run's row, so that whoever comes second counts after
    the first."""
    runs, payments = owing_tables.payment_runs, owing_tables.payments
    newer = update(runs).where(runs.c.id == run_id).values(perhaps_gone_version=runs.c.perhaps_gone_version + 1)
    run = await tx.one(newer.returning(runs.c.id, runs.c.perhaps_gone_version))
    left = select(func.count().label("waiting"), func.min(payments.c.ended_at).label("since")).where(
        payments.c.run_id == run_id, to_look_at()
    )
    now = await tx.one(left)
    await tx.execute(update(runs).where(runs.c.id == run_id).values(perhaps_gone_told=now.waiting))
    at_once = await how_many_went_out(tx, run_id)
    look_by = (
        tx.today
        if at_once
        else add_working_days(london_date(now.since) if now.since else tx.today, releasing.DAYS_TO_LOOK)
    )
    await outbox.add(
        tx, PaymentsPerhapsGone(version=run.perhaps_gone_version, run_id=run_id, waiting=now.waiting, look_by=look_by)
    )


async def say_of(tx: Transaction, payment_ids: Sequence[UUID]) -> None:
    """Says it for the runs of these payments, if it has changed."""
    payments = owing_tables.payments
    meant = one_of(payments.c.id, payment_ids)
    rows = await tx.all(select(payments.c.run_id).where(meant).distinct())
    await say_of_runs(tx, [row.run_id for row in rows])


async def say_of_runs(tx: Transaction, run_ids: Sequence[UUID]) -> None:
    runs, payments = owing_tables.payment_runs, owing_tables.payments
    look_at = (payments.c.run_id == runs.c.id) & to_look_at()
    waiting = select(func.count()).select_from(payments).where(look_at).correlate(runs).scalar_subquery()
    told = case((runs.c.perhaps_gone_version == 0, 0), else_=runs.c.perhaps_gone_told)
    mine = one_of(runs.c.id, run_ids)
    news = select(runs.c.id).where(mine, waiting.is_distinct_from(told))
    for row in await tx.all(news.order_by(runs.c.id)):
        await say(tx, row.id)


async def say_of_sums(tx: Transaction, sums: Sequence[int]) -> None:
    """Of runs with payments of these sums that count as not paid, as a line that names none may be one of them."""
    payments = owing_tables.payments
    mine = one_of(payments.c.amount_pence, sums)
    lately = func.greatest(payments.c.ended_at, payments.c.settled_at) >= tx.now - timedelta(LATELY)
    said = payments.c.state.in_(["rejected", "cancelled"]) & (payments.c.method == TRANSFER)
    rows = await tx.all(select(payments.c.id).where(said, mine, lately)) if sums else []
    await say_of(tx, [row.id for row in rows])
