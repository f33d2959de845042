"""The register (OPP-11): once, corrected but never overwritten, and never before the session."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.opportunities.places.use_cases import taking
from services.opportunities.register.use_cases import attendance
from services.opportunities.register.use_cases.attendance import Entry
from services.opportunities.words.domain import Policy
from shared.clock import london_date
from shared.db import Actor, Command, Database, new_id
from shared.reasons import Missing, Refused
from tests.opportunities.support import World, someone


async def held(here: World, people: int = 2, **texts: Any) -> tuple[UUID, UUID, list[UUID]]:
    """(opportunity, session, places) of a session that has begun."""
    opportunity_id = await here.published(**texts)
    (session_id,) = await here.session_ids(opportunity_id)
    taken = [await here.do(taking.take_place, opportunity_id, someone(), [], "") for _ in range(people)]
    here.move(days=35, minutes=100)
    return opportunity_id, session_id, taken


async def test_opp_11_attendance_is_told_once_for_each_participant(here: World):
    opportunity_id, session_id, (first, second) = await held(here)
    recorder = new_id()
    entries = [Entry(first, True, 90), Entry(second, True, 75)]
    assert await here.do(attendance.record_attendance, opportunity_id, session_id, entries, by=recorder) == {
        "recorded": 2
    }
    told = await here.events("attendance-recorded")
    assert [(event["place_id"], event["minutes"]) for event in told] == [(str(first), 90), (str(second), 75)]
    assert told[0]["version"] == 1 and told[0]["present"] and told[0]["paid"]
    assert told[0]["planned_minutes"] == 90
    assert told[0]["recorded_by"] == str(recorder)
    assert told[0]["attendance_id"] != told[1]["attendance_id"]
    session = (await here.dicts("SELECT starts_at FROM sessions"))[0]["starts_at"]
    assert told[0]["session_date"] == london_date(session).isoformat()
    assert await here.broken() == {}


async def test_opp_11_the_same_register_again_changes_nothing(here: World):
    opportunity_id, session_id, (first, second) = await held(here)
    entries = [Entry(first, True, 90), Entry(second, False, 0)]
    for recorded in (2, 0):
        assert await here.do(attendance.record_attendance, opportunity_id, session_id, entries) == {
            "recorded": recorded
        }
    assert len(await here.events("attendance-recorded")) == 2


async def test_opp_11_one_form_sent_twice_at_one_moment_is_recorded_once(here: World):
    opportunity_id, session_id, (first, _) = await held(here)
    command = Command("record-attendance", Actor("person", new_id()))

    async def send() -> Any:
        entries = [Entry(first, True, 90)]
        return await here.database.run(
            command, lambda tx: attendance.record_attendance(tx, opportunity_id, session_id, entries), once=True
        )

    assert await asyncio.gather(send(), send()) == [{"recorded": 1}] * 2
    assert len(await here.events("attendance-recorded")) == 1


async def test_opp_11_two_coordinators_at_one_moment_make_one_attendance_with_a_history(here: World):
    opportunity_id, session_id, (first, _) = await held(here)
    await asyncio.gather(
        *(
            here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(first, True, minutes)])
            for minutes in (80, 90)
        )
    )
    assert [event["version"] for event in await here.events("attendance-recorded")] == [1, 2]
    assert await here.broken() == {}


async def test_opp_11_a_change_is_a_correction_and_never_an_overwrite(here: World):
    opportunity_id, session_id, (first, _) = await held(here)
    for minutes in (90, 60):
        await here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(first, True, minutes)])
    await here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(first, False, 0)])
    told = await here.events("attendance-recorded")
    assert [(event["version"], event["present"], event["minutes"]) for event in told] == [
        (1, True, 90),
        (2, True, 60),
        (3, False, 0),
    ]
    assert len({event["attendance_id"] for event in told}) == 1
    assert [row["minutes"] for row in await here.dicts("SELECT minutes FROM attendance_records ORDER BY version")] == [
        90,
        60,
        0,
    ]
    assert len(await here.steps("attendance-recorded")) == 1 and len(await here.steps("attendance-corrected")) == 2
    assert await here.broken() == {}


@pytest.mark.parametrize("change", ["UPDATE attendance_records SET minutes = 1", "DELETE FROM attendance_records"])
async def test_opp_11_history_is_not_changed_by_anybody(change: str, here: World, postgres: Any):
    opportunity_id, session_id, (first, _) = await held(here)
    await here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(first, True, 90)])
    owner = Database(postgres.owner_url(here.database.url))
    for database in (here.database, owner):
        with pytest.raises(DBAPIError):
            await database.run(Command("test", Actor("system")), lambda tx: tx.execute(text(change)))
    await owner.close()


async def test_opp_11_who_leaves_in_distress_counts_the_planned_time_and_the_event_does_not_say_why(here: World):
    opportunity_id, session_id, (first, _) = await held(here)
    await here.do(
        attendance.record_attendance, opportunity_id, session_id, [Entry(first, True, 20, planned_time_counts=True)]
    )
    (told,) = await here.events("attendance-recorded")
    assert told["minutes"] == 90
    assert "planned_time_counts" not in told
    assert "planned_time_counts" not in str(await here.steps("attendance-recorded"))
    assert (await here.dicts("SELECT minutes_written FROM attendance_records"))[0] == {"minutes_written": 20}


async def test_opp_11_nothing_is_recorded_before_the_session_has_started(here: World):
    opportunity_id = await here.published()
    (session_id,) = await here.session_ids(opportunity_id)
    place_id = await here.do(taking.take_place, opportunity_id, someone(), [], "")
    with pytest.raises(Refused):
        await here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(place_id, True, 90)])
    assert await here.dicts("SELECT id FROM attendances") == []


async def test_opp_11_one_impossible_line_changes_nothing_and_is_named(here: World):
    opportunity_id, session_id, (first, second) = await held(here)
    with pytest.raises(Refused) as refused:
        await here.do(
            attendance.record_attendance,
            opportunity_id,
            session_id,
            [Entry(first, True, 90), Entry(second, True, 5000)],
        )
    assert [reason.field for reason in refused.value.reasons] == [f"minutes-{second}"]
    assert await here.dicts("SELECT id FROM attendances") == []


async def test_another_opportunitys_place_or_session_is_not_there(here: World):
    opportunity_id, session_id, (first, _) = await held(here)
    other = await here.published()
    stranger = await here.do(taking.take_place, other, someone(), [], "")
    for of, place_id in ((opportunity_id, stranger), (other, first), (opportunity_id, new_id())):
        with pytest.raises(Missing):
            await here.do(attendance.record_attendance, of, session_id, [Entry(place_id, True, 90)])


async def test_opp_11_someone_who_left_is_on_no_new_register_but_what_was_recorded_can_be_corrected(here: World):
    opportunity_id = await here.published()
    (session_id,) = await here.session_ids(opportunity_id)
    gone, later = someone(), someone()
    left = await here.do(taking.take_place, opportunity_id, gone, [], "")
    stays = await here.do(taking.take_place, opportunity_id, later, [], "")
    await here.do(taking.leave_place, left, gone, Policy())
    here.move(days=36)
    with pytest.raises(Missing):
        await here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(left, True, 90)])
    await here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(stays, True, 90)])
    await here.do(taking.leave_place, stays, later, Policy())
    assert await here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(stays, True, 45)]) == {
        "recorded": 1
    }


async def test_pay_10_attendance_has_a_recorder(here: World):
    opportunity_id, session_id, (first, _) = await held(here)
    with pytest.raises(ValueError, match="by a person"):
        await here.do(
            attendance.record_attendance, opportunity_id, session_id, [Entry(first, True, 90)], by=Actor("system")
        )
