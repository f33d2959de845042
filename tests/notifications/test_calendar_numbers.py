"""The number of a calendar entry only grows for each person, whatever became of their places (NOT-05)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import icalendar
import pytest
from sqlalchemy.exc import DBAPIError

from services.notifications.domain.due import is_entry_due
from services.notifications.gateways import calendar, letters
from services.notifications.queries import told
from shared.db import new_id
from shared.events.opportunities import OpportunityCancelled, OpportunityChanged, OpportunityCreated, PlaceLapsed
from tests.notifications.support import (
    SOON,
    World,
    opportunity_created,
    participant,
    place_left,
    place_offered,
    place_taken,
    session,
)
from tests.notifications.texts import SETTINGS

HOST = urlsplit(SETTINGS.public_url).hostname


async def entries(world: World, person: UUID) -> list[tuple[str, str, int]]:
    """(UID, status, sequence) of every calendar entry that a person was mailed, in the order in which they were
    told."""
    rows = await world.rows(
        "SELECT message_id FROM messages WHERE participant_id = :person AND channel = 'email' ORDER BY message_id",
        person=person,
    )
    drafts = await world.read(told.drafts, [row.message_id for row in rows])
    files = [letters.calendar_of(draft, SETTINGS) for draft in drafts]
    events = [event for file in files if file for event in icalendar.Calendar.from_ical(file.content).walk("VEVENT")]
    return [(str(event["UID"]), str(event["STATUS"]), int(str(event["SEQUENCE"]))) for event in events]


def assert_the_last_counts(found: list[tuple[str, str, int]], status: str) -> None:
    """A calendar takes each in place of the one before, and ends with this."""
    for uid in {uid for uid, _, _ in found}:
        numbers = [number for each, _, number in found if each == uid]
        assert numbers == sorted(set(numbers)), found
        assert [each for same, each, _ in found if same == uid][-1] == status


QUIET: dict[str, Any] = {"opted_out": ["new-opportunities"]}


async def test_not_05_who_leaves_and_comes_back_has_an_entry_again(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    first = place_taken(published, person)
    await world.hear(published, first, place_left(first), place_taken(published, person))
    found = await entries(world, person)
    assert [status for _, status, _ in found] == ["CONFIRMED", "CANCELLED", "CONFIRMED"]
    assert_the_last_counts(found, "CONFIRMED")


async def test_not_05_the_same_holds_after_many_changes_a_lapse_and_a_session_that_moved_meanwhile(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    first = place_taken(published, person)
    left = place_left(first).model_copy(update={"version": 1200})
    await world.hear(published, first.model_copy(update={"version": 1199}), left)
    offered = place_offered(place_taken(published, person), SOON - timedelta(days=1))
    await world.hear(
        offered,
        PlaceLapsed(
            version=3,
            place_id=offered.place_id,
            opportunity_id=published.opportunity_id,
            participant=participant(person),
        ),
    )
    facts: dict[str, Any] = published.model_dump() | {"version": 2}
    (planned,) = published.sessions
    facts["sessions"] = (
        planned.model_copy(
            update={"starts_at": SOON + timedelta(days=2), "ends_at": SOON + timedelta(days=2, hours=1)}
        ),
    )
    await world.hear(OpportunityChanged(**facts, changed=("time",), reason="The room was not free."))
    await world.hear(place_taken(published, person))
    assert_the_last_counts(await entries(world, person), "CONFIRMED")


async def test_not_05_who_comes_back_is_not_taken_out_again_when_the_leaving_arrives_late(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    first = place_taken(published, person)
    await world.hear(published, first, place_taken(published, person), place_left(first))
    assert_the_last_counts(await entries(world, person), "CONFIRMED")


async def test_not_05_two_people_have_numbers_of_their_own(world: World):
    one, other = [await world.knows(name, **QUIET) for name in ("Amina", "Bola")]
    published = opportunity_created()
    first = place_taken(published, one)
    await world.hear(published, first, place_left(first), place_taken(published, one), place_taken(published, other))
    rows = {row.person_id: row.number for row in await world.rows("SELECT person_id, number FROM calendar_numbers")}
    assert rows[one] == rows[other] + 2


@pytest.mark.parametrize("change", ["UPDATE calendar_numbers SET number = number", "DELETE FROM calendar_numbers"])
async def test_not_05_the_database_lets_a_number_only_grow(world: World, change: str):
    person, published = await world.knows(**QUIET), opportunity_created()
    await world.hear(published, place_taken(published, person))
    with pytest.raises(DBAPIError):
        await world.write(change)


def _series() -> OpportunityCreated:
    return opportunity_created(sessions=(session(SOON), session(SOON + timedelta(days=7))))


async def test_opp_11_leaving_after_the_first_session_takes_only_the_next_out_of_the_calendar(world: World):
    person, published = await world.knows(**QUIET), _series()
    first = place_taken(published, person)
    await world.hear(published, first)
    world.at(SOON + timedelta(minutes=15))
    await world.hear(place_left(first))
    held, coming = (f"{each.session_id}@{HOST}" for each in published.sessions)
    found = await entries(world, person)
    assert [(uid, status) for uid, status, _ in found] == [
        (held, "CONFIRMED"),
        (coming, "CONFIRMED"),
        (coming, "CANCELLED"),
    ]


async def test_opp_16_a_cancellation_takes_only_what_has_not_begun_out_of_the_calendar(world: World):
    person, published = await world.knows(**QUIET), _series()
    await world.hear(published, place_taken(published, person))
    world.at(SOON + timedelta(days=1))
    ended: dict[str, Any] = {
        "opportunity_id": published.opportunity_id,
        "participants": (participant(person),),
        "reason": "The room flooded.",
    }
    await world.hear(OpportunityCancelled(version=2, **ended))
    gone = [uid for uid, status, _ in await entries(world, person) if status == "CANCELLED"]
    assert gone == [f"{published.sessions[1].session_id}@{HOST}"]


async def test_not_05_who_joins_in_between_gets_no_entry_for_what_is_over_and_leaving_after_the_end_says_nothing(
    world: World,
):
    person, published = await world.knows(**QUIET), _series()
    await world.hear(published)
    world.at(SOON + timedelta(days=1))
    first = place_taken(published, person)
    await world.hear(first)
    assert [uid for uid, _, _ in await entries(world, person)] == [f"{published.sessions[1].session_id}@{HOST}"]
    world.at(SOON + timedelta(days=8))
    await world.hear(place_left(first))
    assert len(await entries(world, person)) == 1
    assert await world.rows("SELECT message_id FROM messages WHERE template = 'place-left'") == []


def test_not_05_summer_time_begins_at_one_in_the_calendar_files_words():
    moment = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)
    entry = calendar.Entry(
        new_id(), moment, moment + timedelta(hours=1), "Meeting", "", "https://voice.example", "booked"
    )
    file = calendar.calendar_file([entry], "PUBLISH", sequence=1, host="voice.example", written_at=moment)
    (zone,) = icalendar.Calendar.from_ical(file).walk("VTIMEZONE")
    onset = {
        str(part["TZNAME"]): (part.decoded("DTSTART").hour, part.decoded("TZOFFSETFROM")) for part in zone.subcomponents
    }
    assert onset == {"BST": (1, timedelta(0)), "GMT": (2, timedelta(hours=1))}


def test_opp_11_an_entry_is_taken_out_until_it_begins_and_put_in_until_it_is_over():
    begins, ends = SOON, SOON + timedelta(hours=1)
    for now, given_back, booked in (
        (begins - timedelta(minutes=1), True, True),
        (begins, False, True),
        (ends - timedelta(minutes=1), False, True),
        (ends, False, False),
    ):
        assert is_entry_due(begins, ends, now, given_back=True) is given_back
        assert is_entry_due(begins, ends, now, given_back=False) is booked
