"""Claims of which nothing leaves before we know what the bank did (PAY-12). Conditions on columns are built once,
because an alias copies each column of its table."""

from collections.abc import Collection
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, Date, any_, cast, func, literal_column, select

from services.payments.claims import tables
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain import leaving
from services.payments.owing.queries import may_have_left
from shared.db import Transaction, one_of


@cache
def run_that_may_have_paid(attendance_id: Any, but: Any = None) -> Any:
    """The number of a run that took out money for this attendance which the bank may have; NULL if none. Covers all
    its claims: an approval taken back and given again concerns the same money, and so do a correction and another
    look, which make new claims. A withdrawn payment that is still in its run will be taken out. but: of payments,
    the one that asks: it does not count itself, nor what went out by its own run's file."""
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
    out = went_out(payments) | may_have_gone_after_all(payments)
    out = out if but is None else out & (payments.c.run_id != but.c.run_id)
    mine = (claims.c.attendance_id == attendance_id) & ((may_have_left(payments) & perhaps) | out)
    if but is not None:
        mine &= payments.c.id != but.c.id
    found = (
        select(func.max(runs.c.number))
        .join(payments, payments.c.run_id == runs.c.id)
        .join(claims, claims.c.id == payments.c.claim_id)
    )
    return found.where(mine).scalar_subquery()


async def waiting_for_bank(tx: Transaction, claim_ids: Collection[UUID]) -> frozenset[UUID]:
    """PAY-12: those of these claims of which nothing is paid before we know what the bank did, so that their owners
    can be promised no day."""
    claims = tables.claims
    meant = one_of(claims.c.id, claim_ids)
    rows = await tx.all(select(claims.c.id).where(meant, run_that_may_have_paid(claims.c.attendance_id).is_not(None)))
    return frozenset(row.id for row in rows)


@cache
def went_out(payments: Any) -> Any:
    """PAY-12: a line of the account's statement says that it went out, we do not count it as sent or paid, and
    nobody has decided about that line."""
    return line_says_it_went_out(payments) & payments.c.state.not_in(["sent", "paid"])


@cache
def line_says_it_went_out(payments: Any) -> Any:
    """PAY-12: an undecided line names it, directly or through its file, and says that it went out."""
    bookings = owing_tables.bank_bookings.alias()
    return _waits(payments, bookings, bookings.c.went_out)


@cache
def a_line_waits(payments: Any) -> Any:
    """PAY-12: an undecided line names it, and says that it went out or came back."""
    return _waits(payments, owing_tables.bank_bookings.alias())


@cache
def a_line_of_another_sum_waits(payments: Any) -> Any:
    """PAY-12: such a line names it, but books nothing before somebody has said what it is."""
    bookings = owing_tables.bank_bookings.alias()
    return _waits(payments, bookings, bookings.c.pence != payments.c.amount_pence)


def _waits(payments: Any, bookings: Any, *which: Any) -> Any:
    mine = bookings.c.payment_id == payments.c.id, bookings.c.state == literal_column("'waits'")
    return select(bookings.c.id).where(*mine, *which).correlate(payments).exists()


@cache
def a_line_may_be(payments: Any) -> Any:
    """PAY-12: an undecided line that names nothing may be this payment: it went out at about the time its file left
    us, and it has the same sum and no words that mean somebody else, or the sum of the whole run."""
    return _may_be(payments, owing_tables.bank_entries.alias().c.id).exists()


@cache
def may_have_gone_after_all(payments: Any) -> Any:
    """PAY-12: such a line may be a transfer of which somebody has said that it did not go, or was not paid, and which
    nobody has seen leave yet: nothing more of it leaves before somebody has decided."""
    return _counts_as_not_gone(payments) & a_line_may_be(payments)


