"""What payments hears over real NATS: twice, in another order, poisoned, and with people's cards asked by
request-reply."""

import contextlib
import json
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import nats
import pytest_asyncio

from shared.db import new_id
from shared.events import Event, ParticipantRef, network
from shared.events.people import PersonChanged, PersonRegistered, SessionEnded
from shared.identity import Role, SignIn, cookie_name, issue_token
from tests.payments.network import shared
from tests.payments.site import site_on
from tests.payments.support import World, person
from tests.support.apps import SIGNING_KEY, eventually
from tests.support.servers import ORGANISATION, PASSWORD


class Heard:
    """The site, and what publishes to it."""

    def __init__(self, site: World, nats_server: Any) -> None:
        self.site, self.nats_server = site, nats_server
        self.cards: dict[str, dict[str, Any]] = {}

    async def publish(self, *events: Event, times: int = 1, by: str | None = None) -> None:
        """Each time past JetStream's own duplicate window, so that only the inbox can stop it. by: the NATS user, if
        not the owner."""
        by = by or events[0].owner
        numbered = [(new_id(), event) for event in events] * times
        client = await nats.connect(self.nats_server.client_url(by, PASSWORD), inbox_prefix=f"_INBOX.{by}")
        for event_id, event in numbered:
            headers = {"ce-id": str(event_id), "Nats-Msg-Id": str(new_id())}
            await client.jetstream(timeout=5).publish(
                event.subject(), event.model_dump_json().encode(), headers=headers
            )
        await client.close()

    async def eventually_rows(self, count: int, sql: str, **values: Any) -> list[Any]:
        async def there() -> tuple[list[Any]] | None:
            rows = await self.site.rows(sql, **values)
            return (rows,) if len(rows) == count else None

        found = await eventually(there, within=60)
        assert found is not None
        return found[0]

    async def handled(self, count: int) -> None:
        await self.eventually_rows(count, "SELECT event_id FROM inbox")

    @contextlib.asynccontextmanager
    async def people_answering(self) -> AsyncIterator[None]:
        async def answer(message: Any) -> None:
            asked = json.loads(message.data)["person_ids"]
            await message.respond(
                json.dumps({"cards": {each: self.cards[each] for each in asked if each in self.cards}}).encode()
            )

        client = await nats.connect(self.nats_server.client_url("people", PASSWORD), inbox_prefix="_INBOX.people")
        await client.subscribe("people.cards.payments", cb=answer)
        await client.flush()
        try:
            yield
        finally:
            await client.close()


@pytest_asyncio.fixture
async def heard(service_database: Callable[[str], str], nats_server: Any, folder: Path) -> AsyncIterator[Heard]:
    async with site_on(service_database("payments"), folder, nats_server) as site:
        yield Heard(site, nats_server)
        assert await site.rows("SELECT reason FROM dead_letters") == []


async def test_pay_06_attendances_heard_twice_and_in_any_order_open_each_claim_once(heard: Heard) -> None:
    world = heard.site
    opportunity = await world.opportunity()
    first = [world.attendance(opportunity, person(), minutes=minutes) for minutes in range(60, 80)]
    corrections = [event.model_copy(update={"version": 2, "minutes": 120}) for event in first]
    absent = [world.attendance(opportunity, person(), present=False, minutes=0) for _ in range(5)]
    everything = first + corrections + absent
    random.Random(7).shuffle(everything)
    await heard.publish(*everything, times=2)
    await heard.handled(len(everything))
    claims = await heard.eventually_rows(20, "SELECT * FROM claims")
    assert {claim.state for claim in claims} == {"open"}
    lines = await world.rows("SELECT amount_pence FROM claim_lines WHERE state <> 'removed'")
    assert [line.amount_pence for line in lines] == [2000] * 20
    assert len(await world.rows("SELECT 1 FROM attendances WHERE no_claim_because = 'not-present'")) == 5
    assert len(await world.events("claim-opened")) == 20


