"""A person's own limit on what they are paid in a week or month (PAY-09). Pure: facts in, answers out. Amounts are
pence."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from shared.reasons import Reason

Period = Literal["week", "month"]


@dataclass(frozen=True, slots=True)
class Passing:
    """What somebody would be paid between two days, both included, and their own limit. unsent: how much of it is in
    other claims that they have not sent yet, and in how many."""

    limit_pence: int
    pence: int
    first: date
    last: date
    unsent_pence: int = 0
    unsent_claims: int = 0


def week_or_month(day: date, period: Period) -> tuple[date, date]:
    """The first and the last day of the week (from Monday) or the month that a day is in."""
    if period == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def expected_on(target_day: date | None, if_sent_now: date, today: date) -> date:
    """PAY-09: the day on which something is expected to be paid: our target, or today if that has passed; for a
    claim not yet sent, as if it were sent now."""
    return if_sent_now if target_day is None else max(target_day, today)


def counts(fee_pence: int, costs_pence: int, fees_only: bool) -> int:
    """PAY-09: everything paid counts, unless they said that costs paid back to them do not."""
    return fee_pence if fees_only else fee_pence + costs_pence


def passes_own_limit(limit_pence: int, already_pence: int, more_pence: int) -> bool:
    """PAY-09: whether this, together with everything else paid, would pass the person's own limit. An amount of
    nothing passes nothing."""
    return more_pence > 0 and already_pence + more_pence > limit_pence


def ask_by_box(said: str) -> Reason:
    """PAY-09: for pages that cannot keep what was sent while they ask, and so have a box to tick. said: what they
    would pass."""
    return Reason("PAY-09", f"{said} Tick the box if you want to go on.", "anyway")


def must_be_asked(passing: Passing, answered: Passing | None) -> bool:
    """PAY-09: whether they must confirm that they want to continue. Only once for the same limit, the same days and no
    more money.

    answered: what they confirmed before.
    """
    if answered is None or passing.pence > answered.pence:
        return True
    return (passing.limit_pence, passing.first, passing.last) != (answered.limit_pence, answered.first, answered.last)
