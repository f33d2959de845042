"""What finance has to pay, and the runs that it made (PAY-12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, tuple_

from services.payments.claims import tables as claims_tables
from services.payments.claims.domain import days
from services.payments.claims.queries.views import clock_of
from services.payments.claims.use_cases import ready
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain import bank_reasons
from services.payments.owing.domain.leaving import SAME_ACCOUNT, TRANSFER, WHERE_IT_GOES
from services.payments.paging import Cursor, next_cursor
from services.payments.paying.use_cases import runs
from services.payments.people.queries import names
from shared.db import Transaction
from shared.reasons import Reason


@dataclass(frozen=True, slots=True)
class Owed:
    row: Any
    name: str
    reasons: list[Reason]
    """Why the viewer cannot put it into a run; empty if they can."""
    warns: str = ""
    """PAY-13: of the account that it goes into: another person is paid into it, too."""

    @property
    def clock(self) -> days.Shown:
        """PAY-07: the days that a page may say."""
        return clock_of(self.row)

    @property
    def is_to_confirm(self) -> bool:
        """Whether it waits for somebody to ring or meet the person (PAY-10, PAY-13)."""
        return any(reason in (WHERE_IT_GOES["person"], WHERE_IT_GOES["unconfirmed"]) for reason in self.reasons)

    @property
    def is_to_look_at(self) -> bool:
        """PAY-12: whether the viewer looks at our account at the bank first, and then ticks it."""
        return bool(self.row.earlier)

    @property
    def came_back(self) -> str:
        """PAY-12: why it is sent again, as a sentence for finance; "" if this is the first time."""
        return _came_back(self.row.reason_code, self.row.method)

    @property
    def bank_said(self) -> str:
        """PAY-12: the bank's own words about it, for finance."""
        return "; ".join(sorted({said for said, _ in self.row.earlier if said}))

    @property
    def run_before(self) -> str:
        """PAY-12: the id of the last run that it was in, where everything is that the bank wrote of it; "" if none."""
        return self.row.earlier[-1][-1] if self.row.earlier else ""


def _came_back(code: str | None, method: str) -> str:
    if not code:
        return ""
    what = {"vouchers": "The voucher", "cheque": "The cheque", "cash": "The cash"}.get(method, "It")
    if code == "lost":
        return f"{what} was lost"
    if code == "taken-back":
        return f"{what} came back to us"
    if code == "NARR":
        return "Not paid the last time, for a reason in the bank’s own words"
    return f"Not paid the last time: {bank_reasons.BY_HAND.get(code) or bank_reasons.for_finance(code)}"


OWED_A_PAGE = 100
RUNS_A_PAGE = 50


async def owed(
    tx: Transaction, viewer: UUID, way: str | None = None, after: Cursor | None = None
) -> tuple[list[Owed], Cursor | None]:
    """A page of what is approved and in no live run, the shortest clock first, and where the next page begins. way:
    only this way of paying."""
    payables, claims = owing_tables.payables, claims_tables.claims
    statement = runs.owed().order_by(claims.c.target_day, payables.c.id)
    if way is not None:
        statement = statement.where(payables.c.method == way)
    if after is not None:
        statement = statement.where(tuple_(claims.c.target_day, payables.c.id) > (after.day, after.id))
    rows = await tx.all(statement.limit(OWED_A_PAGE + 1))
    known = await names(tx, [row.participant_id for row in rows])
    alike = await owing.who_shares_an_account(tx, [row.participant_id for row in rows if row.method == TRANSFER])
    shown = [
        Owed(
            row,
            known[row.participant_id],
            runs.reasons_to_wait(row, viewer),
            SAME_ACCOUNT if row.method == TRANSFER and row.participant_id in alike else "",
        )
        for row in rows[:OWED_A_PAGE]
    ]
    return shown, next_cursor(rows, OWED_A_PAGE, lambda row: row.target_day)


async def owed_by_way(tx: Transaction) -> Sequence[Row[Any]]:
    """How much is owed in each way: number and pence."""
    payables, claims = owing_tables.payables, claims_tables.claims
    return await tx.all(
        select(payables.c.method, func.count().label("number"), func.sum(payables.c.amount_pence).label("pence"))
        .join(claims, claims.c.id == payables.c.claim_id)
        .where(ready.is_ready())
        .group_by(payables.c.method)
        .order_by(payables.c.method)
    )


async def all_runs(tx: Transaction, before: int | None = None) -> tuple[Sequence[Row[Any]], int | None]:
    """A page of the runs, the newest first, and the number before which the next page begins."""
    run, payments = owing_tables.payment_runs, owing_tables.payments
    mine = (payments.c.run_id == run.c.id) & payments.c.dropped_because.is_(None)
    number = select(func.count()).where(mine).correlate(run).scalar_subquery()
    pence = select(func.coalesce(func.sum(payments.c.amount_pence), 0)).where(mine).correlate(run).scalar_subquery()
    paid, rejected, returned = (
        select(func.count())
        .where(payments.c.run_id == run.c.id, payments.c.state == state)
        .correlate(run)
        .scalar_subquery()
        for state in ("paid", "rejected", "returned")
    )
    sums = number.label("payments"), pence.label("pence"), paid.label("paid")
    sums += rejected.label("rejected"), returned.label("returned")
    statement = select(run.c.id, run.c.number, run.c.state, run.c.made_at, *sums).order_by(run.c.number.desc())
    if before is not None:
        statement = statement.where(run.c.number < before)
    rows = await tx.all(statement.limit(RUNS_A_PAGE + 1))
    return rows[:RUNS_A_PAGE], rows[RUNS_A_PAGE - 1].number if len(rows) > RUNS_A_PAGE else None
