"""What notifications hears: one use case an event."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notifications.domain.offers import Offer, time_slots
from services.notifications.use_cases import (
    cards,
    claims,
    concerns,
    feedback,
    messages,
    opportunities,
    places,
    questions,
    roles,
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
    WorkWaits,
)
from shared.events.payments import (
    BankDetailsChanged,
    BankDetailsToConfirm,
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
    MoneyWaits,
    PaymentsPerhapsGone,
    PersonToConfirm,
    StatementAnswered,
    StatementIssued,
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
    """The cards; each with the organisation that is the person's home."""
    home = service.settings.organisation
    return {person_id: {"home": home, **card} for person_id, card in (await fetch_cards(service, events)).items()}


async def keep_card(tx: Transaction, event: PersonEvent, card: dict[str, Any]) -> None:
    await cards.keep_card(tx, event.person_id, card["home"], card)


consumers = Consumers("notifications")
consumers.on(PersonRegistered, keep_card, prepare=cards_of_ours)
consumers.on(PersonChanged, keep_card, prepare=cards_of_ours)
consumers.on(RolesAsked, roles.follow_asked)
consumers.on(RolesAnswered, roles.follow_answered)
consumers.on(SecondStepChanged, roles.follow_second_step)
consumers.on(ContactEntered, roles.follow_contact)
consumers.on(ListingHeld, waiting.follow_listing)
consumers.on(ListingSettled, waiting.follow_listing)
consumers.on(OpportunityCreated, opportunities.follow_publication)
consumers.on(OpportunityChanged, opportunities.follow_change)
consumers.on(OpportunityCancelled, opportunities.follow_cancellation)
consumers.on(OpportunityClosed, opportunities.follow_closing)
consumers.on(WorkWaits, waiting.follow_work)
consumers.on(AgeWaits, waiting.follow_age)
consumers.on(QuestionAsked, questions.follow_asked)
consumers.on(QuestionAnswered, questions.follow_answered)
consumers.on(PlaceTaken, places.follow_taken)
consumers.on(PlaceQueued, places.follow_queued)
consumers.on(PlaceOffered, places.follow_offered)
consumers.on(PlaceLapsed, places.follow_lapsed)
consumers.on(PlaceLeft, places.follow_left)
consumers.on(PlaceRefused, places.follow_refused)
consumers.on(AccessNeedAnswered, places.follow_need_answered)
consumers.on(ClaimOpened, claims.follow_claim)
consumers.on(ClaimSubmitted, claims.follow_claim)
consumers.on(ClaimApproved, claims.follow_claim)
consumers.on(ClaimRefused, claims.follow_claim)
consumers.on(ClaimWithdrawn, claims.follow_claim)
consumers.on(ClaimClockChanged, claims.follow_clock)
consumers.on(ClaimReturned, claims.follow_claim)
consumers.on(ClaimOwedAgain, claims.follow_claim)
consumers.on(ClaimDeclined, claims.follow_claim)
consumers.on(ClaimPaid, claims.follow_claim)
consumers.on(PaymentsPerhapsGone, waiting.follow_payments)
consumers.on(MoneyWaits, waiting.follow_money)
consumers.on(ClaimToPay, claims.follow_to_pay)
consumers.on(BankDetailsToConfirm, claims.follow_details_to_confirm)
consumers.on(PersonToConfirm, claims.follow_person_to_confirm)
consumers.on(BankDetailsChanged, claims.follow_bank_details)
consumers.on(ClaimOverdue, claims.follow_overdue)
consumers.on(FeedbackReceived, feedback.follow_received)
consumers.on(FeedbackClosed, feedback.follow_closed)
consumers.on(ConcernRaised, concerns.follow_concern)
consumers.on(ConcernOverdue, concerns.follow_concern)
consumers.on(ConcernTaken, concerns.follow_concern)
consumers.on(ConcernSettled, concerns.follow_concern)
consumers.on(SafeguardingLeadsMissing, concerns.follow_leads)
consumers.on(SafeguardingLeadsPresent, concerns.follow_leads)
consumers.on(SafeguardingLeadsNamed, concerns.follow_named)
consumers.on(StatementIssued, statements.follow_issued)
consumers.on(network.StatementAnswered, statements.follow_answered_to_us)
consumers.on(StatementAnswered, statements.follow_answered_by_us)


async def who_would_hear(service: Service, asked: dict[str, Any]) -> dict[str, Any]:
    """For opportunities, before something is published: how many of our people would be told of it, by the predicate of
    the telling itself."""
    slots = time_slots(datetime.fromisoformat(each) for each in asked["starts"])
    offer = Offer(asked["kind"], asked["mode"], asked["area"], slots)
    found = await service.database.read(lambda tx: messages.who_would_hear(tx, offer))
    return {
        "by_message": found.by_message,
        "by_phone": found.by_phone,
        "to_ring": [str(each) for each in found.to_ring],
    }


RESPONDERS = (Responder("notifications.news.opportunities", who_would_hear),)
