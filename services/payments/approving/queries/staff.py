"""What approvers and finance work from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, cast, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import BIT

from services.payments import tables
from services.payments.domain import answers, days, releasing
from services.payments.domain import receipts as receipt_rules
from services.payments.domain.claims import ClaimState, LineState
from services.payments.domain.deciding import WHERE_IT_GOES
from services.payments.queries.claims import ClaimView, LineView, clock_of
from services.payments.queries.paging import Cursor, next_cursor
from services.payments.use_cases import budgets as budget_rules
from services.payments.use_cases import ready, runs
from services.payments.use_cases.records import pence_of_lines
from services.payments.use_cases.runs import ids_in
from services.payments.use_cases.withdrawing import approved_amounts
from shared.db import Transaction, one_of
from shared.paging import page_of
from shared.reasons import Reason, mark_of
from shared.text import number_of, told_apart

SOMEBODY = "A participant (name not here yet)"


async def names(tx: Transaction, person_ids: Sequence[UUID]) -> dict[UUID, str]:
    """For staff: everyone of a page has an entry; two of one name are told apart, and a card that has not come yet is said to be missing."""
    people = list(dict.fromkeys(person_ids))
    known = {row.person_id: row for row in await tx.all(select(tables.cards).where(ids_in(tables.cards.c.person_id, people)))}

    def named(person_id: UUID) -> tuple[str, str]:
        card = known.get(person_id)
        by = card.told_apart_by if card is not None else None
        return (card.name if card is not None else SOMEBODY), by or f"our number {number_of(person_id)}"

    return dict(zip(people, told_apart([named(person_id) for person_id in people]), strict=True))


@dataclass(frozen=True, slots=True)
class Waiting:
    row: Any
    title: str
    name: str
    pence: int

    @property
    def clock(self) -> days.Shown:
        return clock_of(self.row)


QUEUE_A_PAGE = 100


async def queue(tx: Transaction, after: Cursor | None = None) -> tuple[list[Waiting], Cursor | None]:
    """A page of claims to decide, the shortest clock first (PAY-07), and where the next begins."""
    claims, lines, opportunities = tables.claims, tables.lines, tables.opportunities
    pence = select(pence_of_lines()).where(lines.c.claim_id == claims.c.id, lines.c.state.in_([LineState.READY, LineState.APPROVED])).scalar_subquery()
    waiting = (
        select(claims, opportunities.c.title, pence.label("pence"))
        .join(opportunities, opportunities.c.opportunity_id == claims.c.opportunity_id, isouter=True)
        .where(claims.c.state.in_([ClaimState.SUBMITTED, ClaimState.SECOND_APPROVER]))
        .order_by(claims.c.pay_by, claims.c.id)
    )
    if after is not None:
        waiting = waiting.where(tuple_(claims.c.pay_by, claims.c.id) > (after.day, after.id))
    rows = await tx.all(waiting.limit(QUEUE_A_PAGE + 1))
    known = await names(tx, [row.participant_id for row in rows])
    shown = [Waiting(row, row.title or "", known[row.participant_id], row.pence) for row in rows[:QUEUE_A_PAGE]]
    return shown, next_cursor(rows, QUEUE_A_PAGE, lambda row: row.pay_by)


async def flags(tx: Transaction, claim: ClaimView) -> list[str]:
    """PAY-02, PAY-13: what an approver should look at, in words."""
    found = []
    if await _shares_account(tx, claim.row.participant_id):
        found.append("Another person is paid into the same bank account. It can be right, for a couple or a carer. Check it.")
    if any(line.row.passed_10000_miles for line in claim.lines):
        found.append("The person has driven more than 10,000 miles for work like this in the tax year. A lower tax-free rate may apply.")
    if claim.row.helped_by is not None:
        found.append("Somebody filled this in for the person.")
    return found


@dataclass(frozen=True, slots=True)
class ToDecide:
    """What an approver sees of a claim. mark: the same as long as all of this is (PAY-10, PAY-11, PAY-13)."""

    claim: ClaimView
    flags: Sequence[str]
    alike: Sequence["Alike"]
    more_alike: int

    @property
    def mark(self) -> str:
        alike = sorted(f"{each.line.id} {each.other.other_line}" for each in self.alike)
        return mark_of(self.claim.mark, list(self.flags), alike, self.more_alike)


async def to_decide(tx: Transaction, claim: ClaimView) -> ToDecide:
    alike, more = await receipts_alike(tx, claim)
    return ToDecide(claim, await flags(tx, claim), alike, more)


async def over_budget(tx: Transaction, claim: ClaimView) -> int:
    """PAY-11: by how many pence a claim that waits for a second approver passes its budget, as things are now; 0 where none is needed."""
    if claim.state is not ClaimState.SECOND_APPROVER:
        return 0
    opportunity = await budget_rules.opportunity_of(tx, claim.row.opportunity_id)
    approved = approved_amounts([line.row for line in claim.lines]).total
    return 0 if opportunity is None else await budget_rules.over_budget_now(tx, claim.row, opportunity, approved)


async def _shares_account(tx: Transaction, person_id: UUID) -> bool:
    mine, other = tables.bank_details.alias(), tables.bank_details.alias()
    same = select(other.c.id).join(mine, mine.c.same_account == other.c.same_account)
    found = same.where(mine.c.participant_id == person_id, mine.c.state != "replaced", other.c.participant_id != person_id, other.c.state != "replaced")
    return await tx.first(found.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class Alike:
    """A line whose receipt looks like that of another: what that is for, whose claim it is in, and when its receipt was sent."""

    line: LineView
    other: Any
    name: str

    def page(self, viewer: UUID) -> str:
        """Where its claim is read: one's own as its owner."""
        return f"/payments/{'claims' if self.other.participant_id == viewer else 'approve'}/{self.other.claim_id}"


