"""What the pages of claims share: the words for states, and whose claim they show."""

from uuid import UUID

from fastapi import Request

from services.payments.claims.queries.views import ClaimView
from services.payments.claims.use_cases import readings
from services.payments.forms import command, owner_of
from services.payments.receipts.gateways import Cleaner, ReceiptStore
from shared.identity import SignIn
from shared.reasons import Refused
from shared.service import of
from shared.web import InvalidForm

STATES = {
    "open": ("Ready to send", "orange"),
    "needs-receipt": ("Needs a receipt", "orange"),
    "empty": ("Nothing to pay in it", "grey"),
    "submitted": ("We are looking at it", "blue"),
    "second-approver": ("A second person is looking at it", "blue"),
    "withdrawn": ("We are looking at it again", "blue"),
    "approved": ("Agreed", "blue"),
    "held": ("Agreed, and held", "blue"),
    "on-its-way": ("Agreed, payment on its way", "blue"),
    "part-paid": ("Paid in part", "blue"),
    "returned": ("The bank sent it back", "orange"),
    "waits-for-details": ("Please check your bank details", "orange"),
    "paid": ("Paid", "green"),
    "handed-over": ("Given or sent", "green"),
    "given": ("You have it", "green"),
    "refused": ("Not agreed", "grey"),
    "declined": ("You chose to take nothing", "grey"),
    "ended": ("Ended", "grey"),
}
KINDS = {"participation": "Taking part", "mileage": "Car", "fare": "Bus or train", "other": "Other cost"}
METHODS = {
    "bank-transfer": "Money into my bank account",
    "vouchers": "Shopping vouchers",
    "cash": "Cash",
    "cheque": "A cheque",
    "training": "Training",
    "volunteering-role": "A volunteering role",
    "award": "An award",
    "none": "Nothing, thank you",
}
METHODS_SHORT = {
    "bank-transfer": "Into the bank",
    "vouchers": "Vouchers",
    "cash": "Cash",
    "cheque": "Cheque",
    "training": "Training",
    "volunteering-role": "Volunteering role",
    "award": "Award",
    "none": "Nothing",
}
SAID_HOW = {
    "written": "in writing",
    "voice": "as a voice note",
    "post": "by post",
    "phone": "on the phone",
    "one-to-one": "one to one",
}
"""OPP-18: the ways to have a say that `opportunities` has."""
WORDS = {
    "states": STATES,
    "kinds": KINDS,
    "methods": METHODS,
    "methods_short": METHODS_SHORT,
    "said_how": SAID_HOW,
}


async def claim_of(request: Request, who: SignIn, claim_id: UUID) -> ClaimView:
    """The person's own claim, or that of the person they help. PRI-03: records that a helper read it."""
    return await of(request).database.run(
        command("read-claim", who), lambda tx: readings.open_claim(tx, claim_id, owner=owner_of(who), is_staff=False)
    )


def receipts_of(request: Request) -> ReceiptStore:
    return request.app.state.gateways.receipts


def cleaner_of(request: Request) -> Cleaner:
    return request.app.state.gateways.cleaner


def needs_account(problem: InvalidForm | Refused | None) -> bool:
    """PAY-13: whether it was refused because we do not know their bank account."""
    return isinstance(problem, Refused) and any(reason.field == "bank_details" for reason in problem.reasons)
