"""Pages and API: what needs me today, my messages, what did not arrive. NATS and the mail server are away."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from httpx import AsyncClient
from sqlalchemy import text

from services.notifications.app import create_app
from services.notifications.domain.rights import answer_rights_by
from services.notifications.use_cases import handover
from shared.clock import LONDON
from shared.db import SYSTEM, new_id
from shared.events.opportunities import AgeWaits, OpportunityCreated, PlaceLapsed, WorkWaits
from shared.web.filters import day
from tests.notifications.support import (
    SOON,
    Claim,
    World,
    cancelled,
    feedback_closed,
    feedback_received,
    opportunity_created,
    place_offered,
    place_queued,
    place_taken,
    settings,
)
from tests.support.apps import running, signed_in
from tests.support.reading import reading_age_of


@pytest_asyncio.fixture
async def client(world: World, folder: Path) -> AsyncIterator[AsyncClient]:
    async with running(create_app(settings(folder, world.database.url))) as client:
        yield client


async def test_peo_05_a_visitor_is_sent_to_what_is_on(client: AsyncClient):
    answer = await client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/opportunities")


async def test_opp_05_a_participant_sees_on_the_first_page_what_they_wait_for(client: AsyncClient, world: World):
    me = await world.knows("Amina")
    published = opportunity_created()
    taken = place_taken(published, me)
    await world.hear(published, place_queued(taken))
    signed_in(client, "participant", person_id=me)
    shown = (await client.get("/")).text
    assert "You are waiting for a place" in shown and f"/opportunities/places/{taken.place_id}" in shown
    await world.hear(place_offered(taken, SOON - timedelta(days=1)))
    offered = (await client.get("/")).text
    assert "A place is free for you" in offered and "You are waiting for a place" not in offered
    await world.hear(
        PlaceLapsed(
            version=3,
            place_id=taken.place_id,
            opportunity_id=taken.opportunity_id,
            participant=taken.participant,
        ),
        place_queued(taken, 4),
    )
    assert "You are waiting for a place" in (await client.get("/")).text
    await world.hear(cancelled(published, me))
    assert "You are waiting for a place" not in (await client.get("/")).text


async def test_peo_05_a_participant_sees_what_is_next_what_to_confirm_and_what_came_of_it(
    client: AsyncClient, world: World
):
    me = await world.knows("Amina", channels=["in-app"])
    published, other = opportunity_created(), opportunity_created(title="Painting the hall")
    taken, claim, paid, item = (
        place_taken(published, me),
        Claim(published, me),
        Claim(other, me),
        feedback_received(other, me),
    )
    await world.hear(
        published,
        other,
        taken,
        claim.opened,
        paid.opened,
        paid.submitted,
        paid.approved,
        paid.paid,
        item,
        feedback_closed(item),
    )
    signed_in(client, "participant", person_id=me)
    shown = (await client.get("/")).text
    assert "Hello Amina" in shown
    assert (
        f'href="/payments/claims/{claim.id}"' in shown and "Check your claim for “Choosing who runs the cafe”" in shown
    )
    assert f'href="/opportunities/places/{taken.place_id}"' in shown and "Thursday 31 December 2026" in shown
    assert "£20.90 has been paid" in shown
    assert "We have answered what you told us about “Painting the hall”" in shown
    assert "new messages" in shown


async def test_peo_05_staff_see_what_their_hats_ask_of_them_in_the_order_of_its_clocks(
    client: AsyncClient, world: World
):
    them, me = await world.knows("Amina"), await world.knows("Bola", roles=["approver", "finance", "coordinator"])
    published = opportunity_created()
    first, second, approved, item = (
        Claim(published, them),
        Claim(published, them),
        Claim(published, them),
        feedback_received(published, None),
    )
    late = first.submitted.model_copy(update={"pay_by": first.submitted.pay_by.replace(year=2026, month=11, day=1)})
    await world.hear(
        published, item, second.submitted, late, approved.submitted, approved.approved, approved.can_be_paid
    )
    signed_in(client, "approver", "finance", "coordinator", person_id=me)
    shown = (await client.get("/")).text
    places = [
        shown.index(f"/payments/approve/{first.id}"),
        shown.index(f"/payments/approve/{second.id}"),
        shown.index("/feedback/staff/"),
    ]
    assert places == sorted(places)
    assert "It was due on Sunday 1 November 2026" in shown and "Late" in shown
    assert "1 claim is ready to be paid" in shown and 'href="/payments/runs"' in shown
    assert "What is next" not in shown


async def test_pay_10_an_approver_is_not_asked_to_approve_their_own_claim(client: AsyncClient, world: World):
    me = await world.knows("Amina", roles=["participant", "approver"])
    published = opportunity_created()
    mine = Claim(published, me)
    await world.hear(published, mine.submitted)
    signed_in(client, "participant", "approver", person_id=me)
    assert str(mine.id) not in (await client.get("/")).text.partition("What came of it")[0]


async def test_someone_whose_card_has_not_come_yet_sees_a_page_all_the_same(client: AsyncClient):
    signed_in(client, "participant")
    answer = await client.get("/")
    assert answer.status_code == 200
    assert "You are up to date" in answer.text and "You have no place on anything just now" in answer.text


async def test_the_pages_at_the_foot_are_served_here(client: AsyncClient):
    for path in ("/help-now", "/easy-read", "/accessibility", "/privacy"):
        assert (await client.get(path)).status_code == 200, path


async def message_for(world: World, **what: object) -> tuple[UUID, UUID]:
    me = await world.knows("Amina", channels=["in-app"], **what)
    published = opportunity_created()
    claim = Claim(published, me)
    await world.hear(published, claim.paid)
    [row] = await world.rows("SELECT message_id FROM messages WHERE template = 'claim-paid'")
    return me, row.message_id


async def test_not_01_my_messages_are_listed_and_opened_and_then_read(client: AsyncClient, world: World):
    me, message_id = await message_for(world)
    signed_in(client, "participant", person_id=me)
    listed = (await client.get("/notifications/messages")).text
    assert "£20.90 has been paid" in listed and listed.count("govuk-tag--blue") == 2
    opened = (await client.get(f"/notifications/messages/{message_id}")).text
    assert "Hello Amina" in opened and "£20.90 has been paid into your bank" in opened
    assert "You got this because" in opened and "reply to this message" not in opened
    assert (await client.get("/notifications/messages")).text.count("govuk-tag--blue") == 1


async def test_not_04_the_list_is_discreet_and_the_opened_message_is_not(client: AsyncClient, world: World):
    me, message_id = await message_for(world, discreet=True, opted_out=["new-opportunities"])
    signed_in(client, "participant", person_id=me)
    listed = (await client.get("/notifications/messages")).text
    assert "All done" in listed and "£20.90" not in listed
    assert "£20.90" in (await client.get(f"/notifications/messages/{message_id}")).text


async def test_not_05_the_dates_of_a_message_can_be_put_in_a_calendar(client: AsyncClient, world: World):
    me, paid = await message_for(world)
    [row] = await world.rows("SELECT message_id FROM messages WHERE template = 'opportunity-created'")
    signed_in(client, "participant", person_id=me)
    file = f"/notifications/messages/{row.message_id}/date.ics"
    shown = (await client.get(f"/notifications/messages/{row.message_id}")).text
    assert file in shown and "Put the date in your calendar" in shown
    assert 'You can talk to us first. <a class="govuk-link" href="/contact">Get in touch</a>' in shown
    answer = await client.get(file)
    assert answer.headers["content-type"].startswith("text/calendar") and answer.text.startswith("BEGIN:VCALENDAR")
    assert (await client.get(f"/notifications/messages/{paid}/date.ics")).status_code == 404
    signed_in(client, "participant")
    assert (await client.get(file)).status_code == 404


async def test_nobody_sees_another_s_message(client: AsyncClient, world: World):
    _, message_id = await message_for(world)
    signed_in(client, "participant", "coordinator", "operator", "finance", "approver")
    assert "£20.90" not in (await client.get("/notifications/messages")).text
    assert (await client.get(f"/notifications/messages/{message_id}")).status_code == 404
    assert await world.rows("SELECT 1 FROM messages WHERE read_at IS NOT NULL") == []


@pytest.mark.parametrize("path", ["/notifications/messages", "/notifications/staff", "/notifications/messages/{id}"])
async def test_pages_of_people_ask_to_sign_in(client: AsyncClient, path: str):
    answer = await client.get(path.format(id=new_id()))
    assert answer.status_code == 303 and answer.headers["location"].startswith("/people/sign-in")


async def test_an_address_that_is_none_of_ours_is_not_found(client: AsyncClient):
    signed_in(client, "participant")
    for path in ("/notifications/messages/1", f"/notifications/messages/{new_id()}", "/notifications/messages/%00"):
        assert (await client.get(path)).status_code == 404, path


async def failed_message(world: World, state: str = "failed", reason: str = "refused") -> UUID:
    person = await world.knows("Amina")
    published = opportunity_created()
    await world.hear(published, place_taken(published, person))
    [row] = await world.rows("SELECT message_id FROM messages WHERE template = 'place-taken'")
    lease = new_id()
    await world.do(handover.lease_messages, lease, 10)
    outcome = "unknown" if state == "unknown" else reason
    await world.do(handover.record_outcome, lease, row.message_id, outcome)
    return row.message_id


@pytest.mark.parametrize("role", ["participant", "approver", "finance"])
async def test_only_coordinators_and_operators_see_what_did_not_arrive(client: AsyncClient, world: World, role: str):
    message_id = await failed_message(world)
    signed_in(client, role)
    assert (await client.get("/notifications/staff")).status_code == 403
    assert (await client.post(f"/notifications/staff/{message_id}/send-again")).status_code == 403
    assert [
        row.state for row in await world.rows("SELECT state FROM messages WHERE message_id = :id", id=message_id)
    ] == ["failed"]


@pytest.mark.parametrize(
    ("state", "reason", "said"),
    [
        ("failed", "refused", "Their mail provider said no"),
        ("failed", "no-address", "We have no address"),
        ("unknown", "unknown", "It may have arrived"),
    ],
)
async def test_not_06_staff_see_what_did_not_arrive_and_send_it_again_once(
    client: AsyncClient, world: World, state: str, reason: str, said: str
):
    message_id = await failed_message(world, state, reason)
    who = signed_in(client, "coordinator")
    shown = (await client.get("/notifications/staff")).text
    assert "Amina" in shown and said in shown
    again = f"/notifications/staff/{message_id}/send-again"
    assert (await client.post(again)).status_code == 303
    second = await client.post(again)
    assert second.status_code == 422 and "on its way already" in second.text
    [step] = await world.rows("SELECT actor_kind, actor_id FROM steps WHERE what = 'message-sent-again'")
    assert (step.actor_kind, step.actor_id) == ("person", who)
    assert "No message has failed" in (await client.get("/notifications/staff")).text


async def test_sending_again_from_another_site_is_refused(client: AsyncClient, world: World):
    message_id = await failed_message(world)
    signed_in(client, "coordinator")
    answer = await client.post(
        f"/notifications/staff/{message_id}/send-again", headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403
    assert await world.rows("SELECT 1 FROM steps WHERE what = 'message-sent-again'") == []


async def test_sending_again_what_does_not_exist_is_not_found(client: AsyncClient):
    signed_in(client, "coordinator")
    assert (await client.post(f"/notifications/staff/{new_id()}/send-again")).status_code == 404


async def test_the_api_gives_the_same_to_programs(client: AsyncClient, world: World):
    me, message_id = await message_for(world)
    published = opportunity_created()
    claim = Claim(published, me)
    await world.hear(published, claim.opened)
    signed_in(client, "participant", person_id=me)
    [task] = (await client.get("/notifications/api/today")).json()
    assert (task["kind"], task["about"], task["due_on"]) == ("confirm-claim", str(claim.id), None)
    listed = (await client.get("/notifications/api/messages")).json()
    assert str(message_id) in [message["message_id"] for message in listed]
    client.cookies.clear()
    assert (await client.get("/notifications/api/today")).status_code == 401


async def test_the_invariants_hold_and_see_what_is_broken(client: AsyncClient, world: World):
    message_id = await failed_message(world)
    signed_in(client, "operator")
    assert (await client.get("/notifications/operator/invariants")).json()["broken"] == {}
    async with world.database.transaction(new_id(), SYSTEM) as tx:
        await tx.execute(text("UPDATE messages SET state = 'sent' WHERE message_id = :id"), {"id": message_id})
    assert (
        "NOT-06 sent without an event that says so"
        in (await client.get("/notifications/operator/invariants")).json()["broken"]
    )


async def test_peo_02_while_helping_the_first_page_and_the_messages_are_the_helped_persons(
    client: AsyncClient, world: World
):
    helper, me = await world.knows("Bola", roles=["coordinator"]), await world.knows("Amina", channels=["in-app"])
    published = opportunity_created()
    claim = Claim(published, me)
    await world.hear(published, place_taken(published, me), claim.opened, feedback_received(published, None))
    signed_in(client, "coordinator", person_id=helper, acting_for=me)
    shown = (await client.get("/")).text
    assert "Hello Amina" in shown and f'href="/payments/claims/{claim.id}"' in shown
    assert "Answer what someone told us" not in shown
    assert "You have a place" in (await client.get("/notifications/messages")).text
    (row,) = await world.rows("SELECT message_id FROM messages WHERE template = 'place-taken' AND channel = 'in-app'")
    assert (await client.get(f"/notifications/messages/{row.message_id}")).status_code == 200
    assert (await world.rows("SELECT read_at FROM messages WHERE message_id = :id", id=row.message_id))[
        0
    ].read_at is None
    (step,) = await world.rows("SELECT actor_id, acting_for FROM steps WHERE what = 'message-read-while-helping'")
    assert (step.actor_id, step.acting_for) == (helper, me)


async def test_peo_05_coordinators_see_needs_registers_and_sessions_soon_each_with_its_clock_and_what_it_is_about(
    client: AsyncClient, world: World
):
    me = await world.knows("Bola", roles=["coordinator"])
    published, other = opportunity_created(), opportunity_created(title="Painting the hall")
    (session,) = published.sessions
    await world.hear(published, other)
    for kind, about in (
        ("needs", published.opportunity_id),
        ("needs", other.opportunity_id),
        ("register", session.session_id),
    ):
        await world.hear(_waits(kind, about, published if about != other.opportunity_id else other, 1, waiting=True))
    signed_in(client, "coordinator", person_id=me)
    shown = (await client.get("/")).text
    assert (
        "Answer what people need for “Choosing who runs the cafe”" in shown
        and "Answer what people need for “Painting the hall”" in shown
    )
    assert "Write down who was there: “Choosing who runs the cafe”, Thursday 31 December 2026" in shown
    assert f'href="/opportunities/staff/sessions/{session.session_id}/register"' in shown
    await world.hear(_waits("register", session.session_id, published, 2, waiting=False))
    assert "Write down who was there" not in (await client.get("/")).text
    signed_in(client, "approver")
    assert "Answer what people need" not in (await client.get("/")).text


async def test_peo_03_peo_05_a_coordinator_is_asked_for_the_age_of_who_walked_in_by_name_until_it_is_known(
    world: World, client: AsyncClient
):
    noor = await world.knows("Noor")
    signed_in(client, "coordinator", person_id=new_id())
    await world.hear(
        AgeWaits(version=1, person_id=noor, waiting=True, due_at=opportunity_created().sessions[0].starts_at)
    )
    shown = (await client.get("/")).text
    assert "Ask Noor if they are 18 or over" in shown and f'href="/people/staff/people/{noor}/age"' in shown
    await world.hear(AgeWaits(version=2, person_id=noor, waiting=False))
    assert "Ask Noor" not in (await client.get("/")).text


def _waits(kind: Any, about: UUID, of: OpportunityCreated, version: int, *, waiting: bool) -> WorkWaits:
    due_at = of.sessions[0].starts_at if waiting else None
    opportunity_id = of.opportunity_id
    return WorkWaits(
        version=version,
        work_id=new_id(),
        kind=kind,
        about=about,
        opportunity_id=opportunity_id,
        waiting=waiting,
        due_at=due_at,
    )


@pytest.mark.parametrize(("path", "says"), [("/contact", "voice@voice.example"), ("/privacy", "How long we keep it")])
async def test_pri_04_where_we_are_and_what_we_keep_are_for_anyone_and_read_easily(
    client: AsyncClient, path: str, says: str
):
    answer = await client.get(path)
    assert answer.status_code == 200 and says in answer.text
    assert reading_age_of(answer.text) <= 6
    if path == "/privacy":  # PRI-01: what, and by when we answer, as a day
        for kept in ("whom you speak for", "worries about somebody’s safety", "had your say in another way"):
            assert kept in answer.text
        assert f"if you ask today, by {day(answer_rights_by(datetime.now(LONDON).date()))}" in answer.text
