"""What feedback hears from the others, over real NATS: twice, in another order, and before people can be asked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from services.feedback.app import create_app
from services.feedback.settings import Settings
from shared import service as organisation_of_services
from shared.db import SYSTEM, Command, Transaction, new_id
from shared.events.opportunities import OpportunityCreated
from shared.events.people import PersonChanged, PersonRegistered, SessionEnded
from shared.identity import Role, SignIn, cookie_name, issue_token
from shared.messaging import outbox
from shared.service import Responder, Service
from shared.settings import ServiceSettings
from tests.feedback.support import World, give
from tests.support.apps import SIGNING_KEY, eventually, settings_for
from tests.support.servers import ORGANISATION


def published(opportunity_id: Any, version: int, title: str) -> OpportunityCreated:
    return OpportunityCreated(
        version=version,
        opportunity_id=opportunity_id,
        title=title,
        summary="",
        kind="workshop",
        mode="online",
        area="Everywhere",
        sessions=(),
        paid=True,
        budget_pence=None,
        commissioner="",
        contact_role="coordinator",
        short_notice_reason="",
    )


class Teller:
    """Another service, that says events and, as people, answers for cards."""

    def __init__(self, name: str, folder: Path, url: str, server: Any, responders: Any = ()) -> None:
        self.service = Service(name, settings_for(ServiceSettings, folder, url, server))
        self.app: FastAPI = organisation_of_services.create_app(self.service, templates=folder, responders=responders)

    async def say(self, *events: Any) -> None:
        async def work(tx: Transaction) -> None:
            for event in events:
                await outbox.add(tx, event)

        await self.service.database.run(Command("tell", SYSTEM), work)


async def test_titles_are_kept_in_the_newest_version_whatever_the_order(
    service_database: Callable[[str], str], postgres, nats_server, folder: Path
):
    feedback = create_app(settings_for(Settings, folder, service_database("feedback"), nats_server))
    teller = Teller("opportunities", folder, postgres.bare_database("opportunities"), nats_server)
    world, opportunity, last = World(feedback), new_id(), new_id()
    async with feedback.router.lifespan_context(feedback), teller.app.router.lifespan_context(teller.app):
        newer = published(opportunity, 2, "The new title")
        await teller.say(newer, published(opportunity, 1, "The old title"), newer)
        await teller.say(published(last, 1, "Last"))
        await eventually(lambda: world.rows("SELECT title FROM opportunities WHERE opportunity_id = :id", id=last))
        assert await world.rows(
            "SELECT version, title FROM opportunities WHERE opportunity_id = :id", id=opportunity
        ) == [(2, "The new title")]
        page = await world.visitor().get(f"/feedback/give?opportunity={opportunity}")
        assert "The new title" in page.text


async def test_names_are_fetched_from_people_and_follow_their_changes(
    service_database: Callable[[str], str], postgres, nats_server, folder: Path
):
    person = new_id()
    card: dict[str, Any] = {"version": 1, "name": "Ffion Amlwch", "roles": ["participant"]}

    async def answer_cards(_: Service, request: dict[str, Any]) -> dict[str, Any]:
        return {"cards": {person_id: card for person_id in request["person_ids"] if person_id == str(person)}}

    people = Teller(
        "people",
        folder,
        postgres.bare_database("people"),
        nats_server,
        [Responder("people.cards.feedback", answer_cards)],
    )
    feedback = create_app(settings_for(Settings, folder, service_database("feedback"), nats_server))
    world = World(feedback)
    async with feedback.router.lifespan_context(feedback), people.app.router.lifespan_context(people.app):
        await people.say(PersonRegistered(version=1, person_id=person, roles=("participant",)))
        assert (await eventually(lambda: world.rows("SELECT name FROM cards"))) == [("Ffion Amlwch",)]
        card |= {"version": 2, "name": "Ffion Parry"}
        await people.say(PersonChanged(version=2, person_id=person, roles=("participant",)))

        async def renamed() -> bool:
            return await world.rows("SELECT name FROM cards") == [("Ffion Parry",)]

        await eventually(renamed)


async def test_an_ended_sign_in_is_refused_here_too(
    service_database: Callable[[str], str], postgres, nats_server, folder: Path
):
    people = Teller("people", folder, postgres.bare_database("people"), nats_server)
    feedback = create_app(settings_for(Settings, folder, service_database("feedback"), nats_server))
    world = World(feedback)
    sign_in = SignIn(new_id(), new_id(), frozenset({Role.PARTICIPANT}))
    async with feedback.router.lifespan_context(feedback), people.app.router.lifespan_context(people.app):
        visitor = world.visitor()
        visitor.cookies.set(cookie_name(ORGANISATION), issue_token(SIGNING_KEY, ORGANISATION, sign_in))
        assert (await visitor.get("/feedback/mine")).status_code == 200
        await people.say(SessionEnded(version=1, session_id=sign_in.sign_in_id, person_id=sign_in.person_id))

        async def refused() -> bool:
            return (await visitor.get("/feedback/mine")).status_code != 200

        await eventually(refused)


async def test_what_was_given_while_nats_is_away_is_published_when_it_is_there(
    service_database: Callable[[str], str], nats_server, folder: Path
):
    feedback = create_app(settings_for(Settings, folder, service_database("feedback"), nats_server))
    world = World(feedback)
    nats_server.stop()
    async with feedback.router.lifespan_context(feedback):
        assert await give(world.visitor())
        assert (
            await world.value(
                "SELECT count(*) FROM outbox WHERE published_at IS NULL AND subject = 'feedback.feedback-received.v1'"
            )
            == 1
        )
        nats_server.start()

        async def sent() -> bool:
            return await world.value("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0

        await eventually(sent, within=60)
