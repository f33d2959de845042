"""What may be claimed, and what it comes to (PAY-01 to PAY-09). Amounts are pence, times are minutes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from services.payments.ledger.domain import Amounts
from services.payments.policy.domain import Rates, participation_pence
from shared.reasons import Reason
from shared.text import counted

# What a claim holds


class LineKind(StrEnum):
    PARTICIPATION = "participation"
    MILEAGE = "mileage"
    FARE = "fare"
    OTHER = "other"


class LineState(StrEnum):
    READY = "ready"
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    REMOVED = "removed"


class ClaimState(StrEnum):
    OPEN = "open"
    SUBMITTED = "submitted"
    SECOND_APPROVER = "second-approver"
    APPROVED = "approved"
    RETURNED = "returned"
    PAID = "paid"
    REFUSED = "refused"
    DECLINED = "declined"


NEEDS_RECEIPT = frozenset({LineKind.FARE, LineKind.OTHER})
TO_APPROVE = frozenset({ClaimState.SUBMITTED, ClaimState.SECOND_APPROVER})
BEFORE_APPROVAL = frozenset({ClaimState.OPEN}) | TO_APPROVE
SETTLED = frozenset({ClaimState.PAID, ClaimState.REFUSED, ClaimState.DECLINED})
MOST_PENCE_OF_A_LINE = 100_000
MOST_TENTHS_OF_MILES = 9_999


@dataclass(frozen=True, slots=True)
class Line:
    """amount_pence: what is asked for. full_pence: what the rates come to, before the person lowered it (PAY-08).
    approved_pence: what an approver agreed to, if it is approved (PAY-14). cut_to_pence: what an approver had agreed
    to, if the line is decided again for an unrelated reason (PAY-17)."""

    id: UUID
    kind: LineKind
    state: LineState
    amount_pence: int
    full_pence: int
    approved_pence: int | None = None
    cut_to_pence: int | None = None

    @property
    def pence(self) -> int:
        """What was approved of it or, before a decision, what is asked for, down to any earlier cut."""
        if self.approved_pence is not None:
            return self.approved_pence
        return self.amount_pence if self.cut_to_pence is None else min(self.cut_to_pence, self.amount_pence)


def paid_minutes(minutes: int, planned_minutes: int, planned_is_least: bool) -> int:
    """PAY-01, PAY-04: the time taking part; the planned time is the least that is paid where policy says so. No
    travel."""
    return max(minutes, planned_minutes) if planned_is_least else minutes


def mileage_pence(tenths_of_miles: int, pence_per_mile: int) -> int:
    """PAY-02: miles, counted in tenths, rounded up to the penny."""
    return -(-tenths_of_miles * pence_per_mile // 10)


class NoClaim(StrEnum):
    NOT_PRESENT = "not-present"
    PAID_BY_HOME = "paid-by-home-organisation"


def no_claim_because(present: bool, is_guest: bool) -> NoClaim | None:
    """PAY-06: a claim opens by itself for everyone who was there. For anybody who was not, or who is paid at home
    (NET-03), returns the reason to keep."""
    if not present:
        return NoClaim.NOT_PRESENT
    return NoClaim.PAID_BY_HOME if is_guest else None


def fee_line(paid: bool, minutes: int, planned_minutes: int, rates: Rates) -> tuple[int, int] | None:
    """PAY-01, PAY-06: (minutes, pence) of the participation line, or None if no time is paid."""
    counted = paid_minutes(minutes, planned_minutes, bool(rates.planned_time_is_least))
    pence = participation_pence(counted, rates.participation)
    return (counted, pence) if paid and pence > 0 else None


def still_owed(should_be_pence: int, already_pence: int) -> int:
    """OPP-11, PAY-16: what a correction after approval adds. Never negative: if we overpaid, the difference is
    written off."""
    return max(should_be_pence - already_pence, 0)


# Filling it in


def reasons_not_to_change(state: ClaimState) -> list[Reason]:
    """PAY-06: lines are the participant's to change until the claim is sent."""
    if state is ClaimState.OPEN:
        return []
    return [
        Reason("PAY-06", "This claim has been sent, so it cannot be changed here. Ask us if something in it is wrong.")
    ]


def mode_of(mode: str, way: str) -> str:
    """PAY-02, PAY-18: how somebody took part. mode: the opportunity's. way: in which other way they had their say, ""
    for who was in the room. "apart": from wherever they were."""
    return "apart" if way not in ("", "one-to-one") else mode


def pays_travel(mode: str) -> bool:
    """PAY-02: only what is in person has travel. mode "both": some came; "": nobody told us."""
    return mode not in ("online", "apart")


def reasons_not_to_travel(mode: str, field: str) -> list[Reason]:
    """PAY-02"""
    if pays_travel(mode):
        return []
    return [
        Reason(
            "PAY-02",
            "There was no journey for this, so there is no travel to pay back. If something else cost you money, add "
            "it as another cost."
            if mode == "apart"
            else "This was online, so there is no travel to pay back. If getting online cost you something, add it as "
            "another cost.",
            field,
        )
    ]


