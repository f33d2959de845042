"""What was so when a session began stays so for its register, whatever people do later (OPP-11, OPP-07)."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from services.opportunities import domain, queries
from services.opportunities.domain import Holding, Policy
from services.opportunities.queries.register import had_a_place
from services.opportunities.tables import places as places_table
from services.opportunities.tables import sessions
from services.opportunities.use_cases import attendance, bookings, changing, ending, needs, places
from services.opportunities.use_cases.attendance import Entry
from services.opportunities.use_cases.guests import host
from services.opportunities.use_cases.writing import NewSession
from shared.db import new_id
from shared.events import ParticipantRef, network
from shared.identity import Role
from shared.reasons import Missing, Refused
from tests.opportunities.support import World, someone
from tests.support.apps import client_of, signed_in

POLICY = Policy()


async def series(here: World, people: int = 1, ticked: tuple[str, ...] = (), words: str = "") -> tuple[UUID, list[UUID], list[ParticipantRef], list[UUID]]:
    """(opportunity, its two sessions, who has a place, their places), a quarter of an hour after the first session began."""
    opportunity_id = await here.published(number=2)
    whom = [someone() for _ in range(people)]
    taken = [await here.do(places.take_place, opportunity_id, each, ticked, words) for each in whom]
    here.move(days=35, minutes=15)
    return opportunity_id, await here.session_ids(opportunity_id), whom, taken


async def on_register(here: World, opportunity_id: UUID, session_id: UUID) -> list[UUID]:
    found = await here.read(queries.register, opportunity_id, session_id)
    return [line.place_id for line in found.lines]


async def records(here: World, opportunity_id: UUID, session_id: UUID, place_id: UUID) -> dict[str, int]:
    return await here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(place_id, True, 90)], sure_before_end=True)


async def test_opp_11_who_leaves_between_sessions_stays_on_the_register_of_the_one_that_was_held(here: World):
    opportunity_id, (first, second), (whom, _), (gone, stays) = await series(here, people=2)
    here.move(minutes=80)
    await here.do(places.leave_place, gone, whom, POLICY)
    assert set(await on_register(here, opportunity_id, first)) == {gone, stays}
    assert await on_register(here, opportunity_id, second) == [stays]
    assert await records(here, opportunity_id, first, gone) == {"recorded": 1}
    here.move(days=7)
    with pytest.raises(Missing):
        await records(here, opportunity_id, second, gone)
    assert [event["place_id"] for event in await here.events("attendance-recorded")] == [str(gone)]
    assert await here.broken() == {}


async def test_opp_11_who_leaves_and_comes_back_while_it_is_on_was_there_once(here: World):
    opportunity_id, (first, second), (whom,), (before,) = await series(here)
    await here.do(places.leave_place, before, whom, POLICY)
    after = await here.do(places.take_place, opportunity_id, whom, [], "")
    assert await on_register(here, opportunity_id, first) == [before]
    assert await on_register(here, opportunity_id, second) == [after]
    await records(here, opportunity_id, first, before)
    assert await records(here, opportunity_id, first, after) == {"recorded": 0}
    assert len(await here.events("attendance-recorded")) == 1
    assert len(await here.dicts("SELECT id FROM attendances")) == 1


async def test_opp_11_who_goes_in_the_middle_of_the_last_session_was_there_and_has_not_left(here: World):
    opportunity_id, whom = await here.published(), someone()
    place_id = await here.do(places.take_place, opportunity_id, whom, [], "")
    (session_id,) = await here.session_ids(opportunity_id)
    here.move(days=35, minutes=70)
    async with client_of(here.app) as client:
        signed_in(client, "participant", person_id=whom.id)
        url = f"/opportunities/places/{place_id}"
        leaving = (await client.get(f"{url}/leave")).text
        assert "No other date is to come." in leaving and "you stay on the list of who came" in leaving
        left = (await client.post(f"{url}/leave", follow_redirects=True)).text
        assert "You can come back while it is open." in left and "You left" in left
        await here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(place_id, True, 60)])
        for path in (url, "/opportunities/mine"):
            page = (await client.get(path)).text
            assert "You were there: 1 hour." in page and "You left" not in page and "This is over" not in page
        await here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(place_id, False, 0)])
        assert "You left" in (await client.get(url)).text
        await here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(place_id, True, 60)])
        here.move(hours=1)
        page = (await client.get(url)).text
        assert "This is over" in page and "You were there: 1 hour." in page


async def test_opp_11_who_gave_later_dates_back_has_left_and_was_there(here: World):
    opportunity_id, _, (whom,), (place_id,) = await series(here)
    (first, _) = await here.session_ids(opportunity_id)
    await here.do(places.leave_place, place_id, whom, POLICY)
    await records(here, opportunity_id, first, place_id)
    async with client_of(here.app) as client:
        signed_in(client, "participant", person_id=whom.id)
        page = (await client.get(f"/opportunities/places/{place_id}")).text
    assert "You left" in page and "You were there already: 1 hour 30 minutes." in page


async def test_opp_11_who_joins_after_a_session_is_not_on_its_register(here: World):
    opportunity_id, (first, second), _, (stays,) = await series(here)
    here.move(days=1)
    later = await here.do(places.take_place, opportunity_id, someone(), [], "")
    assert await on_register(here, opportunity_id, first) == [stays]
    assert set(await on_register(here, opportunity_id, second)) == {stays, later}
    with pytest.raises(Missing):
        await records(here, opportunity_id, first, later)


async def test_opp_11_cancelling_what_is_left_keeps_the_register_of_what_was_held(here: World):
    opportunity_id, (first, _), (whom,), (place_id,) = await series(here)
    await here.do(changing.cancel, opportunity_id, "The room flooded.")
    await here.do(places.leave_place, place_id, whom, POLICY)
    assert await on_register(here, opportunity_id, first) == [place_id]
    assert await records(here, opportunity_id, first, place_id) == {"recorded": 1}


async def test_opp_11_a_guest_whose_home_was_removed_stays_on_the_register_of_what_was_held(here: World):
    opportunity_id = await here.published(number=2)
    guest = ParticipantRef(kind="guest", id=new_id(), home="viewpoint")
    await here.do(host._lock_guest, _request(guest, opportunity_id))
    place_id = await here.do(places.take_place, opportunity_id, guest, ["breaks"], "", code="G-7F3K")
    here.move(days=35, minutes=15)
    row = (await here.dicts("SELECT * FROM opportunities"))[0]

    async def end(tx: Any) -> None:
        await places.end_guests_places(tx, await tx.one(select(places.opportunities)), "viewpoint", POLICY)

    await here.do(end)
    first, second = await here.session_ids(row["id"])
    assert await on_register(here, opportunity_id, first) == [place_id]
    assert await on_register(here, opportunity_id, second) == []
    assert await here.dicts("SELECT state FROM needs") == [{"state": "asked"}]


def _request(guest: ParticipantRef, opportunity_id: UUID) -> Any:
    return network.GuestRequested(version=1, guest_id=guest.id, opportunity_id=opportunity_id, origin=guest.home, to="test")


async def test_opp_11_who_came_without_a_place_has_that_session_alone(here: World):
    opportunity_id, (first, second), _, (stays,) = await series(here)
    visitor = await here.person("Robin Marsh")
    visit = await here.do(places.add_walk_in, opportunity_id, first, visitor)
    assert await here.do(places.add_walk_in, opportunity_id, first, visitor) == visit
    assert set(await on_register(here, opportunity_id, first)) == {stays, visit}
    assert await on_register(here, opportunity_id, second) == [stays]
    found = await here.read(queries.opportunity, opportunity_id)
    assert found.taken == 1
    assert len(await here.events("place-taken")) == 1
    assert await records(here, opportunity_id, first, visit) == {"recorded": 1}
    joined = await here.do(places.take_place, opportunity_id, visitor, [], "")
    assert await on_register(here, opportunity_id, first) != [] and joined != visit
    assert set(await on_register(here, opportunity_id, second)) == {stays, joined}
    assert [place.shown for place in await here.read(queries.own_places, visitor)] == ["taken", "came"]
    assert await here.broken() == {}


async def test_opp_11_who_joined_later_can_still_be_added_to_a_session_they_came_to_without_a_place(here: World):
    opportunity_id, (first, _), _, _ = await series(here)
    visitor = await here.person("Robin Marsh")
    here.move(days=1)
    place_id = await here.do(places.take_place, opportunity_id, visitor, [], "")
    names = [row.name for row in await here.read(queries.might_walk_in, first)]
    assert names == ["Robin Marsh"]
    visit = await here.do(places.add_walk_in, opportunity_id, first, visitor)
    assert visit != place_id
    assert await here.read(queries.might_walk_in, first) == []


async def test_opp_11_what_someone_needs_stays_for_the_session_that_is_on_and_is_withdrawn_before_it(here: World):
    opportunity_id, _, (whom,), (place_id,) = await series(here, ticked=("breaks",))
    (need,) = await here.do(needs.read_needs, opportunity_id)
    await here.do(places.leave_place, place_id, whom, POLICY)
    assert [row.id for row in await here.do(needs.read_needs, opportunity_id)] == [need.id]
    with pytest.raises(Refused):
        await here.do(needs.answer_need, opportunity_id, need.id, "met", "")
    other = await here.published()
    other_place = await here.do(places.take_place, other, whom, ["breaks"], "")
    await here.do(places.leave_place, other_place, whom, POLICY)
    assert await here.do(needs.read_needs, other) == []


MOMENTS = [datetime(2027, 3, 1, hour, minute, tzinfo=UTC) for hour, minute in ((9, 0), (10, 0), (10, 30), (11, 0), (12, 0))]


async def test_opp_11_the_query_of_the_register_says_what_the_rule_says(here: World):
    opportunity_id = await here.published(number=2)
    first, second = await here.session_ids(opportunity_id)
    starts_at, ends_at = MOMENTS[1], MOMENTS[3]
    pairs = [(taken, ended) for taken, ended in product([None, *MOMENTS], repeat=2) if not ended or (taken and taken < ended)]
    holdings = [(taken, ended, only) for taken, ended in pairs for only in (None, first, second)]

    async def arrange(tx: Any) -> set[int]:
        await tx.execute(sessions.update().where(sessions.c.id == first).values(starts_at=starts_at, ends_at=ends_at))
        for number, (taken_at, ended_at, only) in enumerate(holdings):
            state = "taken" if taken_at and not ended_at else "left"
            whom = {"participant_kind": "person", "participant_id": new_id(), "participant_home": "test"}
            row = {"id": new_id(), "version": 1, "opportunity_id": opportunity_id, "state": state, "queue_number": number + 1, "actor_kind": "system"}
            times = {"taken_at": taken_at, "ended_at": ended_at, "created_at": tx.now, "changed_at": tx.now}
            await tx.execute(insert(places_table).values(**row, **whom, **times, only_session_id=only))
        found = select(places_table.c.queue_number).join(sessions, sessions.c.opportunity_id == places_table.c.opportunity_id)
        return {row.queue_number - 1 for row in await tx.all(found.where(sessions.c.id == first, had_a_place()))}

    on_it = await here.do(arrange)
    assert on_it == {
        n for n, (taken_at, ended_at, only) in enumerate(holdings) if domain.is_on_register(Holding(taken_at, ended_at, only), first, starts_at, ends_at)
    }
    assert 0 < len(on_it) < len(holdings)


# --- what was booked -------------------------------------------------------------------------------------------------


async def booked(here: World) -> list[dict[str, Any]]:
    return await here.dicts("SELECT need, words, done_at IS NOT NULL AS done FROM bookings_to_cancel ORDER BY since, need")


async def test_opp_07_what_was_promised_is_on_a_list_of_what_to_cancel_until_somebody_ticks_it_off(here: World):
    opportunity_id = await here.published()
    place_id = await here.do(places.take_place, opportunity_id, someone(), ["interpreter", "breaks"], "")
    interpreter = next(need for need in await here.do(needs.read_needs, opportunity_id) if need.need == "interpreter")
    await here.do(needs.answer_need, opportunity_id, interpreter.id, "promised", "")
    await here.do(changing.cancel, opportunity_id, "The room flooded.")
    (booking,) = await here.do(bookings.read_bookings, opportunity_id)
    assert (booking.need, booking.place_id) == ("interpreter", place_id)
    assert len(await here.steps("needs-read")) == 2
    for _ in range(2):
        await here.do(bookings.tick_off, opportunity_id, booking.id)
    assert await here.do(bookings.read_bookings, opportunity_id) == []
    assert len(await here.steps("booking-cancelled")) == 1
    with pytest.raises(Missing):
        await here.do(bookings.tick_off, await here.published(), booking.id)


async def test_opp_07_what_was_ready_is_to_be_cancelled_when_one_leaves_or_unticks_it_but_not_after_the_end(here: World):
    opportunity_id, whom = await here.published(), someone()
    place_id = await here.do(places.take_place, opportunity_id, whom, ["interpreter", "large-print"], "A signer who knows me")
    for need in await here.do(needs.read_needs, opportunity_id):
        await here.do(needs.answer_need, opportunity_id, need.id, "promised", "")
        await here.do(needs.answer_need, opportunity_id, need.id, "met", "")
    await here.do(needs.change_needs, place_id, whom, ["interpreter"], "Anyone")
    assert [(row["need"], row["words"]) for row in await booked(here)] == [("large-print", ""), ("other", "A signer who knows me")]
    await here.do(places.leave_place, place_id, whom, POLICY)
    assert {row["need"] for row in await booked(here)} == {"large-print", "other", "interpreter"}
    over, late = await here.published(in_days=1, notice_reason="We heard today."), someone()
    late_place = await here.do(places.take_place, over, late, ["breaks"], "")
    (need,) = await here.do(needs.read_needs, over)
    await here.do(needs.answer_need, over, need.id, "met", "")
    here.move(days=2)
    await here.do(places.leave_place, late_place, late, POLICY)
    assert len(await booked(here)) == 3


async def test_opp_07_words_beside_a_ticked_need_are_a_need_of_their_own(here: World):
    opportunity_id, whom = await here.published(), someone()
    place_id = await here.do(places.take_place, opportunity_id, whom, ["large-print"], "")
    (print_,) = await here.do(needs.read_needs, opportunity_id)
    await here.do(needs.answer_need, opportunity_id, print_.id, "promised", "")
    await here.do(needs.change_needs, place_id, whom, ["large-print"], "I need a BSL interpreter")
    rows = await here.dicts("SELECT need, state FROM needs ORDER BY need")
    assert rows == [{"need": "large-print", "state": "promised"}, {"need": "other", "state": "asked"}]
    found = await here.read(queries.unanswered_needs, Policy(needs_warning_days=60), [opportunity_id])
    assert found == {opportunity_id: 1}


async def test_opp_07_something_else_without_words_is_refused_in_words(here: World):
    opportunity_id, whom = await here.published(), someone()
    with pytest.raises(Refused) as refused:
        await here.do(places.take_place, opportunity_id, whom, ["other"], "  ")
    assert [reason.field for reason in refused.value.reasons] == ["words"]
    place_id = await here.do(places.take_place, opportunity_id, whom, [], "")
    with pytest.raises(Refused):
        await here.do(needs.change_needs, place_id, whom, ["other", "breaks"], "")
    assert await here.dicts("SELECT id FROM needs") == []


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
        assert domain.is_on_register(held, session, begins, ends) is expected


# --- ending early, and moving nearer ---------------------------------------------------------------------------------


async def test_opp_12_finishing_with_sessions_to_come_tells_everyone_with_a_place_why(here: World):
    opportunity_id, (first, second), (whom, _), (place_id, _) = await series(here, people=2, ticked=("interpreter",))
    for need in await here.do(needs.read_needs, opportunity_id):
        await here.do(needs.answer_need, opportunity_id, need.id, "promised", "")
    with pytest.raises(Refused) as refused:
        await here.do(ending.finish, opportunity_id, "", here.service.settings.host)
    assert [reason.field for reason in refused.value.reasons] == ["reason"]
    await here.do(ending.finish, opportunity_id, "The funder has stopped.", here.service.settings.host)
    (told,) = await here.events("opportunity-changed")
    assert [session["session_id"] for session in told["sessions"]] == [str(first)]
    assert (told["changed"], told["reason"]) == (["time"], "The funder has stopped.")
    assert len(await booked(here)) == 2
    found = await here.read(queries.own_place, place_id, whom)
    assert [session.id for session in found.sessions] == [first]
    assert await records(here, opportunity_id, first, place_id) == {"recorded": 1}
    here.move(days=7)
    with pytest.raises(Refused):
        await records(here, opportunity_id, second, place_id)
    assert await here.broken() == {}


async def test_opp_12_what_has_not_begun_is_cancelled_and_not_finished_while_somebody_has_a_place(here: World):
    opportunity_id = await here.published()
    await here.do(places.take_place, opportunity_id, someone(), [], "")
    with pytest.raises(Refused) as refused:
        await here.do(ending.finish, opportunity_id, "No money.", here.service.settings.host)
    assert "Cancel it instead" in refused.value.reasons[0].text


@pytest.mark.parametrize("taken", [False, True])
async def test_opp_12_before_anything_has_begun_the_page_of_ending_says_so_and_offers_to_cancel(taken: bool, here: World):
    opportunity_id = await here.published(number=2)
    if taken:
        await here.do(places.take_place, opportunity_id, someone(), [], "")
    base = f"/opportunities/staff/{opportunity_id}"
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        said = (await client.get(f"{base}/close")).text
        assert "Nothing of it has happened yet." in said and f'href="{base}/cancel"' in said
        assert not any(untrue in said for untrue in ("I have thanked", "What is still missing", "Write the outcome", "waiting list", "registers"))
        assert (f'href="{base}/finish"' in said) is not taken
        asked = await client.get(f"{base}/finish")
        if taken:
            assert asked.headers["location"] == f"{base}/close"
        else:
            assert "Both sessions that are to come do not happen." in asked.text
            assert not any(untrue in asked.text for untrue in ("claim", "register", "missing", "waiting list"))
        for write in ("thanked", "asked"):
            assert "has no ending yet" in (await client.post(f"{base}/{write}")).text
        here.move(days=36)
        assert "I have thanked people" in (await client.get(f"{base}/close")).text


async def test_opp_12_nobody_goes_on_waiting_for_what_is_finished(here: World):
    opportunity_id = await here.published(capacity=1)
    for _ in range(3):
        await here.do(places.take_place, opportunity_id, someone(), [], "")
    here.move(days=36)
    await here.do(ending.finish, opportunity_id)
    assert [row["state"] for row in await here.dicts("SELECT state FROM places ORDER BY queue_number")] == ["taken", "lapsed", "lapsed"]
    assert [event["over"] for event in await here.events("place-lapsed")] == [True, True]


async def test_opp_05_who_waited_for_what_is_finished_early_reads_that_it_is_over_and_may_ask_for_no_place(here: World):
    opportunity_id, whom = await here.published(capacity=1), someone()
    await here.do(places.take_place, opportunity_id, someone(), [], "")
    place_id = await here.do(places.take_place, opportunity_id, whom, [], "")
    here.move(days=35, minutes=30)  # the session goes on
    facts = await here.read(ending.ending_facts, opportunity_id)
    assert (facts.sessions_to_come, facts.sessions_running) == (0, 1)
    await here.do(ending.finish, opportunity_id)
    place = await here.read(queries.own_place, place_id, whom)
    assert (place.facts.state, place.shown) == ("lapsed", "missed")
    [event] = await here.events("place-lapsed")
    assert event["over"]
    with pytest.raises(Refused) as refused:
        await here.do(places.accept_offer, place_id, whom)
    assert "This has ended" in refused.value.reasons[0].text


async def test_opp_11_a_walk_in_is_not_told_that_it_is_over_while_the_session_goes_on(here: World):
    opportunity_id, whom = await here.published(), await here.person("Robin Marsh")
    (session_id,) = await here.session_ids(opportunity_id)
    here.move(days=35, minutes=30)
    place_id = await here.do(places.add_walk_in, opportunity_id, session_id, whom)
    assert (await here.read(queries.own_place, place_id, whom)).shown == "came"
    here.move(hours=3)
    assert (await here.read(queries.own_place, place_id, whom)).shown == "over"


async def test_opp_12_what_was_finished_before_with_sessions_to_come_is_not_closed_until_they_are_cancelled(here: World):
    opportunity_id, (first, _), _, _ = await series(here)
    await here.write("UPDATE opportunities SET state = 'finished'")
    here.move(hours=3)
    with pytest.raises(Refused):
        await here.do(ending.close, opportunity_id)
    await here.do(ending.cancel_sessions_to_come, opportunity_id, "The room has gone.", here.service.settings.host)
    assert [session["session_id"] for session in (await here.events("opportunity-changed"))[0]["sessions"]] == [str(first)]
    await here.do(ending.close, opportunity_id)


@pytest.mark.parametrize("write", [ending.mark_thanked, ending.mark_asked_to_stay, lambda tx, it: ending.write_outcome(tx, it, "It went well.")])
async def test_opp_12_a_draft_has_no_ending(write: Any, here: World):
    opportunity_id = await here.draft()
    with pytest.raises(Refused):
        await here.do(write, opportunity_id)
    assert await here.dicts("SELECT thanked_at, asked_to_stay_at, outcome FROM opportunities") == [
        {"thanked_at": None, "asked_to_stay_at": None, "outcome": ""}
    ]


@pytest.mark.parametrize(("days", "counted", "reason"), [(1, 1, "The room is free then."), (20, 20, ""), (50, None, "")])
async def test_opp_03_a_session_that_is_moved_nearer_counts_its_notice_anew(days: int, counted: int | None, reason: str, here: World):
    opportunity_id = await here.published(in_days=40)
    (session_id,) = await here.session_ids(opportunity_id)
    starts_at = (here.now + timedelta(days=days)).replace(second=0, microsecond=0)
    plan = NewSession(starts_at, starts_at + timedelta(hours=1), "The library")
    await here.do(changing.change_session, opportunity_id, session_id, plan, "The room is free then.", here.service.settings.host, POLICY)
    rows = await here.dicts("SELECT days_given, days_expected, reason FROM notice_counts WHERE because = 'moved'")
    assert rows == ([{"days_given": counted, "days_expected": 14, "reason": reason}] if counted else [])
    (event,) = await here.events("opportunity-changed")
    assert event["short_notice_reason"] == reason
    failures = [step.facts["failure"] for step in await here.steps("notice-counted")]
    assert failures == [False, counted == 1] if counted else [False]
    assert await here.broken() == {}
