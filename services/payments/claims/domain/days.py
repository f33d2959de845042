"""Days that count: the two clocks of a claim (PAY-07)."""

from dataclasses import dataclass
from datetime import date, timedelta

from shared.working_days import add_working_days, is_working_day


@dataclass(frozen=True, slots=True)
class Clocks:
    """target: the day we aim to pay by. limit: the last day that we allow ourselves."""

    target: date
    limit: date


def clocks(returned_on: date, target_working_days: int, limit_days: int) -> Clocks:
    """PAY-07: both clocks start on the day the form is returned; the target is in working days, the limit in days."""
    return Clocks(add_working_days(returned_on, target_working_days), returned_on + timedelta(days=limit_days))


def clocks_after_stop(before: Clocks, stopped_on: date, today: date) -> Clocks:
    """PAY-07: gives both clocks back the days on which they stood still, while the person held the payment or owed
    an answer."""
    days = max((today - stopped_on).days, 0)
    working_days = sum(is_working_day(stopped_on + timedelta(days=number)) for number in range(1, days + 1))
    return Clocks(add_working_days(before.target, working_days), before.limit + timedelta(days=days))


@dataclass(frozen=True, slots=True)
class Shown:
    """The days that a page may name for a claim. because: why it names none: "not-sent", "held", "asked", or "waits"
    (something else has to happen first); "" if it does."""

    aim: date | None = None
    last: date | None = None
    because: str = ""


def shown(target: date | None, limit: date | None, *, stopped_on: date | None, held: bool) -> Shown:
    """PAY-07, PAY-09: what every page says about a claim's clocks. While they stand still, because its owner holds
    the payment or is asked something, nobody is promised a day."""
    if held or stopped_on is not None:
        return Shown(because="held" if held else "asked")
    return Shown(target, limit) if limit is not None else Shown(because="not-sent")


def is_overdue(limit: date, today: date, stopped_on: date | None) -> bool:
    """PAY-07: past the last day of the limit, with the clock running. Stopping the clock clears this: if the claim
    is still late when the clock runs again, that is told anew."""
    return stopped_on is None and today > limit
