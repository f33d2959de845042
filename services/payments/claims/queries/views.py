"""A claim and its lines as its owner, its approver and finance see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.payments.claims.domain import claims as rules
from services.payments.claims.domain import days, sending, thanks
from services.payments.claims.domain.claims import BEFORE_APPROVAL, TO_APPROVE, ClaimState, LineKind, LineState
from services.payments.claims.queries.line_views import LineView
from services.payments.claims.use_cases import undoing
from services.payments.claims.use_cases.records import line_of
from services.payments.owing import queries as owing
from services.payments.owing.domain import bank_reasons, leaving
from services.payments.policy.domain import Rates
from services.payments.register.tables import ATTENDANCE
from shared.reasons import mark_of

_SHOWN_OF_A_LINE = (
    *("id", "kind", "state", "amount_pence", "approved_pence", "cut_to_pence", "cut_because"),
    *("receipt_id", "says_no_receipt", "what", "minutes", "tenths_of_miles", "route"),
)
_SHOWN_OF_A_CLAIM = (
    *("recognition", "expenses_method", "helped_by", "confirmation", "wish", "held", "withdrawn_because"),
    "paper_came_on",
)
_SUM_IS = {
    "open": "Ready to send",
    "submitted": "Asked for",
    "second-approver": "Asked for",
    "paid": "Paid",
    "declined": "Not claimed",
}


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
    changes: Sequence[Row[Any]] = ()
    """Who changed its sum, the oldest first."""
    was_there: bool = True
    """As the register says now."""
    ground: str = ATTENDANCE
    way: str = ""
    """In which other way they had their say (OPP-18); "" if they were there."""
    mode: str = ""
    """How it was held: "in-person", "online", "both", or "" if nobody told us."""
    is_thanked_beside: bool = False
    """PAY-08: whether another claim of its session gives the thanks."""
    overpaid_pence: int = 0
    """Written off, once it was paid (PAY-16, PAY-17)."""
    has_left: bool = False
    """Whether something of it is on its way or was paid."""
    bank_tried: bool = False
    """Whether the bank had something of it, though it may have sent it back."""
    may_have_left: bool = False
    """Whether the bank may have something of it, though nobody has said that it was sent."""
    is_on_its_way: bool = False
    introducers: frozenset[UUID] = frozenset()
    """PAY-10: who took its owner in, or entered how they are reached, while nobody else has rung or met them since."""
    waits_for_bank: bool = False
    """PAY-12: whether nothing of it is paid before we know what the bank did, so that no day can be promised."""
    moved_late_from: datetime | None = None
    """PAY-16: when its session was to start before it was moved so late that they may have lost a fare."""

    @property
    def id(self) -> UUID:
        return self.row.id

    @property
    def mark(self) -> str:
        """Covers everything that is asked for, how it is to leave, and its state: whoever sends or decides it names
        the mark of what they saw."""
        row = self.row
        lines = [tuple(getattr(line.row, name) for name in _SHOWN_OF_A_LINE) for line in self.lines]
        said = [getattr(row, name) for name in _SHOWN_OF_A_CLAIM]
        return mark_of(row.id, row.state, said, self.mode, self.was_there, lines)

    @property
    def mark_to_send(self) -> str:
        return mark_of(self.mark, self.bank_details.id if self.bank_details is not None else None)

    @property
    def state(self) -> ClaimState:
        return ClaimState(self.row.state)

    @property
    def shown_state(self) -> str:
        """PAY-17: a claim whose approval was taken back says so while it is decided again. PAY-05: nobody is asked
        to send a claim with nothing to pay."""
        if self.is_open and self.missing:
            return "needs-receipt" if self.missing == "receipt" else "empty"
        if self.has_ended:
            return "ended"
        if self.row.withdrawn_because and self.state in TO_APPROVE:
            return "withdrawn"
        if self.state is ClaimState.RETURNED and not self.bank_tried:
            return "waits-for-details"
        if self.is_without_money:
            return "given" if self.paid_ways else "refused"
        if self.is_handed_over:
            return "handed-over"
        if self.state is ClaimState.APPROVED:
            return (
                "held"
                if self.row.held and not self.may_have_left
                else "on-its-way"
                if self.is_on_its_way
                else "part-paid"
                if self.paid_pence
                else "approved"
            )
        return self.row.state

    @property
    def clock(self) -> days.Shown:
        """PAY-07: the days that a page may say."""
        return clock_of(self.row)

    @property
    def paid_pence(self) -> int:
        return sum(payable.amount_pence for payable in self.payables if payable.state == "paid")

    @property
    def paid_ways(self) -> list[tuple[str, int]]:
        """PAY-08: each way in which something was paid or given, with its pence."""
        return [(payable.method, payable.amount_pence) for payable in self.payables if payable.state == "paid"]

    @property
    def may_go_to_the_bank(self) -> bool:
        """Whether anything of it is or may be paid into a bank account."""
        if self.row.recognition is None:
            return True
        ways = {way for way, _ in (*self.ways, *self.to_come, *self.paid_ways)}
        return leaving.TRANSFER in ways | ({self.way_of_waiting} if self.waiting else set[str]())

    @property
    def is_handed_over(self) -> bool:
        """PAY-12: all that was paid went in vouchers, in cash or as a cheque."""
        ways = [way for way, pence in self.paid_ways if pence]
        return self.state is ClaimState.PAID and bool(ways) and leaving.TRANSFER not in ways

    @property
    def is_without_money(self) -> bool:
        """PAY-08, PAY-14: it is over, and no money left for it: no page says that it is paid."""
        return self.state is ClaimState.PAID and not self.goes_on and not self.paid_pence

    @property
    def look_needs_receipt(self) -> bool:
        """PAY-05, PAY-14: whether what would be looked at again needs a receipt that we do not have."""
        refused = [line for line in self.lines if line.state == LineState.REFUSED and not line.row.says_no_receipt]
        return any(rules.lacks_receipt(LineKind(line.kind), line.row.receipt_id is not None) for line in refused)

    @property
    def to_come(self) -> list[tuple[str, int]]:
        """PAY-08: each way in which something is still to come, with its pence."""
        return [
            (payable.method, payable.amount_pence)
            for payable in self.payables
            if payable.state in ("owed", "in-run", "returned")
        ]

    @property
    def ways(self) -> list[tuple[str, int]]:
        """PAY-08: what is ready, by the ways in which it would leave, in pence. Needs a choice."""
        return self._ways_of(LineState.READY)

    def _ways_of(self, state: LineState) -> list[tuple[str, int]]:
        sums = rules.amounts([line_of(line.row) for line in self.lines], (state,))
        return [
            (way.method, way.amount_pence)
            for way in thanks.payables(
                self.row.recognition, self.row.expenses_method, sums, thanked=self.is_thanked_beside
            )
        ]

    @property
    def way_of_waiting(self) -> str:
        """How lines that still need a receipt would leave."""
        return thanks.method_of_expenses(self.row.recognition, self.row.expenses_method)

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
        """Pence that are ready or approved, without lines that wait or were refused."""
        return self.pence(LineState.READY, LineState.APPROVED)

    @property
    def sum_is(self) -> str:
        """In words, the sum of the lines that are paid now."""
        if self.is_open and self.missing:
            return "To pay in it now"
        return "Given or sent" if self.is_handed_over else _SUM_IS.get(self.row.state, "Agreed")

    @property
    def comes_first(self) -> frozenset[str]:
        """PAY-10, PAY-13: what has to happen before the rest can leave."""
        if self.state in (ClaimState.APPROVED, ClaimState.RETURNED):
            ways = [method for method, _ in self.to_come]
        else:
            # Agreed once, and nothing is to be paid before the second approver has agreed too
            agreed = LineState.APPROVED if self.state is ClaimState.SECOND_APPROVER else LineState.READY
            ways = [method for method, _ in self._ways_of(agreed)] if self.row.recognition else []
        return leaving.what_comes_first(ways, owing.where_it_goes(self.bank_details), self.introducers)

    @property
    def details_wait(self) -> bool:
        """PAY-13: its owner and one of us first check the account that something goes into."""
        return "unconfirmed" in self.comes_first

    @property
    def person_waits(self) -> bool:
        """PAY-10: somebody first rings or meets its owner, whom one of us added."""
        return "person" in self.comes_first

    @property
    def asks_details(self) -> bool:
        """PAY-13: its owner told us that their bank details are wrong, and is asked for the right ones."""
        return "no-details" in self.comes_first and self.state not in (ClaimState.OPEN, ClaimState.RETURNED)

    @property
    def may_promise_a_day(self) -> bool:
        """PAY-07, PAY-10, PAY-12, PAY-13: whether nothing has to happen first on a day that nobody knows."""
        return not self.waits_for_bank and not self.comes_first

    @property
    def promised(self) -> days.Shown:
        """PAY-07: the days that its owner may be told."""
        return self.clock if self.may_promise_a_day else days.Shown(because="waits")

    @property
    def missing(self) -> str:
        """PAY-05, PAY-06: "receipt" or "anything" if there is nothing to send; otherwise ""."""
        return sending.what_is_missing(self.row.recognition, [line_of(line.row) for line in self.lines])

    @property
    def has_ended(self) -> bool:
        """PAY-05: its owner took everything out of it, and chose nothing else."""
        return sending.has_ended(self.state, self.row.recognition, [line_of(line.row) for line in self.lines])

    @property
    def waiting(self) -> int:
        return self.pence(LineState.WAITING)

    @property
    def offered(self) -> tuple[str, ...]:
        return thanks.offered(self.rates)

    @property
    def can_choose(self) -> bool:
        return self.state in (ClaimState.OPEN, ClaimState.SUBMITTED)

    @property
    def can_decline(self) -> bool:
        return self.state in BEFORE_APPROVAL

    @property
    def can_reopen(self) -> bool:
        return not sending.reasons_not_to_reopen(self.state, self.was_there)

    @property
    def can_hold(self) -> bool:
        return self.state in (
            ClaimState.SUBMITTED,
            ClaimState.SECOND_APPROVER,
            ClaimState.APPROVED,
            ClaimState.RETURNED,
        ) and not (self.has_left or self.may_have_left)

    @property
    def can_ask_again(self) -> bool:
        refused = [
            LineState(line.state)
            for line in self.lines
            if line.state == LineState.REFUSED and not line.row.says_no_receipt
        ]
        lowered = any(line.is_reduced for line in self.lines)
        return not rules.reasons_not_to_look_again(self.state, refused, lowered, self.row.looked_again, self.was_there)

    @property
    def came_back(self) -> int:
        """Pence that the bank sent back, and that wait for their owner."""
        return sum(payable.amount_pence for payable in self.payables if payable.state == "returned")

    @property
    def lost(self) -> tuple[int, int]:
        """Pence that were refused or cut, of the fee and of costs: what another look would ask for again."""
        refused = [line for line in self.lines if line.state == LineState.REFUSED and not line.row.says_no_receipt]
        sums = [(line.kind, line.row.amount_pence) for line in refused]
        sums += [(line.kind, line.row.amount_pence - line.row.approved_pence) for line in self.lines if line.is_reduced]
        fee = sum(pence for kind, pence in sums if kind == LineKind.PARTICIPATION)
        return fee, sum(pence for _, pence in sums) - fee

    @property
    def is_one_of_several(self) -> bool:
        """Whether its session has other claims of its owner."""
        return self.row.follows is not None or bool(self.follow_ons)

    @property
    def put_right(self) -> Row[Any] | None:
        """How the register last changed its sum; None if it never did."""
        changed = [
            each
            for each in self.changes
            if each.what == "register"
            and each.was_pence != each.now_pence
            and None not in (each.was_pence, each.now_pence)
        ]
        return changed[-1] if changed else None

    @property
    def was_paid_before(self) -> bool:
        """PAY-12: nothing of it is paid because the bank had already paid it, and not because of the register."""
        return self.row.refused_because in (undoing.BANK.elsewhere, undoing.HAD_BEFORE)

    @property
    def uses_bank(self) -> bool:
        return thanks.uses_bank(
            self.row.recognition, self.row.expenses_method, [line_of(line.row) for line in self.lines]
        )

    @property
    def needs_bank(self) -> bool:
        """PAY-13: whether it cannot be sent, or paid, without a bank account."""
        return thanks.needs_bank(
            self.row.recognition, self.row.expenses_method, [line_of(line.row) for line in self.lines]
        )

    @property
    def return_reason(self) -> str | None:
        """PAY-12: why it came back and waits for its owner."""
        return next((_why(payable.reason_code or "") for payable in self.payables if payable.state == "returned"), None)

    @property
    def again_reason(self) -> str | None:
        """PAY-12: why it has not arrived yet, if it goes again without its owner."""
        waiting = (payable for payable in self.payables if payable.state in ("owed", "in-run") and payable.reason_code)
        return next((_why(payable.reason_code) for payable in waiting), None)


def clock_of(row: Any) -> days.Shown:
    """row: a claim, or a row with its clocks."""
    return days.shown(row.target_day, row.pay_by, stopped_on=row.stopped_on, held=row.held)


def _why(code: str) -> str:
    return bank_reasons.BECAUSE.get(code) or bank_reasons.plain_reason(code)