async def test_an_attendance_before_its_opportunity_waits_for_it(heard: Heard) -> None:
    opportunity = (await heard.site.opportunity()).model_copy(update={"opportunity_id": new_id()})
    sign_in = opportunity.sessions[0].model_copy(update={"session_id": new_id()})
    opportunity = opportunity.model_copy(update={"sessions": (sign_in,)})
    await heard.publish(heard.site.attendance(opportunity, person()))
    await heard.publish(opportunity)
    await heard.eventually_rows(1, "SELECT 1 FROM claims WHERE opportunity_id = :id", id=opportunity.opportunity_id)


async def test_names_come_by_card_and_an_older_card_is_left(heard: Heard) -> None:
    who = new_id()
    heard.cards[str(who)] = {"version": 2, "name": "Sam Sample", "roles": ["participant"]}
    async with heard.people_answering():
        await heard.publish(PersonRegistered(version=1, person_id=who, roles=("participant",)))
        await heard.eventually_rows(1, "SELECT 1 FROM cards WHERE name = 'Sam Sample'")
        heard.cards[str(who)] = {"version": 1, "name": "Older", "roles": []}
        await heard.publish(PersonChanged(version=1, person_id=who, roles=()))
        await heard.handled(2)
        assert (await heard.site.row("SELECT name FROM cards")).name == "Sam Sample"
        heard.cards[str(who)] = {"version": 3, "name": "Sam Sampleton", "roles": []}
        await heard.publish(PersonChanged(version=3, person_id=who, roles=()))
        await heard.eventually_rows(1, "SELECT 1 FROM cards WHERE name = 'Sam Sampleton'")


async def test_an_ended_sign_in_is_refused_from_then_on(heard: Heard) -> None:
    sign_in = SignIn(new_id(), new_id(), frozenset({Role.PARTICIPANT}))
    client = heard.site.visitor()
    client.cookies.set(cookie_name(ORGANISATION), issue_token(SIGNING_KEY, ORGANISATION, sign_in))
    assert (await client.get("/payments/claims")).status_code == 200
    await heard.publish(SessionEnded(version=1, session_id=sign_in.sign_in_id, person_id=sign_in.person_id))
    await heard.eventually_rows(1, "SELECT 1 FROM ended_sessions")
    assert (await client.get("/payments/claims")).status_code in (303, 307)


async def test_what_pages_did_while_the_broker_was_away_is_published_when_it_is_back(heard: Heard) -> None:
    world, server = heard.site, heard.nats_server
    who = person()
    claim_id: UUID = await world.opened(who)
    server.kill()
    me = heard.site.visitor("participant", person_id=who.id)
    assert (await me.post(f"/payments/claims/{claim_id}/thanks", data={"recognition": "none"})).status_code == 303
    assert len(await world.rows("SELECT 1 FROM outbox WHERE published_at IS NULL")) >= 1
    server.start()
    await heard.eventually_rows(0, "SELECT 1 FROM outbox WHERE published_at IS NULL")


async def test_net_03_a_recharge_arrives_twice_and_before_its_attendance_and_is_answered_once(heard: Heard) -> None:
    world = heard.site
    opportunity = await world.opportunity()
    guest = ParticipantRef(kind="guest", id=new_id(), home="viewpoint")
    line = world.attendance(opportunity, guest)
    ids = {"guest_id": guest.id, "opportunity_id": opportunity.opportunity_id, "attendance_id": line.attendance_id}
    asked = network.RechargeRaised(
        version=1, to="test", origin="viewpoint", recharge_id=new_id(), fee_pence=1500, expenses_pence=0, **ids
    )
    await heard.publish(asked, times=2, by="gateway")
    await heard.publish(shared(opportunity, funding="fees"), line)
    [answer] = await heard.eventually_rows(
        1, "SELECT body::jsonb AS body FROM outbox WHERE subject = 'payments.recharge-answered.v1'"
    )
    assert (answer.body["to"], answer.body["state"], answer.body["accepted_pence"]) == ("viewpoint", "accepted", 1500)
    await heard.handled(3)
