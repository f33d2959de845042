"""One line of a claim as its owner, its approver and finance see it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.payments.claims.domain import claims as rules
from services.payments.claims.domain.claims import LineState
from services.payments.claims.use_cases.records import line_of


@dataclass(frozen=True, slots=True)
class LineView:
    """waits: why it waits, in words; "" if it does not."""

    row: Any
    waits: str
    is_paid: bool = False
    """Whether the payment that it belongs to was paid."""
    is_transfer: bool = True
    """Whether it is or would be paid into a bank account."""

    @property
    def id(self) -> UUID:
        return self.row.id

    @property
    def kind(self) -> str:
        return self.row.kind

    @property
    def state(self) -> str:
        return self.row.state

    @property
    def miles(self) -> str:
        return rules.as_miles(self.row.tenths_of_miles or 0)

    @property
    def is_reduced(self) -> bool:
        return self.state == LineState.APPROVED and self.row.approved_pence < self.row.amount_pence

    @property
    def pence(self) -> int:
        """What is paid for it or, before a decision, asked for."""
        return line_of(self.row).pence

    @property
    def is_cut(self) -> bool:
        """Whether an approver had reduced it, while it is decided again."""
        return self.state == LineState.READY and self.pence < self.row.amount_pence
