"""A claim as its owner, its approver and finance see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, exists, func, select

from services.payments import tables
from services.payments.domain import banking
from services.payments.domain import claims as rules
from services.payments.domain.claims import BEFORE_APPROVAL, TO_APPROVE, ClaimState, LineKind, LineState
from services.payments.domain.rates import Rates, RateValue
from shared.db import Transaction
from shared.reasons import Missing


@dataclass(frozen=True, slots=True)
class LineView:
    """waits: why it waits, in words; "" if it does not."""

    row: Any
    waits: str

    @property
    def id(self) -> UUID:
        return self.row.id

    @property
    def kind(self) -> str:
        return self.row.kind

    @property
    def state(self) -> str:
        return self.row.state

    @property
    def miles(self) -> str:
        whole, tenth = divmod(self.row.tenths_of_miles or 0, 10)
        return f"{whole}.{tenth}" if tenth else str(whole)

    @property
    def is_reduced(self) -> bool:
        return self.state == LineState.APPROVED and self.row.approved_pence < self.row.amount_pence

    @property
    def pence(self) -> int:
        """What is paid of it, or asked for while nobody has decided."""
        return self.row.approved_pence if self.row.approved_pence is not None else self.row.amount_pence


@dataclass(frozen=True, slots=True)
class ClaimView:
    row: Any
    title: str
    contact_role: str
    starts_at: datetime | None
    rates: Rates
    lines: Sequence[LineView]
    payables: Sequence[Row[Any]]
    follow_ons: Sequence[Row[Any]]
    bank_details: Row[Any] | None
    receipt_last_day: date
    corrections: Sequence[Row[Any]]
    mode: str = ""
    """How it was held: "in-person", "online", "both", or "" where nobody told us."""
    overpaid_pence: int = 0
    """Written off, once it was paid (PAY-16, PAY-17)."""
    has_left: bool = False
    """Whether something of it is on its way or was paid."""

    @property
    def id(self) -> UUID:
        return self.row.id

    @property
    def state(self) -> ClaimState:
        return ClaimState(self.row.state)

    @property
    def shown_state(self) -> str:
        """PAY-17: a claim whose approval was taken back says so while it is decided again."""
        return "withdrawn" if self.row.withdrawn_because and self.state in TO_APPROVE else self.row.state

    @property
    def can_withdraw(self) -> bool:
        return self.state in (ClaimState.APPROVED, ClaimState.RETURNED) and not self.has_left

    @property
    def pays_travel(self) -> bool:
        return rules.pays_travel(self.mode)

    @property
    def is_open(self) -> bool:
        return self.state is ClaimState.OPEN

    @property
    def fee(self) -> LineView | None:
        return next((line for line in self.lines if line.kind == LineKind.PARTICIPATION), None)

    @property
    def costs(self) -> list[LineView]:
        return [line for line in self.lines if line.kind != LineKind.PARTICIPATION]

    def pence(self, *states: str) -> int:
        return sum(line.pence for line in self.lines if line.state in states)

    @property
    def goes_on(self) -> int:
        """Pence that are ready or approved: what waits or was refused is not among them."""
        return self.pence(LineState.READY, LineState.APPROVED)

    @property
    def waiting(self) -> int:
        return self.pence(LineState.WAITING)

    @property
    def offered(self) -> tuple[str, ...]:
        return rules.offered(self.rates)

    @property
    def can_choose(self) -> bool:
        return self.state in (ClaimState.OPEN, ClaimState.SUBMITTED)

    @property
    def can_decline(self) -> bool:
        return self.state in BEFORE_APPROVAL

    @property
    def can_hold(self) -> bool:
        on_its_way = any(payable.state in ("in-run", "paid") for payable in self.payables)
        return self.state in (ClaimState.SUBMITTED, ClaimState.SECOND_APPROVER, ClaimState.APPROVED, ClaimState.RETURNED) and not on_its_way

    @property
    def can_ask_again(self) -> bool:
        decided = self.state in (ClaimState.APPROVED, ClaimState.PAID, ClaimState.REFUSED, ClaimState.RETURNED)
        lost = any((line.state == LineState.REFUSED and not line.row.says_no_receipt) or line.is_reduced for line in self.lines)
        return decided and lost and not self.row.looked_again

    @property
    def uses_bank(self) -> bool:
        return rules.uses_bank(self.row.recognition, self.row.expenses_method, [_fact(line.row) for line in self.lines])

    @property
    def return_reason(self) -> str | None:
        """PAY-12: why the bank sent it back."""
        return next((banking.plain_reason(payable.reason_code) for payable in self.payables if payable.state == "returned"), None)


def _fact(row: Any) -> rules.Line:
    return rules.Line(row.id, LineKind(row.kind), LineState(row.state), row.amount_pence, row.full_pence)


async def own_claim(tx: Transaction, claim_id: UUID, person_id: UUID) -> ClaimView:
    """Raises Missing for another's claim."""
    view = await any_claim(tx, claim_id)
    if view.row.participant_id != person_id:
        raise Missing
    return view


