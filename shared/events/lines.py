"""What events say of the lines of a claim, and of a statement."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.events.base import Fact

Pence = Annotated[int, Field(ge=0, le=100_000_000)]


class ClaimLine(Fact):
    """A line of a claim that is not simply agreed, so that its owner hears which (PAY-14): without their words, and
    without the reason, which a page gives to its owner alone."""

    kind: str
    """participation, mileage, fare or other. More may come."""
    pence: int
    """What is asked for it."""
    agreed_pence: int = 0
    state: str
    """refused; less: agreed in part; receipt: it waits for one; looked-at: nobody has decided it yet, for whatever
    reason; added: it is owed besides; agreed. More may come."""


class StatementLine(Fact):
    recharge_id: UUID
    pence: Pence
