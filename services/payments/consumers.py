"""The events that payments hears: each becomes a use case, or two, in the transaction that also holds its inbox row."""

import contextlib
from typing import Any
from uuid import UUID

from services.payments.approving.use_cases import deciders
from services.payments.bank_details.use_cases import copies
from services.payments.claims.queries.read_out import TELLS_WHY, words_of_claim, words_of_their_own
from services.payments.claims.tables import claims
from services.payments.claims.use_cases import readings
from services.payments.claims.use_cases.cancelled_sessions import hear_cancelled_session
from services.payments.correcting.use_cases import attendance
from services.payments.recharging.use_cases import recharges, statements
from services.payments.register.use_cases.copies import keep_opportunity
from services.payments.safeguarding.domain import role_that_sets_aside
from services.payments.safeguarding.use_cases import hear_concern
from shared.copies import fetch_cards
from shared.db import Actor, Command, Transaction
from shared.events import network
from shared.events.feedback import ConcernOverdue, ConcernRaised, ConcernSettled, ConcernTaken
from shared.events.listings import OpportunityShared
from shared.events.opportunities import (
    AttendanceRecorded,
    ContributionRecorded,
    OpportunityChanged,
    OpportunityCreated,
    SessionCancelled,
)
from shared.events.people import PersonChanged, PersonRegistered
from shared.messaging.handling import Consumers
from shared.reasons import Missing
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
consumers.on(OpportunityShared, recharges.keep_offer)  # our own: what we offered to pay back
consumers.on(AttendanceRecorded, hear_attendance)
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
    """NOT-08, PAY-14: for whoever rings somebody that no page reaches: why something in their claims is not paid, by
    the news that they are told. PRI-03: records that a claim was read."""
    owner = UUID(request["person_id"])
    told = [(each["event"], UUID(each["about"])) for each in request["told"] if each["event"] in TELLS_WHY]

    async def read(tx: Transaction) -> dict[str, list[str]]:
        words: dict[str, list[str]] = {}
        for event, about in told:
            with contextlib.suppress(Missing):
                words[f"{event}/{about}"] = words_of_claim(event, await readings.claim_read_out(tx, about, owner))
        return words

    reader = Actor("person", UUID(request["by"]))
    return {"words": await service.database.run(Command("read-out-what-stands", reader), read)}


async def words_set_aside(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """FB-09: what is set aside, for the page of its concern; nothing else, and nothing of what `feedback` says that
    they are kept from. PRI-03: records who read the claim."""
    reader = Actor("person", UUID(request["by"]))
    kept_from = frozenset(UUID(each) for each in request.get("kept_from", ()))

    async def read(tx: Transaction) -> dict[str, Any] | None:
        with contextlib.suppress(Missing):
            claim = await readings.claim_set_aside(tx, UUID(request["id"]), kept_from)
            owner = str(claim.row.participant_id) if claim.row.participant_kind == "person" else None
            return {"text": words_of_their_own(claim), "person_id": owner, "reach": ""}
        return None

    return {"found": await service.database.run(Command("read-set-aside", reader), read)}


async def set_aside(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """FB-09: in which role somebody who works here may set a claim's words aside, because they can open it now; null if
    they may not. concern: as its event has it; then they are set aside at once, and the event finds that done."""
    by, claim_id = UUID(request["by"]), UUID(request["id"])
    concern = ConcernRaised.model_validate(request["concern"]) if request.get("concern") else None

    async def work(tx: Transaction) -> str | None:
        claim = (await deciders.any_to_approve(tx, claims.c.id == claim_id)).get(claim_id)
        wrote = claim and claim.helpers | {claim.claimant}
        role = None if wrote is None else role_that_sets_aside(by, request["roles"], written_by=wrote)
        if role and concern:
            await hear_concern(tx, concern)
        return role

    return {"as": await service.database.run(Command("set-aside", Actor("person", by)), work)}


RESPONDERS = (
    Responder("payments.words.notifications", words_to_read_out),
    Responder("payments.words.feedback", words_set_aside),
    Responder("payments.set-aside.feedback", set_aside),
)