async def any_claim(tx: Transaction, claim_id: UUID) -> ClaimView:
    claims, opportunities, sessions, lines = tables.claims, tables.opportunities, tables.sessions, tables.lines
    row = await tx.one(select(claims).where(claims.c.id == claim_id))
    about = await tx.first(select(opportunities).where(opportunities.c.opportunity_id == row.opportunity_id))
    starts_at = await tx.scalar(select(sessions.c.starts_at).where(sessions.c.session_id == row.session_id))
    found = await tx.all(select(lines).where(lines.c.claim_id == claim_id, lines.c.state != LineState.REMOVED).order_by(lines.c.created_at, lines.c.id))
    payables = await tx.all(
        select(tables.payables).where(tables.payables.c.claim_id == claim_id, tables.payables.c.state != "withdrawn").order_by(tables.payables.c.method)
    )
    overpaid = await tx.scalar(select(func.coalesce(func.sum(tables.overpayments.c.pence), 0)).where(tables.overpayments.c.claim_id == claim_id))
    left = exists().where(tables.payments.c.claim_id == claim_id, tables.payments.c.state.in_(["sent", "paid"]))
    follow_ons = await tx.all(select(claims).where(claims.c.follows == claim_id).order_by(claims.c.id))
    corrections = await tx.all(select(tables.corrections).where(tables.corrections.c.claim_id == claim_id).order_by(tables.corrections.c.id))
    rates = Rates(**row.rates)
    last_day = rules.receipt_last_day(row.session_date, rates.receipt_days)
    return ClaimView(
        row=row,
        title=about.title if about else "",
        contact_role=about.contact_role if about else "",
        starts_at=starts_at,
        rates=rates,
        lines=[_line_view(line, last_day) for line in found],
        payables=payables,
        follow_ons=follow_ons,
        bank_details=await current_details(tx, row.participant_id),
        receipt_last_day=last_day,
        corrections=corrections,
        mode=about.mode if about else "",
        overpaid_pence=overpaid,
        has_left=bool(await tx.scalar(select(left))),
    )


def _line_view(line: Row[Any], last_day: date) -> LineView:
    return LineView(line, rules.why_waiting(LineKind(line.kind), last_day) if line.state == LineState.WAITING else "")


async def claims_of(tx: Transaction, person_id: UUID) -> list[ClaimView]:
    """A person's claims, the newest session first."""
    claims = tables.claims
    ids = await tx.all(select(claims.c.id).where(claims.c.participant_id == person_id).order_by(claims.c.session_date.desc(), claims.c.id.desc()).limit(200))
    return [await any_claim(tx, row.id) for row in ids]


async def current_details(tx: Transaction, person_id: UUID) -> Row[Any] | None:
    """Masked: without what is sealed."""
    details = tables.bank_details
    columns = (details.c.id, details.c.participant_id, details.c.state, details.c.ends_with, details.c.given_at)
    return await tx.first(select(*columns).where(details.c.participant_id == person_id, details.c.state != "replaced"))


async def own_limit(tx: Transaction, person_id: UUID) -> Row[Any] | None:
    """PAY-09: for the person alone."""
    return await tx.first(select(tables.own_limits).where(tables.own_limits.c.person_id == person_id))


async def receipt_to_show(tx: Transaction, receipt_id: UUID, person_id: UUID, is_staff: bool) -> Row[Any]:
    """PAY-05: shown to its owner, approvers and finance. Raises Missing to everyone else."""
    receipt = await tx.one(select(tables.receipts).where(tables.receipts.c.id == receipt_id))
    if receipt.participant_id != person_id and not is_staff:
        raise Missing
    return receipt


async def policy_values(tx: Transaction) -> list[RateValue]:
    """PAY-15: every figure with the day from which it holds."""
    rows = await tx.all(select(tables.rates).order_by(tables.rates.c.holds_from, tables.rates.c.name))
    return [RateValue(row.name, row.holds_from, row.value) for row in rows]
