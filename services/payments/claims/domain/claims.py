"""What may be claimed, what it comes to, and how a person is thanked (PAY-01 to PAY-09). Amounts are pence, times are minutes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from services.payments.domain.rates import Rates
from shared.money import pounds
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

Method = Literal["bank-transfer", "vouchers", "cash", "cheque"]
MONEY_METHODS: tuple[str, ...] = ("bank-transfer", "vouchers", "cash", "cheque")
THANKS_WITHOUT_MONEY: tuple[str, ...] = ("training", "volunteering-role", "award", "none")
MOST_PENCE_OF_A_LINE = 100_000
MOST_TENTHS_OF_MILES = 9_999


@dataclass(frozen=True, slots=True)
class Line:
    """amount_pence: what is asked for. full_pence: what the rates come to, before the person lowered it (PAY-08).
    approved_pence: what an approver agreed to, where it is approved (PAY-14). cut_to_pence: what one had agreed to, where it is decided again
    for something that does not touch it (PAY-17)."""

    id: UUID
    kind: LineKind
    state: LineState
    amount_pence: int
    full_pence: int
    approved_pence: int | None = None
    cut_to_pence: int | None = None

    @property
    def pence(self) -> int:
        """What it comes to: what was approved of it, or what is asked for while nobody has decided, as far as nobody made it less."""
        if self.approved_pence is not None:
            return self.approved_pence
        return self.amount_pence if self.cut_to_pence is None else min(self.cut_to_pence, self.amount_pence)


def participation_pence(minutes: int, pence_per_hour: int) -> int:
    """PAY-01: minutes taking part at an hourly rate, rounded up to the penny."""
    return -(-minutes * pence_per_hour // 60)


def paid_minutes(minutes: int, planned_minutes: int, planned_is_least: bool) -> int:
    """PAY-01, PAY-04: the time taking part; the planned time is the least that is paid where policy says so. No travel."""
    return max(minutes, planned_minutes) if planned_is_least else minutes


def mileage_pence(tenths_of_miles: int, pence_per_mile: int) -> int:
    """PAY-02: miles, counted in tenths, rounded up to the penny."""
    return -(-tenths_of_miles * pence_per_mile // 10)


class NoClaim(StrEnum):
    NOT_PRESENT = "not-present"
    PAID_BY_HOME = "paid-by-home-organisation"


def no_claim_because(present: bool, is_guest: bool) -> NoClaim | None:
    """PAY-06: a claim opens by itself for everyone who was there; for who was not, or is paid at home (NET-03), the reason is kept."""
    if not present:
        return NoClaim.NOT_PRESENT
    return NoClaim.PAID_BY_HOME if is_guest else None


def fee_line(paid: bool, minutes: int, planned_minutes: int, rates: Rates) -> tuple[int, int] | None:
    """PAY-01, PAY-06: (minutes, pence) of the participation line, or None where no time is paid."""
    counted = paid_minutes(minutes, planned_minutes, bool(rates.planned_time_is_least))
    pence = participation_pence(counted, rates.participation)
    return (counted, pence) if paid and pence > 0 else None


def still_owed(should_be_pence: int, already_pence: int) -> int:
    """OPP-11, PAY-16: what a correction after approval adds. What we overpaid is written off, so it is never negative."""
    return max(should_be_pence - already_pence, 0)


# Filling it in


def reasons_not_to_change(state: ClaimState) -> list[Reason]:
    """PAY-06: lines are the participant's to change until the claim is sent."""
    if state is ClaimState.OPEN:
        return []
    return [Reason("PAY-06", "This claim has been sent, so it cannot be changed here. Ask us if something in it is wrong.")]


def pays_travel(mode: str) -> bool:
    """PAY-02: travel is for a session in person. mode "both": some came; "": nobody told us."""
    return mode != "online"


def reasons_not_to_travel(mode: str, field: str) -> list[Reason]:
    """PAY-02"""
    if pays_travel(mode):
        return []
    return [Reason("PAY-02", "This was online, so there is no travel to pay back. If getting online cost you something, add it as another cost.", field)]


