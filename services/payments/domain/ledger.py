"""Double entry (PAY-11): which accounts each movement touches. Amounts are pence; a debit is positive, a credit negative."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Account(StrEnum):
    PARTICIPATION_EXPENSE = "participation-expense"
    TRAVEL_EXPENSE = "travel-expense"
    PARTICIPANT_PAYABLE = "participant-payable"
    PAYMENTS_IN_TRANSIT = "payments-in-transit"
    BANK = "bank"
    VOUCHER_STOCK = "voucher-stock"
    CASH = "cash"
    BUDGET_FREE = "budget-free"
    BUDGET_COMMITTED = "budget-committed"
    BUDGET_SPENT = "budget-spent"


SETTLES: dict[str, Account] = {
    "bank-transfer": Account.BANK,
    "cheque": Account.BANK,
    "vouchers": Account.VOUCHER_STOCK,
    "cash": Account.CASH,
}
"""What is used up when a payment made that way is confirmed."""


@dataclass(frozen=True, slots=True)
class Posting:
    account: Account
    pence: int


def is_balanced(postings: Sequence[Posting]) -> bool:
    """PAY-11: what is debited is credited."""
    return sum(posting.pence for posting in postings) == 0


def approval(participation_pence: int, expenses_pence: int) -> list[Posting]:
    """PAY-11: at approval we owe the participant, and the budget is committed."""
    total = participation_pence + expenses_pence
    return _moved(
        Posting(Account.PARTICIPATION_EXPENSE, participation_pence),
        Posting(Account.TRAVEL_EXPENSE, expenses_pence),
        Posting(Account.PARTICIPANT_PAYABLE, -total),
        Posting(Account.BUDGET_COMMITTED, total),
        Posting(Account.BUDGET_FREE, -total),
    )


def sent(pence: int) -> list[Posting]:
    """A payment has left us and is not confirmed."""
    return _moved(Posting(Account.PARTICIPANT_PAYABLE, pence), Posting(Account.PAYMENTS_IN_TRANSIT, -pence))


def confirmed(pence: int, method: str) -> list[Posting]:
    """PAY-11: the payment has arrived: what was in transit is spent, of the money and of the budget."""
    return _moved(
        Posting(Account.PAYMENTS_IN_TRANSIT, pence),
        Posting(SETTLES[method], -pence),
        Posting(Account.BUDGET_SPENT, pence),
        Posting(Account.BUDGET_COMMITTED, -pence),
    )


def reversal(postings: Sequence[Posting]) -> list[Posting]:
    """PAY-11: an entry is never changed; its opposite is entered."""
    return [Posting(posting.account, -posting.pence) for posting in postings]


def _moved(*postings: Posting) -> list[Posting]:
    return [posting for posting in postings if posting.pence != 0]
