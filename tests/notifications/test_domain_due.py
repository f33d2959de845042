"""The rules of when a message is due and what it is about, by their ids."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from services.notifications.domain.changes import (
    Dates,
    Meeting,
    Published,
    calendar_sequence,
    meetings_that_were,
    what_changed,
)
from services.notifications.domain.channels import Card, channels_for
from services.notifications.domain.claims import claim_is_settled, claim_state
from services.notifications.domain.due import cancellation_id, has_something_left, is_news, reminder_id, reminder_is_due
from services.notifications.domain.feedback import giver_hears
from services.notifications.domain.messages import MESSAGES, Kind
from services.notifications.domain.tasks import addressees_of_concern, concern_is_theirs_to_see
from shared.clock import LONDON
from shared.events import EVENTS

PERSON = UUID(int=1)
BOTH = frozenset({"email", "in-app"})


def card(**what: object) -> Card:
    facts = {"roles": frozenset({"participant"}), "channels": BOTH} | what
    frozen = {name: frozenset(value) if isinstance(value, (list, set)) else value for name, value in facts.items()}
    return Card(PERSON, **frozen)  # pyrefly: ignore


# --- when a message is due ---

NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)


def test_opp_11_who_walked_in_is_not_told_afterwards_that_they_have_a_place():
    assert has_something_left([NOW - timedelta(hours=2), NOW + timedelta(seconds=1)], NOW)
    assert not has_something_left([NOW - timedelta(hours=2), NOW], NOW)
    assert not has_something_left([], NOW)


@pytest.mark.parametrize(
    ("session_day", "taken_on", "due"),
    [
        (date(2026, 12, 4), date(2026, 12, 2), True),
        (date(2026, 12, 4), date(2026, 12, 3), False),
        (date(2026, 12, 4), date(2026, 12, 4), False),
        (date(2026, 12, 3), date(2026, 12, 1), False),
        (date(2026, 12, 5), date(2026, 12, 1), False),
    ],
)
def test_not_05_a_reminder_comes_the_day_before(session_day: date, taken_on: date, due: bool):
    assert reminder_is_due(session_day, date(2026, 12, 3), taken_on) is due


@pytest.mark.parametrize(
    ("ending", "heard"),
    [
        ("used", True),
        ("not-used", True),
        ("thanked", True),
        ("joined", True),
        ("withdrawn", False),
        ("spam", False),
        ("safeguarding", False),
    ],
)
def test_fb_04_the_giver_hears_every_answer(ending: str, heard: bool):
    assert giver_hears(ending) is heard


def test_fb_09_a_concern_is_the_lead_s_and_the_deputy_s_task_at_once_and_the_deputy_s_own_when_its_hours_ran_out():
    lead, deputy = UUID(int=31), UUID(int=32)
    to, takes_over = addressees_of_concern([lead], deputy, run_out=False)
    assert to.includes(lead, set(), NOW) and to.includes(deputy, set(), NOW) and takes_over is None
    to, takes_over = addressees_of_concern([lead], deputy, run_out=True)
    assert takes_over is not None and takes_over.includes(deputy, set(), NOW) and not to.includes(deputy, set(), NOW)
    assert not concern_is_theirs_to_see([], None)


def test_fb_09_a_concern_goes_by_mail_whatever_they_chose_unless_they_have_paused_everything():
    assert channels_for(card(channels=["in-app"]), Kind.SAFEGUARDING) == ("email", "in-app")
    assert channels_for(card(paused=True), Kind.SAFEGUARDING) == ("in-app",)


def test_a_claim_stands_where_its_last_event_left_it():
    assert claim_state("claim-paid") == "paid"
    assert [
        state
        for state in ("opened", "submitted", "approved", "returned", "paid", "refused", "declined")
        if claim_is_settled(state)
    ] == [
        "paid",
        "refused",
        "declined",
    ]


def test_every_message_is_named_for_an_event_or_is_a_reminder():
    names = {event.name for event in EVENTS.values()} | {
        "session-reminder",
        "closing-reminder",
        "feedback-due",
        "feedback-words",
        "feedback-news",
    }
    assert set(MESSAGES) <= names
    assert MESSAGES["claim-paid"].kind == Kind.CLAIMS
    assert MESSAGES["claim-overdue"].kind == Kind.WORK
    assert MESSAGES["session-reminder"].kind == Kind.REMINDERS


# --- changes and cancellations ---

SESSION_1, SESSION_2 = UUID(int=21), UUID(int=22)


def meeting(session_id: UUID = SESSION_1, **what: object) -> Meeting:
    facts = {"starts_at": NOW, "ends_at": NOW + timedelta(hours=1), "venue": "Room 2"} | what
    return Meeting(session_id, **facts)  # pyrefly: ignore


def published(*meetings: Meeting, title: str = "A title", contact: str = "worker") -> Published:
    return Published(title, contact, Dates(meetings or (meeting(), meeting(SESSION_2))))


@pytest.mark.parametrize(
    ("after", "changed"),
    [
        (published(), []),
        (published(title="Another title"), []),
        (published(meeting(SESSION_2), meeting()), []),
        (published(meeting(starts_at=NOW - timedelta(minutes=1)), meeting(SESSION_2)), ["time"]),
        (published(meeting(ends_at=NOW + timedelta(hours=2)), meeting(SESSION_2)), ["time"]),
        (published(meeting(), meeting(SESSION_2, ends_at=NOW + timedelta(hours=2))), ["time"]),
        (published(meeting()), ["time"]),
        (published(meeting(), meeting(SESSION_2), meeting(UUID(int=23))), ["time"]),
        (published(meeting(venue="Room 3"), meeting(SESSION_2)), ["place"]),
        (published(meeting(), meeting(SESSION_2, venue="Room 3")), ["place"]),
        (published(contact="coordinator"), ["contact"]),
        (
            published(
                meeting(venue="Room 3", starts_at=NOW - timedelta(days=1)), meeting(SESSION_2), contact="coordinator"
            ),
            ["time", "place", "contact"],
        ),
    ],
)
def test_opp_16_what_changed_is_seen_even_where_nobody_says_so(after: Published, changed: list[str]):
    assert what_changed(published(), after, ()) == changed


@pytest.mark.parametrize("said", [["time"], ["place"], ["contact"], ["purpose"], ["purpose", "time"]])
def test_opp_16_what_the_host_says_has_changed_has_changed(said: list[str]):
    assert what_changed(published(), published(), said) == sorted(
        said, key=["time", "place", "contact", "purpose"].index
    )


def test_opp_16_a_new_session_elsewhere_is_no_change_of_place():
    assert what_changed(
        published(), published(meeting(), meeting(SESSION_2), meeting(UUID(int=23), venue="Hall")), ()
    ) == ["time"]


def test_opp_16_people_are_told_how_those_sessions_were_that_are_not_so_any_more():
    later = meeting(SESSION_2, venue="Room 3")
    assert meetings_that_were(published(), published(meeting(), later)) == [meeting(SESSION_2)]
    assert meetings_that_were(published(), published(later)) == [meeting(), meeting(SESSION_2)]
    assert meetings_that_were(published(), published()) == []


def test_not_05_a_calendar_entry_s_number_rises_with_each_change_of_the_opportunity_and_of_the_place():
    happened = [(1, 0), (1, 1), (1, 2), (1, 999), (2, 0), (2, 3), (3, 0), (3, 4)]
    numbers = [calendar_sequence(*versions) for versions in happened]
    assert numbers == sorted(set(numbers)) and numbers[0] == 1000
    assert calendar_sequence(1, 998) == 1998 and calendar_sequence(1, 999) == calendar_sequence(1, 5000) == 1999


@pytest.mark.parametrize(
    ("facts", "news"),
    [
        ({}, True),
        ({"announced": True}, False),
        ({"cancelled": True}, False),
        ({"closed": True}, False),
        ({"ends": [NOW]}, False),
        ({"ends": []}, False),
    ],
)
def test_not_03_it_is_news_once_and_only_while_someone_can_still_take_part(facts: dict[str, object], news: bool):
    ends = [NOW + timedelta(microseconds=1)]
    found = {"announced": False, "cancelled": False, "closed": False, "ends": ends} | facts
    assert is_news(**found, now=NOW) is news  # pyrefly: ignore


def test_not_02_a_reminder_is_of_one_session_at_one_time():
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC)
    first = reminder_id(SESSION_1, summer)
    assert first == reminder_id(SESSION_1, summer.astimezone(LONDON)) == reminder_id(SESSION_1, summer)
    assert len({first, reminder_id(SESSION_1, summer + timedelta(minutes=1)), reminder_id(SESSION_2, summer)}) == 3


def test_not_02_a_cancellation_is_of_one_opportunity():
    assert cancellation_id(SESSION_1) == cancellation_id(SESSION_1) != cancellation_id(SESSION_2)