def as_miles(tenths: int) -> str:
    """125 -> "12.5"."""
    whole, tenth = divmod(tenths, 10)
    return f"{whole}.{tenth}" if tenth else str(whole)


def reasons_not_to_add_miles(tenths_of_miles: int, route: str, rates: Rates, before: int = 0) -> list[Reason]:
    """PAY-02: miles are the person's own declaration; above the configured distance they note the route. before:
    tenths of miles that the claim has already."""
    if tenths_of_miles <= 0:
        return [Reason("PAY-02", "Enter how many miles you drove. It must be more than 0.", "miles")]
    if tenths_of_miles > MOST_TENTHS_OF_MILES:
        return [Reason("PAY-02", "Enter fewer than 1,000 miles. If you drove further, talk to us.", "miles")]
    if needs_route(before + tenths_of_miles, rates.route_needed_above) and not route.strip():
        all_of_it = "with the miles that you added before, " if before else ""
        far = counted(rates.route_needed_above, "mile")
        return [Reason("PAY-02", f"Tell us the way you went, because {all_of_it}it is more than {far}.", "route")]
    return []


def needs_route(tenths_of_miles: int, above_miles: int) -> bool:
    """PAY-02"""
    return tenths_of_miles > above_miles * 10


def reasons_not_to_add_expense(kind: LineKind, amount_pence: int, rates: Rates) -> list[Reason]:
    """PAY-03: the fare on the ticket; other expenses if the policy pays them."""
    if kind is LineKind.OTHER and not rates.pays_other_expenses:
        return [
            Reason(
                "PAY-03", "Our policy does not pay other costs. Talk to us if this leaves you out of pocket.", "amount"
            )
        ]
    if amount_pence <= 0:
        return [Reason("PAY-03", "Enter what you paid. It must be more than £0.00.", "amount")]
    if amount_pence > MOST_PENCE_OF_A_LINE:
        return [Reason("PAY-03", "Enter £1,000.00 or less. If you paid more, talk to us.", "amount")]
    return []


def receipt_last_day(session_date: date, receipt_days: int) -> date:
    """PAY-05: the last day on which a line's receipt can still come."""
    return session_date + timedelta(days=receipt_days)


DAYS_FOR_A_LATE_RECEIPT = 14


def receipt_days_of_a_look(session_date: date, receipt_days: int, today: date) -> int:
    """PAY-05, PAY-14: in how many days after its session a receipt can come once somebody asks for another look at what
    was refused for want of one: today and 14 days more, and never fewer than before."""
    return max(receipt_days, (today - session_date).days + DAYS_FOR_A_LATE_RECEIPT)


def lacks_receipt(kind: LineKind, has_receipt: bool) -> bool:
    """PAY-05"""
    return kind in NEEDS_RECEIPT and not has_receipt


def line_state(kind: LineKind, has_receipt: bool, says_there_is_none: bool, today: date, last_day: date) -> LineState:
    """PAY-05: no receipt, no reimbursement. The line waits; it is refused only if its owner says that there is no
    receipt, or its last day has passed."""
    if not lacks_receipt(kind, has_receipt):
        return LineState.READY
    if says_there_is_none or today > last_day:
        return LineState.REFUSED
    return LineState.WAITING


def reasons_against_late_expense(kind: LineKind, today: date, last_day: date) -> list[Reason]:
    """PAY-05: an expense whose receipt would come too late is not added."""
    if line_state(kind, False, False, today, last_day) is LineState.REFUSED:
        return [
            Reason(
                "PAY-05",
                "The time to claim costs for this day is over. Talk to us if you still have the receipt.",
                "amount",
            )
        ]
    return []


HAS_RECEIPT = Reason("PAY-05", "We have a receipt for this already.", "receipt")


def reasons_not_to_change_receipt(kind: str, state: ClaimState) -> list[Reason]:
    """PAY-05: only for lines that need one, until somebody decides the claim."""
    if kind not in NEEDS_RECEIPT:
        return [Reason("PAY-05", "This part of your claim needs no receipt.", "receipt")]
    if state not in (ClaimState.OPEN, ClaimState.SUBMITTED):
        return [Reason("PAY-05", "This claim is being decided, so the receipt cannot be changed now.", "receipt")]
    return []


def reasons_not_to_take_out(kind: LineKind) -> list[Reason]:
    """PAY-06, PAY-08: anything except the fee, which can be lowered."""
    return (
        [Reason("PAY-08", "Choose a lower amount, or none, instead of taking this out.")]
        if kind is LineKind.PARTICIPATION
        else []
    )


def reasons_not_to_send_again(state: ClaimState) -> list[Reason]:
    """PAY-12: only what the bank sent back."""
    return (
        []
        if state is ClaimState.RETURNED
        else [Reason("PAY-12", "There is nothing to send again. You do not need to do anything.")]
    )


def why_refused_without_receipt(says_there_is_none: bool, last_day: date) -> str:
    """PAY-05, PAY-14"""
    if says_there_is_none:
        return "You told us there is no receipt. We can only pay this back with a receipt."
    return f"We can only pay this back with a receipt, and none came by {last_day.day} {last_day:%B %Y}."


