"""Published by `opportunities`. The text of a published opportunity is public; places and attendance are not."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.events.base import Event, Fact, OrganisationName, ParticipantRef


class SessionFacts(Fact):
    session_id: UUID
    starts_at: datetime
    ends_at: datetime
    venue: str
    """Where, or how to join: public text. People with a place get the joining link on their page."""


class ListingHeld(Event):
    """Another organisation shares something that a coordinator looks at before our people see it (NET-01)."""

    owner, name, aggregate = "opportunities", "listing-held", "listing_id"
    listing_id: UUID
    origin: OrganisationName
    due_at: datetime | None = None
    """The deadline, if somebody of ours waits for it."""


class ListingSettled(Event):
    """A coordinator has looked at it, or it was taken back before."""

    owner, name, aggregate = "opportunities", "listing-settled", "listing_id"
    listing_id: UUID
    origin: OrganisationName


class OrganisationNamed(Event):
    """What our people call another organisation: as it calls itself, or by its short name until a coordinator has
    agreed to that (NET-01)."""

    owner, name, aggregate = "opportunities", "organisation-named", "organisation_id"
    organisation_id: UUID
    origin: OrganisationName
    display_name: str


class OpportunityCreated(Event):
    """It was published: people can take places from now on."""

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
    host: str = ""
    """The organisation whose opportunity it is, if it came over the network; "" for our own. opportunity_id and the
    ids of its sessions are then our ids for it (`network.local_id`), so that no other organisation can choose them."""
    host_name: str = ""
    host_opportunity_id: UUID | None = None
    """The host's own id for it."""
    rate_pence: int | None = None
    """What an hour is paid, as the host advertised it (NET-03); None: our own rate."""
    funding: Literal["none", "fees", "fees-and-expenses"] = "none"
    """What the host pays back to us (NET-03)."""
    expenses_cap_pence: int = 0
    """The most that the host pays back for one guest's expenses for one session."""
    closes_on: date | None = None
    """The last day to do it, of what people do in their own time: then it has no sessions (OPP-01)."""


class TextChanged(Fact):
    """A text that people read is another now. name: of which, as pages say it. was, now: "" if there was nothing, or
    it is not said here."""

    about: str
    """"purpose", "room" or "joining"; more may come."""
    name: str
    was: str = ""
    now: str = ""


class OpportunityChanged(OpportunityCreated):
    """A published opportunity has changed, and this is its new text: everyone with a place is told, with the reason
    (OPP-16)."""

    owner, name, aggregate = "opportunities", "opportunity-changed", "opportunity_id"
    changed: tuple[Literal["time", "place", "contact", "purpose"], ...]
    reason: str
    texts: tuple[TextChanged, ...] = ()
    """Which texts, of those whose change the rest of the event does not show: "purpose" says too that how it works in
    the room is another, and "place" that how to join is."""


class OpportunityCancelled(Event):
    """It will not happen: everyone who has a place, waits for one or has asked for one is told (NOT-05)."""

    owner, name, aggregate = "opportunities", "opportunity-cancelled", "opportunity_id"
    opportunity_id: UUID
    participants: tuple[ParticipantRef, ...]
    reason: str
    without_place: tuple[ParticipantRef, ...] = ()
    """Those of them who had no place, but waited for one, were offered one or had asked for one. They are told in
    other words."""


class PlaceHeld(Fact):
    """Somebody had a place when a session was cancelled."""

    place_id: UUID
    participant: ParticipantRef
    guest_id: UUID | None = None
    """The host's id for our participant, if the session was another organisation's."""


class SessionAdded(Event):
    """People can come to a session: since the opportunity was published, or since it was added later. Whoever is told
    hears it from OpportunityCreated or OpportunityChanged, which say the same of all its sessions."""

    owner, name, aggregate = "opportunities", "session-added", "session_id"
    session_id: UUID
    opportunity_id: UUID
    opportunity_version: int
    """Of the opportunity's event that says the same."""
    starts_at: datetime
    ends_at: datetime
    venue: str