def _counts_as_not_gone(payments: Any) -> Any:
    bookings = owing_tables.bank_bookings.alias()
    seen = (
        select(bookings.c.id)
        .where(bookings.c.payment_id == payments.c.id, bookings.c.state == literal_column("'counts'"))
        .where(bookings.c.went_out)
        .correlate(payments)
        .exists()
    )
    said = (payments.c.state == literal_column("'rejected'")) | (
        (payments.c.state == literal_column("'cancelled'"))
        & payments.c.in_file.is_not(None)
        & payments.c.settled_at.is_not(None)
    )
    never_seen = payments.c.came_back_on.is_(None) & payments.c.paid_twice_at.is_(None) & ~seen
    return said & (payments.c.method == leaving.TRANSFER) & never_seen


@cache
def lines_about_what_did_not_go() -> Any:
    """Each line that may be a payment as may_have_gone_after_all(), with that payment's id, and who brought it."""
    payments, entries = owing_tables.payments.alias(), owing_tables.bank_entries.alias()
    runs = owing_tables.payment_runs.alias()
    found = select(payments.c.id.label("payment_id"), entries.c.statement_id, entries.c.dismissed_by)
    return found.select_from(payments, entries, runs).where(
        *_may_be_it(payments, entries, runs), _counts_as_not_gone(payments)
    )


def _may_be(payments: Any, column: Any) -> Any:
    """column: of an alias of bank_entries."""
    return (
        select(column).where(*_may_be_it(payments, column.table, owing_tables.payment_runs.alias())).correlate(payments)
    )


def _may_be_it(payments: Any, entries: Any, runs: Any) -> list[Any]:
    """What is on its way may be booked however late."""
    waits = entries.c.state == literal_column("'near'"), entries.c.because == literal_column("'same-sum'")
    since = func.coalesce(payments.c.file_fetched_at, runs.c.fetched_at, runs.c.sent_at)
    left = payments.c.file_fetched_at, runs.c.sent_at, runs.c.fetched_at
    until = func.greatest(*left, payments.c.ended_at, payments.c.settled_at)
    about_then = may_have_left(payments) | (entries.c.day <= _day_of(until) + leaving.DAYS_AFTER)
    is_another = payments.c.participant_id == any_(entries.c.not_about)
    of_its_sum = (entries.c.pence == -payments.c.amount_pence) & ~is_another
    of_its_run = payments.c.run_id == any_(entries.c.may_be_runs)
    not_before = entries.c.day >= _day_of(since) - leaving.DAYS_BEFORE
    return [runs.c.id == payments.c.run_id, *waits, of_its_sum | of_its_run, not_before, about_then]


def _day_of(moment: Any) -> Any:
    return cast(func.timezone("Europe/London", moment), Date)


@cache
def day_of_line(payments: Any) -> Any:
    """PAY-12: the day of the first line that says that it went out, or may be it; NULL if there is none."""
    bookings, entries = owing_tables.bank_bookings.alias(), owing_tables.bank_entries.alias()
    says = bookings.c.payment_id == payments.c.id, bookings.c.state == literal_column("'waits'"), bookings.c.went_out
    named = select(func.min(bookings.c.day)).where(*says).correlate(payments).scalar_subquery()
    return func.coalesce(named, _may_be(payments, entries.c.day).order_by(entries.c.day).limit(1).scalar_subquery())


_COSTS_LOOKED_AT = (
    "SELECT FROM claim_lines WHERE claim_id = claims.id AND looks_at IS NOT NULL AND kind <> 'participation'"
)
_NOT_THERE = "(SELECT NOT present FROM attendances WHERE attendances.attendance_id = claims.attendance_id)"


def is_decided_again(of: str) -> ColumnElement[bool]:
    """PAY-17: whether the register has taken some or all of what a row of this table (payables or payments) is for, so
    that it is decided again before it goes. If only the fee was, costs that leave in another way go on. What a look
    asks of a cost may be too much as well."""
    is_meant = f"{of}.method = claims.recognition OR {_NOT_THERE} OR EXISTS ({_COSTS_LOOKED_AT})"
    return literal_column(f"(claims.correction_due AND ({is_meant}))", Boolean)
