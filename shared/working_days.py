"""Working days in England."""

from datetime import date, timedelta
from functools import cache

EXTRA_HOLIDAYS = frozenset({date(2022, 6, 2), date(2022, 6, 3), date(2022, 9, 19), date(2023, 5, 8)})
"""Bank holidays of England that were proclaimed once; the days that return each year are worked out."""
MOVED_AWAY = frozenset({date(2022, 5, 30)})
"""Days that would have been a bank holiday, had it not been moved to another day."""

SATURDAY, MONDAY = 5, 0


def easter_sunday(year: int) -> date:
    """The Gregorian Easter (the anonymous algorithm that Nature printed in 1876)."""
    golden = year % 19
    century, of_century = divmod(year, 100)
    leap_centuries, century_rest = divmod(century, 4)
    moon = (19 * golden + century - leap_centuries - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    leaps, year_rest = divmod(of_century, 4)
    weekday = (32 + 2 * century_rest + 2 * leaps - moon - year_rest) % 7
    month, day = divmod(moon + weekday - 7 * ((golden + 11 * moon + 22 * weekday) // 451) + 114, 31)
    return date(year, month, day + 1)


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """The bank holidays of England and Wales in a year."""
    easter = easter_sunday(year)
    days = {
        _next_free(date(year, 1, 1), frozenset()),
        easter - timedelta(days=2),
        easter + timedelta(days=1),
        _first_monday(date(year, 5, 1)),
        _last_monday(date(year, 5, 31)),
        _last_monday(date(year, 8, 31)),
    }
    # When Christmas or Boxing Day falls on a weekend, the next days that are free take its place, Christmas Day's first.
    if date(year, 12, 26).weekday() == SATURDAY + 1:
        days |= {date(year, 12, 27), date(year, 12, 28)}
    elif date(year, 12, 25).weekday() == SATURDAY + 1:
        days |= {date(year, 12, 26), date(year, 12, 27)}
    else:
        christmas = _next_free(date(year, 12, 25), frozenset())
        days |= {christmas, _next_free(date(year, 12, 26), frozenset({christmas}))}
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
