"""The events that payments hears: each becomes a use case, or two, in the transaction that also holds its inbox row."""

from typing import Any
from uuid import UUID

from services.payments.approving.use_cases import deciders
from services.payments.approving.use_cases.set_aside import ways_unseen
from services.payments.bank_details.use_cases import copies
from services.payments.claims.domain.claims import TO_APPROVE
from services.payments.claims.queries.read_out import TELLS_WHY, words_of_claim, words_of_their_own
from services.payments.claims.tables import claims
from services.payments.claims.use_cases import readings
from services.payments.claims.use_cases.cancelled_sessions import hear_cancelled_session
from services.payments.claims.use_cases.moved_sessions import hear_moved_session
from services.payments.correcting.use_cases import attendance
from services.payments.recharging.use_cases import copies as organisations
from services.payments.recharging.use_cases import recharges, statements
from services.payments.register.use_cases.copies import keep_opportunity
from services.payments.safeguarding.domain import role_that_sets_aside
from services.payments.safeguarding.use_cases import hear_concern
from shared import answering
from shared.copies import fetch_cards
from shared.db import Transaction
from shared.events import network
from shared.events.feedback import ConcernOverdue, ConcernRaised, ConcernSettled, ConcernTaken
from shared.events.listings import OpportunityShared
from shared.events.opportunities import (
    AttendanceRecorded,
    ContributionRecorded,
    OpportunityChanged,
    OpportunityCreated,
    OrganisationNamed,
    SessionCancelled,
    SessionChanged,
)
from shared.events.people import PersonChanged, PersonRegistered
from shared.messaging.handling import Consumers
from shared.service import Responder, Service


async def keep_card(tx: Transaction, event: PersonRegistered | PersonChanged, card: dict[str, Any]) -> None:
    await copies.keep_card(tx, event.person_id, card)


async def hear_attendance(tx: Transaction, event: AttendanceRecorded) -> None:
    """NET-03: if a guest's claims were put right, their host is asked for a different sum."""
    if await attendance.hear_attendance(tx, event):
        await recharges.raise_recharge(tx, event.attendance_id)


consumers = Consumers("payments")
consumers.on(OpportunityCreated, keep_opportunity)
consumers.on(OpportunityChanged, keep_opportunity)
consumers.on(OrganisationNamed, organisations.keep_name)
consumers.on(OpportunityShared, recharges.keep_offer)  # our own: what we offered to pay back
consumers.on(AttendanceRecorded, hear_attendance)
consumers.on(SessionChanged, hear_moved_session)
consumers.on(SessionCancelled, hear_cancelled_session)
consumers.on(ContributionRecorded, attendance.hear_contribution)
consumers.on(PersonRegistered, keep_card, prepare=fetch_cards)
consumers.on(PersonChanged, keep_card, prepare=fetch_cards)
consumers.on(ConcernRaised, hear_concern)
consumers.on(ConcernOverdue, hear_concern)
consumers.on(ConcernTaken, hear_concern)
consumers.on(ConcernSettled, hear_concern)
# From other organisations
consumers.on(network.OrganisationAnnounced, recharges.hear_announced)
consumers.on(network.OrganisationRemoved, recharges.hear_removal)
consumers.on(network.RechargeRaised, recharges.hear_recharge)
consumers.on(network.RechargeAnswered, recharges.hear_answer)
consumers.on(network.StatementIssued, statements.hear_statement)
consumers.on(network.StatementAnswered, statements.hear_answer)


async def words_to_read_out(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """PAY-14: why something in their claims is not paid. in_mail: without words of their own, which no mail needs."""
    owner, in_mail = UUID(request["person_id"]), bool(request.get("in_mail"))

    async def words_of(tx: Transaction, event: str, about: UUID) -> list[str] | None:
        if event not in TELLS_WHY:
            return None
        return words_of_claim(event, await readings.claim_read_out(tx, about, owner), in_mail=in_mail)

    return await answering.words_by_news(service, request, words_of)


async def words_set_aside(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    async def read(tx: Transaction, about: UUID, kept_from: frozenset[UUID]) -> dict[str, str | None]:
        claim = await readings.claim_set_aside(tx, about, kept_from)
        owner = str(claim.row.participant_id) if claim.row.participant_kind == "person" else None
        waits = claim.state in TO_APPROVE and await ways_unseen(tx, claim.row)
        return {"text": words_of_their_own(claim), "person_id": owner, "reach": "", "owed": "yes" if waits else None}

    return await answering.words_set_aside(service, request, read)


async def set_aside(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    async def role_of(tx: Transaction, claim_id: UUID) -> str | None:
        claim = (await deciders.any_to_approve(tx, claims.c.id == claim_id)).get(claim_id)
        if claim is None:
            return None
        return role_that_sets_aside(UUID(request["by"]), request["roles"], written_by=claim.wrote)

    return await answering.set_aside(service, request, role_of, hear_concern)


RESPONDERS = (
    Responder("payments.words.notifications", words_to_read_out),
    Responder("payments.words.feedback", words_set_aside),
    Responder("payments.set-aside.feedback", set_aside),
)
