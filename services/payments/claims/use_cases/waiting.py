"""Claims of which nothing leaves before it is known what the bank did (PAY-12)."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, cast, func, select

from services.payments.claims import tables
from services.payments.owing import tables as owing_tables
from services.payments.owing.queries import may_have_left
from shared.db import Transaction


def run_that_may_have_paid(attendance_id: Any, but: Any = None) -> Any:
    """The number of a run that took out money of this attendance which the bank may have; none: NULL. Over all its
    claims: an approval that was taken back and given again makes it no other money, and neither does a correction or
    another look, which make new claims. What was withdrawn and still stands in its run will be taken out of it. but:
    the payment of which it is asked."""
    payments, runs, payables, claims = (
        owing_tables.payments.alias(),
        owing_tables.payment_runs,
        owing_tables.payables.alias(),
        tables.claims.alias(),
    )
    withdrawn = (
        select(payables.c.id).where(payables.c.id == payments.c.payable_id, payables.c.state == "withdrawn").exists()
    )
    perhaps = (payments.c.state == "cancelled") | ((payments.c.state == "made") & withdrawn)
    mine = (claims.c.attendance_id == attendance_id) & ((may_have_left(payments) & perhaps) | went_out(payments))
    if but is not None:
        mine &= payments.c.id != but
    found = (
        select(func.max(runs.c.number))
        .join(payments, payments.c.run_id == runs.c.id)
        .join(claims, claims.c.id == payments.c.claim_id)
    )
    return found.where(mine).scalar_subquery()


async def waiting_for_bank(tx: Transaction, claim_ids: Collection[UUID]) -> frozenset[UUID]:
    """PAY-12: of these claims, those of which nothing is paid before it is known what the bank did: no day can be
    promised to their owners."""
    claims = tables.claims
    meant = claims.c.id == any_(cast(list(claim_ids), ARRAY(Uuid)))
    rows = await tx.all(select(claims.c.id).where(meant, run_that_may_have_paid(claims.c.attendance_id).is_not(None)))
    return frozenset(row.id for row in rows)


def went_out(payments: Any) -> Any:
    """PAY-12: we count it as not paid, a line of the account's statement says that it went out, and nobody has decided
    about that line."""
    entries = owing_tables.bank_entries.alias()
    return (
        select(entries.c.id)
        .where(entries.c.about_payment_id == payments.c.id, entries.c.state == "near")
        .correlate(payments)
        .exists()
    )
