from datetime import UTC, date, datetime, timedelta

from shared.clock import BusinessClock, london_date, london_datetime


def test_a_day_in_london_begins_an_hour_early_in_summer():
    assert london_date(datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) == date(2026, 7, 2)
    assert london_date(datetime(2026, 12, 1, 23, 30, tzinfo=UTC)) == date(2026, 12, 1)


def test_a_time_on_the_wall_in_london_is_an_aware_moment():
    assert london_datetime(date(2026, 7, 1), 10) == datetime(2026, 7, 1, 9, tzinfo=UTC)
    assert london_datetime(date(2026, 12, 1), 10, 30) == datetime(2026, 12, 1, 10, 30, tzinfo=UTC)


def test_business_time_is_real_time_plus_its_offset():
    ahead = BusinessClock(timedelta(days=40))
    assert timedelta(days=39, hours=23) < ahead.now() - datetime.now(UTC) <= timedelta(days=40)