def reasons_not_to_add_miles(tenths_of_miles: int, route: str, rates: Rates) -> list[Reason]:
    """PAY-02: miles are the person's own declaration; above the configured distance the route is noted."""
    if tenths_of_miles <= 0:
        return [Reason("PAY-02", "Enter how many miles you drove. It must be more than 0.", "miles")]
    if tenths_of_miles > MOST_TENTHS_OF_MILES:
        return [Reason("PAY-02", "Enter fewer than 1,000 miles. If you drove further, talk to us.", "miles")]
    if needs_route(tenths_of_miles, rates.route_needed_above) and not route.strip():
        return [Reason("PAY-02", f"Tell us the way you went, because it is more than {counted(rates.route_needed_above, 'mile')}.", "route")]
    return []


def needs_route(tenths_of_miles: int, above_miles: int) -> bool:
    """PAY-02"""
    return tenths_of_miles > above_miles * 10


def reasons_not_to_add_expense(kind: LineKind, amount_pence: int, rates: Rates) -> list[Reason]:
    """PAY-03: the fare on the ticket; other expenses where the policy pays them."""
    if kind is LineKind.OTHER and not rates.pays_other_expenses:
        return [Reason("PAY-03", "Our policy does not pay other costs. Talk to us if this leaves you out of pocket.", "amount")]
    if amount_pence <= 0:
        return [Reason("PAY-03", "Enter what you paid. It must be more than £0.00.", "amount")]
    if amount_pence > MOST_PENCE_OF_A_LINE:
        return [Reason("PAY-03", "Enter £1,000.00 or less. If you paid more, talk to us.", "amount")]
    return []


def receipt_last_day(session_date: date, receipt_days: int) -> date:
    """PAY-05: the last day on which a line's receipt can still come."""
    return session_date + timedelta(days=receipt_days)


def line_state(kind: LineKind, has_receipt: bool, says_there_is_none: bool, today: date, last_day: date) -> LineState:
    """PAY-05: no receipt, no reimbursement. The line waits; it is refused only when its owner says there is none or its day has passed."""
    if kind not in NEEDS_RECEIPT or has_receipt:
        return LineState.READY
    if says_there_is_none or today > last_day:
        return LineState.REFUSED
    return LineState.WAITING


def reasons_against_late_expense(kind: LineKind, today: date, last_day: date) -> list[Reason]:
    """PAY-05: what can have no receipt in time any more is not added."""
    if line_state(kind, False, False, today, last_day) is LineState.REFUSED:
        return [Reason("PAY-05", "The time to claim costs for this day is over. Talk to us if you still have the receipt.", "amount")]
    return []


HAS_RECEIPT = Reason("PAY-05", "We have a receipt for this already.", "receipt")


def reasons_not_to_change_receipt(kind: str, state: ClaimState) -> list[Reason]:
    """PAY-05: of what needs one, until somebody decides the claim."""
    if kind not in NEEDS_RECEIPT:
        return [Reason("PAY-05", "This part of your claim needs no receipt.", "receipt")]
    if state not in (ClaimState.OPEN, ClaimState.SUBMITTED):
        return [Reason("PAY-05", "This claim is being decided, so the receipt cannot be changed now.", "receipt")]
    return []


def reasons_not_to_take_out(kind: LineKind) -> list[Reason]:
    """PAY-06, PAY-08: anything but the fee, which can be lowered."""
    return [Reason("PAY-08", "Choose a lower amount, or none, instead of taking this out.")] if kind is LineKind.PARTICIPATION else []


def reasons_not_to_send_again(state: ClaimState) -> list[Reason]:
    """PAY-12: only what the bank sent back."""
    return [] if state is ClaimState.RETURNED else [Reason("PAY-12", "There is nothing to send again. You do not need to do anything.")]


def why_refused_without_receipt(says_there_is_none: bool, last_day: date) -> str:
    """PAY-05, PAY-14"""
    if says_there_is_none:
        return "You told us there is no receipt. We can only pay this back with a receipt."
    return f"We can only pay this back with a receipt, and none came by {last_day.day} {last_day:%B %Y}."


def why_waiting(kind: LineKind, last_day: date) -> str:
    """PAY-05: what is missing, in words."""
    what = "ticket or receipt" if kind is LineKind.FARE else "receipt"
    until = f"{last_day.day} {last_day:%B %Y}"
    return f"We need the {what} before we can pay this. You can send it until {until}. The rest of your claim does not wait for it."


# Being thanked (PAY-08)


