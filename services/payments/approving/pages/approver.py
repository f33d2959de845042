"""Claims to decide, in the order of their clocks (PAY-07, PAY-10, PAY-11, PAY-14)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.payments.approving.domain import Decision
from services.payments.approving.queries import staff as queries
from services.payments.approving.queries.history import history
from services.payments.approving.use_cases import approval
from services.payments.claims.domain.claims import TO_APPROVE
from services.payments.claims.pages.common import WORDS
from services.payments.claims.queries.claims import sharing_words
from services.payments.claims.use_cases import readings
from services.payments.forms import KeyForm, as_shown, command, new_key
from services.payments.paging import Cursor
from services.payments.people import queries as people
from services.payments.safeguarding.use_cases import roles_that_set_aside
from shared.db import Transaction
from shared.identity import Approver, ConfirmedApprover
from shared.money import parse_pounds, pounds
from shared.service import of
from shared.web import InvalidForm, Paragraphs, Refusal, again, page, read_form, redirect

router = APIRouter(prefix="/payments/approve")


class ApproveForm(KeyForm):
    mark: str = ""
    over_seen: int = 0


class RefuseForm(KeyForm):
    mark: str = ""
    reason: Paragraphs = Field(default="", max_length=1000)


@router.get("")
async def waiting(request: Request, who: Approver) -> Response:
    after = Cursor.read(request.query_params.get("after"))
    found, more = await of(request).database.read(lambda tx: queries.claims_to_decide(tx, after))
    return page(
        request,
        "approving/to_decide.html",
        who=who,
        title="Claims to approve",
        waiting=found,
        more=more,
        today=of(request).clock.today(),
        **WORDS,
    )


@router.get("/{claim_id}")
async def claim(request: Request, claim_id: UUID, who: Approver, problem: Refusal = None) -> Response:
    async def read(tx: Transaction) -> dict[str, Any]:
        view = await readings.open_claim(tx, claim_id, owner=who.person_id, is_staff=True)
        name = (await people.names(tx, [view.row.participant_id]))[view.row.participant_id]
        seen = await queries.to_decide(tx, view)
        found = {
            "seen": seen,
            "viewer": who.person_id,
            "over": await queries.over_budget(tx, view),
            "changes": await history(tx, view),
            "set_aside_as": await roles_that_set_aside(tx, await sharing_words(tx, view.row)),
            "not_theirs": await approval.reasons_not_to_decide(tx, view.row, who.person_id)
            if view.row.state in TO_APPROVE
            else [],
        }
        return {"claim": view, "name": name, **found}

    context = await of(request).database.run(command("read-claim", who), read)
    to_decide = context["claim"].row.state in TO_APPROVE
    return page(
        request,
        "approving/approve.html",
        who=who,
        title="A claim",
        problem=problem,
        to_decide=to_decide,
        key=new_key(),
        **context,
        **WORDS,
    )


@router.post("/{claim_id}")
@again(claim)
async def approve(request: Request, claim_id: UUID, who: ConfirmedApprover) -> Response:
    form = await read_form(request, ApproveForm)
    decisions = await _decisions(request)
    answer = await of(request).database.run(
        command("approve-claim", who, form.idempotency_key, claim_id),
        as_shown(
            lambda tx: approval.still_as_shown(tx, claim_id, form.mark),
            lambda tx: approval.approve_claim(tx, claim_id, decisions, form.over_seen),
        ),
        once=True,
    )
    return redirect(f"/payments/approve/{claim_id}", _said(answer))


def _said(answer: dict[str, Any]) -> str:
    if answer["state"] == "second-approver":
        return f"You approved {pounds(answer['pence'])}. It is over budget, so a second person must approve it too."
    if answer["state"] == "refused":
        if waits := answer.get("waiting_pence"):  # an answer that an earlier program kept has none
            told = "The person is told, with your reasons."
            return f"You refused it, but for {pounds(waits)} that waits for a receipt. {told}"
        return "Nothing of this claim is to be paid. The person is told, with your reasons."
    return f"This claim is approved: {pounds(answer['pence'])}."


async def _decisions(request: Request) -> list[Decision]:
    """From fields named "pence-<line>" and "reason-<line>". Amounts are typed in pounds."""
    sent = await request.form()
    decisions, errors, typed = [], {}, {}
    for name, value in sent.multi_items():
        if not isinstance(value, str):
            continue
        typed[name] = value
        prefix, _, line = name.partition("-")
        if prefix != "pence":
            continue
        try:
            reason = sent.get(f"reason-{line}", "")
            decisions.append(Decision(UUID(line), parse_pounds(value), str(reason).strip()[:1000]))
        except ValueError:
            errors[name] = "Enter an amount in pounds and pence, like 12.50"
    request.state.typed = typed
    if errors:
        raise InvalidForm(errors, typed)
    return decisions


@router.post("/{claim_id}/refuse")
@again(claim)
async def refuse(request: Request, claim_id: UUID, who: ConfirmedApprover) -> Response:
    form = await read_form(request, RefuseForm)
    answer = await of(request).database.run(
        command("refuse-claim", who, form.idempotency_key, claim_id),
        as_shown(
            lambda tx: approval.still_as_shown(tx, claim_id, form.mark),
            lambda tx: approval.refuse_claim(tx, claim_id, form.reason),
        ),
        once=True,
    )
    return redirect(f"/payments/approve/{claim_id}", _said(answer))
