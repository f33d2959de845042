"""The organisation's own figures, each with the day from which it applies (PAY-01, PAY-02, PAY-15)."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta

from shared.money import parse_pounds, pence_or_pounds
from shared.reasons import Reason
from shared.text import counted


@dataclass(frozen=True, slots=True)
class Rates:
    """The organisation's own figures on one day. The defaults hold until it sets its own.

    participation: pence an hour. mileage: pence a mile. route_needed_above: miles. approver_limit: pence.
    cancelled_within_hours: a session that is cancelled later than this before it starts opens claims (PAY-16).
    """

    participation: int = 1000
    mileage: int = 45
    route_needed_above: int = 30
    approver_limit: int = 5000
    target_working_days: int = 5
    limit_days: int = 14
    receipt_days: int = 90
    planned_time_is_least: int = 0
    offers_vouchers: int = 1
    offers_cash: int = 0
    offers_cheque: int = 0
    offers_training: int = 1
    offers_volunteering_role: int = 1
    offers_award: int = 1
    pays_other_expenses: int = 1
    cancelled_within_hours: int = 24


RATE_NAMES = tuple(field.name for field in fields(Rates))
FIGURES_OF_A_CLAIM = tuple(name for name in RATE_NAMES if name != "cancelled_within_hours")
"""What a claim keeps: the other figure decides only whether one opens."""
MONEY_RATES = frozenset({"participation", "mileage", "approver_limit"})
YES_OR_NO_RATES = frozenset(name for name in RATE_NAMES if name.startswith(("offers_", "pays_", "planned_")))


RATE_WORDS = {
    "participation": "For an hour of taking part",
    "mileage": "For a mile by car",
    "route_needed_above": "Miles above which we ask for the route",
    "approver_limit": "Above this, whoever recorded the attendance does not approve the claim",
    "target_working_days": "Working days in which we aim to pay",
    "limit_days": "Days in which we pay at the latest",
    "receipt_days": "Days in which a receipt can still come",
    "planned_time_is_least": "We pay at least for the time that was planned",
    "offers_vouchers": "Shopping vouchers instead of money",
    "offers_cash": "Cash instead of a bank payment",
    "offers_cheque": "A cheque instead of a bank payment",
    "offers_training": "Training instead of money",
    "offers_volunteering_role": "A volunteering role instead of money",
    "offers_award": "An award instead of money",
    "pays_other_expenses": "Other costs, such as care for a child or someone you look after",
    "cancelled_within_hours": "If we cancel a session fewer hours than this before it starts, we pay for the time "
    "that was planned",
}
"""PAY-15: what the policy page calls each figure."""


def rate_value(name: str, written: str) -> int:
    """A figure as a spreadsheet writes it: pounds for money, yes or no, or a whole number. Raises ValueError with a
    sentence."""
    if name in MONEY_RATES:
        try:
            return parse_pounds(written)
        except ValueError:
            raise ValueError("Write the amount in pounds and pence, like 10.00.") from None
    if name in YES_OR_NO_RATES:
        if written.casefold() not in ("yes", "no"):
            raise ValueError("Write yes or no.")
        return int(written.casefold() == "yes")
    if not (written.isascii() and written.isdecimal() and len(written) < 6):
        raise ValueError("Write a whole number, like 14.")
    return int(written)


def rate_in_words(name: str, value: int) -> str:
    """PAY-15: 1000 -> "£10.00" and 45 -> "45p" for money, 1 -> "Yes" for an offer, else the number."""
    if name in MONEY_RATES:
        return pence_or_pounds(value)
    if name in YES_OR_NO_RATES:
        return "Yes" if value else "No"
    return str(value)


@dataclass(frozen=True, slots=True)
class RateValue:
    name: str
    holds_from: date
    value: int


def rates_on(day: date, values: Iterable[RateValue]) -> Rates:
    """PAY-01, PAY-02: each figure as it was on the session's day; a later figure changes nothing before it."""
    known = sorted((value for value in values if value.holds_from <= day), key=lambda value: value.holds_from)
    return Rates(**{value.name: value.value for value in known})


def public_history(values: Iterable[RateValue]) -> list[RateValue]:
    """PAY-15: figure by figure, the newest first. Leaves out who may approve what (PAY-10): that is how we work
    internally, and no promise to people."""
    order = [name for name in RATE_WORDS if name != "approver_limit"]
    return sorted(
        (value for value in values if value.name in order),
        key=lambda value: (order.index(value.name), -value.holds_from.toordinal()),
    )


