"""Double entry (PAY-11): which accounts each movement touches. Amounts are pence; a debit is positive, a credit
negative."""

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
    RECHARGE_RECEIVABLE = "recharge-receivable"
    RECHARGE_INCOME = "recharge-income"
    RECHARGE_PAYABLE = "recharge-payable"
    LOSSES = "losses"
    BUDGET_FREE = "budget-free"
    BUDGET_COMMITTED = "budget-committed"
    BUDGET_SPENT = "budget-spent"


SETTLES: dict[str, Account] = {
    "bank-transfer": Account.BANK,
    "cheque": Account.BANK,
    "vouchers": Account.VOUCHER_STOCK,
    "cash": Account.CASH,
}
"""The account that goes down when a payment made that way is confirmed."""


@dataclass(frozen=True, slots=True)
class Posting:
    account: Account
    pence: int


def is_balanced(postings: Sequence[Posting]) -> bool:
    """PAY-11: debits equal credits."""
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
    """PAY-11: the payment has arrived: what was in transit is spent, in the ledger and in the budget."""
    return _moved(
        Posting(Account.PAYMENTS_IN_TRANSIT, pence),
        Posting(SETTLES[method], -pence),
        Posting(Account.BUDGET_SPENT, pence),
        Posting(Account.BUDGET_COMMITTED, -pence),
    )


def lost(pence: int, method: str) -> list[Posting]:
    """PAY-12: vouchers or cash that nobody has any more, and that are not in stock either. A lost cheque costs
    nothing: nobody cashed it."""
    if method not in ("vouchers", "cash"):
        return []
    return _moved(Posting(Account.LOSSES, pence), Posting(SETTLES[method], -pence))


def paid_twice(pence: int, method: str) -> list[Posting]:
    """PAY-12: a payment that counted as not paid was paid after all, and paid again: the money is gone, and nobody
    was owed it."""
    return _moved(Posting(Account.LOSSES, pence), Posting(SETTLES[method], -pence))


def recharged(pence: int) -> list[Posting]:
    """NET-03, PAY-11: as home: a host owes us what we paid for it, and our own budget is free again.

    Gross: what the participant got stays our expense, what the host owes is income beside it. We owe our participant
    whatever the host does, so we act for ourselves and not as the host's agent, and income and expense are not set
    off against each other (FRS 102, 2.52; the Charities SORP likewise). The budget is another matter: it says what
    we can still spend. Approval and payment used our own, because only we were liable for it; what the host pays
    back restores it, and a refusal takes it again.
    """
    return _moved(
        Posting(Account.RECHARGE_RECEIVABLE, pence),
        Posting(Account.RECHARGE_INCOME, -pence),
        Posting(Account.BUDGET_FREE, pence),
        Posting(Account.BUDGET_SPENT, -pence),
    )


def accepted(participation_pence: int, expenses_pence: int) -> list[Posting]:
    """NET-03, PAY-11: as host: what a guest's taking part cost us, owed to their home organisation. It was promised
    when the opportunity was shared, so it is spent from its budget at once, with no second approver; if it passes
    the budget, the budget shows that."""
    total = participation_pence + expenses_pence
    return _moved(
        Posting(Account.PARTICIPATION_EXPENSE, participation_pence),
        Posting(Account.TRAVEL_EXPENSE, expenses_pence),
        Posting(Account.RECHARGE_PAYABLE, -total),
        Posting(Account.BUDGET_SPENT, total),
        Posting(Account.BUDGET_FREE, -total),
    )


def settled(pence: int) -> list[Posting]:
    """NET-03: as host: an agreed statement was paid from the bank."""
    return _moved(Posting(Account.RECHARGE_PAYABLE, pence), Posting(Account.BANK, -pence))


def received(pence: int) -> list[Posting]:
    """NET-03: as home: the host's money has come in."""
    return _moved(Posting(Account.BANK, pence), Posting(Account.RECHARGE_RECEIVABLE, -pence))


def reversal(postings: Sequence[Posting]) -> list[Posting]:
    """PAY-11: an entry is never changed; its opposite is entered."""
    return [Posting(posting.account, -posting.pence) for posting in postings]


def _moved(*postings: Posting) -> list[Posting]:
    return [posting for posting in postings if posting.pence != 0]


@dataclass(frozen=True, slots=True)
class Amounts:
    """What one approval or claim comes to, split by purpose. Pence."""

    participation: int = 0
    expenses: int = 0

    @property
    def total(self) -> int:
        return self.participation + self.expenses


def over_budget(budget_pence: int | None, used_pence: int, amount_pence: int) -> int:
    """PAY-11: by how much this would pass the budget; 0 if it fits or no budget is set. used: committed and spent."""
    if budget_pence is None:
        return 0
    return max(used_pence + amount_pence - budget_pence, 0)
