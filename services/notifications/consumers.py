"""What notifications hears: one use case an event."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.notifications.use_cases import cards, claims, concerns, feedback, opportunities, places, questions, roles, statements, tasks
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
    PaymentsPerhapsGone,
    StatementAnswered,
    StatementIssued,
)
from shared.events.people import ContactEntered, PersonChanged, PersonRegistered, RolesAnswered, RolesAsked, SecondStepChanged
from shared.messaging.handling import Consumers
from shared.service import Service

consumers = Consumers("notifications")
PersonEvent = PersonRegistered | PersonChanged


async def fetch_cards(service: Service, events: Sequence[PersonEvent]) -> dict[UUID, dict[str, Any]]:
    """Ask `people` for the cards; each with the organisation that is the person's home."""
    asked = sorted({str(event.person_id) for event in events})
    answer = await service.requests("people.cards.notifications", {"person_ids": asked})
    home = service.settings.organisation
    return {UUID(person_id): {"home": home, **card} for person_id, card in answer["cards"].items()}


@consumers.on(PersonRegistered, prepare=fetch_cards)
async def on_person_registered(tx: Transaction, event: PersonRegistered, card: dict[str, Any]) -> None:
    await cards.keep_card(tx, event.person_id, card["home"], card)


@consumers.on(PersonChanged, prepare=fetch_cards)
async def on_person_changed(tx: Transaction, event: PersonChanged, card: dict[str, Any]) -> None:
    await cards.keep_card(tx, event.person_id, card["home"], card)


@consumers.on(RolesAsked)
async def on_roles_asked(tx: Transaction, event: RolesAsked) -> None:
    await roles.follow_asked(tx, event)


@consumers.on(RolesAnswered)
async def on_roles_answered(tx: Transaction, event: RolesAnswered) -> None:
    await roles.follow_answered(tx, event)


@consumers.on(SecondStepChanged)
async def on_second_step_changed(tx: Transaction, event: SecondStepChanged) -> None:
    await roles.follow_second_step(tx, event)


@consumers.on(ContactEntered)
async def on_contact_entered(tx: Transaction, event: ContactEntered) -> None:
    await roles.follow_contact(tx, event)


@consumers.on(ListingHeld)
async def on_listing_held(tx: Transaction, event: ListingHeld) -> None:
    await tasks.follow(tx, event.name, event.listing_id, event.version)


@consumers.on(ListingSettled)
async def on_listing_settled(tx: Transaction, event: ListingSettled) -> None:
    await tasks.follow(tx, event.name, event.listing_id, event.version)


@consumers.on(OpportunityCreated)
async def on_opportunity_created(tx: Transaction, event: OpportunityCreated) -> None:
    await opportunities.follow_publication(tx, event)


@consumers.on(OpportunityChanged)
async def on_opportunity_changed(tx: Transaction, event: OpportunityChanged) -> None:
    await opportunities.follow_change(tx, event)


@consumers.on(OpportunityCancelled)
async def on_opportunity_cancelled(tx: Transaction, event: OpportunityCancelled) -> None:
    await opportunities.follow_cancellation(tx, event)


@consumers.on(OpportunityClosed)
async def on_opportunity_closed(tx: Transaction, event: OpportunityClosed) -> None:
    await opportunities.follow_closing(tx, event)


@consumers.on(WorkWaits)
async def on_work_waits(tx: Transaction, event: WorkWaits) -> None:
    happening = f"{event.kind}-{'waits' if event.waiting else 'done'}"
    await tasks.follow(tx, happening, event.about, event.version, opportunity_id=event.opportunity_id, due_at=event.due_at)


@consumers.on(AgeWaits)
async def on_age_waits(tx: Transaction, event: AgeWaits) -> None:
    happening = "age-waits" if event.waiting else "age-done"
    await tasks.follow(tx, happening, event.person_id, event.version, person_id=event.person_id, due_at=event.due_at)


@consumers.on(QuestionAsked)
async def on_question_asked(tx: Transaction, event: QuestionAsked) -> None:
    await questions.follow_asked(tx, event)


@consumers.on(QuestionAnswered)
async def on_question_answered(tx: Transaction, event: QuestionAnswered) -> None:
    await questions.follow_answered(tx, event)


@consumers.on(PlaceTaken)
async def on_place_taken(tx: Transaction, event: PlaceTaken) -> None:
    await places.follow_taken(tx, event)


@consumers.on(PlaceQueued)
async def on_place_queued(tx: Transaction, event: PlaceQueued) -> None:
    await places.follow_queued(tx, event)


@consumers.on(PlaceOffered)
async def on_place_offered(tx: Transaction, event: PlaceOffered) -> None:
    await places.follow_offered(tx, event)


@consumers.on(PlaceLapsed)
async def on_place_lapsed(tx: Transaction, event: PlaceLapsed) -> None:
    await places.follow_lapsed(tx, event)


@consumers.on(PlaceLeft)
async def on_place_left(tx: Transaction, event: PlaceLeft) -> None:
    await places.follow_left(tx, event)


