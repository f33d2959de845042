"""The dates of somebody's places (PEO-05)."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from services.opportunities.places.domain.taking import dates_to_come

NOON = datetime(2026, 12, 3, 12, tzinfo=UTC)


def at(days: int) -> SimpleNamespace:
    return SimpleNamespace(starts_at=NOON + timedelta(days=days), ends_at=NOON + timedelta(days=days, hours=1))


def test_peo_05_dates_to_come_are_of_all_places_held_the_first_first() -> None:
    ours = SimpleNamespace(closes_on=None, shown="taken", sessions=[at(-1), at(2), at(9)], cancelled=[])
    theirs = SimpleNamespace(closes_on=None, shown="taken", sessions=[at(1), at(5)], cancelled=[])
    waits = SimpleNamespace(closes_on=None, shown="waiting", sessions=[at(3)], cancelled=[])
    dates = dates_to_come([ours, theirs, waits], NOON)
    assert [(date.session.starts_at - NOON).days for date in dates] == [1, 2, 5, 9]
    assert [date.place for date in dates] == [theirs, ours, theirs, ours]


def test_opp_19_a_cancelled_date_stays_marked_until_its_day_has_passed() -> None:
    today, yesterday = at(0), at(-1)
    today.starts_at, today.ends_at = NOON - timedelta(hours=3), NOON - timedelta(hours=2)
    place = SimpleNamespace(closes_on=None, shown="taken", sessions=[at(2)], cancelled=[yesterday, today, at(1)])
    all_gone = SimpleNamespace(closes_on=None, shown="cancelled", sessions=[at(3)], cancelled=[at(3)])
    dates = dates_to_come([place, all_gone], NOON)
    assert [(date.session.starts_at.day, date.cancelled) for date in dates] == [
        (3, True),
        (4, True),
        (5, False),
        (6, True),
    ]
