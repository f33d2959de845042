"""Business time: real time plus an offset that only moves forward, and that only a demo or test instance may move.

It decides dates, deadlines and reminders. Leases, retries, tokens and spans use machine time.
Dates and weeks are Europe/London's. Also how people read and say them: British, in words.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


class BusinessClock:
    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self.offset = offset

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        return datetime.now(UTC) + self.offset

    def today(self) -> date:
        return london_date(self.now())


def london_date(moment: datetime) -> date:
    """The date in London at an aware moment."""
    return moment.astimezone(LONDON).date()


class NoSuchTime(ValueError):
    """Clocks in London never show this time on that day. The message says so in a sentence for people."""


def end_of_day(day: date) -> datetime:
    """The moment at which a day in London is over, aware, in UTC. Clocks there never change at midnight."""
    after = day + timedelta(days=1)
    return datetime(after.year, after.month, after.day, tzinfo=LONDON).astimezone(UTC)


def london_datetime(day: date, hour: int, minute: int = 0) -> datetime:
    """A wall-clock time in London as an aware moment in UTC; if it occurs twice in October, the first.

    Raises NoSuchTime in the hour that is skipped when the clocks go forward.
    """
    wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON)
    moment = wall.astimezone(UTC)
    if moment.astimezone(LONDON).replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise NoSuchTime(
            "There is no such time on that day: the clocks go forward from 1am to 2am. Choose another time"
        )
    return moment


def day(value: date | datetime) -> str:
    """ "Thursday 3 December 2026". A moment is shown as London's date."""
    local = _london(value) if isinstance(value, datetime) else value
    return f"{local:%A} {local.day} {local:%B %Y}"


def short_day(value: date | datetime) -> str:
    """ "3 December 2026", in tables."""
    local = _london(value) if isinstance(value, datetime) else value
    return f"{local.day} {local:%B %Y}"


def time(value: datetime) -> str:
    """ "10:30am", "2pm", "midday", "midnight"."""
    local = _london(value)
    if local.minute == 0 and local.hour in (0, 12):
        return "midday" if local.hour else "midnight"
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def moment(value: datetime) -> str:
    """ "Thursday 3 December 2026 at 10:30am"."""
    return f"{day(value)} at {time(value)}"


def _london(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("A time on a page needs its time zone")
    return value.astimezone(LONDON)