MOST_ALIKE = 20


async def receipts_alike(tx: Transaction, claim: ClaimView) -> tuple[list[Alike], int]:
    """PAY-13: which lines have a receipt that is the same file as another line's, or the same photo saved again, the newest first; and how many
    such pairs there are beyond MOST_ALIKE."""
    mine = {line.id: line for line in claim.lines if line.row.receipt_id is not None}
    if not mine:
        return [], 0
    pairs = _alike(list(mine)).subquery()
    counted = select(pairs, func.count().over().label("of_all"))  # however many there are, one question
    rows = await tx.all(counted.order_by(pairs.c.sent_at.desc(), pairs.c.line_id, pairs.c.other_line).limit(MOST_ALIKE))
    known = await names(tx, [claim.row.participant_id, *(row.participant_id for row in rows)])
    return [Alike(mine[row.line_id], row, known[row.participant_id]) for row in rows], rows[0].of_all - len(rows) if rows else 0


def _alike(line_ids: Sequence[UUID]) -> Any:
    """Asked of the database, however many receipts there are."""
    line, mine = tables.lines.alias(), tables.receipts.alias()
    other_line, other = tables.lines.alias(), tables.receipts.alias()
    differing = func.bit_count(cast(other.c.picture_hash.op("#")(mine.c.picture_hash), BIT(64)))
    same_picture = or_(*_bands_agree(other.c.picture_hash, mine.c.picture_hash)) & (differing <= receipt_rules.SAME_PICTURE_BITS)
    looks_the_same = (other.c.sha256 == mine.c.sha256) | same_picture
    claims, opportunities = tables.claims, tables.opportunities
    return (
        select(
            line.c.id.label("line_id"),
            other_line.c.id.label("other_line"),
            other_line.c.kind,
            other_line.c.what,
            other_line.c.claim_id,
            other.c.created_at.label("sent_at"),
            claims.c.participant_id,
            claims.c.session_date,
            func.coalesce(opportunities.c.title, "").label("title"),
        )
        .select_from(line.join(mine, mine.c.id == line.c.receipt_id).join(other, (other.c.id != mine.c.id) & looks_the_same))
        .join(other_line, other_line.c.receipt_id == other.c.id)
        .join(claims, claims.c.id == other_line.c.claim_id)
        .join(opportunities, opportunities.c.opportunity_id == claims.c.opportunity_id, isouter=True)
        .where(one_of(line.c.id, line_ids), other_line.c.id != line.c.id, other_line.c.state != LineState.REMOVED)
    )


def _bands_agree(one: Any, other: Any) -> list[Any]:
    """Of five bands of bits at least one is the same if no more than four bits differ: an index for each finds the few to compare."""

    def band_of(column: Any, band: int) -> Any:
        return column.op(">>")(text(str(band * BAND_BITS))).op("&")(text(str(BAND)))

    return [band_of(one, band) == band_of(other, band) for band in range(receipt_rules.SAME_PICTURE_BITS + 1)]


BAND_BITS = 13
BAND = (1 << BAND_BITS) - 1


# Finance


@dataclass(frozen=True, slots=True)
class Owed:
    row: Any
    name: str
    reasons: list[Reason]
    """Why it cannot go into a run that the viewer makes; empty if it can."""

    @property
    def clock(self) -> days.Shown:
        """PAY-07: the days that a page may say."""
        return clock_of(self.row)

    @property
    def is_to_confirm(self) -> bool:
        """Whether it waits until somebody rings or meets the person (PAY-10, PAY-13)."""
        return any(reason in (WHERE_IT_GOES["person"], WHERE_IT_GOES["unconfirmed"]) for reason in self.reasons)

    @property
    def came_back(self) -> str:
        """PAY-12: why it goes again, in finance's words, as a sentence; "" where it is the first time."""
        return _came_back(self.row.reason_code, self.row.method)


