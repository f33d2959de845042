"""Published by `feedback`. Never holds what people wrote; the public board shows what they agreed to show."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.events.base import Addressed, Event, Fact, ParticipantRef

Ending = Literal["used", "not-used", "thanked", "joined", "withdrawn", "spam", "safeguarding"]


class FeedbackReceived(Event):
    owner, name, aggregate = "feedback", "feedback-received", "item_id"
    item_id: UUID
    opportunity_id: UUID | None
    giver: ParticipantRef | None
    """None for an anonymous giver, who has a code instead (FB-04)."""
    waiting_for: Literal["us", "provider", "funder"]
    due_on: date | None = None
    """The last day on which an answer is in time (FB-03)."""
    step: Literal["answer", "review", "release", "agreement"] = "answer"
    """What it waits for: an answer; another look (FB-07); or that somebody here, or its giver, reads the words that
    would cross (NET-02)."""
    act_by: date | None = None
    """The last day for that, if it differs from the answer's."""
    reviewer_role: str | None = None
    not_for: tuple[UUID, ...] = ()
    """Those of our people who may not do it, because they gave it or answered it before."""


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
    dealt_with: bool = False
    """For an item that ended as safeguarding: it was looked after, and its giver may be told so (FB-09)."""


# Safeguarding (FB-09): ids of those who are to see it, but not what it is, from whom, or about whom


Source = Literal["question", "need", "claim"]
"""What staff may have read outside feedback when they raised a concern."""


class _Concern(Event):
    owner, aggregate = "feedback", "concern_id"
    concern_id: UUID
    people: tuple[UUID, ...]
    """Who has it first: the lead; or whoever stands in for a lead who is away or whom it is about."""
    deputy: UUID | None
    respond_by: datetime
    tell: tuple[UUID, ...] = ()
    """Whom to tell by message now."""
    taken_by: UUID | None = None
    """Who has taken it in hand; None if nobody has."""
    source: Source | None = None
    source_id: UUID | None = None
    """What it was raised from, which its owner sets aside; None for feedback, if nobody said where they read it, or if
    they may not open it."""
    marked_as: str = ""
    """The role in which whoever raised it opens that; "" if its owner was not asked."""

    @property
    def has_it(self) -> list[UUID]:
        """Everybody who has it."""
        return sorted({*self.people, *([self.deputy] if self.deputy else [])})


class ConcernRaised(_Concern):
    """Somebody raised a concern; or other people are to see it than before."""

    name = "concern-raised"


class ConcernOverdue(_Concern):
    """Its hours have run out, and nobody has taken it in hand."""

    name = "concern-overdue"


class ConcernTaken(_Concern):
    """Somebody has taken it in hand. It stays theirs until it is settled."""

    name = "concern-taken"


class ConcernSettled(_Concern):
    name = "concern-settled"
    returned: bool = False
    """It is no concern, so its source goes back to ordinary view."""


class SafeguardingLeadsMissing(Event):
    """There is no lead or no deputy: never named, away, or no longer working here."""

    owner, name, aggregate = "feedback", "safeguarding-leads-missing", "leads_id"
    leads_id: UUID
    missing: tuple[Literal["lead", "deputy"], ...]


class SafeguardingLeadsPresent(Event):
    owner, name, aggregate = "feedback", "safeguarding-leads-present", "leads_id"
    leads_id: UUID


class SafeguardingLeadsNamed(Event):
    """Who looks after safeguarding from now on."""

    owner, name, aggregate = "feedback", "safeguarding-leads-named", "leads_id"
    leads_id: UUID
    lead: UUID | None
    deputy: UUID | None
    tell: tuple[UUID, ...] = ()
    """Whom to tell by message: those who had not held this role before."""
    no_longer: tuple[UUID, ...] = ()
    """Whom to tell that they are neither any more."""
    named_by: UUID | None = None
    """The administrator who did it; None if a setting did."""


# What crosses the border


class GuestWords(Fact):
    words: Annotated[str, Field(min_length=1, max_length=5000)]


class GuestFeedbackGiven(Addressed):
    """A participant of ours said how the host's opportunity was, and agreed that the host reads it. Who they are stays
    at home."""

    owner, name, aggregate, content = "feedback", "guest-feedback-given", "item_id", GuestWords
    item_id: UUID
    opportunity_id: UUID
    """The host's own id."""
    board: bool
    """May be shown on a public board."""
    withdrawn: bool = False
    """Its giver took it back (FB-02): the host deletes its copy of the words."""


class Answer(Fact):
    answer: Annotated[str, Field(max_length=5000)]


class GuestFeedbackAnswered(Addressed):
    """How the host ended a guest's item (FB-02, FB-04)."""

    owner, name, aggregate, content = "feedback", "guest-feedback-answered", "item_id", Answer
    item_id: UUID
    """The home organisation's id of the item."""
    ending: Ending