class SessionChanged(SessionAdded):
    """A session that has not begun was moved to another time or place (OPP-16). was_*: when it was to be until then;
    where is left out, because somebody may have taken out words that are not public (NET-02)."""

    owner, name, aggregate = "opportunities", "session-changed", "session_id"
    was_starts_at: datetime
    was_ends_at: datetime
    moved_at: datetime


class SessionCancelled(Event):
    """A session that was to come will not happen (OPP-19), alone or with the whole opportunity. Who has a place hears
    it from OpportunityChanged or OpportunityCancelled."""

    owner, name, aggregate = "opportunities", "session-cancelled", "session_id"
    session_id: UUID
    opportunity_id: UUID
    session_date: date
    starts_at: datetime
    cancelled_at: datetime
    planned_minutes: int
    paid: bool
    places: tuple[PlaceHeld, ...]
    """Of our own people."""
    cancelled_by: UUID
    """The person who cancelled it (PAY-10); for another organisation's session, the id that stands for it."""
    opportunity_version: int = 0
    """Of the opportunity's event that says the same, or of the one before, if nobody had to be told; 0 if a program
    before this one did not say."""
    guests: tuple[PlaceHeld, ...] = ()
    """Other organisations' people, who are paid at home (NET-03)."""
    host: str = ""
    """The organisation whose session it was, if not ours, and its own ids."""
    host_opportunity_id: UUID | None = None
    host_session_id: UUID | None = None


class PlaceTaken(Event):
    owner, name, aggregate = "opportunities", "place-taken", "place_id"
    place_id: UUID
    opportunity_id: UUID
    participant: ParticipantRef
    help_asked: Literal["no", "waits", "answered"] = "no"
    """Whether they said what would help, and whether all of it has been answered (OPP-07); never what it is."""


class PlaceQueued(Event):
    """On the waiting list: every place is taken (OPP-05)."""

    owner, name, aggregate = "opportunities", "place-queued", "place_id"
    place_id: UUID
    opportunity_id: UUID
    participant: ParticipantRef
    position: int
    """1 is the first to be offered a place."""


class PlaceRefused(Event):
    """The host could not give our participant a place: it is over, cancelled or no longer shared; or took back the one
    that they had (had_place). The reason is on the place's page."""

    owner, name, aggregate = "opportunities", "place-refused", "place_id"
    place_id: UUID
    opportunity_id: UUID
    participant: ParticipantRef
    had_place: bool = False


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
    over: bool = False
    """It ended while they waited, or had an offer to answer: nobody got the place, and it cannot be asked for again."""


class PlaceLeft(Event):
    """They have no place, are not waiting for one, and are no longer asked whether they want one: they hear of no
    further changes (OPP-05)."""

    owner, name, aggregate = "opportunities", "place-left", "place_id"
    place_id: UUID
    opportunity_id: UUID
    participant: ParticipantRef
    given_back: bool = True
    """False: they only waited for a place or were offered one, or came anyway while they waited (OPP-11). They gave
    nothing back, and are told of nothing."""


class AccessNeedAnswered(Event):
    """Something that the person asked for was promised, met, or not met. We do not say what it was (OPP-07)."""

    owner, name, aggregate = "opportunities", "access-need-answered", "place_id"
    place_id: UUID
    opportunity_id: UUID
    participant: ParticipantRef
    not_met: bool = False
    """Something that they asked for cannot be done, as all the answers stand now."""


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
    """The person who recorded it (PAY-10); for another organisation's register, the id that stands for it
    (`network.organisation_id`)."""
    host: str = ""
    """The organisation whose register it was, if not ours. The ids are then ours for it."""
    guest_id: UUID | None = None
    """The host's id for the participant."""
    host_attendance_id: UUID | None = None
    """The host's own id of this attendance."""
    host_opportunity_id: UUID | None = None


