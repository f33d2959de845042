"""What the pages share: whose matters they show, commands with idempotency keys, words for states."""

from typing import Annotated, ClassVar
from uuid import UUID, uuid5

from fastapi import Depends, Request

from services.payments.domain.banking import ModulusTable
from services.payments.gateways.bank_files import Payer
from services.payments.gateways.receipts import Cleaner, ReceiptStore
from services.payments.gateways.vault import Vault
from services.payments.queries.claims import ClaimView
from services.payments.use_cases import readings
from shared.db import Command, new_id
from shared.identity import Role, Session, only
from shared.service import of
from shared.web import Form

MoneyStaff = Annotated[Session, Depends(only(Role.APPROVER, Role.FINANCE))]
ConfirmedMoneyStaff = Annotated[Session, Depends(only(Role.APPROVER, Role.FINANCE, recently=True))]
"""Confirmed: for what decides about money, lets it go, or shows bank details. They gave their second factor within 15 minutes."""

STATES = {
    "open": ("Ready to send", "orange"),
    "submitted": ("We are looking at it", "blue"),
    "second-approver": ("A second person is looking at it", "blue"),
    "withdrawn": ("We are looking at it again", "blue"),
    "approved": ("Agreed", "blue"),
    "held": ("Agreed, and held", "blue"),
    "on-its-way": ("Agreed, payment on its way", "blue"),
    "part-paid": ("Paid in part", "blue"),
    "returned": ("The bank sent it back", "orange"),
    "paid": ("Paid", "green"),
    "refused": ("Not paid", "grey"),
    "declined": ("You chose to take nothing", "grey"),
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
WORDS = {"states": STATES, "kinds": KINDS, "methods": METHODS, "methods_short": METHODS_SHORT}


class KeyForm(Form):
    """A form that moves money carries the id of its command."""

    messages: ClassVar[dict[str, str]] = {"idempotency_key": "This form is too old. Open the page again."}
    idempotency_key: UUID


def command(name: str, who: Session, key: UUID | None = None, *about: UUID) -> Command:
    """key is the form's. Bound to who sends it and what it is about, so that it stands for this one thing alone."""
    if key is None:
        return Command(name, who.actor)
    return Command(name, who.actor, uuid5(key, ":".join([name, str(who.person_id), *map(str, about)])))


def owner_of(who: Session) -> UUID:
    """Whose pages these are: one's own, or those of the person one helps (PEO-02)."""
    return who.acting_for or who.person_id


def vault_of(request: Request) -> Vault:
    return request.app.state.gateways.vault


def payer_of(request: Request) -> Payer:
    """Who pays, and from which account."""
    return request.app.state.gateways.payer


def receipts_of(request: Request) -> ReceiptStore:
    return request.app.state.gateways.receipts


def cleaner_of(request: Request) -> Cleaner:
    return request.app.state.gateways.cleaner


def modulus_of(request: Request) -> ModulusTable:
    return request.app.state.gateways.modulus


async def claim_of(request: Request, who: Session, claim_id: UUID) -> ClaimView:
    """One's own, or that of whom one helps. PRI-03: that a helper read it is written down."""
    return await of(request).database.run(command("read-claim", who), lambda tx: readings.open_claim(tx, claim_id, owner=owner_of(who), is_staff=False))


def new_key() -> UUID:
    return new_id()
