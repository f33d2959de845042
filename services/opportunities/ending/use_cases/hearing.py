"""What an ending waits for, as payments and feedback say it (OPP-12). A later version wins, in whatever order they
arrive."""

from services.opportunities.ending.tables import claims_heard, feedback_heard
from services.opportunities.words import domain
from shared.copies import keep_newest
from shared.db import Transaction, participant_values
from shared.events.feedback import FeedbackClosed, FeedbackReceived
from shared.events.payments import (
    ClaimApproved,
    ClaimDeclined,
    ClaimOpened,
    ClaimOwedAgain,
    ClaimPaid,
    ClaimRefused,
    ClaimReturned,
    ClaimSubmitted,
)

AnyClaim = (
    ClaimOpened
    | ClaimSubmitted
    | ClaimApproved
    | ClaimReturned
    | ClaimOwedAgain
    | ClaimPaid
    | ClaimRefused
    | ClaimDeclined
)
_ENDED: dict[str, domain.ClaimState] = {
    ClaimPaid.name: "paid",
    ClaimRefused.name: "refused",
    ClaimDeclined.name: "declined",
}


async def hear_claim(tx: Transaction, event: AnyClaim) -> None:
    """OPP-12: a claim's latest event says whether it is still open."""
    facts = {"version": event.version, "opportunity_id": event.opportunity_id, "session_id": event.session_id}
    values = {**facts, "state": _ENDED.get(event.name, "open"), **participant_values(event.participant)}
    await keep_newest(tx, claims_heard, {"claim_id": event.claim_id}, values)


async def hear_feedback(tx: Transaction, event: FeedbackReceived | FeedbackClosed) -> None:
    values = {
        "version": event.version,
        "opportunity_id": event.opportunity_id,
        "waiting": isinstance(event, FeedbackReceived),
    }
    await keep_newest(tx, feedback_heard, {"item_id": event.item_id}, values)