class ContributionRecorded(Event):
    """Had their say in another way than in the room, and for how long (OPP-18). A later version corrects an earlier
    one."""

    owner, name, aggregate = "opportunities", "contribution-recorded", "contribution_id"
    contribution_id: UUID
    opportunity_id: UUID
    day: date
    participant: ParticipantRef
    way: str
    """"written", "voice", "post", "phone" or "one-to-one"; more may come."""
    counts: bool
    """False: it was taken back, as a mistake."""
    minutes: int
    paid: bool
    recorded_by: UUID
    """The person who wrote it down (PAY-10)."""


class WorkWaits(Event):
    """Something about an opportunity waits for its coordinators, no longer waits, or has a new deadline (PEO-05)."""

    owner, name, aggregate = "opportunities", "work-waits", "work_id"
    work_id: UUID
    kind: Literal["needs", "register", "session", "bookings", "ending"]
    """Needs to answer, a register to fill in, a session that is soon, bookings to cancel, an ending that nobody has
    begun."""
    about: UUID
    """The session, for a register or a session that is soon; otherwise the opportunity."""
    opportunity_id: UUID
    waiting: bool
    due_at: datetime | None = None


class AgeWaits(Event):
    """We do not know whether somebody who walked in is 18 or over: a coordinator asks them, or no longer needs to
    (PEO-03)."""

    owner, name, aggregate = "opportunities", "age-waits", "person_id"
    person_id: UUID
    waiting: bool
    due_at: datetime | None = None


class QuestionAsked(Event):
    """Somebody wants to know something before they join, and a coordinator answers. What it is stays here (OPP-22).
    asker: if they were signed in, so that their first page can say by when they hear.

    Published again if our answer could not be mailed, for a coordinator to try once more; and if others answer it.
    """

    owner, name, aggregate = "opportunities", "question-asked", "question_id"
    question_id: UUID
    opportunity_id: UUID
    due_at: datetime
    asker: ParticipantRef | None = None
    people: tuple[UUID, ...] = ()
    """Who answers it: those who have the safeguarding concern for which it is set aside (FB-09); a coordinator, if
    it is not set aside."""
    set_aside: bool = False
    """Without people, nobody here may read it."""


class QuestionAnswered(Event):
    """There is an answer, or none can be given any more. asker: who is told, if they were signed in; None if whoever
    answered has told them, or if it is mailed to the address that they left (OPP-22)."""

    owner, name, aggregate = "opportunities", "question-answered", "question_id"
    question_id: UUID
    opportunity_id: UUID
    asker: ParticipantRef | None = None
    by_mail: bool = False
    """notifications mails it, and asks for address and words when it does (`opportunities.answers.notifications`)."""


class QuestionFindingOut(Event):
    """There is no answer yet; the asker is told so, with the new time by which we answer (OPP-22). asker, by_mail:
    as in QuestionAnswered."""

    owner, name, aggregate = "opportunities", "question-finding-out", "question_id"
    question_id: UUID
    opportunity_id: UUID
    due_at: datetime
    asker: ParticipantRef | None = None
    by_mail: bool = False
    people: tuple[UUID, ...] = ()
    set_aside: bool = False
    """As in QuestionAsked."""


class AnswerShown(Event):
    """Everybody may now read an answer, but not who asked: everyone with a place is told (OPP-22). The words stay
    here. asker: who has been told already, if they were signed in here."""

    owner, name, aggregate = "opportunities", "answer-shown", "answer_id"
    answer_id: UUID
    opportunity_id: UUID
    asker: ParticipantRef | None = None


class AnswersGone(Event):
    """Every answer about it that everybody could read was taken back (OPP-22): nobody is told of one any longer.
    answer_id: of the last of them."""

    owner, name, aggregate = "opportunities", "answers-gone", "answer_id"
    answer_id: UUID
    opportunity_id: UUID


class OpportunityClosed(Event):
    owner, name, aggregate = "opportunities", "opportunity-closed", "opportunity_id"
    opportunity_id: UUID
    participants: tuple[ParticipantRef, ...]
    """Who took part and is thanked (OPP-12)."""
    asked_to_stay: bool = False
    """Staff have asked them whether they want to stay involved, so nobody asks again."""
    has_outcome: bool = True
    """Whether what came of it can be read. True also if a program before this one did not say."""
