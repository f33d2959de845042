"""What approvers and finance work from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

from services.payments import tables
from services.payments.domain import receipts as receipt_rules
from services.payments.domain.claims import ClaimState, LineState
from services.payments.queries.claims import ClaimView
from services.payments.use_cases import budgets as budget_rules
from services.payments.use_cases import runs
from services.payments.use_cases.receipts import picture_hash
from shared.db import Transaction
from shared.reasons import Reason

SOMEBODY = "A participant (name not here yet)"


async def names(tx: Transaction, person_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Everyone has an entry: a card that has not come yet is said to be missing."""
    rows = await tx.all(select(tables.cards).where(tables.cards.c.person_id.in_(set(person_ids))))
    return dict.fromkeys(person_ids, SOMEBODY) | {row.person_id: row.name for row in rows}


@dataclass(frozen=True, slots=True)
class Waiting:
    row: Any
    title: str
    name: str
    pence: int


async def queue(tx: Transaction) -> list[Waiting]:
    """Claims to decide, the shortest clock first (PAY-07)."""
    claims, lines, opportunities = tables.claims, tables.lines, tables.opportunities
    pence = (
        select(func.coalesce(func.sum(lines.c.amount_pence), 0))
        .where(lines.c.claim_id == claims.c.id, lines.c.state.in_([LineState.READY, LineState.APPROVED]))
        .scalar_subquery()
    )
    rows = await tx.all(
        select(claims, opportunities.c.title, pence.label("pence"))
        .join(opportunities, opportunities.c.opportunity_id == claims.c.opportunity_id, isouter=True)
        .where(claims.c.state.in_([ClaimState.SUBMITTED, ClaimState.SECOND_APPROVER]))
        .order_by(claims.c.pay_by, claims.c.submitted_at)
    )
    known = await names(tx, [row.participant_id for row in rows])
    return [Waiting(row, row.title or "", known[row.participant_id], row.pence) for row in rows]


async def flags(tx: Transaction, claim: ClaimView) -> list[str]:
    """PAY-02, PAY-13: what an approver should look at, in words."""
    found = []
    if await _shares_account(tx, claim.row.participant_id):
        found.append("Another person is paid into the same bank account. It can be right, for a couple or a carer. Check it.")
    for line in claim.lines:
        if line.row.receipt_id is not None and await _receipt_seen_before(tx, line.row):
            found.append("The receipt of one line looks like a receipt that was sent before. Compare the two.")
        if line.row.passed_10000_miles:
            found.append("The person has driven more than 10,000 miles for work like this in the tax year. A lower tax-free rate may apply.")
    if claim.row.helped_by is not None:
        found.append("Somebody filled this in for the person.")
    return list(dict.fromkeys(found))


async def over_budget(tx: Transaction, claim: ClaimView) -> int:
    """PAY-11: by how many pence a claim that waits for a second approver passes its budget, as things are now; 0 where none is needed."""
    if claim.state is not ClaimState.SECOND_APPROVER:
        return 0
    opportunity = await budget_rules.opportunity_of(tx, claim.row.opportunity_id)
    return 0 if opportunity is None else await budget_rules.over_budget_now(tx, claim.row, opportunity, claim.pence(LineState.APPROVED))


async def _shares_account(tx: Transaction, person_id: UUID) -> bool:
    mine, other = tables.bank_details.alias(), tables.bank_details.alias()
    same = select(other.c.id).join(mine, mine.c.same_account == other.c.same_account)
    found = same.where(mine.c.participant_id == person_id, mine.c.state != "replaced", other.c.participant_id != person_id, other.c.state != "replaced")
    return await tx.first(found.limit(1)) is not None


async def _receipt_seen_before(tx: Transaction, line: Any) -> bool:
    """Whether another line's receipt is the same file, or the same photo saved again."""
    lines, receipts = tables.lines, tables.receipts
    mine = await tx.one(select(receipts).where(receipts.c.id == line.receipt_id))
    others = await tx.all(
        select(receipts.c.sha256, receipts.c.picture_hash)
        .join(lines, lines.c.receipt_id == receipts.c.id)
        .where(lines.c.id != line.id, lines.c.state != LineState.REMOVED, receipts.c.id != mine.id)
    )
    return any(other.sha256 == mine.sha256 or receipt_rules.same_picture(picture_hash(other), picture_hash(mine)) for other in others)


