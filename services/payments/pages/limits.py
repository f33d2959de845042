"""The warning of a person's own limit (PAY-09): on every page by which it can be passed, and to nobody but them."""

from fastapi import Request

from services.payments.domain.claims import MONEY_METHODS
from services.payments.queries.claims import ClaimView
from services.payments.use_cases import claims as use_cases
from shared.db import Transaction
from shared.identity import Session
from shared.reasons import Reason, Refused
from shared.service import of
from shared.web import InvalidForm

_WARNING = "This would pass the limit that you set for yourself. Tick the box to go on, or choose something else."


async def passes(request: Request, who: Session, view: ClaimView, fee_pence: int) -> bool:
    """False for a helper, who is not to know."""
    if who.acting_for is not None or fee_pence == 0:
        return False

    async def read(tx: Transaction) -> bool:
        return await use_cases.passes_own_limit(tx, who.person_id, view.id, fee_pence)

    return await of(request).database.read(read)


async def warn(request: Request, who: Session, view: ClaimView, fee_pence: int, anyway: bool) -> None:
    """Raises Refused unless they have said that they go on."""
    if not anyway and await passes(request, who, view, fee_pence):
        raise Refused([Reason("PAY-09", _WARNING, "anyway")])


async def passes_as_it_is(request: Request, who: Session, view: ClaimView) -> bool:
    """For the claim's own page: however it came to the sum that it has."""
    if view.fee is None or view.row.recognition not in MONEY_METHODS or view.row.held or view.state in ("paid", "refused", "declined"):
        return False
    return await passes(request, who, view, view.fee.pence)


def warned(problem: InvalidForm | Refused | None) -> bool:
    return isinstance(problem, Refused) and any(reason.field == "anyway" for reason in problem.reasons)
