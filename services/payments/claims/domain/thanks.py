"""How a person is thanked, and by which ways a claim leaves us (PAY-08, PAY-13). Amounts are pence."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from services.payments.claims.domain.claims import ClaimState, Line, LineKind, LineState, amounts
from services.payments.ledger.domain import Amounts
from services.payments.policy.domain import Rates
from shared.money import pounds
from shared.reasons import Reason

Method = Literal["bank-transfer", "vouchers", "cash", "cheque"]
MONEY_METHODS: tuple[str, ...] = ("bank-transfer", "vouchers", "cash", "cheque")
THANKS_WITHOUT_MONEY: tuple[str, ...] = ("training", "volunteering-role", "award", "none")


def offered(rates: Rates) -> tuple[str, ...]:
    """PAY-08: the ways to be thanked that the organisation offers, always including none."""
    optional = ("vouchers", "cash", "cheque", "training", "volunteering-role", "award")
    return ("bank-transfer", *(name for name in optional if getattr(rates, "offers_" + name.replace("-", "_"))), "none")


def reasons_not_to_choose(recognition: str, state: ClaimState, rates: Rates) -> list[Reason]:
    """PAY-08: the participant's own choice, changeable until approval."""
    if state not in (ClaimState.OPEN, ClaimState.SUBMITTED):
        return [
            Reason("PAY-08", "This claim has been decided, so the choice can no longer be changed here. Talk to us.")
        ]
    if recognition not in offered(rates):
        return [Reason("PAY-08", "Choose one of the ways that are offered.", "recognition")]
    return []


def reasons_not_to_lower_fee(amount_pence: int, full_pence: int) -> list[Reason]:
    """PAY-08: the fee may be declined or lowered, not raised."""
    if 0 <= amount_pence <= full_pence:
        return []
    return [Reason("PAY-08", f"Enter an amount from £0.00 to {pounds(full_pence)}.", "amount")]


def fee_asked(full_pence: int, lowered_pence: int | None, recognition: str | None) -> int:
    """PAY-08: what the participation line asks for: nothing if the person wants no money."""
    if recognition in THANKS_WITHOUT_MONEY:
        return 0
    return full_pence if lowered_pence is None else lowered_pence


def takes_nothing(recognition: str, lines: Iterable[Line]) -> bool:
    """PAY-08: whether choosing none, with no costs to pay back, settles the claim."""
    costs = [
        line
        for line in lines
        if line.kind is not LineKind.PARTICIPATION
        and line.state in (LineState.READY, LineState.WAITING, LineState.APPROVED)
    ]
    return recognition == "none" and not costs


def method_of_expenses(recognition: str, chosen: str | None) -> str:
    """PAY-08: expenses are paid however the person is thanked: in the way chosen for them, otherwise like the fee,
    otherwise into the bank."""
    if chosen is not None:
        return chosen
    return recognition if recognition in MONEY_METHODS and recognition != "vouchers" else "bank-transfer"


def reasons_not_to_choose_expenses_method(method: str, state: ClaimState, rates: Rates) -> list[Reason]:
    """PAY-08"""
    if state not in (ClaimState.OPEN, ClaimState.SUBMITTED):
        return [
            Reason("PAY-08", "This claim has been decided, so the choice can no longer be changed here. Talk to us.")
        ]
    if method not in MONEY_METHODS or method not in offered(rates):
        return [Reason("PAY-08", "Choose one of the ways that are offered.", "method")]
    return []


@dataclass(frozen=True, slots=True)
class Payable:
    """One sum that leaves in one way. recognition: what it is for the person (PAY-08)."""

    method: str
    amount_pence: int


def payables(
    recognition: str, expenses_method: str | None, approved: Amounts, *, thanked: bool = False
) -> list[Payable]:
    """PAY-08: how an approved claim leaves us: the fee in the chosen way, expenses in money; one payment if the ways
    agree.

    Thanks other than money leave as a payable of 0 pence, so that somebody has to say that they were given. thanked:
    another claim of the attendance gives its thanks (ground.is_thanked_beside), so that this one owes none.
    """
    sums: dict[str, int] = {}
    if approved.participation:
        sums[recognition] = approved.participation
    elif recognition in THANKS_WITHOUT_MONEY and recognition != "none" and not thanked:
        sums[recognition] = 0
    if approved.expenses:
        method = method_of_expenses(recognition, expenses_method)
        sums[method] = sums.get(method, 0) + approved.expenses
    return [Payable(method, pence) for method, pence in sums.items()]


def costs_apart(recognition: str, expenses_method: str | None, approved: Amounts) -> dict[str, Any]:
    """PAY-08: of a sum that comes in two ways, what comes in the second, and in which, as the message says it."""
    method = method_of_expenses(recognition, expenses_method)
    if method == recognition or not (approved.participation and approved.expenses):
        return {}
    return {"rest_pence": approved.expenses, "rest_recognition": method}


_GOES_ON = (LineState.READY, LineState.APPROVED)


def uses_bank(recognition: str | None, expenses_method: str | None, lines: Iterable[Line]) -> bool:
    """PAY-13: whether something in this claim would go into a bank account, now or once we have its receipt."""
    return _goes_into_bank(recognition, expenses_method, amounts(lines, (*_GOES_ON, LineState.WAITING)))


def needs_bank(recognition: str | None, expenses_method: str | None, lines: Iterable[Line]) -> bool:
    """PAY-05, PAY-13: whether something in it goes into a bank account now. A line that waits for a receipt asks for
    the account later."""
    return _goes_into_bank(recognition, expenses_method, amounts(lines, _GOES_ON))


def _goes_into_bank(recognition: str | None, expenses_method: str | None, asked: Amounts) -> bool:
    if recognition is None:
        return False
    return "bank-transfer" in {payable.method for payable in payables(recognition, expenses_method, asked)}


def reasons_not_to_go_into_the_bank(
    state: ClaimState, needs_bank: bool, has_details: bool, then: str = "choose this again"
) -> list[Reason]:
    """PAY-13: a claim that was sent asks for a bank account as soon as a choice or a receipt needs one. A claim not
    yet sent asks when it is sent. then: what to do once the details are there."""
    if state is ClaimState.OPEN or not needs_bank or has_details:
        return []
    return [Reason("PAY-13", f"We need your bank details first. Add them, and then {then}.", "bank_details")]
