"""Published by `opportunities` across the border: listings that it shares, and its guests elsewhere (NET-01, NET-02).

The text of a shared listing is public; a guest has a code, and no name.
"""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.events.base import Addressed, Fact, Public

Line = Annotated[str, Field(max_length=150)]
Text = Annotated[str, Field(max_length=5000)]
ShortText = Annotated[str, Field(max_length=1000)]
Pence = Annotated[int, Field(ge=0, le=100_000_000)]
Minutes = Annotated[int, Field(ge=0, le=24 * 60)]


class PublicSession(Fact):
    session_id: UUID
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    venue: Annotated[str, Field(max_length=500)]


class CancelledSession(Fact):
    session_id: UUID
    cancelled_at: AwareDatetime


class OpportunityShared(Public):
    """Shared with the network, or changed since: only its public text (NET-01)."""

    owner, name, aggregate = "opportunities", "opportunity-shared", "opportunity_id"
    opportunity_id: UUID
    host_name: Line
    title: Line
    summary: Annotated[str, Field(max_length=1000)]
    kind: Line
    mode: Literal["in-person", "online", "both"]
    area: Line
    sessions: Annotated[tuple[PublicSession, ...], Field(min_length=1, max_length=60)]
    background: Text
    expected: Text
    time_needed: Text
    payment: Text
    accessibility: Text
    result: Text
    contact_role: Line
    commissioner: Line
    short_notice_reason: Annotated[str, Field(max_length=1000)]
    paid: bool
    rate_pence: Pence | None
    """What an hour is paid; None if it is not paid."""
    funding: Literal["none", "fees", "fees-and-expenses"]
    """What the host pays back to a guest's home organisation (NET-03)."""
    expenses_cap_pence: Pence
    """The most that it pays back for one guest's expenses for one session."""
    waiting_list: bool
    """Every place is taken now: a newcomer waits."""
    url: Annotated[str, Field(max_length=300, pattern=r"^https?://[^\s<>\"']+$")]
    changed: tuple[Literal["time", "place", "contact", "purpose"], ...] = ()
    """What has changed since the version before."""
    reason: Annotated[str, Field(max_length=1000)] = ""
    led_by: ShortText = ""
    speaking: ShortText = ""
    upset: ShortText = ""
    agreements: ShortText = ""
    conflicts: ShortText = ""
    """How it works in the room (OPP-23)."""
    answers: Annotated[str, Field(max_length=20_000)] = ""
    """What people asked and everybody may read, newest first: a line with the question, the lines of the answer, and
    a blank line before the next (OPP-22). None of it says who asked."""
    cancelled: Annotated[tuple[CancelledSession, ...], Field(max_length=60)] = ()
    """Its sessions that will not happen while others do, and since when (OPP-19): home pays for a late one (PAY-16)."""


class OpportunityWithdrawn(Public):
    owner, name, aggregate = "opportunities", "opportunity-withdrawn", "opportunity_id"
    opportunity_id: UUID
    because: Literal["not-shared", "cancelled", "closed"]
    """"not-shared": guests who have a place keep it."""
    reason: Annotated[str, Field(max_length=1000)]
    cancelled_at: AwareDatetime | None = None
    """If it was cancelled: home pays for a session that was to start soon after (PAY-16)."""


GuestNeed = Literal[
    "travel",
    "easy-read",
    "large-print",
    "interpreter",
    "hearing-loop",
    "step-free",
    "quiet-space",
    "supporter",
    "breaks",
    "food",
    "papers-beforehand",
    "technology",
]
"""The needs that may be ticked for another organisation (OPP-07, NET-02): "other" and its words stay at home."""


class GuestRequest(Fact):
    """What crosses about a guest, after they agreed to it."""

    code: Annotated[str, Field(pattern=r"^G-[2-9A-HJKMNP-Z]{4}$")]
    needs: Annotated[tuple[GuestNeed, ...], Field(max_length=20)]
    duty_number: Annotated[str, Field(max_length=30, pattern=r"^[0-9 +()-]*$")]
    """The home organisation's duty telephone, for the day itself."""


class GuestRequested(Addressed):
    """A participant of ours asks the host for a place, and is known to it only by a fresh code (NET-02). A later
    version changes the needs."""

    owner, name, aggregate, content = "opportunities", "guest-requested", "guest_id", GuestRequest
    guest_id: UUID
    opportunity_id: UUID
    """The host's own id, as in everything addressed to it."""


class GuestAccepted(Addressed):
    """The guest says yes to the place that came free."""

    owner, name, aggregate = "opportunities", "guest-accepted", "guest_id"
    guest_id: UUID
    opportunity_id: UUID


class GuestLeft(Addressed):
    owner, name, aggregate = "opportunities", "guest-left", "guest_id"
    guest_id: UUID
    opportunity_id: UUID


class NeedAnswer(Fact):
    need: GuestNeed
    state: Literal["asked", "promised", "met", "not-met"]
    reason: Annotated[str, Field(max_length=2000)]


class Joining(Fact):
    """How to join a session online: only for those with a place."""

    session_id: UUID
    how: Annotated[str, Field(max_length=1000)]


class GuestAnswer(Fact):
    reason: Annotated[str, Field(max_length=1000)]
    """Why a place was refused; "" otherwise."""
    needs: Annotated[tuple[NeedAnswer, ...], Field(max_length=20)]
    joining: Annotated[tuple[Joining, ...], Field(max_length=60)]
    duty_number: Annotated[str, Field(max_length=30, pattern=r"^[0-9 +()-]*$")]
    """The host's duty telephone."""


class GuestAnswered(Addressed):
    """The whole state of a guest's place at the host; a later version replaces an earlier one."""

    owner, name, aggregate, content = "opportunities", "guest-answered", "guest_id", GuestAnswer
    guest_id: UUID
    opportunity_id: UUID
    state: Literal["taken", "waiting", "offered", "lapsed", "left", "refused"]
    position: Annotated[int, Field(ge=1, le=100_000)] | None
    """On the waiting list."""
    answer_by: AwareDatetime | None
    over: bool = False
    """Lapsed because it ended: the place went to nobody else."""


class GuestAttended(Addressed):
    """The line about a guest in the host's register. A later version corrects an earlier one (OPP-11)."""

    owner, name, aggregate = "opportunities", "guest-attended", "attendance_id"
    attendance_id: UUID
    guest_id: UUID
    opportunity_id: UUID
    session_id: UUID
    session_date: date
    present: bool
    minutes: Minutes
    planned_minutes: Minutes
    paid: bool
