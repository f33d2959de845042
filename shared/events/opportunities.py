"""Published by `opportunities`. The text of a published opportunity is public; places and attendance are not."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.events.base import Event, Fact, ParticipantRef


class SessionFacts(Fact):
    session_id: UUID
    starts_at: datetime
    ends_at: datetime
    venue: str
    """Where, or how to join: public text. A joining link is given to those with a place, by page."""


class OpportunityCreated(Event):
    """It was published: from now on people may take a place."""

    owner, name, aggregate = "opportunities", "opportunity-created", "opportunity_id"
    opportunity_id: UUID
    title: str
    summary: str
    """The short version: short sentences, one idea each (OPP-04)."""
    kind: str
    """A slug of OPP-01: "tender-panel", "workshop", ..."""
    mode: Literal["in-person", "online", "both"]
    area: str
    sessions: tuple[SessionFacts, ...]
    paid: bool
    budget_pence: int | None
    commissioner: str
    """Who pays for the work, as the page shows it; "" if we do."""
    contact_role: str
    short_notice_reason: str
    """"" when notice was long enough (OPP-03)."""


class PlaceTaken(Event):
    owner, name, aggregate = "opportunities", "place-taken", "place_id"
    place_id: UUID
    opportunity_id: UUID
    participant: ParticipantRef


class PlaceOffered(Event):
    """A place came free for the first on the waiting list, who has until answer_by to take it (OPP-05)."""

    owner, name, aggregate = "opportunities", "place-offered", "place_id"
    place_id: UUID
    opportunity_id: UUID
    participant: ParticipantRef
    answer_by: datetime


class PlaceLapsed(Event):
    """The time to answer is over, and the place went to the next person (OPP-05)."""

    owner, name, aggregate = "opportunities", "place-lapsed", "place_id"
    place_id: UUID
    opportunity_id: UUID
    participant: ParticipantRef


class PlaceLeft(Event):
    owner, name, aggregate = "opportunities", "place-left", "place_id"
    place_id: UUID
    opportunity_id: UUID
    participant: ParticipantRef


class AccessNeedAnswered(Event):
    """Something that the person asked for was promised, met, or not met. What it was stays with us (OPP-07)."""

    owner, name, aggregate = "opportunities", "access-need-answered", "place_id"
    place_id: UUID
    opportunity_id: UUID
    participant: ParticipantRef


class AttendanceRecorded(Event):
    """Was there, and for how long they took part (OPP-11). A later version corrects an earlier one."""

    owner, name, aggregate = "opportunities", "attendance-recorded", "attendance_id"
    attendance_id: UUID
    opportunity_id: UUID
    session_id: UUID
    session_date: date
    place_id: UUID
    participant: ParticipantRef
    present: bool
    minutes: int
    planned_minutes: int
    paid: bool
    recorded_by: UUID
    """The person who recorded it (PAY-10)."""


class OpportunityClosed(Event):
    owner, name, aggregate = "opportunities", "opportunity-closed", "opportunity_id"
    opportunity_id: UUID
    participants: tuple[ParticipantRef, ...]
    """Who took part and is thanked (OPP-12)."""
