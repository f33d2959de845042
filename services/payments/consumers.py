"""What payments hears: each event becomes a use case, or two, in the transaction that also holds its inbox row."""

from typing import Any

from services.payments.bank_details.use_cases import copies
from services.payments.correcting.use_cases import attendance
from services.payments.recharging.use_cases import recharges, statements
from services.payments.register.use_cases.copies import keep_opportunity
from shared.copies import fetch_cards
from shared.db import Transaction
from shared.events import network
from shared.events.listings import OpportunityShared
from shared.events.opportunities import AttendanceRecorded, OpportunityChanged, OpportunityCreated
from shared.events.people import PersonChanged, PersonRegistered
from shared.messaging.handling import Consumers


async def keep_card(tx: Transaction, event: PersonRegistered | PersonChanged, card: dict[str, Any]) -> None:
    await copies.keep_card(tx, event.person_id, card)


async def hear_attendance(tx: Transaction, event: AttendanceRecorded) -> None:
    """NET-03: a guest's claims that were put right change what their host is asked for."""
    if await attendance.hear_attendance(tx, event):
        await recharges.raise_recharge(tx, event.attendance_id)


consumers = Consumers("payments")
consumers.on(OpportunityCreated, keep_opportunity)
consumers.on(OpportunityChanged, keep_opportunity)
consumers.on(OpportunityShared, recharges.keep_offer)  # our own: what we offered to pay back
consumers.on(AttendanceRecorded, hear_attendance)
consumers.on(PersonRegistered, keep_card, prepare=fetch_cards)
consumers.on(PersonChanged, keep_card, prepare=fetch_cards)
# From other organisations
consumers.on(network.OrganisationAnnounced, recharges.hear_announced)
consumers.on(network.OrganisationRemoved, recharges.hear_removal)
consumers.on(network.RechargeRaised, recharges.hear_recharge)
consumers.on(network.RechargeAnswered, recharges.hear_answer)
consumers.on(network.StatementIssued, statements.hear_statement)
consumers.on(network.StatementAnswered, statements.hear_answer)
