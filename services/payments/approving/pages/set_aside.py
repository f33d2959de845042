"""A claim whose words are set aside, for those who have the safeguarding concern about it (FB-09)."""

from functools import partial
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.payments.approving.use_cases import set_aside
from services.payments.claims.pages.common import WORDS
from services.payments.claims.pages.lines import shown_as_kept
from services.payments.claims.queries.views import ClaimView
from services.payments.forms import command
from services.payments.people import queries as people
from services.payments.safeguarding.domain import AWAY
from shared.db import Transaction
from shared.identity import SignedInInFull
from shared.reasons import refuse
from shared.service import of
from shared.web import Form, Refusal, again, page, read_form, redirect

router = APIRouter(prefix="/payments/set-aside/{claim_id}")


class AnswerForm(Form):
    line_id: UUID
    too_many: bool = False


async def _who_have_it(request: Request, claim_id: UUID) -> dict[UUID, list[UUID]]:
    """Who has each concern about it, asked now: events of a moment ago may not say yet who lost it."""
    service = of(request)
    ids = await service.database.read(lambda tx: set_aside.sharing_words(tx, claim_id))
    try:
        found = await service.requests("feedback.readers.payments", {"ids": [str(each) for each in sorted(ids)]})
    except (ConnectionError, TimeoutError):
        refuse([AWAY])
        raise
    return {UUID(concern): [UUID(each) for each in has_it] for concern, has_it in found["has_it"].items()}


@router.get("")
async def read(request: Request, claim_id: UUID, who: SignedInInFull, problem: Refusal = None) -> Response:
    concerns = await _who_have_it(request, claim_id)

    async def work(tx: Transaction) -> tuple[ClaimView, str, set[UUID]]:
        view = await set_aside.read_set_aside(tx, claim_id, concerns.values())
        names = await people.names(tx, [view.row.participant_id])
        return view, names[view.row.participant_id], await set_aside.ways_unseen(tx, view.row)

    view, name, unseen = await of(request).database.run(command("read-set-aside", who), work)
    about: dict[str, Any] = {"claim": view, "name": name, "unseen": unseen, "concerns": sorted(concerns), **WORDS}
    title = "A claim that is set aside"
    response = page(request, "approving/set_aside.html", who=who, title=title, problem=problem, **about)
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get("/receipts/{receipt_id}")
async def receipt(request: Request, claim_id: UUID, receipt_id: UUID, who: SignedInInFull) -> Response:
    work = partial(
        set_aside.read_receipt,
        claim_id=claim_id,
        receipt_id=receipt_id,
        concerns=(await _who_have_it(request, claim_id)).values(),
    )
    row = await of(request).database.run(command("open-receipt", who), work)
    return await shown_as_kept(request, row)


@router.post("")
@again(read)
async def answer(request: Request, claim_id: UUID, who: SignedInInFull) -> Response:
    form, concerns = await read_form(request, AnswerForm), await _who_have_it(request, claim_id)
    about = {"claim_id": claim_id, "line_id": form.line_id, "too_many": form.too_many}
    work = partial(set_aside.answer, concerns=concerns.values(), **about)
    await of(request).database.run(command("answer-for-set-aside", who), work)
    return redirect(f"/payments/set-aside/{claim_id}", "Saved. Whoever decides the claim sees it.")
