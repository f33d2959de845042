"""What notifications hears: one use case for each event."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notifications.domain.offers import Offer, time_slots
from services.notifications.use_cases import (
    claims,
    concerns,
    copies,
    feedback,
    messages,
    opportunities,
    places,
    questions,
    roles,
    sessions,
    statements,
    waiting,
)
from shared.copies import fetch_cards
from shared.db import Transaction
from shared.events import network
from shared.events.feedback import (
    ConcernOverdue,
    ConcernRaised,
    ConcernSettled,
    ConcernTaken,
    FeedbackClosed,
    FeedbackReceived,
    SafeguardingLeadsMissing,
    SafeguardingLeadsNamed,
    SafeguardingLeadsPresent,
)
from shared.events.opportunities import (
    AccessNeedAnswered,
    AgeWaits,
    AnswersGone,
    AnswerShown,
    ListingHeld,
    ListingSettled,
    OpportunityCancelled,
    OpportunityChanged,
    OpportunityClosed,
    OpportunityCreated,
    PlaceLapsed,
    PlaceLeft,
    PlaceOffered,
    PlaceQueued,
    PlaceRefused,
    PlaceTaken,
    QuestionAnswered,
    QuestionAsked,
    QuestionFindingOut,
    SessionAdded,
    SessionCancelled,
    SessionChanged,
    WorkWaits,
)
from shared.events.payments import (
    BankDetailsChanged,
    BankDetailsToConfirm,
    BankDetailsWanted,
    ClaimApproved,
    ClaimClockChanged,
    ClaimDeclined,
    ClaimOpened,
    ClaimOverdue,
    ClaimOwedAgain,
    ClaimPaid,
    ClaimRefused,
    ClaimReturned,
    ClaimSubmitted,
    ClaimToPay,
    ClaimWithdrawn,
    MeetingWanted,
    MoneyWaits,
    PaymentsPerhapsGone,
    PersonToConfirm,
    StatementAnswered,
    StatementIssued,
    WordWanted,
)
from shared.events.people import (
    ContactEntered,
    PersonChanged,
    PersonRegistered,
    RolesAnswered,
    RolesAsked,
    SecondStepChanged,
)
from shared.messaging.handling import Consumers
from shared.service import Responder, Service

PersonEvent = PersonRegistered | PersonChanged


async def cards_of_ours(service: Service, events: Sequence[PersonEvent]) -> dict[UUID, dict[str, Any]]:
    """The cards, each with the person's home organisation."""
    home = service.settings.organisation
    return {person_id: {"home": home, **card} for person_id, card in (await fetch_cards(service, events)).items()}


async def keep_card(tx: Transaction, event: PersonEvent, card: dict[str, Any]) -> None:
    await copies.keep_card(tx, event.person_id, card["home"], card)


consumers = Consumers("notifications")
consumers.on(PersonRegistered, keep_card, prepare=cards_of_ours)
consumers.on(PersonChanged, keep_card, prepare=cards_of_ours)
consumers.on(RolesAsked, roles.hear_asked)
consumers.on(RolesAnswered, roles.hear_answered)
consumers.on(SecondStepChanged, roles.hear_second_step)
consumers.on(ContactEntered, roles.hear_contact)
consumers.on(ListingHeld, waiting.hear_listing)
consumers.on(ListingSettled, waiting.hear_listing)
consumers.on(OpportunityCreated, opportunities.hear_publication)
consumers.on(OpportunityChanged, opportunities.hear_change)
consumers.on(OpportunityCancelled, opportunities.hear_cancellation)
consumers.on(OpportunityClosed, opportunities.hear_closing)
consumers.on(SessionAdded, sessions.hear_session)
consumers.on(SessionChanged, sessions.hear_session)
consumers.on(SessionCancelled, sessions.hear_cancelled)
consumers.on(WorkWaits, waiting.hear_work)
consumers.on(AgeWaits, waiting.hear_age)
consumers.on(QuestionAsked, questions.hear_asked)
consumers.on(QuestionAnswered, questions.hear_answered)
consumers.on(QuestionFindingOut, questions.hear_finding_out)
consumers.on(AnswerShown, questions.hear_shown)
consumers.on(AnswersGone, questions.hear_gone)
consumers.on(PlaceTaken, places.hear_taken)
consumers.on(PlaceQueued, places.hear_queued)
consumers.on(PlaceOffered, places.hear_offered)
consumers.on(PlaceLapsed, places.hear_lapsed)
consumers.on(PlaceLeft, places.hear_left)
consumers.on(PlaceRefused, places.hear_refused)
consumers.on(AccessNeedAnswered, places.hear_need_answered)
consumers.on(ClaimOpened, claims.hear_claim)
consumers.on(ClaimSubmitted, claims.hear_claim)
consumers.on(ClaimApproved, claims.hear_claim)
consumers.on(ClaimRefused, claims.hear_claim)
consumers.on(ClaimWithdrawn, claims.hear_claim)
consumers.on(ClaimClockChanged, claims.hear_clock)
consumers.on(ClaimReturned, claims.hear_claim)
consumers.on(ClaimOwedAgain, claims.hear_claim)
consumers.on(ClaimDeclined, claims.hear_claim)
consumers.on(ClaimPaid, claims.hear_claim)
consumers.on(PaymentsPerhapsGone, waiting.hear_payments)
consumers.on(MoneyWaits, waiting.hear_money)
consumers.on(WordWanted, waiting.hear_word)
consumers.on(ClaimToPay, claims.hear_to_pay)
consumers.on(BankDetailsToConfirm, claims.hear_details_to_confirm)
consumers.on(BankDetailsWanted, claims.hear_details_wanted)
consumers.on(MeetingWanted, claims.hear_meeting_wanted)
consumers.on(PersonToConfirm, claims.hear_person_to_confirm)
consumers.on(BankDetailsChanged, claims.hear_bank_details)
consumers.on(ClaimOverdue, claims.hear_overdue)
consumers.on(FeedbackReceived, feedback.hear_received)
consumers.on(FeedbackClosed, feedback.hear_closed)
consumers.on(ConcernRaised, concerns.hear_concern)
consumers.on(ConcernOverdue, concerns.hear_concern)
consumers.on(ConcernTaken, concerns.hear_concern)
consumers.on(ConcernSettled, concerns.hear_concern)
consumers.on(SafeguardingLeadsMissing, concerns.hear_leads)
consumers.on(SafeguardingLeadsPresent, concerns.hear_leads)
consumers.on(SafeguardingLeadsNamed, concerns.hear_named)
consumers.on(StatementIssued, statements.hear_issued)
consumers.on(network.StatementAnswered, statements.hear_answered_to_us)
consumers.on(StatementAnswered, statements.hear_answered_by_us)


async def who_would_hear(service: Service, asked: dict[str, Any]) -> dict[str, Any]:
    """For opportunities, before something is published: how many of our people would be told of it. Uses the same
    predicate as the telling."""
    starts = [datetime.fromisoformat(each) for each in asked["starts"]]
    slots = time_slots(starts)
    offer = Offer(asked["kind"], asked["mode"], asked["area"], slots)
    found = await service.database.read(lambda tx: messages.who_would_hear(tx, offer, starts))
    return {
        "by_message": found.by_message,
        "by_letter": found.by_letter,
        "by_phone": found.by_phone,
        "to_ring": [str(each) for each in found.to_ring],
    }


RESPONDERS = (Responder("notifications.news.opportunities", who_would_hear),)
