"""Published by `payments`. Amounts are pence."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.events.base import Addressed, Event, ParticipantRef
from shared.events.lines import ClaimLine, Pence, StatementLine

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
    because: Literal["", "receipt", "correction", "another-look"] = ""
    """Why it was split from another claim of the same attendance; "" if it was not. "another-look": it was sent already
    (PAY-14)."""
    else_because: Literal["", "rest", "reopened"] = ""
    """Reasons for which `because` has no word. rest: what was undecided when the bank paid the rest of it; reopened:
    it was there before (PAY-08)."""
    waiting_pence: int = 0
    waiting_lines: int = 0
    """How many lines moved into it because they wait for a receipt (PAY-05)."""
    receipt_by: date | None = None
    """The last day for the receipt that it waits for (PAY-05); None: for none, or an older program did not say."""
    rest_refused: bool = False
    """For "receipt": nothing else of the claim that it was split from is paid (PAY-14)."""
    sent: bool = False
    """For "rest": its owner had sent it before, and is asked for nothing (PAY-12)."""
    agreed: bool = False
    """For "rest": it was agreed before and stays so. ClaimApproved follows, and says everything else."""
    ground: str = "attendance"
    """What it is for: "attendance", or "cancelled-session" (PAY-16). More may come."""
    lines: tuple[ClaimLine, ...] = ()
    """What it was split off for; none if it was not split."""


class ClaimSubmitted(_ClaimEvent):
    name = "claim-submitted"
    amount_pence: int
    pay_by: date
    """The last day of the limit (PAY-07)."""
    aim_by: date | None = None
    """The day by which we aim to pay, as its owner was told; None: a program before this one did not say."""


class ClaimApproved(_ClaimEvent):
    """What was not agreed, and why, is on the claim's page (PAY-14)."""

    name = "claim-approved"
    amount_pence: int
    not_agreed_pence: int = 0
    not_agreed_lines: int = 0
    """How many lines are paid not at all, or less than was claimed."""
    waiting_pence: int = 0
    waiting_lines: int = 0
    """Lines that wait for a receipt move to a claim of their own (PAY-05)."""
    on_hold: bool = False
    """Its owner holds the payment: no day is promised until they let it go (PAY-09)."""
    recognition: Recognition | None = None
    """How they chose to be thanked (PAY-08): unless that is money, the sum says nothing about it. None: a program
    before this one did not say."""
    waits_for_bank: bool = False
    """The bank may have paid some of it already, so nothing of it is paid before that is known, and no day is promised
    (PAY-12)."""
    pay_by: date | None = None
    """As in ClaimSubmitted, if no such event said it."""
    aim_by: date | None = None
    """As in ClaimSubmitted."""
    details_wait: bool = False
    """It goes into a bank account that somebody first checks with its owner, by ringing or meeting them: no day is
    promised (PAY-13)."""
    person_waits: bool = False
    """Somebody first rings or meets its owner, whom one of us added: no day is promised (PAY-10)."""
    asks_details: bool = False
    """We have no bank details that it could go into, or they are in doubt: its owner is asked first, and no day is
    promised (PAY-12, PAY-13)."""
    lines: tuple[ClaimLine, ...] = ()
    """What was not agreed, waits for a receipt, or is looked at still in a claim of its own."""
    session_date: date | None = None
    stands: bool = False
    """It was agreed before, together with what the bank paid of the claim that it was split from (PAY-12)."""
    rest_pence: int = 0
    """The costs in it, if they come in another way than `recognition` (PAY-08)."""
    rest_recognition: Recognition | None = None


class ClaimWithdrawn(_ClaimEvent):
    """Its approval was taken back before it was paid, so it is decided again (PAY-17). The reason is on the claim's
    page."""

    name = "claim-withdrawn"
    amount_pence: int
    """What had been approved, and is not paid now."""
    pay_by: date
    aim_by: date | None = None
    """As in ClaimSubmitted."""
    because: Literal["register", "mistake"]
    bank_paid: bool = False
    """For "register": no register was put right; the bank had paid what was approved before (PAY-12)."""
    in_part: bool = False
    """The rest of it is unaffected, and nothing is decided again."""
    rest_to_come: bool = True
    """in_part: some of the rest is still to be paid."""
    asks_owner: bool = False
    """Another part of it came back, and its owner has not answered for their bank details (PAY-12)."""
    on_hold: bool = False
    """As in ClaimApproved."""
    recognition: Recognition | None = None
    """As in ClaimApproved."""
    waits_for_bank: bool = False
    """As in ClaimApproved."""
    details_wait: bool = False
    """As in ClaimApproved."""
    person_waits: bool = False
    """As in ClaimApproved."""
    asks_details: bool = False
    """As in ClaimApproved."""


