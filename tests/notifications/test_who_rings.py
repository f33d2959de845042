"""NOT-08: who rings, what they are to say, and what a helper sees."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from httpx import AsyncClient

from services.notifications.app import create_app
from services.notifications.pages import calls as call_pages
from services.notifications.use_cases import calls, messages
from shared.db import new_id
from shared.events.feedback import ConcernOverdue, ConcernRaised
from shared.events.opportunities import QuestionAnswered, QuestionAsked
from shared.events.people import ContactEntered, RolesAsked
from shared.reasons import Missing
from tests.notifications.calls import AWAY, NOON, run, to_ring
from tests.notifications.support import (
    Claim,
    World,
    cancelled,
    changed,
    opportunity_created,
    participant,
    place_taken,
    settings,
)
from tests.support.apps import running, signed_in


@pytest_asyncio.fixture
async def client(world: World, folder: Path) -> AsyncIterator[AsyncClient]:
    async with running(create_app(settings(folder, world.database.url))) as client:
        yield client


# --- who rings ---


async def test_not_08_who_rings_reads_it_in_the_order_of_its_clocks_in_words_for_the_telephone_and_can_help(
    client: AsyncClient, world: World
):
    me = await world.knows("Amina", **AWAY)
    signed_in(client, "coordinator", person_id=await world.knows("Cora", roles=["coordinator"]))
    published = opportunity_created()
    claim = Claim(published, me)
    await world.hear(published, place_taken(published, me), claim.opened, cancelled(published, me))
    shown = (await client.get(f"/notifications/staff/calls/{me}")).text
    assert shown.index("This will not happen now") < shown.index("Please check your claim"), "the nearest clock first"
    assert "Get in touch" not in shown and "send it to us" not in shown
    assert "Tell me now" in shown and "I send it for you" in shown
    assert f'action="/people/staff/people/{me}/help"' in shown
    assert f'name="next" value="/payments/claims/{claim.opened.claim_id}"' in shown
    assert f'name="back" value="/notifications/staff/calls/{me}"' in shown, "“Stop helping” leads back to the call"


async def test_peo_02_nobody_is_offered_to_help_a_colleague(client: AsyncClient, world: World):
    me = await world.knows("Amina", **AWAY, roles=["participant", "finance"])
    signed_in(client, "coordinator", person_id=await world.knows("Cora", roles=["coordinator"]))
    published = opportunity_created()
    await world.hear(published, place_taken(published, me), cancelled(published, me))
    shown = (await client.get(f"/notifications/staff/calls/{me}")).text
    assert "This will not happen now" in shown and "/help" not in shown.replace("/help-now", "")


async def test_peo_05_coordinators_have_those_to_ring_on_their_list_and_see_what_to_say(
    client: AsyncClient, world: World
):
    me, bola = await world.knows("Amina", **AWAY), await world.knows("Bola", **AWAY)
    staff = await world.knows("Cora", roles=["coordinator"])
    published = opportunity_created()
    await world.hear(
        published,
        place_taken(published, me),
        changed(published, 2, "place", reason="The lift is broken."),
        cancelled(published, me),
    )
    signed_in(client, "coordinator", person_id=staff)
    assert (
        'href="/notifications/staff/calls"' in (home := (await client.get("/")).text)
        and "Ring Amina: we tell them by phone" in home
    )
    await world.hear(place_taken(published, bola), changed(published, 3, "place"))
    shown = (await client.get("/notifications/staff/calls")).text
    assert "Ring Amina" in shown and "1 thing to tell" in shown
    shown = (await client.get(f"/notifications/staff/calls/{me}")).text
    assert "Too few people could come." in shown and "The lift is broken." not in shown, "the newest says it all"
    assert [
        row.actor_id for row in await world.rows("SELECT actor_id FROM steps WHERE what = 'contact-details-read'")
    ] == [staff]
    [call] = await world.rows("SELECT call_id FROM calls WHERE settled_at IS NULL AND person_id = :me", me=me)
    saved = await client.post(f"/notifications/staff/calls/{me}/tried")
    assert saved.status_code == 303 and "Nobody answered" in (await client.get("/notifications/staff/calls")).text
    for _ in range(2):
        assert (
            await client.post(f"/notifications/staff/calls/{me}/told", data={"calls": [str(call.call_id)]})
        ).status_code == 303
    [row] = await world.rows("SELECT settled_by, settled_at FROM calls WHERE settled_because = 'told'")
    assert row.settled_by == staff and row.settled_at is not None
    assert len(await world.rows("SELECT 1 FROM steps WHERE what = 'told-by-phone'")) == 1
    assert "Ring Amina" not in (await client.get("/notifications/staff/calls")).text


async def test_not_08_only_coordinators_ring_and_only_about_that_person(client: AsyncClient, world: World):
    me, other = await world.knows("Amina", **AWAY), await world.knows("Bola", **AWAY)
    published = opportunity_created()
    await world.hear(published, place_taken(published, me), cancelled(published, me))
    [call] = await world.rows("SELECT call_id FROM calls WHERE settled_at IS NULL")
    with pytest.raises(Missing):
        await world.do(calls.told, other, [call.call_id], other, by=other)
    for role in ("participant", "approver", "finance", "operator"):
        signed_in(client, role)
        assert (await client.get("/notifications/staff/calls")).status_code == 403
        assert (await client.get(f"/notifications/staff/calls/{me}")).status_code == 403
    assert (
        await client.post(f"/notifications/staff/calls/{me}/told", data={"calls": [str(call.call_id)]})
    ).status_code == 403
    signed_in(client, "coordinator")
    assert (await client.get(f"/notifications/staff/calls/{new_id()}")).status_code == 404


async def test_not_08_the_list_goes_on_on_another_page(
    client: AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("services.notifications.pages.calls.AT_ONCE", 2)
    people: list[UUID] = [await world.knows(name, **AWAY) for name in ("Ada", "Bo", "Cy")]
    published = opportunity_created()
    await world.hear(published, *(place_taken(published, each) for each in people), cancelled(published, *people))
    signed_in(client, "coordinator")
    first = (await client.get("/notifications/staff/calls")).text
    link = first.split('href="/notifications/staff/calls?')[1].split('"')[0].replace("&amp;", "&")
    second = (await client.get(f"/notifications/staff/calls?{link}")).text
    assert sorted(name for name in ("Ring Ada", "Ring Bo", "Ring Cy") for page in (first, second) if name in page) == [
        "Ring Ada",
        "Ring Bo",
        "Ring Cy",
    ]


# --- what a helper sees ---


async def test_fb_09_a_helper_sees_neither_the_helped_persons_concerns_nor_anybodys_work(
    client: AsyncClient, world: World
):
    lead = await world.knows("Lena", roles=["participant", "approver", "administrator"], reached_by_message=True)
    helper = await world.knows("Cora", roles=["coordinator", "approver"], reached_by_message=True)
    published = opportunity_created()
    claim = Claim(published, await world.knows("Amina"))
    facts = {
        "concern_id": new_id(),
        "people": (lead, helper),
        "deputy": None,
        "respond_by": NOON,
        "tell": (lead, helper),
    }
    asked = RolesAsked(version=1, request_id=new_id(), person_id=lead, asked_by=helper, give=("finance",))
    await world.hear(
        published,
        ConcernRaised(version=1, **facts),
        ConcernOverdue(version=2, **facts),
        claim.submitted,
        claim.overdue,
        asked,
    )
    mine = place_taken(published, lead)
    await world.hear(mine)
    signed_in(client, "coordinator", "approver", person_id=helper, acting_for=lead)
    seen = [
        (await client.get(path)).text
        for path in ("/", "/notifications/messages", "/notifications/api/today", "/notifications/api/messages")
    ]
    for shown in seen:
        assert "oncern" not in shown and "roles" not in shown and str(claim.id) not in shown
    for row in await world.rows(
        "SELECT message_id, template FROM messages WHERE participant_id IN (:lead, :helper)", lead=lead, helper=helper
    ):
        status = (await client.get(f"/notifications/messages/{row.message_id}")).status_code
        assert status == (200 if row.template in {"place-taken", "opportunity-created"} else 404), row.template
    signed_in(client, "participant", "approver", person_id=lead)
    assert "is waiting for you" in (await client.get("/")).text


async def test_fb_09_who_a_concern_is_about_never_sees_it_helped_helping_or_alone(client: AsyncClient, world: World):
    lead, about = (
        await world.knows("Lena", roles=["approver"]),
        await world.knows("Cora", roles=["coordinator", "approver", "administrator"]),
    )
    facts = {"concern_id": new_id(), "people": (lead,), "deputy": None, "respond_by": NOON, "tell": (lead,)}
    await world.hear(ConcernRaised(version=1, **facts), ConcernOverdue(version=2, **facts))
    await run(
        world,
        lambda tx: tx.execute(
            messages.text("UPDATE messages SET state = 'failed', reason = 'refused' WHERE channel = 'email'")
        ),
    )
    for acting_for in (None, lead):
        signed_in(
            client, "coordinator", "approver", "administrator", "operator", person_id=about, acting_for=acting_for
        )
        for path in (
            "/",
            "/notifications/messages",
            "/notifications/api/today",
            "/notifications/api/messages",
            "/notifications/staff",
            "/notifications/staff/calls",
        ):
            shown = (await client.get(path)).text
            assert "oncern" not in shown and str(facts["concern_id"]) not in shown, path


async def test_opp_22_a_question_is_a_task_until_it_is_answered_and_its_asker_hears(world: World):
    away, reads = (
        await world.knows("Amina", **AWAY),
        await world.knows("Bola", channels=["email"], reached_by_message=True),
    )
    unknown = new_id()  # a listing that is held back: nobody has told us of it
    for number, asker in enumerate((away, reads, None)):
        asked = QuestionAsked(version=1, question_id=new_id(), opportunity_id=unknown, due_at=NOON)
        await world.hear(asked)
        assert await world.open_tasks() == {"answer-question"}, number
        who = participant(asker) if asker else None
        await world.hear(QuestionAnswered(version=2, question_id=asked.question_id, opportunity_id=unknown, asker=who))
        assert await world.open_tasks() == set()
    assert await world.told() == [("Amina", "question-answered", "in-app"), ("Bola", "question-answered", "email")]
    assert await to_ring(world) == [("Amina", "question-answered")]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (("email",), "email address"),
        (("phone",), "phone number"),
        (("email", "phone"), "email address and phone number"),
    ],
)
async def test_pay_13_who_rings_reads_that_the_number_is_the_earlier_one_and_which_detail_was_entered(
    client: AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch, what: Any, said: str
) -> None:
    async def number(*_: Any) -> tuple[str, bool]:
        return "01632 960001", False

    monkeypatch.setattr(call_pages, "_number", number)
    noor, staff = await world.knows("Noor"), await world.knows("Cora", roles=["coordinator"])
    await world.hear(ContactEntered(version=1, change_id=new_id(), person_id=noor, entered_by=new_id(), what=what))
    signed_in(client, "coordinator", person_id=staff)
    shown = (await client.get(f"/notifications/staff/calls/{noor}")).text
    assert f"This is the number that we held before somebody else wrote down a new {said} for them." in shown
    assert ("and not the new one" in shown) == ("phone" in what)