def offered(rates: Rates) -> tuple[str, ...]:
    """PAY-08: the ways to be thanked that the organisation offers, none always among them."""
    optional = ("vouchers", "cash", "cheque", "training", "volunteering-role", "award")
    return ("bank-transfer", *(name for name in optional if getattr(rates, "offers_" + name.replace("-", "_"))), "none")


def reasons_not_to_choose(recognition: str, state: ClaimState, rates: Rates) -> list[Reason]:
    """PAY-08: the participant's own choice, changeable until approval."""
    if state not in (ClaimState.OPEN, ClaimState.SUBMITTED):
        return [Reason("PAY-08", "This claim has been decided, so the choice can no longer be changed here. Talk to us.")]
    if recognition not in offered(rates):
        return [Reason("PAY-08", "Choose one of the ways that are offered.", "recognition")]
    return []


def reasons_not_to_lower_fee(amount_pence: int, full_pence: int) -> list[Reason]:
    """PAY-08: the fee may be declined or lowered, not raised."""
    if 0 <= amount_pence <= full_pence:
        return []
    return [Reason("PAY-08", f"Enter an amount from £0.00 to {pounds(full_pence)}.", "amount")]


def fee_asked(full_pence: int, lowered_pence: int | None, recognition: str | None) -> int:
    """PAY-08: what the participation line asks for: nothing in money where the thanks are not money."""
    if recognition in THANKS_WITHOUT_MONEY:
        return 0
    return full_pence if lowered_pence is None else lowered_pence


def takes_nothing(recognition: str, lines: Iterable[Line]) -> bool:
    """PAY-08: whether a choice of none, with no costs to pay back, settles the claim."""
    costs = [line for line in lines if line.kind is not LineKind.PARTICIPATION and line.state in (LineState.READY, LineState.WAITING, LineState.APPROVED)]
    return recognition == "none" and not costs


def method_of_expenses(recognition: str, chosen: str | None) -> str:
    """PAY-08: expenses are kept whatever the thanks are: paid the way that was chosen for them, else as the fee, else into the bank."""
    if chosen is not None:
        return chosen
    return recognition if recognition in MONEY_METHODS and recognition != "vouchers" else "bank-transfer"


def reasons_not_to_choose_expenses_method(method: str, state: ClaimState, rates: Rates) -> list[Reason]:
    """PAY-08"""
    if state not in (ClaimState.OPEN, ClaimState.SUBMITTED):
        return [Reason("PAY-08", "This claim has been decided, so the choice can no longer be changed here. Talk to us.")]
    if method not in MONEY_METHODS or method not in offered(rates):
        return [Reason("PAY-08", "Choose one of the ways that are offered.", "method")]
    return []


@dataclass(frozen=True, slots=True)
class Amounts:
    """What one approval or claim comes to, apart by what it is for. Pence."""

    participation: int = 0
    expenses: int = 0

    @property
    def total(self) -> int:
        return self.participation + self.expenses


def amounts(lines: Iterable[Line], states: Iterable[LineState] = (LineState.READY,)) -> Amounts:
    """PAY-05, PAY-14: what the lines in these states come to, an approved one as it was approved; waiting lines are left for later."""
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
    """PAY-14: what was claimed and is not agreed, in whole or in part, and what waits for a receipt (PAY-05), so that the person is told.

    decided: each line's state, pence claimed and pence approved.
    """
    approved, refused = LineState.APPROVED, LineState.REFUSED
    lines = list(decided)
    cut = [claimed - (agreed if state is approved else 0) for state, claimed, agreed in lines if state in (approved, refused)]
    less = [pence for pence in cut if pence > 0]
    waiting = [claimed for state, claimed, _ in lines if state is LineState.WAITING]
    return NotPaid(len(less), sum(less), len(waiting), sum(waiting))


@dataclass(frozen=True, slots=True)
class Payable:
    """One sum that leaves by one way. recognition says what it is for the person (PAY-08)."""

    method: str
    amount_pence: int


def payables(recognition: str, expenses_method: str | None, approved: Amounts) -> list[Payable]:
    """PAY-08: how an approved claim leaves us: the fee the way that was chosen, expenses in money; one payment where the ways agree.

    Thanks that are not money leave as a payable of nothing, so that somebody has to say that they were given.
    """
    sums: dict[str, int] = {}
    if approved.participation:
        sums[recognition] = approved.participation
    elif recognition in THANKS_WITHOUT_MONEY and recognition != "none":
        sums[recognition] = 0
    if approved.expenses:
        method = method_of_expenses(recognition, expenses_method)
        sums[method] = sums.get(method, 0) + approved.expenses
    return [Payable(method, pence) for method, pence in sums.items()]


