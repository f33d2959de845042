"""The warning about a person's own limit (PAY-09): before every act that could pass it, once, and shown to nobody
but them."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from services.payments.claims.domain.own_limits import Passing, ask_by_box
from services.payments.claims.pages.common import claim_of
from services.payments.claims.queries.views import ClaimView
from services.payments.claims.use_cases import own_limits
from services.payments.claims.use_cases.own_limits import AS_IT_IS, Act
from shared.db import Command, Transaction
from shared.identity import SignIn
from shared.money import pounds
from shared.reasons import Refused, refuse
from shared.service import of
from shared.web import InvalidForm, page, theirs

GOES_ON = Act(goes_on=True)


def _when(first: date, last: date) -> str:
    return f"in the week from {first:%A} {first.day} {first:%B %Y}" if (last - first).days == 6 else f"in {first:%B %Y}"


def said(passing: Passing) -> str:
    """What would be paid and the limit, for its owner alone; and how much of it is in other claims that they may
    still change."""
    which = "a claim that you have" if passing.unsent_claims == 1 else f"{passing.unsent_claims} claims that you have"
    unsent = f", including {pounds(passing.unsent_pence)} of {which} not sent yet" if passing.unsent_pence else ""
    with_this = f"With this you would be paid {pounds(passing.pence)} {_when(passing.first, passing.last)}{unsent}."
    return f"{with_this} Your limit is {pounds(passing.limit_pence)}."


class PassesLimit(Exception):
    """Not an error: a question to the person, on a page of its own. go_on, leave: the words of its two buttons."""

    def __init__(self, who: SignIn, claim_id: UUID, said: str, go_on: str, leave: str) -> None:
        super().__init__("asks of a limit")
        self.who, self.claim_id, self.said, self.go_on, self.leave = who, claim_id, said, go_on, leave


async def ask_first(request: Request, asked: Exception) -> Response:
    """Carries what was typed, so that they need not type it again."""
    assert isinstance(asked, PassesLimit)
    view = await claim_of(request, asked.who, asked.claim_id)
    typed = {name: value for name, value in request.state.typed.items() if isinstance(value, str) and name != "anyway"}
    words: dict[str, Any] = {"said": asked.said, "go_on": asked.go_on, "leave": asked.leave}
    return page(
        request,
        "claims/passes_limit.html",
        status=422,
        who=asked.who,
        title=theirs("Your own limit", asked.who),
        claim=view,
        typed=typed,
        **words,
    )


async def _to_ask(request: Request, who: SignIn, claim_id: UUID, act: Act) -> Passing | None:
    """What they have not confirmed yet. None for a helper, who is not to know."""
    if who.acting_for is not None:
        return None

    async def read(tx: Transaction) -> Passing | None:
        passing = await own_limits.passing(tx, who.person_id, claim_id, act)
        return passing if passing is not None and await own_limits.must_be_asked(tx, claim_id, passing) else None

    return await of(request).database.read(read)


async def asks(request: Request, who: SignIn, claim_id: UUID, act: Act) -> str:
    """What a page says before they do it; "" if there is nothing to ask."""
    passing = await _to_ask(request, who, claim_id, act)
    return "" if passing is None else said(passing)


async def warn(
    request: Request,
    who: SignIn,
    claim_id: UUID,
    act: Act,
    anyway: bool,
    go_on: str = "Add it anyway",
    leave: str = "Leave it out",
    *,
    ticked: bool = False,
) -> None:
    """Raises PassesLimit unless they have confirmed. Keeps their answer, so that no later page asks again.

    ticked: for pages that cannot keep what was sent while they ask (a file, an account) and so have a box to tick.
    Raises Refused if it is not ticked.
    """
    passing = await _to_ask(request, who, claim_id, act)
    if passing is None:
        return
    if not anyway and ticked:
        refuse(ask_by_box(said(passing)))
    if not anyway:
        raise PassesLimit(who, claim_id, said(passing), go_on, leave)
    await of(request).database.run(Command("go-on", who.actor), lambda tx: own_limits.go_on(tx, claim_id, passing))


async def asks_of_what_came_back(request: Request, who: SignIn) -> str:
    """New bank details send again what the bank sent back (PAY-12): what their page says first. "" if there is
    nothing to ask."""
    found = [await asks(request, who, claim_id, GOES_ON) for claim_id in await _came_back(request, who)]
    return next((said for said in found if said), "")


async def warn_of_what_came_back(request: Request, who: SignIn, anyway: bool) -> None:
    for claim_id in await _came_back(request, who):
        await warn(request, who, claim_id, GOES_ON, anyway, ticked=True)


async def _came_back(request: Request, who: SignIn) -> list[UUID]:
    if who.acting_for is not None:
        return []
    return await of(request).database.read(lambda tx: own_limits.came_back(tx, who.person_id))


async def as_it_is(request: Request, who: SignIn, view: ClaimView) -> str:
    """For the claim's own page, whatever changed its sum. "" if it passes nothing."""
    if who.acting_for is not None or view.state in ("paid", "refused", "declined"):
        return ""
    passing = await of(request).database.read(lambda tx: own_limits.passing(tx, who.person_id, view.id, AS_IT_IS))
    return "" if passing is None else said(passing)


def warned(problem: InvalidForm | Refused | None) -> bool:
    return isinstance(problem, Refused) and any(reason.field == "anyway" for reason in problem.reasons)