def _came_back(code: str | None, method: str) -> str:
    if not code:
        return ""
    what = {"vouchers": "The voucher", "cheque": "The cheque", "cash": "The cash"}.get(method, "It")
    if code == "lost":
        return f"{what} was lost"
    if code == "taken-back":
        return f"{what} came back to us"
    return f"Not paid the last time: {releasing.BY_HAND.get(code) or answers.for_finance(code)}"


OWED_A_PAGE = 100
RUNS_A_PAGE = 50


async def owed(tx: Transaction, viewer: UUID, way: str | None = None, after: Cursor | None = None) -> tuple[list[Owed], Cursor | None]:
    """A page of what is approved and in no live run, the shortest clock first; way: one way of paying alone."""
    payables, claims = tables.payables, tables.claims
    statement = runs.owed().order_by(claims.c.pay_by, payables.c.id)
    if way is not None:
        statement = statement.where(payables.c.method == way)
    if after is not None:
        statement = statement.where(tuple_(claims.c.pay_by, payables.c.id) > (after.day, after.id))
    rows = await tx.all(statement.limit(OWED_A_PAGE + 1))
    known = await names(tx, [row.participant_id for row in rows])
    shown = [Owed(row, known[row.participant_id], runs.reasons_to_wait(row, viewer)) for row in rows[:OWED_A_PAGE]]
    return shown, next_cursor(rows, OWED_A_PAGE, lambda row: row.pay_by)


async def owed_by_way(tx: Transaction) -> Sequence[Row[Any]]:
    """How much is owed in each way: how many, and pence."""
    payables, claims = tables.payables, tables.claims
    return await tx.all(
        select(payables.c.method, func.count().label("number"), func.sum(payables.c.amount_pence).label("pence"))
        .join(claims, claims.c.id == payables.c.claim_id)
        .where(ready.is_ready())
        .group_by(payables.c.method)
        .order_by(payables.c.method)
    )


async def all_runs(tx: Transaction, before: int | None = None) -> tuple[Sequence[Row[Any]], int | None]:
    """A page of the runs, the newest first, and the number before which the next page begins."""
    run, payments = tables.payment_runs, tables.payments
    mine = (payments.c.run_id == run.c.id) & payments.c.dropped_because.is_(None)
    number = select(func.count()).where(mine).correlate(run).scalar_subquery()
    pence = select(func.coalesce(func.sum(payments.c.amount_pence), 0)).where(mine).correlate(run).scalar_subquery()
    paid, back = (
        select(func.count()).where(payments.c.run_id == run.c.id, payments.c.state.in_(states)).correlate(run).scalar_subquery()
        for states in (("paid",), ("rejected", "returned"))
    )
    sums = number.label("payments"), pence.label("pence"), paid.label("paid"), back.label("back")
    statement = select(run.c.id, run.c.number, run.c.state, run.c.made_at, *sums).order_by(run.c.number.desc())
    if before is not None:
        statement = statement.where(run.c.number < before)
    rows = await tx.all(statement.limit(RUNS_A_PAGE + 1))
    return rows[:RUNS_A_PAGE], rows[RUNS_A_PAGE - 1].number if len(rows) > RUNS_A_PAGE else None


async def balances(tx: Transaction) -> Sequence[Row[Any]]:
    """PAY-11: the trial balance: debits above nothing, credits below, all together nothing."""
    kept = tables.account_balances
    return await tx.all(select(kept.c.account, func.sum(kept.c.pence).label("pence")).group_by(kept.c.account).order_by(kept.c.account))


async def budgets(tx: Transaction, after: str | None = None) -> tuple[Sequence[Row[Any]], str | None]:
    """PAY-11: a page of opportunities, each one's budget beside what is committed and spent of it; and where the next begins. The newest first."""
    opportunities, kept = tables.opportunities, tables.account_balances

    def on(account: str) -> Any:
        mine = (kept.c.opportunity_id == opportunities.c.opportunity_id) & (kept.c.account == account)
        return func.coalesce(select(kept.c.pence).where(mine).scalar_subquery(), 0)

    committed, spent = on("budget-committed").label("committed"), on("budget-spent").label("spent")
    return await page_of(tx, select(opportunities, committed, spent), opportunities.c.opportunity_id, after=after, newest_first=True)
