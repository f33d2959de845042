"""What finance sees of recharges and statements, in both directions (NET-03). A guest is a reference and a session:
neither side sees a name."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, func, literal, select, text

from services.payments.ledger import tables as ledger_tables
from services.payments.ledger.domain import Amounts
from services.payments.recharging import tables
from services.payments.recharging.domain import recharges as rules
from services.payments.recharging.domain import statements as statement_rules
from services.payments.register import tables as register_tables
from shared.clock import london_date, london_datetime
from shared.db import Transaction, one_of
from shared.paging import page_of
from shared.reasons import mark_of


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
        """The month in which its newest version was raised: that of its statement."""
        return f"{london_date(self.row.raised_at):%Y-%m}"


@dataclass(frozen=True, slots=True)
class Month:
    """The recharges of one month with one organisation that are on this page. pence: the whole month, without
    refused ones."""

    organisation: str
    in_words: str
    recharges: Sequence[RechargeView]
    pence: int


@dataclass(frozen=True, slots=True)
class StatementView:
    row: Any
    organisation: str
    ours: int
    theirs: int | None
    """None until they have answered."""

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
    """owed: pence not paid yet, from the ledger. statements_next and after: where the next pages begin."""

    owed: int
    statements: Sequence[StatementView]
    statements_next: str | None
    months: Sequence[Month]
    after: str | None


_LISTED_AS = text(
    "SELECT wanted.name AS host, listed.host_name FROM unnest(CAST(:names AS text[])) AS wanted (name) CROSS JOIN "
    "LATERAL"
    " (SELECT host_name FROM opportunities WHERE host = wanted.name AND host_name <> '' LIMIT 1) AS listed"
)
"""One of each host's listings, however many it has, by the index ix_opportunities_host."""


async def display_names(tx: Transaction, names_of: Collection[str]) -> dict[str, str]:
    """What our people call organisations, by their short names. Says so if nobody can reach one."""
    wanted = sorted(set(names_of))
    listed = await tx.all(_LISTED_AS, {"names": wanted})
    announced = await tx.all(select(tables.organisations).where(one_of(tables.organisations.c.name, wanted)))
    names = {row.host: row.host_name for row in listed} | {
        row.name: row.display_name for row in announced if row.named_version or row.display_name != row.name
    }
    return names | {
        row.name: f"{names.get(row.name, row.name)} (not in the network any more)" for row in announced if row.removed
    }


async def one_direction(
    tx: Transaction, direction: str, after: str | None = None, statements_after: str | None = None
) -> OneDirection:
    """direction: "raised", what others owe us, or "received", what we owe them. after and statements_after: where
    its pages begin."""
    found, next_after = await recharges(tx, direction, after)
    named = await display_names(tx, {view.row.organisation for view in found})
    of_month = _month()
    counts = (
        tables.recharges.c.direction == direction,
        tables.recharges.c.state != "refused",
        *_within({view.month for view in found}),
    )
    sums = select(
        tables.recharges.c.organisation,
        of_month.label("month"),
        func.sum(tables.recharges.c.fee_pence + tables.recharges.c.expenses_pence).label("pence"),
    )
    shown = sums.where(*counts, one_of(of_month, {view.month for view in found})).group_by(
        tables.recharges.c.organisation, of_month
    )
    pence = {(row.organisation, row.month): int(row.pence) for row in await tx.all(shown)}
    by_month: dict[tuple[str, str], list[RechargeView]] = {}
    for view in found:
        by_month.setdefault((view.row.organisation, view.month), []).append(view)
    in_order = sorted(sorted(by_month), key=lambda each: each[1], reverse=True)
    months = [
        Month(
            named.get(who) or who,
            statement_rules.month_in_words(month),
            by_month[who, month],
            pence.get((who, month), 0),
        )
        for who, month in in_order
    ]
    sent, statements_next = await statements(
        tx, "issued" if direction == "raised" else "received", after=statements_after
    )
    return OneDirection(await _owed(tx, direction), sent, statements_next, months, next_after)


