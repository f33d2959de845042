from datetime import UTC, date, datetime, timedelta

import pytest

from shared.clock import BusinessClock, NoSuchTime, london_date, london_datetime


def test_a_day_in_london_begins_an_hour_early_in_summer():
    assert london_date(datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) == date(2026, 7, 2)
    assert london_date(datetime(2026, 12, 1, 23, 30, tzinfo=UTC)) == date(2026, 12, 1)


def test_a_time_on_the_wall_in_london_is_an_aware_moment():
    assert london_datetime(date(2026, 7, 1), 10) == datetime(2026, 7, 1, 9, tzinfo=UTC)
    assert london_datetime(date(2026, 12, 1), 10, 30) == datetime(2026, 12, 1, 10, 30, tzinfo=UTC)


def test_business_time_is_real_time_plus_its_offset():
    ahead = BusinessClock(timedelta(days=40))
    assert timedelta(days=39, hours=23) < ahead.now() - datetime.now(UTC) <= timedelta(days=40)


@pytest.mark.parametrize(("hour", "minute"), [(1, 0), (1, 30), (1, 59)])
def test_a_time_that_the_clocks_leave_out_is_said_in_words(hour: int, minute: int):
    with pytest.raises(NoSuchTime, match="the clocks go forward"):
        london_datetime(date(2028, 3, 26), hour, minute)


def test_a_time_that_comes_twice_is_the_first_and_the_hours_around_the_change_exist():
    assert london_datetime(date(2027, 10, 31), 1, 30) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert london_datetime(date(2028, 3, 26), 0, 59) == datetime(2028, 3, 26, 0, 59, tzinfo=UTC)
    assert london_datetime(date(2028, 3, 26), 2) == datetime(2028, 3, 26, 1, tzinfo=UTC)
