"""How an opportunity stands towards the world, and what of it goes into feeds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.opportunities.feeds.domain import Organiser, Shown, ShownSession, is_in_feeds, is_moved, standing_of

NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
SESSION = ShownSession(UUID(int=2), NOW + timedelta(days=1), NOW + timedelta(days=1, hours=2), "The hall")
SHOWN = Shown(
    id=UUID(int=1),
    version=3,
    changed_at=NOW,
    standing="open",
    title="A say in the drop-in",
    summary="Help choose.",
    kind="tender-panel",
    mode="in-person",
    area="Fenland",
    background="It ends.",
    expected="Read bids.",
    time_needed="Two hours.",
    payment="Ten pounds an hour.",
    accessibility="No steps.",
    result="We tell you who won.",
    commissioner="",
    host=Organiser("The Test Voice", "https://voice.example"),
    url="https://voice.example/opportunities/1",
    hosts_url="",
    sessions=(SESSION,),
)


@pytest.mark.parametrize("state", ["published", "open"])
def test_net_01_it_is_open_until_its_last_session_has_ended(state: str):
    assert standing_of(state, NOW + MOMENT, NOW) == "open"
    assert standing_of(state, NOW, NOW) == "over"
    assert standing_of(state, None, NOW) == "over"


@pytest.mark.parametrize("state", ["finished", "closed", "not-shared", "draft"])
def test_net_01_what_ended_or_was_withdrawn_is_over(state: str):
    assert standing_of(state, NOW + MOMENT, NOW) == "over"


@pytest.mark.parametrize("last_ends_at", [NOW + MOMENT, NOW, None])
def test_net_01_what_was_cancelled_says_so(last_ends_at: datetime | None):
    assert standing_of("cancelled", last_ends_at, NOW) == "cancelled"


def test_net_01_feeds_show_what_is_open():
    assert is_in_feeds(SHOWN, NOW)
    assert not is_in_feeds(replace(SHOWN, standing="over"), NOW)


def test_not_05_feeds_show_what_was_cancelled_until_its_last_day_is_past():
    later = replace(SESSION, id=UUID(int=3), ends_at=SESSION.ends_at + timedelta(days=7))
    cancelled = replace(SHOWN, standing="cancelled", sessions=(later, SESSION))
    assert cancelled.last_ends_at == later.ends_at
    assert is_in_feeds(cancelled, later.ends_at - MOMENT)
    assert not is_in_feeds(cancelled, later.ends_at)
    assert not is_in_feeds(replace(cancelled, sessions=()), NOW)


def test_opp_16_a_session_was_moved_if_it_once_started_at_another_time():
    assert not is_moved(SESSION)
    assert not is_moved(replace(SESSION, previous_starts_at=SESSION.starts_at))
    assert is_moved(replace(SESSION, previous_starts_at=SESSION.starts_at - MOMENT))
