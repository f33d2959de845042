"""Since when and until when somebody had a place (OPP-11)."""

from datetime import UTC, datetime, timedelta

from services.opportunities.places.domain import taking
from services.opportunities.places.domain.taking import Holding
from shared.db import new_id


def test_opp_11_the_end_of_a_place_is_not_the_end_of_what_was_held():
    session = new_id()
    begins = datetime(2027, 3, 1, 10, tzinfo=UTC)
    ends = begins + timedelta(hours=1)
    for held, expected in (
        (Holding(begins - timedelta(days=1), begins + timedelta(minutes=1)), True),
        (Holding(begins - timedelta(days=1), begins), False),
        (Holding(ends, None), False),
        (Holding(None, None), False),
        (Holding(None, None, session), True),
        (Holding(begins, None, new_id()), False),
    ):
        assert taking.is_on_register(held, session, begins, ends) is expected