def uses_bank(recognition: str | None, expenses_method: str | None, lines: Iterable[Line]) -> bool:
    """PAY-13: whether something of this claim would go into a bank account."""
    if recognition is None:
        return False
    asked = amounts(lines, (LineState.READY, LineState.WAITING, LineState.APPROVED))
    return "bank-transfer" in {payable.method for payable in payables(recognition, expenses_method, asked)}


def reasons_not_to_go_into_the_bank(state: ClaimState, uses_bank: bool, has_details: bool) -> list[Reason]:
    """PAY-13: what a payment needs is asked when it is chosen. Before it is sent, sending asks for it."""
    if state is ClaimState.OPEN or not uses_bank or has_details:
        return []
    return [Reason("PAY-13", "We need your bank details first. Add them, and then choose this again.", "bank_details")]


# Sending it

NOT_IN_THE_REGISTER = Reason("PAY-17", "The register says that you were not there, so there is nothing to claim. If that is wrong, ask us to put it right.")


@dataclass(frozen=True, slots=True)
class ToSend:
    state: ClaimState
    recognition: str | None
    expenses_method: str | None
    lines: Sequence[Line]
    has_bank_details: bool
    by_helper: bool = False
    confirmation: str = ""
    """How the person confirmed what a helper filled in, or why not (PAY-06)."""
    was_there: bool = True
    """As the register says now (PAY-17)."""


def reasons_not_to_submit(claim: ToSend) -> list[Reason]:
    """PAY-06, PAY-08: what is still missing before the form can be returned. Lines without a receipt never stand in the way (PAY-05)."""
    if claim.state is not ClaimState.OPEN:
        return [Reason("PAY-06", "This claim has already been sent. You do not need to do anything.")]
    if not claim.was_there:
        return [NOT_IN_THE_REGISTER]
    live = [line for line in claim.lines if line.state in (LineState.READY, LineState.WAITING)]
    if not live:
        return [Reason("PAY-06", "There is nothing in this claim yet. Add your travel, or say that you do not want to claim.")]
    if claim.recognition is None:
        return [Reason("PAY-08", "Choose how you want to be thanked.", "recognition")]
    reasons: list[Reason] = []
    if amounts(live).total == 0 and claim.recognition not in THANKS_WITHOUT_MONEY[:-1]:
        reasons.append(Reason("PAY-05", "Add the receipt first. There is nothing else in this claim to pay yet."))
    if uses_bank(claim.recognition, claim.expenses_method, live) and not claim.has_bank_details:
        reasons.append(Reason("PAY-13", "Tell us which bank account to pay into.", "bank_details"))
    if claim.by_helper and not claim.confirmation.strip():
        reasons.append(Reason("PAY-06", "Say how the person confirmed this claim, or why they could not.", "confirmation"))
    return reasons


def reasons_not_to_change_for_another(by_helper: bool, confirmation: str) -> list[Reason]:
    """PAY-06: what a helper does that the person will not be asked about again is confirmed by them, or a reason says why not."""
    if by_helper and not confirmation.strip():
        return [Reason("PAY-06", "Say how the person confirmed this, or why they could not.", "confirmation")]
    return []


def reasons_not_to_decline(state: ClaimState, by_helper: bool = False, confirmation: str = "") -> list[Reason]:
    """PAY-08: taking nothing is possible until the claim is approved, and is not asked to be explained. PAY-06: a helper says how the
    person confirmed it, as for sending."""
    if state in BEFORE_APPROVAL:
        return reasons_not_to_change_for_another(by_helper, confirmation)
    return [Reason("PAY-08", "This claim has been decided already. Talk to us if you want to give something back.")]


def reasons_not_to_reopen(state: ClaimState, was_there: bool) -> list[Reason]:
    """PAY-08: who took nothing may think again. PAY-17: not who was not there, as the register says now."""
    if state is not ClaimState.DECLINED:
        return reasons_not_to_change(state) or [Reason("PAY-08", "This claim is open already. You can fill it in and send it.")]
    return [] if was_there else [NOT_IN_THE_REGISTER]
