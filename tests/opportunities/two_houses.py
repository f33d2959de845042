"""Two organisations without a network between them: a test carries the events by hand, in the order and as often as it likes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import insert, select

from services.opportunities import consumers
from services.opportunities.consumers import answer_gateway
from services.opportunities.domain.guests import AGREEMENT
from services.opportunities.tables import guest_places, listing_sessions, listings, opportunities, sessions, shares
from services.opportunities.use_cases.guests import home
from shared.db import SYSTEM, Command, Transaction
from shared.events import EVENTS, Event, ParticipantRef, network
from tests.opportunities.support import House, house, someone

NOT_LETTERS = {"guest-accepted", "guest-left", "guest-attended"}


@dataclass
class Carried:
    """An addressed event on its way, as the other organisation's gateway will publish it."""

    to: str
    event: Any


@dataclass
class Gateway:
    """What the letters of an organisation's gateway hold: the newest of each kind, origin and id."""

    house: House
    letters: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    @property
    def settings(self) -> Any:
        return self.house.service.settings

    async def requests(self, subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        assert subject == "gateway.contents.opportunities"
        keys = [f"{each['origin']}/{each['id']}" for each in payload["asked"]]
        return {"contents": {key: self.letters[payload["name"], key] for key in keys if (payload["name"], key) in self.letters}}

    def keep(self, origin: str, name: str, guest_id: UUID, letter: dict[str, Any]) -> None:
        key = (name, f"{origin}/{guest_id}")
        if key not in self.letters or self.letters[key]["version"] <= letter["version"]:
            self.letters[key] = letter


@dataclass
class Region:
    """Organisations by short name, and what is on its way between them."""

    houses: dict[str, House]
    gateways: dict[str, Gateway] = field(init=False)
    sent: dict[str, int] = field(default_factory=dict)
    CROSSING: ClassVar[str] = "opportunities.guest-%"

    def __post_init__(self) -> None:
        self.gateways = {name: Gateway(each) for name, each in self.houses.items()}

    async def outgoing(self, origin: str) -> list[Carried]:
        """What an organisation has said to another since the last call, in its order, its content sealed with it as it is now."""
        here = self.houses[origin]
        rows = await here.rows(
            "SELECT id, subject, body FROM outbox WHERE subject LIKE :crossing AND id > :after ORDER BY id",
            crossing=self.CROSSING,
            after=self.sent.get(origin, 0),
        )
        carried = []
        for row in rows:
            self.sent[origin] = row["id"]
            arriving = EVENTS[row["subject"].replace("opportunities.", "network.")]
            event: Any = arriving.model_validate({**json.loads(row["body"]), "origin": origin})
            await self._seal(origin, event)
            carried.append(Carried(event.to, event))
        return carried

    async def _seal(self, origin: str, event: Any) -> None:
        if event.name in NOT_LETTERS:
            return
        answer = await answer_gateway(self.houses[origin].service, {"name": event.name, "ids": [str(event.guest_id)]})
        letter = answer["contents"][str(event.guest_id)]
        assert letter["version"] >= event.version
        self.gateways[event.to].keep(origin, event.name, event.guest_id, json.loads(json.dumps(letter)))

    async def deliver(self, carried: Carried) -> None:
        """As the consumer does, but for the inbox: a repeat reaches the handler."""
        await hear(self.houses[carried.to], carried.event, self.gateways[carried.to])

    async def carry(self) -> int:
        """Everything that is on its way, and what comes of it, each once and in order. Returns how many events that were."""
        number = 0
        while on_the_way := [each for origin in self.houses for each in await self.outgoing(origin)]:
            for each in on_the_way:
                await self.deliver(each)
            number += len(on_the_way)
        return number

    async def listed(self, host: str, opportunity_id: UUID, *at: str) -> UUID:
        """The host shares an opportunity, and the others list it. Returns the listing's id, which is the same everywhere."""
        there = self.houses[host]
        await there.run(_share, opportunity_id)
        facts = await there.database.read(lambda tx: _shared_facts(tx, opportunity_id))
        for name in at or (name for name in self.houses if name != host):
            await self.houses[name].run(_list, host, *facts)
        return network.local_id(host, opportunity_id)

    def move(self, **by: Any) -> None:
        for each in self.houses.values():
            each.move(**by)


async def hear(here: House, event: Event, gateway: Gateway) -> None:
    registration = consumers.consumers.registrations[event.subject()]
    arguments: list[Any] = [event]
    if registration.prepare:
        arguments.append((await registration.prepare(gateway, [event]))[event.aggregate_id])
    await here.database.run(Command("test", SYSTEM), lambda tx: registration.handler(tx, *arguments))


async def _share(tx: Transaction, opportunity_id: UUID) -> None:
    values = {"wanted": True, "funding": "none", "expenses_cap_pence": 0, "decided_at": tx.now, "actor_kind": "system"}
    await tx.execute(insert(shares).values(opportunity_id=opportunity_id, **values))


async def _shared_facts(tx: Transaction, opportunity_id: UUID) -> tuple[Any, Any]:
    row = await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id))
    return row, await tx.all(select(sessions).where(sessions.c.opportunity_id == opportunity_id))


async def _list(tx: Transaction, origin: str, row: Any, of_it: Any) -> None:
    """The listing as another organisation's public text makes it."""
    texts = ("title", "summary", "kind", "mode", "area", "background", "expected", "time_needed", "payment", "accessibility", "result", "contact_role")
    listing_id = network.local_id(origin, row.id)
    await tx.execute(
        insert(listings).values(
            id=listing_id,
            origin=origin,
            host_opportunity_id=row.id,
            host_version=1,
            version=1,
            state="open",
            host_name=origin.upper(),
            **{name: row._mapping[name] for name in texts},
            commissioner=row.commissioner,
            short_notice_reason=row.notice_reason,
            paid=row.paid,
            rate_pence=1200,
            funding="none",
            expenses_cap_pence=0,
            agreed_rate_pence=1200,
            agreed_funding="none",
            agreed_cap_pence=0,
            agreed_at=tx.now,
            waiting_list=False,
            url="https://sun.example",
            first_starts_at=min(each.starts_at for each in of_it),
            last_ends_at=max(each.ends_at for each in of_it),
            heard_at=tx.now,
        )
    )
    for each in of_it:
        values = {"starts_at": each.starts_at, "ends_at": each.ends_at, "venue": each.venue}
        await tx.execute(insert(listing_sessions).values(listing_id=listing_id, id=network.local_id(origin, each.id), host_session_id=each.id, **values))


def region(folder: Any, service_database: Callable[[str], str], *names: str) -> Region:
    """Organisations on fresh databases, each with its own duty number."""
    houses = {}
    for number, name in enumerate(names or ("sun", "viewpoint")):
        there = folder / name
        there.mkdir()
        houses[name] = house(there, service_database("opportunities"), organisation=name, duty_number=f"07700 90010{number}")
    return Region(houses)


def guest_of(home_name: str) -> ParticipantRef:
    return ParticipantRef(kind="person", id=someone().id, home=home_name)


async def ask(here: House, listing_id: UUID, whom: ParticipantRef, *needs: str, agreed: str = AGREEMENT) -> UUID:
    return await here.run(home.ask_for_place, listing_id, whom, needs, agreed, here.service.settings.network_policy)


async def guest_place(here: House, place_id: UUID) -> Any:
    return await here.database.read(lambda tx: tx.one(select(guest_places).where(guest_places.c.id == place_id)))
