"""The claim form to print and fill in by hand (PAY-19)."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.payments.claims.domain.thanks import offered
from services.payments.claims.pages.common import WORDS, claim_of
from services.payments.claims.queries.views import ClaimView
from services.payments.policy.domain import Rates
from services.payments.policy.queries import rates_for
from shared.identity import SignedIn, SignIn, Visitor
from shared.service import of
from shared.web import page

router = APIRouter(prefix="/payments")


@router.get("/policy/claim-form")
async def blank(request: Request, who: Visitor) -> Response:
    """Anybody may print one, at a library too."""
    today = of(request).clock.today()
    rates = await of(request).database.read(lambda tx: rates_for(tx, today))
    return _form(request, who, rates, None)


@router.get("/claims/{claim_id}/claim-form")
async def with_what_we_know(request: Request, claim_id: UUID, who: SignedIn) -> Response:
    view = await claim_of(request, who, claim_id)
    return _form(request, who, view.rates, view)


def _form(request: Request, who: SignIn | None, rates: Rates, claim: ClaimView | None) -> Response:
    """claim None: everything is left to fill in."""
    return page(
        request,
        "claims/claim_form.html",
        who=who,
        title="Claim form",
        rates=rates,
        claim=claim,
        ways=offered(rates),
        helping=who is not None and who.acting_for is not None,
        **WORDS,
    )