OTHER_VALUE = Reason(
    "PAY-15",
    "There is another value for this date. It is kept, because claims were made under it. Give a later date.",
    "value",
)


def reasons_not_to_read_rate(name: str, written: str) -> list[Reason]:
    """PAY-15: refuses what a spreadsheet writes if it is not a value."""
    try:
        rate_value(name, written)
    except ValueError as wrong:
        return [Reason("PAY-15", str(wrong), "value")]
    return []


def reasons_not_to_set_budget(holds_from: date, holds_until: date) -> list[Reason]:
    """PAY-11: a period has its days in order."""
    return (
        [Reason("PAY-11", "The last day is before the first. Put them right.", "holds_until")]
        if holds_until < holds_from
        else []
    )


def reasons_not_to_set_rate(name: str, value: int) -> list[Reason]:
    if name not in RATE_NAMES:
        return [Reason("PAY-15", f"There is no rate called that. The rates are: {', '.join(RATE_NAMES)}.", "name")]
    if name in YES_OR_NO_RATES and value not in (0, 1):
        return [Reason("PAY-15", "Write yes or no for this rate.", "value")]
    if value < 0 or (name in ("limit_days", "target_working_days", "receipt_days") and value == 0):
        return [Reason("PAY-15", "This rate must be more than nothing.", "value")]
    return []


def reasons_not_to_take_rate(name: str, written: str) -> list[Reason]:
    """PAY-15: what can be said of a rate from its own row alone."""
    return reasons_not_to_read_rate(name, written) or reasons_not_to_set_rate(name, rate_value(name, written))


def participation_pence(minutes: int, pence_per_hour: int) -> int:
    """PAY-01: minutes taking part at an hourly rate, rounded up to the penny."""
    return -(-minutes * pence_per_hour // 60)


def opens_claims_when_cancelled(starts_at: datetime, cancelled_at: datetime, rates: Rates) -> bool:
    """PAY-16: nobody is out of pocket when we cancel a session shortly before it starts."""
    return timedelta(0) < starts_at - cancelled_at < timedelta(hours=rates.cancelled_within_hours)


def fares_may_be_lost(was_starts_at: datetime, starts_at: datetime, moved_at: datetime, rates: Rates) -> bool:
    """PAY-16: a session moved to another time as shortly before as we would pay for one that we cancel."""
    return was_starts_at != starts_at and opens_claims_when_cancelled(was_starts_at, moved_at, rates)


def at_the_hosts_rate(rates: Rates, rate_pence: int | None) -> Rates:
    """NET-03: the figures for a host's session: an hour is paid as the host advertised it, everything else by our
    own policy."""
    return rates if rate_pence is None else replace(rates, participation=rate_pence)


def how_one_is_paid(rates: Rates) -> list[str]:
    """PAY-20: from taking part to the money, a sentence a step."""
    return [
        "When you have taken part, a claim for your time opens by itself. We tell you.",
        "You add what you spent, say how you want to be paid, and send it. We can do it with you, on the phone or "
        "face to face.",
        "One of us looks at it and agrees. Somebody else sends the money, never the same person.",
        f"We aim to pay within {counted(rates.target_working_days, 'working day')}, and always within "
        f"{counted(rates.limit_days, 'day')}. You can see on your claim where it is.",
    ]


def who_looks_after_what(rates: Rates) -> list[str]:
    """PAY-20: what is ours to do, and what is the person's own (S2 Annex A)."""
    return [
        "We write down your time, keep your bank details safe, pay on time, and say why if we do not pay something.",
        f"You keep your receipts, and send them within {counted(rates.receipt_days, 'day')}.",
        "You look after your own benefits and taxes: whether a payment changes them, and whom you tell. We cannot do "
        "that for you. You can set a limit that only you see, and we warn you before you pass it.",
    ]


def what_is_not_paid(rates: Rates) -> list[str]:
    """PAY-20: what this organisation does not pay, by its own figures and rules."""
    said = [
        "The time that you travel.",
        "Travel to something that you join online.",
        "A fare without a receipt.",
        "What somebody else pays you back.",
    ]
    return said if rates.pays_other_expenses else [*said, "Costs other than travel."]
