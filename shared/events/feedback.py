"""Published by `feedback`. What people wrote never stands here; the public board shows what they agreed to show."""

from typing import Literal
from uuid import UUID

from shared.events.base import Event, ParticipantRef

Ending = Literal["used", "not-used", "thanked", "joined", "withdrawn", "spam", "safeguarding"]


class FeedbackReceived(Event):
    owner, name, aggregate = "feedback", "feedback-received", "item_id"
    item_id: UUID
    opportunity_id: UUID | None
    giver: ParticipantRef | None
    """None for an anonymous giver, who has a code instead (FB-04)."""
    waiting_for: Literal["us", "provider", "funder"]


class FeedbackClosed(Event):
    owner, name, aggregate = "feedback", "feedback-closed", "item_id"
    item_id: UUID
    opportunity_id: UUID | None
    giver: ParticipantRef | None
    ending: Ending
    on_board: bool
    """Shown on the public board (FB-06)."""
    hear_by: Literal["email", "in-app", "code", "none"] | None = None
    """The channel that the giver chose for the answer (FB-04); None: the person's own channels."""
