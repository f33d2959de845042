"""Working days in England."""

from datetime import date, timedelta
from functools import cache

from dateutil.easter import easter

EXTRA_HOLIDAYS = frozenset({date(2022, 6, 2), date(2022, 6, 3), date(2022, 9, 19), date(2023, 5, 8)})
"""One-off bank holidays of England; those that return each year are calculated."""
MOVED_AWAY = frozenset({date(2022, 5, 30)})
"""Days that would have been bank holidays, had these not been moved."""

SATURDAY, MONDAY = 5, 0


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """The bank holidays of England and Wales in a year."""
    easter_sunday = easter(year)
    # If Christmas or Boxing Day falls on a weekend, the next free days take its place, Christmas Day's first.
    christmas = _next_free(date(year, 12, 25), frozenset())
    days = {
        _next_free(date(year, 1, 1), frozenset()),
        easter_sunday - timedelta(days=2),
        easter_sunday + timedelta(days=1),
        _first_monday(date(year, 5, 1)),
        _last_monday(date(year, 5, 31)),
        _last_monday(date(year, 8, 31)),
        christmas,
        _next_free(date(year, 12, 26), frozenset({christmas})),
    }
    return frozenset(days - MOVED_AWAY) | {day for day in EXTRA_HOLIDAYS if day.year == year}


def _next_free(day: date, taken: frozenset[date]) -> date:
    while day.weekday() >= SATURDAY or day in taken:
        day += timedelta(days=1)
    return day


def _first_monday(day: date) -> date:
    return day + timedelta(days=(MONDAY - day.weekday()) % 7)


def _last_monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def is_working_day(day: date) -> bool:
    return day.weekday() < SATURDAY and day not in bank_holidays(day.year)


def add_working_days(day: date, count: int) -> date:
    """The count-th working day after day."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day
