"""What waits for coordinators: said once when it begins to wait, and once when it does no more (PEO-05)."""

from sqlalchemy import text

from services.opportunities.domain import Policy
from services.opportunities.use_cases import attendance, bookings, changing, ending, needs, places
from services.opportunities.use_cases.attendance import Entry
from services.opportunities.use_cases.waiting import say_what_waits
from tests.opportunities.support import House, someone

POLICY = Policy()


async def said(here: House) -> list[tuple[str, bool]]:
    """The job twice, then what was said since the last time."""
    for _ in range(2):
        await here.run(say_what_waits, POLICY)
    return [(event["kind"], event["waiting"]) for event in await here.events("work-waits")]


async def test_peo_05_needs_without_an_answer_wait_from_a_week_before_until_they_are_answered(here: House):
    opportunity_id = await here.published()
    await here.run(places.take_place, opportunity_id, someone(), ["breaks"], "")
    here.move(days=20)
    assert await said(here) == []
    here.move(days=9)
    assert await said(here) == [("needs", True)]
    (need,) = await here.run(needs.read_needs, opportunity_id)
    await here.run(needs.answer_need, opportunity_id, need.id, "promised", "")
    assert await said(here) == [("needs", True), ("needs", False)]


async def test_peo_05_a_session_is_soon_then_its_register_waits_until_every_line_is_written_then_its_ending(here: House):
    opportunity_id = await here.published()
    (session_id,) = await here.session_ids(opportunity_id)
    taken = [await here.run(places.take_place, opportunity_id, someone(), [], "") for _ in range(2)]
    here.move(days=34)
    assert await said(here) == [("session", True)]
    here.move(days=1, minutes=10)
    assert sorted((await said(here))[1:]) == [("register", True), ("session", False)]
    here.move(hours=3)
    await here.run(attendance.record_attendance, opportunity_id, session_id, [Entry(taken[0], True, 90)])
    assert (await said(here))[3:] == [("ending", True)]
    await here.run(attendance.record_attendance, opportunity_id, session_id, [Entry(taken[1], False, 0)])
    assert (await said(here))[4:] == [("register", False)]
    await here.run(ending.finish, opportunity_id)
    assert (await said(here))[5:] == [("ending", False)]
    events = [event for event in await here.events("work-waits") if event["kind"] == "register"]
    assert [event["version"] for event in events] == [1, 2] and events[0]["about"] == str(session_id)


async def test_peo_05_a_session_that_moves_has_another_last_moment_and_one_that_is_cancelled_waits_no_more(here: House):
    opportunity_id = await here.published(notice_reason="We heard today.", in_days=1)
    (session_id,) = await here.session_ids(opportunity_id)
    await here.run(say_what_waits, POLICY)
    await here.run(lambda tx: tx.execute(_LATER, {"id": session_id}))
    await here.run(say_what_waits, POLICY)
    first, second = [event["due_at"] for event in await here.events("work-waits")]
    assert first < second
    await here.run(changing.cancel, opportunity_id, "The room flooded.")
    assert (await said(here))[-1] == ("session", False)


async def test_peo_05_bookings_to_cancel_wait_until_they_are_ticked_off(here: House):
    opportunity_id = await here.published()
    await here.run(places.take_place, opportunity_id, someone(), ["interpreter"], "")
    (need,) = await here.run(needs.read_needs, opportunity_id)
    await here.run(needs.answer_need, opportunity_id, need.id, "met", "")
    await here.run(changing.cancel, opportunity_id, "The room flooded.")
    assert await said(here) == [("bookings", True)]
    (booking,) = await here.run(bookings.read_bookings, opportunity_id)
    await here.run(bookings.tick_off, opportunity_id, booking.id)
    assert await said(here) == [("bookings", True), ("bookings", False)]


_LATER = text("UPDATE sessions SET starts_at = starts_at + interval '2 hours', ends_at = ends_at + interval '2 hours' WHERE id = :id")
