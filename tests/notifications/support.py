"""A mail server that can be told how to answer, a `people` that knows some invented people, and events to publish."""

import asyncio
import contextlib
import email
import email.policy
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import nats
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.notifications.consumers import consumers
from services.notifications.invariants import INVARIANTS
from services.notifications.settings import Settings
from services.notifications.use_cases import copies
from shared.db import new_id
from shared.events import Event, ParticipantRef
from shared.events.feedback import FeedbackClosed, FeedbackReceived
from shared.events.opportunities import (
    AccessNeedAnswered,
    OpportunityCancelled,
    OpportunityChanged,
    OpportunityClosed,
    OpportunityCreated,
    PlaceLeft,
    PlaceOffered,
    PlaceQueued,
    PlaceRefused,
    PlaceTaken,
    SessionFacts,
)
from shared.events.payments import ClaimApproved, ClaimOpened, ClaimOverdue, ClaimPaid, ClaimSubmitted, MoneyWaits
from tests.support.apps import settings_for
from tests.support.servers import ORGANISATION, PASSWORD
from tests.support.world import ServiceWorld

# --- the mail server ---


class MailCatcher:
    """Takes mail and keeps it; or answers as it is told."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.rcpt_answers: dict[str, str] = {}
        """What to say to an address, for example "550 no such person"."""
        self.data_answers: list[str] = []
        """What to say to the next texts, before they are taken again."""
        self.hang = asyncio.Event()
        self.hang.set()
        self.being_taken = 0
        self.most_at_once = 0
        self.connections = 0
        self.port = 0

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.rcpt_answers:
            return self.rcpt_answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.being_taken += 1
        self.most_at_once = max(self.most_at_once, self.being_taken)
        try:
            await self.hang.wait()
            if self.data_answers:
                return self.data_answers.pop(0)
            assert isinstance(envelope.content, bytes)
            mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            return "250 taken"
        finally:
            self.being_taken -= 1

    def _connected(self) -> SMTP:
        self.connections += 1
        return SMTP(self, hostname="catcher", enable_SMTPUTF8=False)

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls) -> AsyncIterator["MailCatcher"]:
        catcher = cls()
        server = await asyncio.get_running_loop().create_server(catcher._connected, "127.0.0.1", 0)
        catcher.port = server.sockets[0].getsockname()[1]
        try:
            yield catcher
        finally:
            catcher.hang.set()
            server.close()


def settings(
    folder: Path, database_url: str, catcher: MailCatcher | None = None, nats_server: Any = None, **more: Any
) -> Settings:
    port = catcher.port if catcher else 9
    mail = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "mail_from": "voice@voice.example"}
    return settings_for(Settings, folder, database_url, nats_server, **mail, **more)


# --- people ---


def card(name: str = "Amina", **what: Any) -> dict[str, Any]:
    ruled_out = {"kinds": [], "areas": [], "times": []} | what.pop("ruled_out", {})
    plain: dict[str, Any] = {
        "version": 1,
        "name": name,
        "roles": ["participant"],
        "ruled_out": ruled_out,
        "area": "Fenland",
        "channels": ["email"],
        "discreet": False,
        "format": "plain",
        "opted_out": [],
        "paused": False,
    }
    return plain | what


class People:
    """Answers as `people` does, on its own NATS user."""

    def __init__(self) -> None:
        self.cards: dict[UUID, dict[str, Any]] = {}
        self.addresses: dict[UUID, str] = {}

    def add(self, name: str, **what: Any) -> UUID:
        person_id = new_id()
        self.cards[person_id] = card(name, **what)
        self.addresses[person_id] = f"{name.lower()}@people.example"
        return person_id

    async def _answer(self, message: Any) -> None:
        asked = json.loads(message.data)["person_ids"]
        if message.subject == "people.cards.notifications":
            answer = {
                "cards": {
                    person_id: self.cards[UUID(person_id)] for person_id in asked if UUID(person_id) in self.cards
                }
            }
        else:
            held = {person_id: self.addresses.get(UUID(person_id)) for person_id in asked}
            answer = {
                "addresses": {
                    person_id: {"email": address} for person_id, address in held.items() if address is not None
                }
            }
        await message.respond(json.dumps(answer).encode())

    @contextlib.asynccontextmanager
    async def answering(self, nats_server: Any) -> AsyncIterator["People"]:
        client = await nats.connect(nats_server.client_url("people", PASSWORD), inbox_prefix="_INBOX.people")
        for subject in ("people.cards.notifications", "people.addresses.notifications"):
            await client.subscribe(subject, cb=self._answer)
        await client.flush()
        try:
            yield self
        finally:
            await client.close()


async def publish(nats_server: Any, events: Iterable[tuple[UUID, Event]], *, again: bool = False) -> None:
    """Publish as each event's owner. again: past JetStream's own duplicate window, so that only the inbox can stop
    it."""
    for event_id, event in events:
        client = await nats.connect(nats_server.client_url(event.owner, PASSWORD), inbox_prefix=f"_INBOX.{event.owner}")
        headers = {"ce-id": str(event_id), "Nats-Msg-Id": str(new_id() if again else event_id)}
        await client.jetstream(timeout=5).publish(event.subject(), event.model_dump_json().encode(), headers=headers)
        await client.close()


# --- events ---

SOON = datetime(2026, 12, 31, 10, 30, tzinfo=UTC)


def participant(person_id: UUID, kind: Any = "person") -> ParticipantRef:
    return ParticipantRef(kind=kind, id=person_id, home=ORGANISATION)


def session(starts_at: datetime = SOON, venue: str = "Room 2, the library") -> SessionFacts:
    return SessionFacts(
        session_id=new_id(), starts_at=starts_at, ends_at=starts_at + timedelta(minutes=90), venue=venue
    )


def opportunity_created(**what: Any) -> OpportunityCreated:
    facts: dict[str, Any] = {
        "version": 1,
        "opportunity_id": new_id(),
        "title": "Choosing who runs the cafe",
        "summary": "We choose who runs the cafe. You help us choose.",
        "kind": "tender-panel",
        "mode": "in-person",
        "area": "Fenland",
        "sessions": (session(),),
        "paid": True,
        "budget_pence": None,
        "commissioner": "",
        "contact_role": "involvement worker",
        "short_notice_reason": "",
    }
    return OpportunityCreated(**facts | what)


LAST_DAY = SOON.date()


def in_own_time(**what: Any) -> OpportunityCreated:
    """OPP-01: without a session, until the last day."""
    own = {"title": "Evenings at the drop-in", "kind": "survey", "mode": "online", "sessions": ()}
    return opportunity_created(**own | {"closes_on": LAST_DAY} | what)


def opportunity_closed(of: OpportunityCreated, people: list[UUID], version: int = 2) -> OpportunityClosed:
    return OpportunityClosed(
        version=version, opportunity_id=of.opportunity_id, participants=tuple(map(participant, people))
    )


def place_taken(
    of: OpportunityCreated, person_id: UUID, *, place_id: UUID | None = None, version: int = 1, kind: str = "person"
) -> PlaceTaken:
    return PlaceTaken(
        version=version,
        place_id=place_id or new_id(),
        opportunity_id=of.opportunity_id,
        participant=participant(person_id, kind),
    )


def listing(**what: Any) -> OpportunityCreated:
    """An opportunity of another organisation."""
    return opportunity_created(**{"host": "sun", "host_name": "SUN", "host_opportunity_id": new_id()} | what)


def changed(
    of: OpportunityCreated, version: int, *said: Any, reason: str = "The room was not free.", **what: Any
) -> OpportunityChanged:
    return OpportunityChanged(**of.model_dump() | {"version": version, "changed": said, "reason": reason} | what)


def moved(of: OpportunityCreated, to: datetime) -> tuple[SessionFacts, ...]:
    """Its first session at another time; the others as they were."""
    first = of.sessions[0]
    return (
        first.model_copy(update={"starts_at": to, "ends_at": to + (first.ends_at - first.starts_at)}),
        *of.sessions[1:],
    )


def cancelled(
    of: OpportunityCreated,
    *people: UUID,
    version: int = 9,
    reason: str = "Too few people could come.",
    without_place: Sequence[UUID] = (),
) -> OpportunityCancelled:
    return OpportunityCancelled(
        version=version,
        opportunity_id=of.opportunity_id,
        participants=tuple(map(participant, people)),
        without_place=tuple(map(participant, without_place)),
        reason=reason,
    )


def place_queued(taken: PlaceTaken, version: int = 1, position: int = 2) -> PlaceQueued:
    return PlaceQueued(version=version, position=position, **_place(taken))


def place_offered(taken: PlaceTaken, answer_by: datetime, version: int = 2) -> PlaceOffered:
    return PlaceOffered(version=version, answer_by=answer_by, **_place(taken))


def place_refused(taken: PlaceTaken, version: int = 2, *, had_place: bool = False) -> PlaceRefused:
    return PlaceRefused(version=version, had_place=had_place, **_place(taken))


def _place(taken: PlaceTaken) -> dict[str, Any]:
    return {"place_id": taken.place_id, "opportunity_id": taken.opportunity_id, "participant": taken.participant}


def place_left(taken: PlaceTaken, version: int = 2, *, given_back: bool = True) -> PlaceLeft:
    return PlaceLeft(version=version, given_back=given_back, **_place(taken))


def need_answered(taken: PlaceTaken, version: int = 2) -> AccessNeedAnswered:
    return AccessNeedAnswered(
        version=version, place_id=taken.place_id, opportunity_id=taken.opportunity_id, participant=taken.participant
    )


class Claim:
    """The events of one claim, with rising versions."""

    def __init__(self, of: OpportunityCreated, person_id: UUID, kind: str = "person") -> None:
        self.facts: dict[str, Any] = {
            "claim_id": new_id(),
            "opportunity_id": of.opportunity_id,
            "session_id": of.sessions[0].session_id if of.sessions else new_id(),
            "participant": participant(person_id, kind),
        }
        self.id: UUID = self.facts["claim_id"]
        day = of.sessions[0].starts_at.date() if of.sessions else LAST_DAY
        self.opened = ClaimOpened(version=1, session_date=day, **self.facts)
        self.submitted = ClaimSubmitted(version=2, amount_pence=2090, pay_by=date(2027, 1, 14), **self.facts)
        self.approved = ClaimApproved(version=3, amount_pence=2090, **self.facts)
        self.overdue = ClaimOverdue(version=3, pay_by=date(2027, 1, 14), **self.facts)
        self.paid = ClaimPaid(
            version=4, amount_pence=2090, recognition="bank-transfer", payment_run_id=new_id(), **self.facts
        )

        self.can_be_paid = MoneyWaits(version=1, kind="release", about=self.id, waiting=True)

    def other(self, kind: Any, version: int, **more: Any) -> Any:
        return kind(version=version, **self.facts, **more)


def feedback_received(of: OpportunityCreated | None, giver: UUID | None) -> FeedbackReceived:
    return FeedbackReceived(
        version=1,
        item_id=new_id(),
        opportunity_id=of.opportunity_id if of else None,
        giver=participant(giver) if giver else None,
        waiting_for="us",
    )


def feedback_closed(
    item: FeedbackReceived, ending: Any = "used", version: int = 2, hear_by: Any = None
) -> FeedbackClosed:
    return FeedbackClosed(
        hear_by=hear_by,
        version=version,
        item_id=item.item_id,
        opportunity_id=item.opportunity_id,
        giver=item.giver,
        ending=ending,
        on_board=True,
    )


# --- without a broker ---


class World(ServiceWorld):
    """Notifications' database and its consumers' handlers, each event in a transaction of its own."""

    consumers, invariants = consumers, INVARIANTS

    async def knows(self, name: str = "Amina", **what: Any) -> UUID:
        person_id = new_id()
        await self.card(person_id, card(name, **what))
        return person_id

    async def card(self, person_id: UUID, held: dict[str, Any]) -> None:
        await self.do(copies.keep_card, person_id, ORGANISATION, held)

    async def told(self) -> list[tuple[str, str, str]]:
        """(name, template, channel) of every message, sorted."""
        rows = await self.rows(
            "SELECT c.name, m.template, m.channel FROM messages m JOIN cards c ON c.person_id = m.participant_id"
        )
        return sorted((row.name, row.template, row.channel) for row in rows)

    async def open_tasks(self) -> set[str]:
        rows = await self.rows("SELECT kind FROM tasks WHERE opened_version > coalesce(settled_version, -1)")
        return {row.kind for row in rows}