class ClaimRefused(_ClaimEvent):
    """Nothing of it is paid. The reason is on the claim's page (PAY-14)."""

    name = "claim-refused"
    because: Literal["", "register"] = ""
    """register: nobody looked at it; the register of the day was put right (PAY-17)."""
    bank_paid: bool = False
    """As in ClaimWithdrawn: it was paid before, as it was approved then."""
    not_agreed_pence: int = 0
    """What is not paid; 0 also if a program before this one did not say."""
    waiting_pence: int = 0
    """Lines that wait for a receipt move to a claim of their own, and may be paid still (PAY-05)."""
    was_agreed: bool = True
    """Whether we had said yes to it before. True also if a program before this one did not say."""
    lines: tuple[ClaimLine, ...] = ()
    """As in ClaimApproved."""
    session_date: date | None = None
    first_claim_pence: int = 0
    """For "register": what the first claim for the same time comes to, if what is owed stands there."""


class ClaimReturned(_ClaimEvent):
    """The bank could not pay it: the person is asked to check their details (PAY-12)."""

    name = "claim-returned"
    amount_pence: int = 0
    """What waits for the right details; 0 if a program before this one did not say."""
    fault: str = ""
    """What the bank says of the account: "closed", "account-number" and so on; "" if it does not say. More may come."""
    tried: bool = True
    """False: nothing of it was sent, because an earlier payment into the same account had not arrived."""


class ClaimOwedAgain(_ClaimEvent):
    """Something of it is to be paid again (PAY-12): after a return was put right, or because money or vouchers did
    not stay with their owner."""

    name = "claim-owed-again"
    amount_pence: int
    pay_by: date | None = None
    aim_by: date | None = None
    """As in ClaimSubmitted."""
    because: Literal["put-right", "came-back", "lost", "taken-back"]
    on_hold: bool = False
    """As in ClaimApproved."""
    asks_owner: bool = False
    """As in ClaimWithdrawn."""
    waits_for_bank: bool = False
    """As in ClaimApproved."""
    details_wait: bool = False
    """As in ClaimApproved."""
    person_waits: bool = False
    """As in ClaimApproved."""
    asks_details: bool = False
    """As in ClaimApproved."""


class ClaimDeclined(_ClaimEvent):
    """The person chose to take nothing (PAY-08). The claim is settled. because: "nothing-left" if they took out all
    that it held, or said that there is no receipt for it (PAY-05)."""

    name = "claim-declined"
    because: Literal["", "nothing-left"] = ""


class ClaimOverdue(_ClaimEvent):
    """Past the limit of PAY-07 and not paid: approvers are told."""

    name = "claim-overdue"
    pay_by: date


class ClaimClockChanged(_ClaimEvent):
    """Its owner holds the payment, or releases it: the clocks of PAY-07 stop meanwhile (PAY-09)."""

    name = "claim-clock-changed"
    stopped: bool
    pay_by: date
    """The last day of the limit; unchanged while the clock stands still."""
    aim_by: date | None = None
    """As in ClaimSubmitted; unchanged while the clock stands still."""


class ClaimPaid(_ClaimEvent):
    """The bank confirmed it, or the vouchers were sent."""

    name = "claim-paid"
    amount_pence: int
    recognition: Recognition
    payment_run_id: UUID
    heard_before: bool = False
    """Its owner has heard that they are paid this sum, by a payment that came back and that this one replaces; or
    hears in the same moment that it came back (PAY-12)."""
    rest_pence: int = 0
    rest_recognition: Recognition | None = None
    """The way in which the rest of the claim is still to come (PAY-08); None if there is no rest."""
    asks_owner: bool = False
    """As in ClaimWithdrawn."""


class ClaimToPay(_ClaimEvent):
    """Whether something of it is owed and in no payment run, so that finance has to put it into one (PAY-12)."""

    name = "claim-to-pay"
    waiting: bool


class PaymentsPerhapsGone(Event):
    """Payments were taken out of a run after a file with them was fetched, so the bank may have paid them: finance
    looks at the account, and nothing of their claims is paid before that (PAY-12, PAY-17)."""

    owner, name, aggregate = "payments", "payments-perhaps-gone", "run_id"
    run_id: UUID
    waiting: Annotated[int, Field(ge=0)]
    """For how many payments of the run this is not known yet; 0 once it is known for each."""
    look_by: date
    """The latest day by which they are on the account's statement if the bank paid them."""


class MoneyWaits(Event):
    """Something waits for somebody who approves, pays or confirms; with those who may not do it (PAY-10, PAY-12).

    Published whenever that changes, for whatever reason; version rises with each event about anything.
    """

    owner, name, aggregate = "payments", "money-waits", "about"
    kind: Literal["decision", "release", "details", "perhaps-gone", "sending", "earlier-file", "ending"]
    """decision, release: of a claim, before it is agreed, and before it is in a payment run. details: bank details
    to confirm. The others are about a payment run: payments taken out of it, sending it, saying that nothing left by
    its earlier file, and saying what became of what was sent."""
    about: UUID
    waiting: bool
    """False: there is nothing to do, or nothing that anybody could do before something else is done."""
    not_for: tuple[UUID, ...] = ()
    due_on: date | None = None
    """The last day, if no other event says it."""
    number: int | None = None
    """The payment run's number, as its pages show it."""
    nothing_leaves: bool = False
    """For "sending": nothing in it can leave now, so it should be taken back."""


