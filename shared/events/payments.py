"""Published by `payments`. Amounts are pence."""

from datetime import date
from typing import Literal
from uuid import UUID

from shared.events.base import Event, ParticipantRef

Recognition = Literal["bank-transfer", "vouchers", "cash", "cheque", "training", "volunteering-role", "award", "none"]


class _ClaimEvent(Event):
    owner, aggregate = "payments", "claim_id"
    claim_id: UUID
    opportunity_id: UUID
    session_id: UUID
    participant: ParticipantRef


class ClaimOpened(_ClaimEvent):
    """Opened by itself when attendance was recorded (PAY-06)."""

    name = "claim-opened"
    session_date: date


class ClaimSubmitted(_ClaimEvent):
    name = "claim-submitted"
    amount_pence: int
    pay_by: date
    """The last day of the limit (PAY-07)."""


class ClaimApproved(_ClaimEvent):
    name = "claim-approved"
    amount_pence: int


class ClaimRefused(_ClaimEvent):
    """Nothing of it is paid. The reason is on the claim's page (PAY-14)."""

    name = "claim-refused"


class ClaimReturned(_ClaimEvent):
    """The bank could not pay it: the person is asked to check their details (PAY-12)."""

    name = "claim-returned"


class ClaimDeclined(_ClaimEvent):
    """The person chose to take nothing (PAY-08). The claim is settled."""

    name = "claim-declined"


class ClaimOverdue(_ClaimEvent):
    """Past the limit of PAY-07 and not paid: approvers are told."""

    name = "claim-overdue"
    pay_by: date


class ClaimPaid(_ClaimEvent):
    """The bank confirmed it, or the vouchers were sent."""

    name = "claim-paid"
    amount_pence: int
    recognition: Recognition
    payment_run_id: UUID
