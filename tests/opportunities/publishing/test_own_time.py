"""What people do in their own time: it has a closing day instead of a session, everywhere (OPP-01)."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from icalendar import Calendar
from sqlalchemy import select

from services.opportunities.contributions.use_cases import record_contribution
from services.opportunities.ending.use_cases import ending
from services.opportunities.places.queries.own import own_place
from services.opportunities.places.use_cases import needs, taking
from services.opportunities.publishing.api import OpportunityRow
from services.opportunities.publishing.use_cases import changing
from services.opportunities.publishing.use_cases.publishing import publish
from services.opportunities.questions import use_cases as questions
from services.opportunities.words.domain import Policy
from services.opportunities.work.use_cases import say_what_waits
from services.opportunities.writing.domain.drafts import reasons_not_to_close_on, reasons_not_to_meet
from services.opportunities.writing.tables import closes_at, opportunities
from services.opportunities.writing.use_cases import close_on, start_draft, write_texts
from shared.clock import end_of_day, london_date, london_datetime
from shared.reasons import Missing, Refused
from tests.opportunities.formats import faults_of_atom, faults_of_calendar, faults_of_event
from tests.opportunities.support import TEXTS, World, someone
from tests.opportunities.visitors import here_running, participant_signed_in, post, shown, staff_signed_in, take_part  # noqa: F401

TODAY = date(2026, 12, 3)
HOW = "https://survey.example/evenings"
POLICY = Policy()


def closing(here: World, days: int = 30) -> date:
    return london_date(here.now) + timedelta(days=days)


async def survey(here: World, days: int = 30, **texts: Any) -> UUID:
    """A draft of a survey with everything written."""
    opportunity_id = await here.do(start_draft, "Evenings at the drop-in", "survey")
    await here.do(write_texts, opportunity_id, TEXTS | texts)
    await here.do(close_on, opportunity_id, closing(here, days), HOW)
    return opportunity_id


async def published(here: World, days: int = 30, **texts: Any) -> UUID:
    opportunity_id = await survey(here, days, **texts)
    await here.do(publish, opportunity_id, here.service.settings.policy, here.service.settings.host)
    return opportunity_id


@pytest.mark.parametrize(
    ("kind", "sessions", "day", "said"),
    [("survey", 0, TODAY, ""), ("review", 0, TODAY + timedelta(days=90), ""),
     ("blog", 0, TODAY, ""), ("story", 0, TODAY, ""),
     ("workshop", 0, TODAY, "needs a meeting"), ("survey", 1, TODAY, "has a session"),
     ("survey", 0, TODAY - timedelta(days=1), "in the past"), ("survey", 0, TODAY.replace(year=2036), "five years")],
)  # fmt: skip
def test_opp_01_what_needs_no_meeting_may_have_a_closing_day(kind: str, sessions: int, day: date, said: str):
    found = reasons_not_to_close_on(kind, sessions, day, london_datetime(TODAY, 23, 30))
    assert [said in reason.text for reason in found] == [True] * bool(said)
    assert reasons_not_to_meet(None) == [] and len(reasons_not_to_meet(day)) == 1


@pytest.mark.parametrize("day", [date(2026, 10, 25), date(2026, 3, 29), date(2026, 12, 31)])
async def test_opp_01_the_closing_day_is_londons_whole_day_in_code_as_in_the_database(here: World, day: date):
    opportunity_id = await here.do(start_draft, "Evenings", "survey")
    await here.write(opportunities.update().values(closes_on=day))
    query = select(closes_at()).where(opportunities.c.id == opportunity_id)
    assert await here.read(lambda tx: tx.scalar(query)) == end_of_day(day)
    assert london_date(end_of_day(day)) == day + timedelta(days=1)


async def test_opp_01_staff_write_a_closing_day_and_people_take_part_without_a_session(
    here: World, staff: httpx.AsyncClient, participant: httpx.AsyncClient
):
    opportunity_id = await here.do(start_draft, "Evenings at the drop-in", "survey")
    await here.do(write_texts, opportunity_id, TEXTS)
    base, day = f"/opportunities/staff/{opportunity_id}", closing(here)
    assert "Write the last day to do it, or add a session." in await shown(staff, f"{base}/publish")
    assert f'href="{base}/closing-day"' in await shown(staff, f"{base}/sessions")
    when = {"closes_on__day": day.day, "closes_on__month": day.month, "closes_on__year": day.year}
    await post(staff, f"{base}/closing-day", **when, how=HOW)
    last_day = f"{day:%A} {day.day} {day:%B %Y}"
    assert f"The last day is {last_day}" in await shown(staff, f"{base}/publish")
    await here.do(publish, opportunity_id, here.service.settings.policy, here.service.settings.host)
    (told,) = await here.events("opportunity-created")
    assert (told["closes_on"], told["sessions"], told["short_notice_reason"]) == (day.isoformat(), [], "")
    for page in (f"/opportunities/{opportunity_id}", "/opportunities", f"/opportunities/{opportunity_id}/take-part"):
        text = await shown(participant, page)
        assert last_day in text and HOW not in text, page
    place = await take_part(participant, opportunity_id)
    mine = await shown(participant, place)
    assert last_day in mine and f'href="{HOW}"' in mine and "On the day" not in mine
    assert f"Do it by {last_day}" in await shown(participant, "/opportunities/mine")
    assert "If we booked something" in await shown(participant, f"{place}/leave")
    assert last_day in await shown(staff, base) and last_day in await shown(staff, "/opportunities/staff")
    assert (await participant.get(f"/opportunities/api/opportunities/{opportunity_id}")).json()[
        "closes_on"
    ] == day.isoformat()
    here.move(days=31)
    assert "This is over" in await shown(participant, place)
    with pytest.raises(Refused):
        await here.do(taking.take_place, opportunity_id, someone(), [], "")
    assert await here.broken() == {}


async def test_opp_02_it_is_not_published_without_saying_how_people_do_it(here: World):
    opportunity_id = await survey(here)
    await here.do(close_on, opportunity_id, closing(here), " ")
    with pytest.raises(Refused) as refused:
        await here.do(publish, opportunity_id, here.service.settings.policy, here.service.settings.host)
    assert [reason.field for reason in refused.value.reasons] == ["sessions"]


async def test_opp_01_a_draft_has_sessions_or_a_closing_day_and_never_both(here: World, staff: httpx.AsyncClient):
    opportunity_id = await survey(here)
    base = f"/opportunities/staff/{opportunity_id}"
    assert "Add a session" not in await shown(staff, f"{base}/sessions")
    day = closing(here)
    when = {"day__day": day.day, "day__month": day.month, "day__year": day.year, "starts": "10", "ends": "11:00"}
    answer = await post(staff, f"{base}/sessions", 422, **when, venue="Online")
    assert "Take the last day out first" in answer.text or "10:30" in answer.text
    await post(staff, f"{base}/closing-day")  # left blank
    assert "Add a session" in await shown(staff, f"{base}/sessions")


async def test_opp_03_people_have_notice_of_a_closing_day(here: World):
    opportunity_id = await survey(here, days=5)
    with pytest.raises(Refused) as refused:
        await here.do(publish, opportunity_id, here.service.settings.policy, here.service.settings.host)
    assert [reason.field for reason in refused.value.reasons] == ["notice"]
    await here.do(write_texts, opportunity_id, {"notice_reason": "The board meets next week."})
    await here.do(publish, opportunity_id, here.service.settings.policy, here.service.settings.host)
    assert await here.row("SELECT days_given, session_id FROM notice_counts") == (5, None)


async def test_opp_16_another_last_day_is_told_with_its_reason_and_an_earlier_one_is_counted(here: World):
    opportunity_id = await published(here)
    await here.do(taking.take_place, opportunity_id, someone(), [], "")
    host, later = here.service.settings.host, closing(here, 40)
    await here.do(changing.change_closing, opportunity_id, later, HOW, "More people asked.", host)
    await here.do(changing.change_closing, opportunity_id, later, HOW, "Again.", host)
    (told,) = await here.events("opportunity-changed")
    assert (told["closes_on"], told["changed"], told["reason"]) == (later.isoformat(), ["time"], "More people asked.")
    await here.do(changing.change_closing, opportunity_id, closing(here, 1), "By post.", "It ends.", host, POLICY)
    assert (await here.events("opportunity-changed"))[-1]["changed"] == ["time", "place"]
    assert [row.days_given for row in await here.rows("SELECT days_given FROM notice_counts ORDER BY id")] == [30, 1]
    with pytest.raises(Refused) as refused:
        await here.do(changing.change_closing, opportunity_id, closing(here, 1), " ", "It ends.", host, POLICY)
    assert [reason.field for reason in refused.value.reasons] == ["how"]
    with_sessions = await here.published()
    with pytest.raises(Missing):
        await here.do(changing.change_closing, with_sessions, later, HOW, "No.", host)
    here.move(days=2)
    with pytest.raises(Refused):
        await here.do(changing.change_closing, opportunity_id, closing(here, 9), HOW, "Too late.", host)
    assert await here.broken() == {}


async def test_opp_16_nobody_takes_a_place_for_a_last_day_that_they_did_not_read(
    here: World, participant: httpx.AsyncClient
):
    opportunity_id = await published(here)
    read = await shown(participant, f"/opportunities/{opportunity_id}/take-part")
    mark = read.split('name="mark" value="')[1].split('"')[0]
    await here.do(changing.change_closing, opportunity_id, closing(here, 3), HOW, "Sooner.", here.service.settings.host)
    answer = await post(participant, f"/opportunities/{opportunity_id}/take-part", 422, mark=mark)
    assert "have changed since you opened this page" in answer.text


async def test_opp_12_ending_before_the_last_day_tells_everyone_with_a_place_why(here: World, staff: httpx.AsyncClient):
    opportunity_id, whom = await published(here), someone()
    place_id = await here.do(taking.take_place, opportunity_id, whom, [], "")
    page = await shown(staff, f"/opportunities/staff/{opportunity_id}/close")
    assert "The last day has not passed" in page and "Why does it end now?" in page
    with pytest.raises(Refused):
        await here.do(ending.finish, opportunity_id, "", here.service.settings.host)
    await here.do(ending.finish, opportunity_id, "The funder has stopped.", here.service.settings.host)
    (told,) = await here.events("opportunity-changed")
    assert (told["closes_on"], told["reason"]) == (london_date(here.now).isoformat(), "The funder has stopped.")
    assert (await here.read(own_place, place_id, whom)).shown == "over"
    with pytest.raises(Refused):
        await here.do(taking.take_place, opportunity_id, someone(), [], "")
    await here.do(ending.close, opportunity_id)
    assert await here.broken() == {}


async def test_opp_12_who_did_it_is_thanked_and_their_claim_is_awaited(here: World):
    opportunity_id, whom = await published(here), await here.person("Bola Adeyemi")
    await here.do(taking.take_place, opportunity_id, whom, [], "")
    await here.do(record_contribution, opportunity_id, whom, "written", london_date(here.now), 45)
    with pytest.raises(Refused):  # it may be the same one, written down twice
        await here.do(record_contribution, opportunity_id, whom, "post", london_date(here.now), 30)
    here.move(days=31)
    facts = await here.read(ending.ending_facts, opportunity_id)
    assert (facts.begun, facts.open_until, facts.attended_without_claim, facts.sessions_without_register) == (
        True,
        None,
        1,
        0,
    )
    await here.do(ending.finish, opportunity_id)
    await here.do(ending.close, opportunity_id)
    (closed,) = await here.events("opportunity-closed")
    assert [each["id"] for each in closed["participants"]] == [str(whom.id)]


async def test_opp_16_cancelling_it_speaks_of_no_session(here: World, staff: httpx.AsyncClient):
    page = await shown(staff, f"/opportunities/staff/{await published(here)}/cancel")
    assert "nobody can do it any more, every place" in page and "session to come" not in page


async def test_opp_05_offers_and_needs_wait_for_the_closing_day(here: World):
    opportunity_id = await published(here, capacity=1)
    first, second = someone(), someone()
    place_id = await here.do(taking.take_place, opportunity_id, first, ["easy-read"], "")
    waiting = await here.do(taking.take_place, opportunity_id, second, [], "")
    await here.do(taking.leave_place, place_id, first, POLICY)
    found = await here.read(own_place, waiting, second)
    assert found is not None and found.shown == "offered"
    await here.do(taking.accept_offer, waiting, second)
    await here.do(needs.change_needs, waiting, second, ["easy-read"], "")
    here.move(days=25)
    await here.do(say_what_waits, POLICY)
    assert [(each["kind"], each["waiting"]) for each in await here.events("work-waits")] == [("needs", True)]
    here.move(days=6)
    await here.do(say_what_waits, POLICY)
    assert [each["kind"] for each in (await here.events("work-waits"))[1:]] == ["ending", "needs"]
    assert await here.broken() == {}


async def test_opp_22_a_question_is_answered_while_people_can_still_do_it(here: World):
    here.at(london_datetime(date(2026, 12, 8), 10))
    opportunity_id = await published(here, days=1, notice_reason="The board meets soon.")
    due_at = await here.do(questions.answer_by, opportunity_id)
    assert here.now < due_at < end_of_day(date(2026, 12, 9)) - timedelta(hours=12)


async def test_net_01_feeds_show_the_closing_day_and_it_cannot_be_shared_yet(
    here: World, participant: httpx.AsyncClient, staff: httpx.AsyncClient
):
    opportunity_id, day = await published(here), closing(here)
    feeds = "/opportunities/feeds"
    answers = {path: await participant.get(f"{feeds}/{path}") for path in ("calendar.ics", "atom.xml", "rpde")}
    assert faults_of_calendar(answers["calendar.ics"].content) == []
    assert faults_of_atom(answers["atom.xml"].content) == []
    (entry,) = Calendar.from_ical(answers["calendar.ics"].content).walk("VEVENT")
    assert (entry.decoded("dtstart"), str(entry["summary"])) == (day, "Last day: Evenings at the drop-in")
    (item,) = answers["rpde"].json()["items"]
    assert faults_of_event(item["data"]) == []
    assert item["data"]["endDate"].startswith(f"{day.isoformat()}T23:59:59")
    assert not any(HOW in answer.text for answer in answers.values())
    assert f'"{item["data"]["endDate"]}"' in await shown(participant, f"/opportunities/{opportunity_id}")
    refused = await shown(staff, f"/opportunities/staff/{opportunity_id}/share")
    answer = await post(staff, f"/opportunities/staff/{opportunity_id}/share", 422, share="true", funding="none")
    assert "share only what has sessions" in refused + answer.text
    here.move(days=31)
    assert not Calendar.from_ical((await participant.get(f"{feeds}/calendar.ics")).content).walk("VEVENT")


def test_opp_01_a_file_may_say_a_closing_day_and_files_without_one_are_what_they_were():
    row = {"reference": "1", "title": "Evenings", "kind": "Survey"}
    said = OpportunityRow.model_validate(row | {"closes_on": "03/12/2026"})
    before = OpportunityRow.model_validate(row).digest()
    assert (said.closes_on, before) == (TODAY, "326d97996431adc87c461e8cd5d5147ddcfdd692dd70ef0bfb862b65a1a127da")
    assert said.digest() != before
