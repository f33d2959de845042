"""Payments with the facts that the rules need before somebody says how they ended (PAY-10, PAY-12): who made, sent
and fetched them, who belongs to finance, and what was said about them."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, literal_column, select

from services.payments.claims import tables as claims_tables
from services.payments.claims.use_cases import waiting as waiting_use_cases
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain.leaving import TRANSFER
from services.payments.owing.domain.movements import Movements, is_known_to_be_back
from services.payments.paying.domain.endings import ByHand
from services.payments.people import queries as people
from shared.db import Transaction, one_of

_FETCHED_BY = literal_column(
    "(SELECT array_agg(DISTINCT actor_id) FROM steps WHERE about = payments.run_id AND actor_id IS NOT NULL AND "
    "payments.state IN ('cancelled', 'made')"
    " AND what = ANY(CASE WHEN payments.method = 'bank-transfer' THEN ARRAY['bank-file-fetched', 'bank-csv-fetched', "
    "'payment-file-made-anew']"
    " ELSE ARRAY['voucher-list-fetched', 'payment-file-made-anew'] END))"
).label("fetched_by")


_SAID = literal_column(
    "(SELECT array_agg(said_by::text || ' ' || how) FROM words_by_hand WHERE payment_id = payments.id AND in_file = "
    "coalesce(payments.in_file, 0))"
).label("said")
_FINANCE = literal_column(
    "(CASE WHEN NOT EXISTS (SELECT FROM cards WHERE finance IS NULL) THEN (SELECT array_agg(person_id) FROM cards "
    "WHERE finance) END)"
).label("finance")
"""NULL as long as we do not know it of everybody."""


_BOOKED = (
    "(SELECT array_agg(day) FROM bank_bookings WHERE payment_id = payments.id AND state = 'counts'"
    " AND pence = payments.amount_pence AND {way})"
)
_BOOKED_OUT = literal_column(_BOOKED.format(way="went_out")).label("booked_out")
_BOOKED_BACK = literal_column(_BOOKED.format(way="NOT went_out")).label("booked_back")


async def locked_payments(tx: Transaction, which: Any) -> Sequence[Row[Any]]:
    """Payments with what ending them needs: their claim's opportunity, and who made and sent them. The caller locks
    the run, unless it does nothing but end these payments."""
    payments = owing_tables.payments
    meant = with_their_runs(which).with_only_columns(payments.c.id).with_for_update(of=payments)
    ids = [row.id for row in await tx.all(meant)]
    # What is joined to a row is read as it was before the wait for its lock: so read it again, under the lock.
    return await tx.all(with_their_runs(which & one_of(payments.c.id, ids))) if ids else []


def with_their_runs(which: Any) -> Any:
    """The same as locked_payments(), without a lock."""
    payments, claims, runs = owing_tables.payments, claims_tables.claims, owing_tables.payment_runs
    return (
        select(
            payments,
            _FETCHED_BY,
            _SAID,
            _FINANCE,
            waiting_use_cases.day_of_line(payments).label("day_of_line"),
            _BOOKED_OUT,
            _BOOKED_BACK,
            people.all_introducers_of(payments),
            claims.c.opportunity_id,
            waiting_use_cases.is_decided_again("payments").label("decided_again"),
            runs.c.made_by,
            runs.c.sent_by,
            runs.c.sent_at,
            runs.c.number,
            runs.c.message_id,
            runs.c.file_number,
        )
        .join(claims, claims.c.id == payments.c.claim_id)
        .join(runs, runs.c.id == payments.c.run_id)
        .where(which)
        .order_by(payments.c.id)
    )


def known_of(payment: Row[Any]) -> Movements:
    """payment: a row of locked_payments()."""
    out, back = payment.booked_out or (), payment.booked_back or ()
    return Movements(payment.state, owing.times_lost(payment), tuple(out), tuple(back), payment.said_back_on)


def facts_of(payment: Row[Any]) -> ByHand:
    """payment: a row of locked_payments()."""
    said = (each.split(" ", 1) for each in payment.said or ())
    return ByHand(
        method=payment.method,
        state=owing.where_it_stands(payment),
        made_by=payment.made_by,
        sent_by=payment.sent_by,
        payee=payment.participant_id,
        taken_out_by=payment.taken_out_by,
        fetched_by=frozenset(payment.fetched_by or ()),
        introducers=frozenset(payment.introducers or ()),
        said=frozenset((UUID(by), how) for by, how in said),
        finance=frozenset(payment.finance or ()),
        line_waits=payment.day_of_line,
        noted_twice=payment.paid_twice_at is not None,
        code=payment.reason_code or "",
        is_known_to_be_back=payment.method == TRANSFER and is_known_to_be_back(known_of(payment), date.max),
    )
