"""FB-09: a concern is a task and a message for lead and deputy by name, and for nobody else; nobody ticks it off."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from bs4 import BeautifulSoup
from textstat import textstat

from services.notifications.app import create_app
from services.notifications.domain.messages import Kind, may_opt_out, messages_not_for_helpers
from shared.db import new_id
from shared.events.feedback import (
    ConcernOverdue,
    ConcernRaised,
    ConcernSettled,
    ConcernTaken,
    SafeguardingLeadsMissing,
    SafeguardingLeadsNamed,
    SafeguardingLeadsPresent,
)
from shared.events.opportunities import QuestionAsked
from shared.text import number_of
from shared.working_days import add_working_days
from tests.notifications.support import World, card, feedback_closed, feedback_received, settings
from tests.notifications.texts import HIGHEST_GRADE, VERSIONS, letter, words
from tests.notifications.worker import Worker
from tests.support.apps import running, signed_in

RESPOND_BY = datetime(2026, 12, 4, 12, tzinfo=UTC)
PAGE = "/feedback/staff/safeguarding/"


def facts(
    people: tuple[UUID, ...], deputy: UUID | None, concern_id: UUID | None = None, version: int = 1, **more: Any
) -> dict[str, Any]:
    return {
        "version": version,
        "concern_id": concern_id or new_id(),
        "people": people,
        "deputy": deputy,
        "respond_by": RESPOND_BY,
        **more,
    }


async def first_page(world: World, folder: Path, person: UUID, *roles: str) -> str:
    async with running(create_app(settings(folder, world.database.url))) as client:
        signed_in(client, *roles, person_id=person)
        listed = (await client.get("/notifications/api/today")).text
        return (await client.get("/")).text + listed


async def test_fb_09_lead_and_deputy_have_it_at_once_and_nobody_else_whatever_their_hats(world: World, folder: Path):
    lead, deputy = (
        await world.knows("Lena", roles=["finance"], channels=["in-app"]),
        await world.knows("Dev", roles=["approver"]),
    )
    about_her = await world.knows("Cora", roles=["coordinator", "approver", "finance", "operator", "administrator"])
    item = feedback_received(None, None)
    raised = ConcernRaised(**facts((lead,), deputy, tell=(lead, deputy)))
    await world.hear(item, feedback_closed(item, "safeguarding"), raised)
    for person, role in ((lead, "finance"), (deputy, "approver")):
        shown = await first_page(world, folder, person, role)
        assert f"{PAGE}{raised.concern_id}" in shown and "By Friday 4 December 2026 at midday" in shown
        assert "has been looked at" not in shown and "/done" not in shown
    shown = await first_page(
        world, folder, about_her, "coordinator", "approver", "finance", "operator", "administrator"
    )
    assert "oncern" not in shown and str(raised.concern_id) not in shown
    assert await world.told() == [
        (name, "concern-raised", channel) for name in ("Dev", "Lena") for channel in ("email", "in-app")
    ]
    assert await world.broken() == {}


async def test_not_02_no_invariant_counts_what_nobody_can_opt_out_of_as_written_against_their_will(world: World):
    lead = await world.knows("Lena", opted_out=[kind.value for kind in Kind if not may_opt_out(kind)])
    await world.hear(ConcernRaised(**facts((lead,), None, tell=(lead,))))
    assert await world.told() == [("Lena", "concern-raised", channel) for channel in ("email", "in-app")]
    assert await world.broken() == {}


async def test_fb_09_when_its_hours_ran_out_it_reaches_the_deputy_by_message_and_task(world: World, folder: Path):
    lead, deputy = await world.knows("Lena", roles=["finance"]), await world.knows("Dev", roles=["approver"])
    raised = ConcernRaised(**facts((lead,), deputy, tell=(lead, deputy)))
    overdue = ConcernOverdue(**facts((lead,), deputy, raised.concern_id, 2, tell=(lead, deputy)))
    await world.hear(raised, overdue)
    assert await world.open_tasks() == {"see-concern", "take-over-concern"}
    assert "Nobody has taken safeguarding concern " in await first_page(world, folder, deputy, "approver")
    assert "is waiting for you" in await first_page(world, folder, lead, "finance")
    assert ("Dev", "concern-overdue", "email") in await world.told()
    await world.hear(ConcernTaken(**facts((lead,), deputy, raised.concern_id, 3)))
    assert await world.open_tasks() == {"end-concern"}
    await world.hear(ConcernSettled(**facts((lead,), deputy, raised.concern_id, 4)))
    assert await world.open_tasks() == set()
    assert await world.broken() == {}


async def test_fb_09_what_is_in_hand_is_asked_of_who_took_it_alone_and_without_a_clock(world: World, folder: Path):
    lead, deputy = await world.knows("Lena", roles=["finance"]), await world.knows("Dev", roles=["approver"])
    raised = ConcernRaised(**facts((lead,), deputy))
    await world.hear(raised, ConcernTaken(**facts((lead,), deputy, raised.concern_id, 2, taken_by=lead)))
    asked = "write what was done"
    mine = await first_page(world, folder, lead, "finance")
    assert asked in mine and "Waiting since" in mine
    assert asked not in await first_page(world, folder, deputy, "approver")
    await world.hear(ConcernTaken(**facts((deputy,), None, raised.concern_id, 3, taken_by=lead)))
    assert asked in await first_page(world, folder, deputy, "approver"), "the lead does not have it any more"
    assert asked not in await first_page(world, folder, lead, "finance")


async def test_fb_09_what_whoever_had_it_in_hand_gave_up_waits_again_with_its_clock(world: World, folder: Path):
    lead, new = await world.knows("Lena", roles=["finance"]), await world.knows("Nia", roles=["approver"])
    raised = ConcernRaised(**facts((lead,), None))
    taken = ConcernTaken(**facts((lead,), None, raised.concern_id, 2, taken_by=lead))
    again = ConcernRaised(**facts((new,), None, raised.concern_id, 3, tell=(new,)))
    await world.hear(again, raised, taken)
    assert await world.open_tasks() == {"see-concern"}
    assert "By Friday 4 December 2026" in await first_page(world, folder, new, "approver")
    assert str(raised.concern_id) not in await first_page(world, folder, lead, "finance")
    assert ("Nia", "concern-raised", "email") in await world.told()


async def test_fb_09_what_goes_on_to_others_is_no_longer_on_the_list_of_those_before(world: World, folder: Path):
    lead, deputy, standing_in = await world.knows("Lena"), await world.knows("Dev"), await world.knows("Ada")
    raised = ConcernRaised(**facts((lead,), deputy))
    overdue = ConcernOverdue(**facts((lead,), deputy, raised.concern_id, 2))
    on = ConcernOverdue(**facts((lead, standing_in), None, raised.concern_id, 3, tell=(standing_in,)))
    await world.hear(on, raised, overdue)
    assert str(raised.concern_id) not in await first_page(world, folder, deputy, "coordinator")
    for person in (lead, standing_in):
        assert str(raised.concern_id) in await first_page(world, folder, person, "coordinator")
    await world.hear(ConcernOverdue(**facts((), None, raised.concern_id, 4)))
    assert await world.open_tasks() == {"name-another-lead"}


async def test_fb_09_nobody_ticks_a_concern_off(world: World, folder: Path):
    lead = await world.knows("Lena", roles=["coordinator"])
    await world.hear(ConcernRaised(**facts((lead,), None)))
    async with running(create_app(settings(folder, world.database.url))) as client:
        signed_in(client, "coordinator", person_id=lead)
        first, listed = (await client.get("/")).text, (await client.get("/notifications/api/today")).json()
    assert "see-concern" in str(listed) and "/tasks/" not in first
    assert await world.open_tasks() == {"see-concern"}


@pytest.mark.parametrize("discreet", [False, True])
async def test_fb_09_the_mail_says_nothing_of_what_it_is_and_the_page_behind_the_sign_in_does(
    world: World, folder: Path, discreet: bool
):
    lead = await world.knows("Lena", roles=["coordinator"], discreet=discreet)
    raised = ConcernRaised(**facts((lead,), None, tell=(lead,)))
    await world.hear(raised)
    [row] = await world.rows("SELECT message_id FROM messages WHERE channel = 'in-app'")
    async with running(create_app(settings(folder, world.database.url))) as client:
        signed_in(client, "coordinator", person_id=lead)
        listed = (await client.get("/notifications/messages")).text
        assert "Something needs you today" in listed and "oncern" not in listed
        assert f"{PAGE}{raised.concern_id}" in (await client.get(f"/notifications/messages/{row.message_id}")).text


async def test_fb_09_the_mail_itself_holds_no_word_of_it(worker: Worker):
    lead = worker.people.add("Lena", roles=["coordinator"])
    await worker.card(lead, worker.people.cards[lead])
    await worker.hear(ConcernRaised(**facts((lead,), None, tell=(lead,))))
    await worker.hand_over()
    [mail] = worker.catcher.to("lena@people.example")
    text = mail.as_string().lower()
    assert mail["Subject"] == "Something needs you today"
    assert not any(word in text for word in ("concern", "safeguarding", "safety", "feedback"))


async def test_fb_09_administrators_hear_that_there_is_no_lead_until_there_is(world: World, folder: Path):
    admin = await world.knows("Ada", roles=["administrator"])
    leads = new_id()
    await world.hear(SafeguardingLeadsMissing(version=1, leads_id=leads, missing=("lead", "deputy")))
    assert "/feedback/staff/safeguarding/leads" in await first_page(world, folder, admin, "administrator")
    [task] = await world.rows("SELECT due_on FROM tasks")
    assert task.due_on == add_working_days(world.clock.today(), 1)  # PEO-05: everything has its clock
    assert ("Ada", "safeguarding-leads-missing", "email") in await world.told()
    await world.hear(SafeguardingLeadsPresent(version=2, leads_id=leads))
    assert await world.open_tasks() == set()


async def test_fb_09_the_lead_s_clock_in_hours_is_late_at_its_moment(world: World, folder: Path):
    lead = await world.knows("Lena")
    late: dict[str, Any] = facts((lead,), None) | {"respond_by": world.clock.now() - timedelta(minutes=1)}
    await world.hear(ConcernRaised(**late))
    assert "Late" in await first_page(world, folder, lead, "participant")


async def test_fb_09_who_was_named_is_told_once_and_finds_the_concerns_from_the_first_page(world: World, folder: Path):
    lead, deputy = await world.knows("Lena", roles=["finance"]), await world.knows("Dev", roles=["approver"])
    leads = new_id()
    await world.hear(SafeguardingLeadsNamed(version=2, leads_id=leads, lead=lead, deputy=deputy, tell=(lead,)))
    assert {(name, template) for name, template, _ in await world.told()} == {("Lena", "safeguarding-leads-named")}
    for person, role in ((lead, "finance"), (deputy, "approver")):
        assert f"{PAGE}ended" in await first_page(world, folder, person, role)
    await world.hear(SafeguardingLeadsNamed(version=3, leads_id=leads, lead=deputy, deputy=None))
    assert f"{PAGE}ended" not in await first_page(world, folder, lead, "finance")


@pytest.mark.parametrize("gone", [{"roles": ["participant"]}, {"roles": ["finance"], "paused": True}])
async def test_fb_09_a_lead_who_is_away_or_works_here_no_more_does_not_read_that_she_looks_after_safeguarding(
    world: World, folder: Path, gone: dict[str, Any]
):
    lead = await world.knows("Lena", roles=["finance"])
    await world.hear(SafeguardingLeadsNamed(version=1, leads_id=new_id(), lead=lead, deputy=None))
    assert "You look after safeguarding here" in await first_page(world, folder, lead, "finance")
    await world.card(lead, card("Lena", version=2, **gone))
    assert "You look after safeguarding here" not in await first_page(world, folder, lead, *gone["roles"])


async def test_fb_09_who_is_neither_lead_nor_deputy_any_more_is_told_so_once(world: World):
    lead, old = await world.knows("Lena", roles=["finance"]), await world.knows("Olga", roles=["approver"])
    named = SafeguardingLeadsNamed(version=2, leads_id=new_id(), lead=lead, deputy=None, tell=(lead,), no_longer=(old,))
    await world.hear(named, named)
    mails = await world.rows("SELECT facts, participant_id FROM messages WHERE channel = 'email'")
    assert {mail.participant_id: mail.facts["what"] for mail in mails} == {lead: "lead", old: "neither"}
    assert {name for name, _, _ in await world.told()} == {"Lena", "Olga"}


async def test_fb_09_every_administrator_but_the_one_who_named_the_leads_is_told_once(world: World):
    ada, ben, cat = [await world.knows(name, roles=["administrator"]) for name in ("Ada", "Ben", "Cat")]
    facts: dict[str, Any] = {"leads_id": new_id(), "lead": cat, "deputy": None}
    named = SafeguardingLeadsNamed(version=2, **facts, tell=(cat,), named_by=ada)
    await world.hear(named, named)
    mails = await world.rows("SELECT facts, participant_id FROM messages WHERE channel = 'email'")
    assert {mail.participant_id: mail.facts["what"] for mail in mails} == {cat: "lead", ben: "others"}
    await world.hear(SafeguardingLeadsNamed(version=3, **facts, named_by=ada))
    assert len(await world.rows("SELECT 1 FROM messages WHERE channel = 'email'")) == 2, "nothing changed"


@pytest.mark.parametrize("version", VERSIONS[:2])
@pytest.mark.parametrize("what", ["lead", "deputy", "neither", "others"])
def test_fb_09_lead_deputy_and_who_is_neither_any_more_read_which_they_are(what: str, version: str):
    found = letter("safeguarding-leads-named", version, what=what)
    text = words([line for line in found.body if line.shape != "link"])
    assert ("any more" in text) == (what == "neither")
    assert textstat.automated_readability_index(text) <= HIGHEST_GRADE[version]


async def test_fb_09_the_giver_is_told_that_it_was_dealt_with_in_words_that_say_nothing_of_it(world: World):
    giver = await world.knows("Gwen", channels=["in-app", "email"])
    item = feedback_received(None, giver)
    await world.hear(item, feedback_closed(item, "safeguarding"))
    assert await world.told() == []
    await world.hear(feedback_closed(item, "safeguarding", 3).model_copy(update={"dealt_with": True}))
    assert {(name, template) for name, template, _ in await world.told()} == {("Gwen", "feedback-news")}
    assert "feedback-news" in messages_not_for_helpers()


async def test_fb_09_concerns_come_first_on_the_lead_s_home_and_no_two_read_alike(world: World, folder: Path) -> None:
    lead = await world.knows("Lena", roles=["coordinator"])
    soon = RESPOND_BY - timedelta(days=9)
    await world.hear(QuestionAsked(version=1, question_id=new_id(), opportunity_id=new_id(), due_at=soon))
    one, two = (ConcernRaised(**facts((lead,), None)) for _ in range(2))
    for each in (one, two):
        await world.hear(each)
    await world.hear(SafeguardingLeadsNamed(version=1, leads_id=new_id(), lead=lead, deputy=None, tell=()))
    async with running(create_app(settings(folder, world.database.url))) as client:
        signed_in(client, "coordinator", person_id=lead)
        main = BeautifulSoup((await client.get("/")).text, "html.parser")
    assert [each.text for each in main.select("main .govuk-task-list__link")][:2] == [
        f"Safeguarding concern {number_of(each.concern_id)} is waiting for you" for each in (one, two)
    ]
    assert main.select("main h2")[0].text == "Keeping people safe"