# Finance


@dataclass(frozen=True, slots=True)
class Owed:
    row: Any
    name: str
    reasons: list[Reason]
    """Why it cannot go into a run that the viewer makes; empty if it can."""


async def owed(tx: Transaction, viewer: UUID) -> list[Owed]:
    """What is approved and in no live run, the shortest clock first."""
    payables, claims = tables.payables, tables.claims
    rows = await tx.all(
        select(payables, claims.c.held, claims.c.correction_due, claims.c.pay_by)
        .join(claims, claims.c.id == payables.c.claim_id)
        .where(payables.c.state == "owed")
        .order_by(claims.c.pay_by, payables.c.id)
    )
    known = await names(tx, [row.participant_id for row in rows])
    return [Owed(row, known[row.participant_id], await runs.reasons_to_wait(tx, row, viewer)) for row in rows]


async def all_runs(tx: Transaction) -> Sequence[Row[Any]]:
    run, payments = tables.payment_runs, tables.payments
    sums = func.count(payments.c.id).label("payments"), func.sum(payments.c.amount_pence).label("pence")
    return await tx.all(
        select(run.c.id, run.c.number, run.c.state, run.c.made_at, *sums)
        .join(payments, payments.c.run_id == run.c.id)
        .group_by(run.c.id)
        .order_by(run.c.number.desc())
        .limit(200)
    )


@dataclass(frozen=True, slots=True)
class RunView:
    row: Any
    payments: Sequence[Any]
    names: dict[UUID, str]
    answers: Sequence[Any]

    @property
    def transfers(self) -> list[Any]:
        return [payment for payment in self.payments if payment.method == "bank-transfer"]

    @property
    def by_hand(self) -> list[Any]:
        return [payment for payment in self.payments if payment.method != "bank-transfer"]

    @property
    def pence(self) -> int:
        return sum(payment.amount_pence for payment in self.payments)


async def run(tx: Transaction, run_id: UUID) -> RunView:
    table, payments = tables.payment_runs, tables.payments
    columns = [column for column in table.c if column.name not in ("sealed_file", "file_key_id")]
    row = await tx.one(select(*columns, table.c.sealed_file.is_not(None).label("has_file")).where(table.c.id == run_id))
    found = await tx.all(select(payments).where(payments.c.run_id == run_id).order_by(payments.c.end_to_end_id))
    answers = await tx.all(select(tables.bank_answers).where(tables.bank_answers.c.run_id == run_id).order_by(tables.bank_answers.c.taken_at))
    return RunView(row, found, await names(tx, [payment.participant_id for payment in found]), answers)


async def how_many_to_confirm(tx: Transaction) -> int:
    """PAY-13: bank details that wait until somebody confirms them."""
    details = tables.bank_details
    return await tx.scalar(select(func.count()).where(details.c.state == "unconfirmed"))


async def balances(tx: Transaction) -> Sequence[Row[Any]]:
    """PAY-11: the trial balance: debits above nothing, credits below, all together nothing."""
    postings = tables.postings
    return await tx.all(select(postings.c.account, func.sum(postings.c.pence).label("pence")).group_by(postings.c.account).order_by(postings.c.account))


async def budgets(tx: Transaction) -> Sequence[Row[Any]]:
    """PAY-11: each opportunity's budget beside what is committed and spent of it."""
    opportunities, postings = tables.opportunities, tables.postings

    def sum_of(account: str) -> Any:
        mine = (postings.c.opportunity_id == opportunities.c.opportunity_id) & (postings.c.account == account)
        return select(func.coalesce(func.sum(postings.c.pence), 0)).where(mine).scalar_subquery()

    committed, spent = sum_of("budget-committed").label("committed"), sum_of("budget-spent").label("spent")
    return await tx.all(select(opportunities, committed, spent).order_by(opportunities.c.title).limit(500))