def why_waiting(kind: LineKind, last_day: date, *, alone: bool = False) -> str:
    """PAY-05: what is missing, in words. alone: the claim holds nothing else that could be paid without it."""
    what = "ticket or receipt" if kind is LineKind.FARE else "receipt"
    until = f"{last_day.day} {last_day:%B %Y}"
    needed = f"We need the {what} before we can pay this. You can send it until {until}."
    return needed if alone else f"{needed} The rest of your claim does not wait for it."


def amounts(lines: Iterable[Line], states: Iterable[LineState] = (LineState.READY,)) -> Amounts:
    """PAY-05, PAY-14: what the lines in these states come to, approved ones as approved; waiting lines come later."""
    wanted = frozenset(states)
    counted = [line for line in lines if line.state in wanted]
    fee = sum(line.pence for line in counted if line.kind is LineKind.PARTICIPATION)
    return Amounts(fee, sum(line.pence for line in counted) - fee)


@dataclass(frozen=True, slots=True)
class NotPaid:
    """What an approval leaves out: how many lines, and pence."""

    not_agreed_lines: int
    not_agreed_pence: int
    waiting_lines: int
    waiting_pence: int


def not_paid(decided: Iterable[tuple[LineState, int, int]]) -> NotPaid:
    """PAY-14: what was claimed and not agreed, in whole or in part, and what waits for a receipt (PAY-05), to tell the
    person.

    decided: each line's state, pence claimed and pence approved.
    """
    approved, refused = LineState.APPROVED, LineState.REFUSED
    lines = list(decided)
    cut = [
        claimed - (agreed if state is approved else 0)
        for state, claimed, agreed in lines
        if state in (approved, refused)
    ]
    less = [pence for pence in cut if pence > 0]
    waiting = [claimed for state, claimed, _ in lines if state is LineState.WAITING]
    return NotPaid(len(less), sum(less), len(waiting), sum(waiting))


def news_of_line(state: LineState, claimed_pence: int, approved_pence: int) -> str:
    """PAY-14: what its owner hears of one line; "" of one that is agreed in full, or taken out."""
    if state is LineState.APPROVED:
        return "less" if approved_pence < claimed_pence else ""
    heard = {LineState.REFUSED: "refused", LineState.WAITING: "receipt", LineState.READY: "looked-at"}
    return heard.get(state, "")


DECIDED = frozenset({ClaimState.APPROVED, ClaimState.RETURNED, ClaimState.PAID, ClaimState.REFUSED})


def reasons_not_to_look_again(
    state: ClaimState,
    states: Iterable[LineState],
    lowered: bool,
    looked_before: bool,
    was_there: bool = True,
    *,
    gives_no_more: bool = False,
) -> list[Reason]:
    """PAY-14: once it is decided, somebody else looks once more at what was refused or reduced. PAY-17: a mistake in
    the register is put right there, not by another look at a claim. was_there: as the register says now.
    gives_no_more: only the fee could be looked at, and all that the register gives is already agreed to or asked
    for."""
    if state not in DECIDED:
        return [
            Reason("PAY-14", "We are still looking at this claim. You can ask us to look again once it is decided.")
        ]
    if not was_there:
        return [
            Reason(
                "PAY-14",
                "We have it written down that you did not take part. If that is wrong, ask us to put it right. Then we "
                "look at this again.",
            )
        ]
    if looked_before:
        text = "You asked us before to look at this again, and we do that once. Talk to us if you are still not happy."
        return [Reason("PAY-14", text)]
    if LineState.REFUSED not in tuple(states) and not lowered:
        return [
            Reason(
                "PAY-14",
                "There is nothing in this claim that we could look at again. Talk to us if you think that something "
                "is wrong.",
            )
        ]
    if gives_no_more:
        text = (
            "What we wrote down was put right, and gives no more for taking part than you have already. If that is "
            "wrong, ask us to put it right."
        )
        return [Reason("PAY-14", text)]
    return []


def reasons_not_to_hold(state: ClaimState, has_left: bool, *, may_have: bool = False) -> list[Reason]:
    """PAY-09: a payment can be held from when its claim is sent until it has left, or may have because a file for
    the bank holds it."""
    if has_left and may_have:
        return [
            Reason(
                "PAY-09",
                "This payment may be on its way already, so we can no longer promise to hold it. Talk to us, and we "
                "will try to stop it.",
            )
        ]
    if has_left:
        return [Reason("PAY-09", "This payment is already on its way, so it can no longer be held. Talk to us.")]
    if state in (ClaimState.SUBMITTED, ClaimState.SECOND_APPROVER, ClaimState.APPROVED, ClaimState.RETURNED):
        return []
    return [Reason("PAY-09", "There is no payment to hold in this claim.")]


def claim_state_after_payment(payables: Iterable[str]) -> ClaimState:
    """PAY-12: a claim's state after one of its payments has ended: waiting for its owner if any payable is, paid
    when all are. payables: their states, without withdrawn ones."""
    left = [state for state in payables if state != "withdrawn"]
    if "returned" in left:
        return ClaimState.RETURNED
    return ClaimState.PAID if all(state == "paid" for state in left) else ClaimState.APPROVED