class WordWanted(Event):
    """Miles of a claim that is set aside wait until those who may read the way somebody went say if they are right
    (FB-09, PAY-02). Published whenever that changes; version rises with each such event about anything."""

    owner, name, aggregate = "payments", "word-wanted", "about"
    about: UUID
    """The claim."""
    waiting: bool
    people: tuple[UUID, ...] = ()
    """Who may say it; nobody if all who could are away, or have a part in the claim."""
    due_on: date | None = None


class BankDetailsChanged(Event):
    """The details that we pay into were replaced: their owner is told by another channel, in case it was not them
    (PAY-13). No event holds the old or the new details."""

    owner, name, aggregate = "payments", "bank-details-changed", "details_id"
    details_id: UUID
    """The new details. Each change is its own aggregate, so version is 1; 2 once these were set aside."""
    participant: ParticipantRef
    set_aside: bool = False
    """Nothing replaced them: their owner told somebody, on the phone or in person, that they are wrong. We need new
    ones."""
    first: bool = False
    """Somebody here entered them for their owner, for whom we had none before."""
    entered_by: UUID | None = None
    """For details set aside: who had entered them for their owner, to be told."""


class BankDetailsToConfirm(Event):
    """We pay into these details only once a second person has confirmed them (PAY-13): finance rings, or meets,
    their owner."""

    owner, name, aggregate = "payments", "bank-details-to-confirm", "details_id"
    details_id: UUID
    participant: ParticipantRef
    waiting: bool
    """False: they were confirmed, or replaced."""
    confirm_by: date
    not_for: tuple[UUID, ...] = ()
    """Who may not confirm them: who entered them, and who took the person in (PAY-10)."""


class BankDetailsWanted(Event):
    """Somebody told us that their bank details are wrong, and something of theirs goes into an account: they are
    asked for the right ones, and nothing leaves before that (PAY-13)."""

    owner, name, aggregate = "payments", "bank-details-wanted", "person_id"
    person_id: UUID
    participant: ParticipantRef
    waiting: bool
    """False: we have details again, or nothing goes into an account any more."""


class MeetingWanted(Event):
    """Somebody's bank details wait to be checked, and we hold no telephone number to ring: they are asked to get in
    touch, so that one of us can meet them (PAY-13)."""

    owner, name, aggregate = "payments", "meeting-wanted", "person_id"
    person_id: UUID
    participant: ParticipantRef
    waiting: bool
    """False: the details wait no more, or we hold a number now."""


class PersonToConfirm(Event):
    """Somebody waits for vouchers, cash or the like, and only those who took them in have met them (PAY-10): finance
    rings, or meets, them."""

    owner, name, aggregate = "payments", "person-to-confirm", "person_id"
    person_id: UUID
    participant: ParticipantRef
    waiting: bool
    """False: somebody rang or met them, or nothing is on its way to them any more."""
    confirm_by: date
    not_for: tuple[UUID, ...] = ()
    """Who may not confirm them: the one who took them in. If several did, each may, and so clears the others."""


# What crosses the border: recharges (NET-03)


class RechargeRaised(Addressed):
    """We paid our participant for the host's session and ask back what the host agreed to fund. A later version
    corrects it."""

    owner, name, aggregate = "payments", "recharge-raised", "recharge_id"
    recharge_id: UUID
    guest_id: UUID
    opportunity_id: UUID
    attendance_id: UUID
    """The host's own ids."""
    fee_pence: Pence
    expenses_pence: Pence


class RechargeAnswered(Addressed):
    """The host's answer to a recharge: it never accepts more than it agreed to."""

    owner, name, aggregate = "payments", "recharge-answered", "recharge_id"
    recharge_id: UUID
    state: Literal["accepted", "refused"]
    accepted_pence: Pence
    because: Literal["", "not-funded", "unknown-attendance", "not-present", "more-than-agreed"]


class StatementIssued(Addressed):
    """All recharges of a month to one host, to be settled together."""

    owner, name, aggregate = "payments", "statement-issued", "statement_id"
    statement_id: UUID
    month: Annotated[str, Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]
    lines: Annotated[tuple[StatementLine, ...], Field(max_length=500)]
    total_pence: Pence


class StatementAnswered(Addressed):
    """The host's own lines and total, to compare with ours. "settled": the host has paid it."""

    owner, name, aggregate = "payments", "statement-answered", "statement_id"
    statement_id: UUID
    state: Literal["agreed", "differs", "settled"]
    lines: Annotated[tuple[StatementLine, ...], Field(max_length=500)]
    total_pence: Pence
