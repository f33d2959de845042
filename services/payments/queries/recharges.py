"""What finance sees of recharges and statements, both ways (NET-03). A guest is a reference and a session: no name on either side."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from services.payments import tables
from services.payments.domain import recharges as rules
from services.payments.domain import statements as statement_rules
from services.payments.domain.claims import Amounts
from shared.clock import london_date
from shared.db import Transaction

MOST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class RechargeView:
    row: Any
    title: str
    """Of the opportunity."""

    @property
    def reference(self) -> str:
        return rules.reference(self.row.recharge_id)

    @property
    def pence(self) -> int:
        return Amounts(self.row.fee_pence, self.row.expenses_pence).total

    @property
    def why_refused(self) -> str:
        return rules.WHY_REFUSED.get(self.row.because, "")

    @property
    def month(self) -> str:
        """In which its newest version was raised: that of its statement."""
        return f"{london_date(self.row.raised_at):%Y-%m}"


@dataclass(frozen=True, slots=True)
class Month:
    """The recharges of one month with one organisation. pence: without those refused."""

    organisation: str
    in_words: str
    recharges: Sequence[RechargeView]

    @property
    def pence(self) -> int:
        return sum(recharge.pence for recharge in self.recharges if recharge.row.state != "refused")


@dataclass(frozen=True, slots=True)
class StatementView:
    row: Any
    organisation: str
    ours: int
    theirs: int | None
    """None while they have not said."""

    @property
    def in_words(self) -> str:
        return statement_rules.month_in_words(self.row.month)

    @property
    def payment_reference(self) -> str:
        return statement_rules.payment_reference(self.row.statement_id, self.row.month)


@dataclass(frozen=True, slots=True)
class LineView:
    """recharge: None for one that we do not know."""

    recharge_id: UUID
    recharge: RechargeView | None
    ours: int
    theirs: int | None

    @property
    def reference(self) -> str:
        return rules.reference(self.recharge_id)

    @property
    def difference(self) -> int:
        return self.ours - (self.ours if self.theirs is None else self.theirs)


@dataclass(frozen=True, slots=True)
class OneDirection:
    """owed: pence that are not paid yet, as the ledger has it."""

    owed: int
    statements: Sequence[StatementView]
    months: Sequence[Month]


async def display_names(tx: Transaction) -> dict[str, str]:
    """Organisations by their short names: as they announced themselves, or as their listings call them. Of one that nobody can reach, it is said."""
    listed = await tx.all(select(tables.opportunities.c.host, tables.opportunities.c.host_name).where(tables.opportunities.c.host_name != ""))
    announced = await tx.all(select(tables.organisations))
    names = {row.host: row.host_name for row in listed} | {row.name: row.display_name for row in announced if row.version}
    return names | {row.name: f"{names.get(row.name, row.name)} (not in the network any more)" for row in announced if row.removed}


async def one_direction(tx: Transaction, direction: str) -> OneDirection:
    """direction: "raised", what others owe us, or "received", what we owe them."""
    named = await display_names(tx)
    found = await recharges(tx, direction)
    by_month = groupby(found, key=lambda view: (view.row.organisation, view.month))
    months = [Month(named.get(who) or who, statement_rules.month_in_words(month), list(views)) for (who, month), views in by_month]
    return OneDirection(await _owed(tx, direction), await statements(tx, "issued" if direction == "raised" else "received"), months)


async def recharges(tx: Transaction, direction: str) -> list[RechargeView]:
    """By organisation, the newest first."""
    table, opportunities = tables.recharges, tables.opportunities
    rows = await tx.all(
        select(table, opportunities.c.title)
        .join(opportunities, opportunities.c.opportunity_id == table.c.opportunity_id, isouter=True)
        .where(table.c.direction == direction)
        .order_by(table.c.organisation, table.c.raised_at.desc(), table.c.id)
        .limit(MOST_SHOWN)
    )
    return [RechargeView(row, row.title or "") for row in rows]


async def _owed(tx: Transaction, direction: str) -> int:
    account, sign = ("recharge-receivable", 1) if direction == "raised" else ("recharge-payable", -1)
    postings = tables.postings
    return sign * int(await tx.scalar(select(func.coalesce(func.sum(postings.c.pence), 0)).where(postings.c.account == account)))


async def statements(tx: Transaction, direction: str, statement_id: UUID | None = None) -> list[StatementView]:
    """The newest month first; statement_id: that one alone."""
    table, lines = tables.statements, tables.statement_lines
    sums = func.coalesce(func.sum(lines.c.ours_pence), 0).label("ours"), func.sum(lines.c.theirs_pence).label("theirs")
    wanted = table.c.direction == direction if statement_id is None else table.c.id == statement_id
    rows = await tx.all(
        select(table, *sums)
        .join(lines, lines.c.statement_id == table.c.id, isouter=True)
        .where(wanted)
        .group_by(table.c.id)
        .order_by(table.c.month.desc(), table.c.organisation, table.c.id)
        .limit(MOST_SHOWN)
    )
    named = await display_names(tx)
    return [StatementView(row, named.get(row.organisation) or row.organisation, int(row.ours), None if row.theirs is None else int(row.theirs)) for row in rows]


async def statement(tx: Transaction, statement_id: UUID) -> tuple[StatementView, list[LineView]]:
    """A statement and its lines, those that differ first. Raises Missing."""
    row = await tx.one(select(tables.statements).where(tables.statements.c.id == statement_id))
    [view] = await statements(tx, row.direction, statement_id)
    lines, table, opportunities = tables.statement_lines, tables.recharges, tables.opportunities
    direction = "raised" if row.direction == "issued" else "received"
    with_them = (table.c.recharge_id == lines.c.recharge_id) & (table.c.organisation == row.organisation) & (table.c.direction == direction)
    rows = await tx.all(
        select(lines.c.recharge_id.label("line_of"), lines.c.ours_pence, lines.c.theirs_pence, table, opportunities.c.title)
        .join(table, with_them, isouter=True)
        .join(opportunities, opportunities.c.opportunity_id == table.c.opportunity_id, isouter=True)
        .where(lines.c.statement_id == statement_id)
        .order_by(table.c.session_date, lines.c.recharge_id)
    )
    found = [LineView(line.line_of, RechargeView(line, line.title or "") if line.id else None, line.ours_pence, line.theirs_pence) for line in rows]
    return view, sorted(found, key=lambda line: line.difference == 0)