def _within(months: Collection[str]) -> list[ColumnElement[bool]]:
    """Raised in these months or between them, so that no other month's recharges are read."""
    if not months:
        return []
    year, month = (int(part) for part in max(months).split("-"))
    first, end = date.fromisoformat(f"{min(months)}-01"), date(year + month // 12, month % 12 + 1, 1)
    raised_at = tables.recharges.c.raised_at
    return [raised_at >= london_datetime(first, 0), raised_at < london_datetime(end, 0)]


def _month() -> Any:
    """`RechargeView.month`, for a row."""
    return func.to_char(
        func.timezone("Europe/London", tables.recharges.c.raised_at), literal("YYYY-MM", Text), type_=Text
    )


async def recharges(
    tx: Transaction, direction: str | None = None, after: str | None = None
) -> tuple[list[RechargeView], str | None]:
    """A page of them, the newest first, and where the next begins. direction: None for both."""
    table, opportunities = tables.recharges, register_tables.opportunities
    wanted = select(table, opportunities.c.title).join(
        opportunities, opportunities.c.opportunity_id == table.c.opportunity_id, isouter=True
    )
    if direction is not None:
        wanted = wanted.where(table.c.direction == direction)
    rows, next_after = await page_of(tx, wanted, table.c.raised_at, table.c.id, after=after, newest_first=True)
    return [RechargeView(row, row.title or "") for row in rows], next_after


async def _owed(tx: Transaction, direction: str) -> int:
    account, sign = ("recharge-receivable", 1) if direction == "raised" else ("recharge-payable", -1)
    kept = ledger_tables.account_balances
    still_owed = kept.c.account == account, kept.c.pence != 0  # what is settled comes to zero, and is in no index
    return sign * int(await tx.scalar(select(func.coalesce(func.sum(kept.c.pence), 0)).where(*still_owed)))


async def statements(
    tx: Transaction, direction: str | None = None, after: str | None = None
) -> tuple[list[StatementView], str | None]:
    """A page of them, the newest month first, and where the next begins. direction: None for both."""
    table = tables.statements
    wanted = _with_sums() if direction is None else _with_sums().where(table.c.direction == direction)
    rows, next_after = await page_of(tx, wanted, table.c.month, table.c.id, after=after, newest_first=True)
    named = await display_names(tx, {row.organisation for row in rows})
    return [_statement(row, named) for row in rows], next_after


def _with_sums() -> Select[*tuple[Any, ...]]:
    """Adds up each statement's lines separately, so that a page reads no more than its own."""
    table, lines = tables.statements, tables.statement_lines
    sums = func.coalesce(func.sum(lines.c.ours_pence), 0).label("ours"), func.sum(lines.c.theirs_pence).label("theirs")
    added = select(*sums).where(lines.c.statement_id == table.c.id).lateral("added")
    return select(table, added.c.ours, added.c.theirs).join(added, literal(True))


def _statement(row: Any, named: dict[str, str]) -> StatementView:
    return StatementView(
        row,
        named.get(row.organisation) or row.organisation,
        int(row.ours),
        None if row.theirs is None else int(row.theirs),
    )


def mark_of_statement(view: StatementView, lines: Sequence[LineView]) -> str:
    """NET-03: covers a statement's sum and state, on both sides, line by line."""
    both = sorted((line.recharge_id, line.ours, line.theirs) for line in lines)
    return mark_of(view.row.id, view.row.state, view.row.version, view.ours, view.theirs, both)


async def statement(tx: Transaction, statement_id: UUID) -> tuple[StatementView, list[LineView]]:
    """A statement and its lines, differing lines first. Raises Missing."""
    row = await tx.one(_with_sums().where(tables.statements.c.id == statement_id))
    view = _statement(row, await display_names(tx, [row.organisation]))
    lines, table, opportunities = tables.statement_lines, tables.recharges, register_tables.opportunities
    direction = "raised" if row.direction == "issued" else "received"
    with_them = (
        (table.c.recharge_id == lines.c.recharge_id)
        & (table.c.organisation == row.organisation)
        & (table.c.direction == direction)
    )
    rows = await tx.all(
        select(
            lines.c.recharge_id.label("line_of"), lines.c.ours_pence, lines.c.theirs_pence, table, opportunities.c.title
        )
        .join(table, with_them, isouter=True)
        .join(opportunities, opportunities.c.opportunity_id == table.c.opportunity_id, isouter=True)
        .where(lines.c.statement_id == statement_id)
        .order_by(table.c.session_date, lines.c.recharge_id)
    )
    found = [
        LineView(
            line.line_of, RechargeView(line, line.title or "") if line.id else None, line.ours_pence, line.theirs_pence
        )
        for line in rows
    ]
    return view, sorted(found, key=lambda line: line.difference == 0)
