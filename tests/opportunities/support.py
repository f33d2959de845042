"""An organisation's opportunities, as a test needs them."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from services.opportunities.app import Settings, create_app
from services.opportunities.consumers import consumers
from services.opportunities.finding.queries import whats_on
from services.opportunities.invariants import INVARIANTS
from services.opportunities.listings.queries import Listing
from services.opportunities.people.tables import people
from services.opportunities.publishing.use_cases.publishing import publish
from services.opportunities.words.pages import reference
from services.opportunities.writing.tables import sessions
from services.opportunities.writing.use_cases import NewSession, add_session, start_draft, write_texts
from shared.clock import LONDON
from shared.db import Actor, Transaction, new_id
from shared.events import ParticipantRef
from tests.support.apps import settings_for
from tests.support.servers import ORGANISATION
from tests.support.world import ServiceWorld

TEXTS: dict[str, Any] = {
    "background": "The contract for the drop-in ends. Last time nobody who uses it was asked.",
    "expected": "Read four bids. Ask each bidder a question. Give each a score.",
    "time_needed": "Two hours on the day, and one hour of reading.",
    "mode": "online",
    "area": "Fenland",
    "paid": True,
    "payment": "Ten pounds an hour, and your costs.",
    "contact_role": "involvement coordinator",
    "contact_how": "Ring 07700 900123.",
    "accessibility": "Captions are on. You can join by phone.",
    "result": "Your scores count as much as anyone's. We tell you who won.",
    "summary": "Help choose who runs the drop-in.",
}


CARD: dict[str, Any] = {"version": 1, "name": "Sam Reed", "roles": ["participant"], "age_known": True}
"""What `people` say of somebody, unless a test says otherwise."""


def on_one_day(starts_at: datetime, minutes: int) -> datetime:
    """Late in the evening, a moment earlier: forms know no session that ends after midnight."""
    last = datetime.combine(starts_at.astimezone(LONDON), time(23, 59), LONDON) - timedelta(minutes=minutes)
    return min(starts_at, last.astimezone(UTC))


class World(ServiceWorld):
    """The app of opportunities with short cuts to what a test arranges. cards False: nobody's card comes by itself."""

    consumers, invariants = consumers, INVARIANTS
    cards = True

    async def do(
        self, use_case: Any, *arguments: Any, by: UUID | Actor | None = None, once: bool = False, **named: Any
    ) -> Any:
        """As somebody of our staff, unless it says who. Whoever of our people it is about has a card."""
        await self.with_cards(
            *(each.id for each in arguments if isinstance(each, ParticipantRef) and each.kind == "person")
        )
        return await super().do(use_case, *arguments, by=by or new_id(), once=once, **named)

    async def draft(self, *, in_days: float = 35, minutes: int = 90, number: int = 1, **texts: Any) -> UUID:
        """A draft with everything written."""
        opportunity_id = await self.do(start_draft, "A say in the drop-in", "tender-panel")
        await self.do(write_texts, opportunity_id, TEXTS | texts)
        for week in range(number):
            starts_at = (self.now + timedelta(days=in_days + 7 * week)).replace(second=0, microsecond=0)
            if in_days > 1:
                starts_at = on_one_day(starts_at, minutes)
            planned = NewSession(
                starts_at, starts_at + timedelta(minutes=minutes), "Online, by video", "https://video.example/room"
            )
            await self.do(add_session, opportunity_id, planned)
        return opportunity_id

    async def published(self, **texts: Any) -> UUID:
        opportunity_id = await self.draft(**texts)
        await self.publish(opportunity_id)
        return opportunity_id

    async def publish(self, opportunity_id: UUID) -> None:
        await self.do(publish, opportunity_id, self.service.settings.policy, self.service.settings.host)

    async def session_ids(self, opportunity_id: UUID) -> list[UUID]:
        query = select(sessions.c.id).where(sessions.c.opportunity_id == opportunity_id).order_by(sessions.c.starts_at)
        return [row.id for row in await self.database.read(lambda tx: tx.all(query))]

    async def with_cards(self, *person_ids: UUID, **said: Any) -> None:
        """Cards of people who have said their age (PEO-03), for those who have none."""
        if not (self.cards and person_ids):
            return
        rows = [CARD | said | {"person_id": each} for each in dict.fromkeys(person_ids)]
        await self.do(Transaction.execute, insert(people).on_conflict_do_nothing(), rows)

    async def person(self, name: str, *roles: str) -> ParticipantRef:
        """Somebody whose card has come."""
        values = CARD | {"person_id": new_id(), "name": name, "roles": list(roles or ("participant",))}
        await self.write(people.insert().values(**values))
        return someone(values["person_id"])

    async def dicts(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        """As rows, with the names of the columns."""
        return [dict(row._mapping) for row in await self.rows(sql, **parameters)]


def someone(person_id: UUID | None = None) -> ParticipantRef:
    return reference(person_id or new_id(), ORGANISATION)


_TRUST = text(
    "INSERT INTO organisations (origin, version, display_name, url, trusted_at)"
    " SELECT origin, 0, upper(origin), '', now() FROM unnest(CAST(:origins AS text[])) AS origin"
    " ON CONFLICT (origin) DO UPDATE SET trusted_at = now()"
)


async def trust_neighbours(tx: Any, *origins: str) -> None:
    """A coordinator has looked at what they shared before; test_held_listings.py is about those whom nobody has."""
    await tx.execute(_TRUST, {"origins": list(origins)})


def world_of(folder: Any, url: str, nats: Any = None, **settings: Any) -> World:
    return World(create_app(settings_for(Settings, folder, url, nats, **settings)))


def rules(reasons: Iterable[Any]) -> list[str]:
    return [reason.rule for reason in reasons]


NOON = datetime(2026, 12, 3, 12, tzinfo=UTC)


async def shown_listings(tx: Any, policy: Any) -> list[Listing]:
    """Others' opportunities in the public list."""
    return [each for each in (await whats_on(tx, policy))[0] if isinstance(each, Listing)]
