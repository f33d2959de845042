"""The warning of a person's own limit (PAY-09): before every act by which it can be passed, once, and to nobody but them."""

from datetime import date
from uuid import UUID

from fastapi import Request

from services.payments.domain.own_limits import Passing
from services.payments.queries.claims import ClaimView
from services.payments.use_cases import own_limits
from services.payments.use_cases.own_limits import AS_IT_IS, Act
from shared.db import Command, Transaction
from shared.identity import Session
from shared.money import pounds
from shared.reasons import Reason, Refused
from shared.service import of
from shared.web import InvalidForm

GOES_ON = Act(goes_on=True)


def _when(first: date, last: date) -> str:
    return f"in the week from {first:%A} {first.day} {first:%B %Y}" if (last - first).days == 6 else f"in {first:%B %Y}"


def said(passing: Passing) -> str:
    """What would be paid beside the limit, for its owner alone."""
    sums = f"You would be paid {pounds(passing.pence)} {_when(passing.first, passing.last)}, and your limit is {pounds(passing.limit_pence)}."
    return f"This would pass the limit that you set for yourself. {sums}"


async def _to_ask(request: Request, who: Session, claim_id: UUID, act: Act) -> Passing | None:
    """What they have not said yet that they go on with. None for a helper, who is not to know."""
    if who.acting_for is not None:
        return None

    async def read(tx: Transaction) -> Passing | None:
        passing = await own_limits.passing(tx, who.person_id, claim_id, act)
        return passing if passing is not None and await own_limits.must_be_asked(tx, claim_id, passing) else None

    return await of(request).database.read(read)


async def asks(request: Request, who: Session, claim_id: UUID, act: Act) -> str:
    """What a page says before they do it; "" if it has nothing to ask."""
    passing = await _to_ask(request, who, claim_id, act)
    return "" if passing is None else said(passing)


async def warn(request: Request, who: Session, claim_id: UUID, act: Act, anyway: bool) -> None:
    """Raises Refused unless they have said that they go on. That they said it is kept, so that no later page asks it again."""
    passing = await _to_ask(request, who, claim_id, act)
    if passing is None:
        return
    if not anyway:
        raise Refused([Reason("PAY-09", f"{said(passing)} Tick the box to go on, or choose something else.", "anyway")])
    await of(request).database.run(Command("go-on", who.actor), lambda tx: own_limits.go_on(tx, claim_id, passing))


async def asks_of_what_came_back(request: Request, who: Session) -> str:
    """New bank details send again what the bank sent back (PAY-12): what their page says before. "" if it has nothing to ask."""
    found = [await asks(request, who, claim_id, GOES_ON) for claim_id in await _came_back(request, who)]
    return next((said for said in found if said), "")


async def warn_of_what_came_back(request: Request, who: Session, anyway: bool) -> None:
    for claim_id in await _came_back(request, who):
        await warn(request, who, claim_id, GOES_ON, anyway)


async def _came_back(request: Request, who: Session) -> list[UUID]:
    if who.acting_for is not None:
        return []
    return await of(request).database.read(lambda tx: own_limits.came_back(tx, who.person_id))


async def as_it_is(request: Request, who: Session, view: ClaimView) -> str:
    """For the claim's own page: however it came to the sum that it has. "" if it passes nothing."""
    if who.acting_for is not None or view.state in ("paid", "refused", "declined"):
        return ""
    passing = await of(request).database.read(lambda tx: own_limits.passing(tx, who.person_id, view.id, AS_IT_IS))
    return "" if passing is None else said(passing)


def warned(problem: InvalidForm | Refused | None) -> bool:
    return isinstance(problem, Refused) and any(reason.field == "anyway" for reason in problem.reasons)
