"""What may have left, as the database reads it, and the account that it goes into."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from services.payments.owing import tables
from services.payments.owing.domain import leaving
from services.payments.people.queries import introducers_of_each
from shared.db import Transaction, one_of


async def current_details(tx: Transaction, person_id: UUID) -> Row[Any] | None:
    """Masked: without what is sealed."""
    return await tx.first(masked_details().where(tables.bank_details.c.participant_id == person_id))


async def what_comes_first(tx: Transaction, person_id: UUID, methods: Iterable[str]) -> dict[str, bool]:
    """PAY-10, PAY-12, PAY-13: what has to happen before anything leaves for this person in these ways, in the
    events' terms: somebody rings or meets them about their account (details_wait) or at all (person_waits), or they
    are asked for details that we can pay into (asks_details)."""
    return (await what_comes_first_for(tx, {person_id: methods}))[person_id]


async def what_comes_first_for(tx: Transaction, methods: Mapping[UUID, Iterable[str]]) -> dict[UUID, dict[str, bool]]:
    """As above, of many people at once. methods: the ways, by person."""
    rows = await tx.all(masked_details().where(one_of(tables.bank_details.c.participant_id, methods)))
    details = {row.participant_id: row for row in rows}
    introducers = await introducers_of_each(tx, methods)
    found = {}
    for person_id, ways in methods.items():
        first = leaving.what_comes_first(ways, where_it_goes(details.get(person_id)), introducers[person_id])
        found[person_id] = {
            "details_wait": "unconfirmed" in first,
            "person_waits": "person" in first,
            "asks_details": bool(first & {"no-details", "doubted"}),
        }
    return found


async def who_shares_an_account(tx: Transaction, people: Iterable[UUID]) -> frozenset[UUID]:
    """PAY-13: which of these people would be paid into an account that is another person's, too."""
    mine, other = tables.bank_details.alias(), tables.bank_details.alias()
    same = select(mine.c.participant_id).join(other, mine.c.same_account == other.c.same_account)
    found = same.where(
        one_of(mine.c.participant_id, people),
        are_current(mine),
        other.c.participant_id != mine.c.participant_id,
        are_current(other),
    )
    return frozenset(row.participant_id for row in await tx.all(found.distinct()))


def where_it_goes(details: Row[Any] | None) -> leaving.Details:
    """details: a row of masked_details(); None if we have none."""
    if details is None:
        return "none"
    if details.state != "confirmed":
        return "unconfirmed"
    return "confirmed" if details.doubted_because is None else "doubted"


def are_current(details: Any = tables.bank_details) -> Any:
    """PAY-13: of somebody's details at most one row; those they gave before are kept as replaced."""
    return details.c.state != "replaced"


@cache
def are_current_details_of(owed: Any) -> Any:
    """owed: a table that says whose it is: payables, payments."""
    details = tables.bank_details
    return (details.c.participant_id == owed.c.participant_id) & are_current(details)


@cache
def masked_details() -> Any:
    details = tables.bank_details
    columns = (details.c.id, details.c.participant_id, details.c.state, details.c.ends_with, details.c.given_at)
    return select(*columns, details.c.doubted_because).where(are_current(details))


def where_it_stands(payment: Row[Any]) -> str:
    """payment: a row of payments."""
    return leaving.where_it_stands(payment.state, payment.in_file, settled=payment.settled_at is not None)


@cache
def may_have_left(payments: Any = tables.payments) -> Any:
    """PAY-09, PAY-12, PAY-17: leaving.may_have_left() as the database reads it."""
    in_a_file = payments.c.in_file.is_not(None) & payments.c.settled_at.is_(None)
    return (payments.c.state == "sent") | (payments.c.state.in_(leaving.NOT_SENT) & in_a_file)


@cache
def has_left(payments: Any = tables.payments) -> Any:
    """PAY-17: payments that a decision about their claim can no longer change: paid, or perhaps left and still in
    their run. Once finance has taken a payment out, its claim can be decided again, but nothing of that claim leaves
    before we know what became of the payment."""
    return (payments.c.state == "paid") | (may_have_left(payments) & (payments.c.state != "cancelled"))


@cache
def is_perhaps_gone(payments: Any = tables.payments) -> Any:
    return (payments.c.state == "cancelled") & may_have_left(payments)


def row_may_have_left(payment: Row[Any]) -> bool:
    """payment: a row of payments."""
    return leaving.may_have_left(payment.state, payment.in_file, settled=payment.settled_at is not None)


def times_lost(payment: Row[Any]) -> int:
    """PAY-12: how many more times its money is out than we count. payment: a row of payments; a program before this
    noted only that it was paid twice."""
    return payment.lost_times or int(payment.paid_twice_at is not None)