@consumers.on(PlaceRefused)
async def on_place_refused(tx: Transaction, event: PlaceRefused) -> None:
    await places.follow_refused(tx, event)


@consumers.on(AccessNeedAnswered)
async def on_access_need_answered(tx: Transaction, event: AccessNeedAnswered) -> None:
    await places.follow_need_answered(tx, event)


@consumers.on(ClaimOpened)
async def on_claim_opened(tx: Transaction, event: ClaimOpened) -> None:
    await claims.follow_claim(tx, event)


@consumers.on(ClaimSubmitted)
async def on_claim_submitted(tx: Transaction, event: ClaimSubmitted) -> None:
    await claims.follow_claim(tx, event)


@consumers.on(ClaimApproved)
async def on_claim_approved(tx: Transaction, event: ClaimApproved) -> None:
    await claims.follow_claim(tx, event)


@consumers.on(ClaimRefused)
async def on_claim_refused(tx: Transaction, event: ClaimRefused) -> None:
    await claims.follow_claim(tx, event)


@consumers.on(ClaimWithdrawn)
async def on_claim_withdrawn(tx: Transaction, event: ClaimWithdrawn) -> None:
    await claims.follow_claim(tx, event)


@consumers.on(ClaimClockChanged)
async def on_claim_clock_changed(tx: Transaction, event: ClaimClockChanged) -> None:
    await claims.follow_clock(tx, event)


@consumers.on(ClaimReturned)
async def on_claim_returned(tx: Transaction, event: ClaimReturned) -> None:
    await claims.follow_claim(tx, event)


@consumers.on(ClaimOwedAgain)
async def on_claim_owed_again(tx: Transaction, event: ClaimOwedAgain) -> None:
    await claims.follow_claim(tx, event)


@consumers.on(ClaimDeclined)
async def on_claim_declined(tx: Transaction, event: ClaimDeclined) -> None:
    await claims.follow_claim(tx, event)


@consumers.on(ClaimPaid)
async def on_claim_paid(tx: Transaction, event: ClaimPaid) -> None:
    await claims.follow_claim(tx, event)


@consumers.on(PaymentsPerhapsGone)
async def on_payments_perhaps_gone(tx: Transaction, event: PaymentsPerhapsGone) -> None:
    happening = "payments-perhaps-gone" if event.waiting else "payments-settled"
    await tasks.follow(tx, happening, event.run_id, event.version, due_on=event.look_by if event.waiting else None)


@consumers.on(ClaimToPay)
async def on_claim_to_pay(tx: Transaction, event: ClaimToPay) -> None:
    await claims.follow_to_pay(tx, event)


@consumers.on(BankDetailsToConfirm)
async def on_bank_details_to_confirm(tx: Transaction, event: BankDetailsToConfirm) -> None:
    await claims.follow_details_to_confirm(tx, event)


@consumers.on(BankDetailsChanged)
async def on_bank_details_changed(tx: Transaction, event: BankDetailsChanged) -> None:
    await claims.follow_bank_details(tx, event)


@consumers.on(ClaimOverdue)
async def on_claim_overdue(tx: Transaction, event: ClaimOverdue) -> None:
    await claims.follow_overdue(tx, event)


@consumers.on(FeedbackReceived)
async def on_feedback_received(tx: Transaction, event: FeedbackReceived) -> None:
    await feedback.follow_received(tx, event)


@consumers.on(FeedbackClosed)
async def on_feedback_closed(tx: Transaction, event: FeedbackClosed) -> None:
    await feedback.follow_closed(tx, event)


@consumers.on(ConcernRaised)
async def on_concern_raised(tx: Transaction, event: ConcernRaised) -> None:
    await concerns.follow_concern(tx, event)


@consumers.on(ConcernOverdue)
async def on_concern_overdue(tx: Transaction, event: ConcernOverdue) -> None:
    await concerns.follow_concern(tx, event)


@consumers.on(ConcernTaken)
async def on_concern_taken(tx: Transaction, event: ConcernTaken) -> None:
    await concerns.follow_concern(tx, event)


@consumers.on(ConcernSettled)
async def on_concern_settled(tx: Transaction, event: ConcernSettled) -> None:
    await concerns.follow_concern(tx, event)


@consumers.on(SafeguardingLeadsMissing)
async def on_safeguarding_leads_missing(tx: Transaction, event: SafeguardingLeadsMissing) -> None:
    await concerns.follow_leads(tx, event)


@consumers.on(SafeguardingLeadsPresent)
async def on_safeguarding_leads_present(tx: Transaction, event: SafeguardingLeadsPresent) -> None:
    await concerns.follow_leads(tx, event)


@consumers.on(StatementIssued)
async def on_statement_issued(tx: Transaction, event: StatementIssued) -> None:
    await statements.follow_issued(tx, event)


@consumers.on(network.StatementAnswered)
async def on_answer_to_our_statement(tx: Transaction, event: network.StatementAnswered) -> None:
    await statements.follow_answered_to_us(tx, event)


@consumers.on(StatementAnswered)
async def on_our_answer_to_a_statement(tx: Transaction, event: StatementAnswered) -> None:
    await statements.follow_answered_by_us(tx, event)
