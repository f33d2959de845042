"""Two organisations without a network between them: a test carries the events by hand, in the order and as often as it
likes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.opportunities.consumers import answer_gateway
from services.opportunities.places.domain.guests import AGREEMENT
from services.opportunities.places.tables.guests import guest_places
from services.opportunities.places.use_cases import home
from services.opportunities.sharing.use_cases import sharing
from services.opportunities.words.domain import Offer
from shared.events import EVENTS, Event, ParticipantRef, network
from tests.opportunities.support import World, someone, trust_neighbours, world_of

CROSSING = (
    "opportunity-shared",
    "opportunity-withdrawn",
    "guest-requested",
    "guest-accepted",
    "guest-left",
    "guest-answered",
    "guest-attended",
)
WITH_A_LETTER = ("guest-requested", "guest-answered")


@dataclass
class Carried:
    """An event on its way to another organisation, with what was sealed with it when it left."""

    to: str
    event: Any
    letter: dict[str, Any] | None


@dataclass
class Gateway:
    """Stands for a service with its gateway behind it: the newest letter of each kind, origin and id that has come."""

    world: World
    letters: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    name = "opportunities"

    @property
    def settings(self) -> Any:
        return self.world.service.settings

    async def requests(self, subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        assert subject == "gateway.contents.opportunities"
        keys = [f"{each['origin']}/{each['id']}" for each in payload["asked"]]
        return {
            "contents": {
                key: self.letters[payload["name"], key] for key in keys if (payload["name"], key) in self.letters
            }
        }

    def keep(self, event: Any, letter: dict[str, Any]) -> None:
        key = (event.name, f"{event.origin}/{event.guest_id}")
        if key not in self.letters or self.letters[key]["version"] <= letter["version"]:
            self.letters[key] = letter


@dataclass
class Region:
    """Organisations by short name, and what is on its way between them."""

    organisations: dict[str, World]
    gateways: dict[str, Gateway] = field(init=False)
    sent: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.gateways = {name: Gateway(each) for name, each in self.organisations.items()}

    async def outgoing(self) -> list[Carried]:
        """What the organisations have said to each other since the last call, each in its order."""
        return [carried for origin in self.organisations for carried in await self._outgoing(origin)]

    async def _outgoing(self, origin: str) -> list[Carried]:
        said = "SELECT id, subject, body FROM outbox WHERE subject = ANY(:subjects) AND id > :after ORDER BY id"
        subjects = [f"opportunities.{name}.v1" for name in CROSSING]
        carried = []
        for row in await self.organisations[origin].dicts(said, subjects=subjects, after=self.sent.get(origin, 0)):
            self.sent[origin] = row["id"]
            arriving = EVENTS[row["subject"].replace("opportunities.", "network.", 1)]
            event: Any = arriving.model_validate({**json.loads(row["body"]), "origin": origin})
            letter = await self._letter(origin, event) if event.name in WITH_A_LETTER else None
            to = [event.to] if hasattr(event, "to") else [name for name in self.organisations if name != origin]
            carried += [Carried(name, event, letter) for name in to]
        return carried

    async def _letter(self, origin: str, event: Any) -> dict[str, Any]:
        answer = await answer_gateway(
            self.organisations[origin].service, {"name": event.name, "ids": [str(event.guest_id)]}
        )
        letter = json.loads(json.dumps(answer["contents"][str(event.guest_id)]))
        assert letter["version"] >= event.version
        return letter

    async def deliver(self, carried: Carried) -> None:
        """As the gateway and the consumer do, but for the inbox: a repeat reaches the handler."""
        gateway = self.gateways[carried.to]
        if carried.letter is not None:
            gateway.keep(carried.event, carried.letter)
        await hear(self.organisations[carried.to], carried.event, gateway)

    async def carry(self) -> list[str]:
        """Everything that is on its way, and what comes of it, each once and in order. Returns the events' names."""
        names = []
        while on_the_way := await self.outgoing():
            for each in on_the_way:
                await self.deliver(each)
            names += [each.event.name for each in on_the_way]
        return names

    async def listed(self, host: str, opportunity_id: UUID) -> UUID:
        """The host shares an opportunity, and the others list it. Returns the listing's id, which is the same
        everywhere."""
        there = self.organisations[host]
        await there.do(sharing.share, opportunity_id, Offer(), there.service.settings.host)
        await self.carry()
        return network.local_id(host, opportunity_id)

    def move(self, **by: Any) -> None:
        for each in self.organisations.values():
            each.move(**by)

    async def close(self) -> None:
        for each in self.organisations.values():
            await each.database.close()


async def hear(here: World, event: Event, gateway: Any) -> None:
    if isinstance(event, network.OpportunityShared):
        await here.do(trust_neighbours, event.origin)
    await here.hear(event, asking=gateway)


NAMES = {"sun": "SUN", "viewpoint": "Viewpoint", "suffolk": "Suffolk User Forum"}


def region(folder: Any, service_database: Callable[[str], str], *names: str) -> Region:
    """Organisations on fresh databases, each with its own duty number. Each agrees to what hosts do not fund."""
    organisations = {}
    for number, name in enumerate(names or ("sun", "viewpoint")):
        there = folder / name
        there.mkdir()
        more = {"organisation_name": NAMES[name], "duty_number": f"07700 90010{number}", "network_agree": "always"}
        more |= {
            "network_listings_a_day": 1000
        }  # many plays are played on one day; test_held_listings.py is about the cap
        organisations[name] = world_of(there, service_database("opportunities"), organisation=name, **more)
    return Region(organisations)


def guest_of(home_name: str) -> ParticipantRef:
    return ParticipantRef(kind="person", id=someone().id, home=home_name)


async def ask(here: World, listing_id: UUID, whom: ParticipantRef, *needs: str, agreed: str = AGREEMENT) -> UUID:
    return await here.do(home.ask_for_place, listing_id, whom, needs, agreed, here.service.settings.network_policy)


async def guest_place(here: World, place_id: UUID) -> Any:
    return await here.read(lambda tx: tx.one(select(guest_places).where(guest_places.c.id == place_id)))
