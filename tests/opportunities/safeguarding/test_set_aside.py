"""FB-09: what staff marked as a safeguarding concern leaves ordinary view, and is still answered in time."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from services.opportunities.consumers import set_aside, words_set_aside, words_to_read_out
from services.opportunities.places.use_cases import taking
from services.opportunities.questions import queries, use_cases
from services.opportunities.safeguarding.domain import (
    reasons_not_to_act_on,
    role_that_sets_aside,
    sees_set_aside,
    who_answers,
)
from shared.db import Transaction, new_id
from shared.events.feedback import ConcernRaised, ConcernSettled, Source
from shared.identity import Role
from tests.opportunities.support import World, someone
from tests.support.apps import client_of, signed_in

WORDS, SET_ASIDE = "Bo hits me when I come home late.", "Somebody else here looks after this"
LEAD, DEPUTY, ME = UUID(int=1), UUID(int=2), UUID(int=3)


def concern(here: World, source: Source, source_id: UUID, *, version: int = 1, **facts: Any) -> Any:
    who: dict[str, Any] = {"people": (LEAD,), "deputy": DEPUTY, "respond_by": here.now, "concern_id": UUID(int=9)}
    kind = ConcernSettled if "returned" in facts else ConcernRaised
    return kind(version=version, source=source, source_id=source_id, **who | facts)


class Feedback:
    """Who has each concern now: as its events said, if a test says nothing else."""

    def __init__(self, here: World) -> None:
        self.here, self.has_it, self.is_away = here, dict[UUID, list[UUID]](), False

    async def answers(self, subject: str, question: dict[str, Any]) -> dict[str, Any]:
        assert subject == "feedback.readers.opportunities"
        if self.is_away:
            raise ConnectionError("away")
        [source_id] = question["ids"]
        told = "SELECT concern_id, has_it FROM concerns_heard WHERE source_id = :source_id AND NOT returned"
        kept = {row.concern_id: row.has_it for row in await self.here.rows(told, source_id=source_id)}
        return {"has_it": {str(id): [str(each) for each in people] for id, people in (self.has_it or kept).items()}}


@pytest.fixture(autouse=True)
def feedback(here: World, monkeypatch: pytest.MonkeyPatch) -> Feedback:
    asked_of = Feedback(here)
    monkeypatch.setattr(here.service, "requests", asked_of.answers)
    return asked_of


async def page_of(here: World, path: str, *roles: Role, person_id: UUID | None = None, **helping: Any) -> str:
    async with client_of(here.app) as client:
        signed_in(client, *roles, person_id=person_id, **helping)
        page = await client.get(path)
        return " ".join(page.text.split()) if page.status_code == 200 else ""


async def asked(here: World) -> UUID:
    return await here.do(use_cases.ask, await here.published(), WORDS, asker=someone(ME), reach="")


def test_fb_09_only_who_has_every_concern_about_it_reads_and_answers() -> None:
    both = [{LEAD, DEPUTY}, {DEPUTY}]
    assert who_answers(both) == (DEPUTY,) and who_answers([]) == ()
    assert sees_set_aside(DEPUTY, both) and not sees_set_aside(LEAD, both) and not sees_set_aside(DEPUTY, [])
    assert reasons_not_to_act_on(LEAD, both) and not reasons_not_to_act_on(DEPUTY, both)
    assert not reasons_not_to_act_on(None, [])


async def test_fb_09_a_question_set_aside_leaves_every_ordinary_page_and_its_clock_stays(here: World) -> None:
    question_id = await asked(here)
    staff, mine = f"/opportunities/staff/questions/{question_id}", f"/opportunities/questions/{question_id}"
    assert WORDS in await page_of(here, staff, Role.COORDINATOR)
    [before] = await here.events("question-asked")
    await here.hear(concern(here, "question", question_id))
    after = (await here.events("question-asked"))[-1]
    assert sorted(after["people"]) == [str(LEAD), str(DEPUTY)] and after["due_at"] == before["due_at"]
    assert after["asker"] == before["asker"], "who asked sees by when they hear"
    read = await page_of(here, staff, Role.COORDINATOR)
    assert SET_ASIDE in read and WORDS not in read and "safeguarding" not in read and "set-aside" not in read
    assert "/set-aside" in await page_of(here, staff, Role.COORDINATOR, person_id=LEAD), "who has it goes on from here"
    assert "No question is waiting" in await page_of(here, "/opportunities/staff/questions", Role.COORDINATOR)
    assert WORDS in await page_of(here, mine, Role.PARTICIPANT, person_id=ME)
    assert not await page_of(here, mine, Role.COORDINATOR, acting_for=ME), "out of what a helper sees"
    assert WORDS not in await page_of(here, "/opportunities/mine", Role.COORDINATOR, acting_for=ME)
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        refused = await client.post(staff, data={"answer": "Yes.", "readers": "asker"})
        assert refused.status_code == 422 and WORDS not in refused.text


async def test_fb_09_a_question_that_is_set_aside_while_its_page_is_made_shows_no_words(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    question_id = await asked(here)
    await here.hear(concern(here, "question", question_id))

    async def a_moment_ago(tx: Transaction, question_id: UUID) -> Any:
        return SimpleNamespace(set_aside=False)

    monkeypatch.setattr(queries, "named", a_moment_ago)
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        read = await client.get(f"/opportunities/staff/questions/{question_id}")
        assert read.status_code == 303 and WORDS not in read.text


async def test_fb_09_a_question_set_aside_is_answered_by_those_who_have_it_alone(here: World) -> None:
    question_id = await asked(here)
    path = f"/opportunities/questions/{question_id}/set-aside"
    assert not await page_of(here, path, Role.FINANCE, person_id=LEAD), "there is no such page until it is set aside"
    await here.hear(concern(here, "question", question_id, people=(DEPUTY,), deputy=None))
    assert not await page_of(here, path, Role.COORDINATOR, person_id=LEAD), "it is about the lead"
    read = await page_of(here, path, Role.FINANCE, person_id=DEPUTY)
    assert WORDS in read and f'href="/feedback/staff/safeguarding/{UUID(int=9)}"' in read
    assert [step.about for step in await here.steps("question-read")] == [question_id], "PRI-03"
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR, person_id=LEAD)
        assert (await client.post(path, data={"answer": "Ring me."})).status_code == 404
        signed_in(client, Role.FINANCE, person_id=DEPUTY)
        assert (await client.post(path + "/finding-out")).status_code == 422, "they know a day already"
        sent = await client.post(path, data={"answer": "Please ring me."})
        assert (sent.status_code, sent.headers["location"]) == (303, path), "their own page knows it at once"
    told = {"person_id": str(ME), "by": str(new_id())}
    told["told"] = [{"event": "question-answered", "about": str(question_id)}]  # pyrefly: ignore
    [line] = (await words_to_read_out(here.service, told))["words"][f"question-answered/{question_id}"]
    assert SET_ASIDE in line and "Please ring me" not in line


async def test_fb_09_a_question_that_nobody_here_may_read_says_so(here: World) -> None:
    question_id = await asked(here)
    await here.hear(concern(here, "question", question_id, people=(), deputy=None))
    read = await page_of(here, f"/opportunities/staff/questions/{question_id}", Role.COORDINATOR)
    assert "Nobody here may open it now" in read and "ask an administrator" in read and WORDS not in read
    said = (await here.events("question-asked"))[-1]
    assert (said["people"], said["set_aside"]) == ([], True), "an administrator is told"


async def test_fb_09_a_question_that_is_no_concern_comes_back_to_ordinary_view(here: World) -> None:
    question_id = await asked(here)
    staff = f"/opportunities/staff/questions/{question_id}"
    await here.hear(concern(here, "question", question_id, version=2, returned=True))
    await here.hear(concern(here, "question", question_id))  # in the other order
    assert WORDS in await page_of(here, staff, Role.COORDINATOR)
    assert (await here.events("question-asked"))[-1]["people"] == []
    assert not await page_of(here, f"/opportunities/questions/{question_id}/set-aside", Role.FINANCE, person_id=LEAD)


async def test_fb_09_a_concern_that_was_dealt_with_stays_out_of_ordinary_view(here: World) -> None:
    question_id = await asked(here)
    await here.hear(concern(here, "question", question_id))
    await here.hear(concern(here, "question", question_id, version=2, returned=False))
    assert WORDS not in await page_of(here, f"/opportunities/staff/questions/{question_id}", Role.COORDINATOR)


async def test_fb_09_the_words_of_a_need_are_set_aside_and_the_need_is_still_answered(here: World) -> None:
    opportunity_id = await here.published()
    place_id = await here.do(taking.take_place, opportunity_id, someone(ME), ["other"], WORDS)
    need_id = await here.value("SELECT id FROM needs")
    needs, own = f"/opportunities/staff/{opportunity_id}/needs", f"/opportunities/places/{place_id}"
    assert f"/feedback/worry?read={needs}/{need_id}" in await page_of(here, needs, Role.COORDINATOR)
    await here.hear(concern(here, "need", need_id))
    for path in (needs, f"{needs}/{need_id}"):
        read = await page_of(here, path, Role.COORDINATOR)
        assert SET_ASIDE in read and WORDS not in read, path
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        shown = (await client.get(f"{needs}/{need_id}")).text
        mark = shown.split('name="mark" value="')[1].split('"')[0]
        sent = await client.post(f"{needs}/{need_id}", data={"answer": "promised", "reason": "", "mark": mark})
        assert sent.status_code == 303
    assert WORDS in await page_of(here, own, Role.PARTICIPANT, person_id=ME)
    helped = await page_of(here, own, Role.COORDINATOR, acting_for=ME)
    assert helped and WORDS not in helped and f"{own}/needs" not in helped
    assert not await page_of(here, own + "/needs", Role.COORDINATOR, acting_for=ME)
    told: dict[str, Any] = {"person_id": str(ME), "by": str(new_id())}
    told["told"] = [{"event": "access-need-answered", "about": str(place_id)}]
    assert WORDS not in str(await words_to_read_out(here.service, told))


async def test_fb_09_opp_07_who_cannot_read_a_need_reads_whom_to_ask_and_who_has_the_concern_finds_it(
    here: World,
) -> None:
    opportunity_id = await here.published()
    await here.do(taking.take_place, opportunity_id, someone(ME), ["other"], WORDS)
    need_id = await here.value("SELECT id FROM needs")
    here.app.state.web = replace(here.app.state.web, duty_number="01632 960001")
    marked = concern(here, "need", need_id)
    await here.hear(marked)
    page, link = f"/opportunities/staff/{opportunity_id}/needs/{need_id}", f"/safeguarding/{marked.concern_id}"
    for path in (page, page.rpartition("/")[0]):
        read = await page_of(here, path, Role.COORDINATOR)
        assert "To know what to book, ring our own number" in read and "tel:01632960001" in read, path
        assert "ask an administrator" in read and link not in read
    theirs = await page_of(here, page, Role.COORDINATOR, person_id=marked.people[0])
    assert link in theirs and "To know what to book" not in theirs
    asked_for = {"source": "need", "id": str(need_id), "by": str(new_id()), "kept_from": []}
    assert (await words_set_aside(here.service, asked_for))["found"]["owed"] == "yes"
    await here.write("UPDATE needs SET state = 'promised', answered_at = asked_at")
    assert (await words_set_aside(here.service, asked_for))["found"]["owed"] is None


async def test_fb_09_what_was_booked_for_a_need_set_aside_is_cancelled_without_its_words(here: World) -> None:
    opportunity_id = await here.published()
    place_id = await here.do(taking.take_place, opportunity_id, someone(ME), ["other"], WORDS)
    need_id = await here.value("SELECT id FROM needs")
    await here.write("UPDATE needs SET state = 'promised', answered_at = asked_at")
    await here.hear(concern(here, "need", need_id))
    await here.do(taking.leave_place, place_id, someone(ME), here.service.settings.policy)
    read = await page_of(here, f"/opportunities/staff/{opportunity_id}/needs", Role.COORDINATOR)
    assert "To cancel" in read and SET_ASIDE in read and WORDS not in read


async def test_fb_09_words_are_given_to_a_concern_while_they_are_set_aside_and_each_reading_is_written_down(
    here: World,
) -> None:
    question_id = await asked(here)
    await here.do(taking.take_place, await here.published(), someone(ME), ["other"], WORDS)
    sources: tuple[tuple[Source, UUID, str], ...] = (
        ("question", question_id, "question-read"),
        ("need", await here.value("SELECT id FROM needs"), "needs-read"),
    )
    for source, source_id, step in sources:
        question = {"source": source, "id": str(source_id), "by": str(LEAD)}
        assert await words_set_aside(here.service, question) == {"found": None}
        await here.hear(concern(here, source, source_id, concern_id=source_id))
        found = (await words_set_aside(here.service, question))["found"]
        assert found == {"text": WORDS, "person_id": str(ME), "reach": ""} | (
            {"owed": "yes"} if source == "need" else {}
        )
        kept_from = {**question, "kept_from": [str(source_id)]}
        assert await words_set_aside(here.service, kept_from) == {"found": None}
        assert [each.actor_id for each in await here.steps(step)] == [LEAD], "PRI-03"


async def test_fb_09_all_needs_of_a_place_have_one_text_so_a_concern_about_one_keeps_it_from_readers_of_the_other(
    here: World,
) -> None:
    await here.do(taking.take_place, await here.published(), someone(ME), ["other", "travel"], WORDS)
    one, other = [row.id for row in await here.rows("SELECT id FROM needs ORDER BY id")]
    await here.hear(concern(here, "need", one))
    question: dict[str, Any] = {"source": "need", "id": str(one), "by": str(LEAD)}
    assert (await words_set_aside(here.service, question))["found"]
    assert await words_set_aside(here.service, question | {"kept_from": [str(other)]}) == {"found": None}


def test_fb_09_only_who_reads_it_as_a_coordinator_sets_it_aside_and_never_who_wrote_it() -> None:
    assert role_that_sets_aside(LEAD, {"coordinator", "approver"}, written_by=ME) == "coordinator"
    assert role_that_sets_aside(LEAD, {"coordinator"}, written_by=None) == "coordinator"
    assert role_that_sets_aside(LEAD, {"approver", "finance", "administrator"}, written_by=ME) is None
    assert role_that_sets_aside(ME, {"coordinator"}, written_by=ME) is None


async def test_fb_09_feedback_asks_who_may_set_aside_a_question_or_a_need_and_it_is_done_at_once(here: World) -> None:
    opportunity_id, question_id = await here.published(), await asked(here)
    place_id = await here.do(taking.take_place, opportunity_id, someone(ME), ["other"], WORDS)
    need_id = await here.value("SELECT id FROM needs")
    pages: tuple[tuple[Source, UUID, str], ...] = (
        ("question", question_id, f"/opportunities/staff/questions/{question_id}"),
        ("need", need_id, f"/opportunities/staff/{opportunity_id}/needs/{need_id}"),
    )
    by: dict[str, Any] = {}
    for source, source_id, page in pages:
        by = {"source": source, "id": str(source_id), "by": str(LEAD), "roles": ["coordinator"]}
        said = concern(here, source, source_id, concern_id=source_id).model_dump(mode="json")
        for who in ({"roles": ["approver", "administrator"]}, {"by": str(ME)}, {"id": str(new_id())}):
            assert await set_aside(here.service, by | who | {"concern": said}) == {"as": None}
        assert await set_aside(here.service, by) == {"as": "coordinator"}
        assert WORDS in await page_of(here, page, Role.COORDINATOR), "asking sets nothing aside"
        assert await set_aside(here.service, by | {"concern": said}) == {"as": "coordinator"}
        assert WORDS not in await page_of(here, page, Role.COORDINATOR)
        steps = len(await here.steps("set-aside"))
        await here.hear(concern(here, source, source_id, concern_id=source_id))
        assert len(await here.steps("set-aside")) == steps, "the event finds that done"
    await here.do(taking.leave_place, place_id, someone(ME), here.service.settings.policy)
    assert await set_aside(here.service, by) == {"as": None}, "whoever left before any session is on no page"


async def test_fb_09_who_opens_what_is_set_aside_is_asked_of_feedback_not_of_what_its_events_said(
    here: World, feedback: Feedback
) -> None:
    """The lead lost it a moment ago, or a new one was named after it was dealt with, which no event says."""
    question_id, new_lead = await asked(here), new_id()
    path = f"/opportunities/questions/{question_id}/set-aside"
    await here.hear(concern(here, "question", question_id))
    feedback.is_away = True
    async with client_of(here.app) as client:
        signed_in(client, Role.FINANCE, person_id=LEAD)
        away = await client.get(path)
        assert away.status_code == 422 and "Open this page again in a few minutes" in away.text
        assert WORDS not in away.text
        feedback.is_away, feedback.has_it = False, {UUID(int=9): [new_lead]}
        assert (await client.get(path)).status_code == 404
        assert (await client.post(path, data={"answer": "Ring me."})).status_code == 404
    assert (await here.events("question-asked"))[-1]["people"] == [str(new_lead)], "the task is theirs"
    async with client_of(here.app) as client:
        signed_in(client, Role.FINANCE, person_id=new_lead)
        assert WORDS in (await client.get(path)).text
        assert (await client.post(path, data={"answer": "Please ring me."})).status_code == 303
