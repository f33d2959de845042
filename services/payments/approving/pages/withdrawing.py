"""Taking an approval back before it is paid: for approvers and finance (PAY-17)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.payments.approving.use_cases import withdrawing
from services.payments.claims.pages.common import WORDS
from services.payments.claims.use_cases import readings
from services.payments.forms import ConfirmedMoneyStaff, KeyForm, MoneyStaff, command, new_key
from services.payments.people import queries as people
from shared.db import Transaction
from shared.identity import Role
from shared.money import pounds
from shared.service import of
from shared.web import Paragraphs, Refusal, again, page, read_form, redirect

router = APIRouter(prefix="/payments/withdraw")


class WithdrawForm(KeyForm):
    withdraw_reason: Paragraphs = Field(default="", max_length=1000)


@router.get("/{claim_id}")
async def ask(request: Request, claim_id: UUID, who: MoneyStaff, problem: Refusal = None) -> Response:
    async def read(tx: Transaction) -> dict[str, Any]:
        view = await readings.open_claim(tx, claim_id, owner=who.person_id, is_staff=True)
        return {"claim": view, "name": (await people.names(tx, [view.row.participant_id]))[view.row.participant_id]}

    context = await of(request).database.run(command("read-claim", who), read)
    back = f"/payments/approve/{claim_id}" if Role.APPROVER in who.roles else "/payments/runs"
    return page(
        request,
        "approving/withdraw.html",
        who=who,
        title="Take back an approval",
        problem=problem,
        key=new_key(),
        back=back,
        **context,
        **WORDS,
    )


@router.post("/{claim_id}")
@again(ask)
async def withdraw(request: Request, claim_id: UUID, who: ConfirmedMoneyStaff) -> Response:
    form = await read_form(request, WithdrawForm)
    answer = await of(request).database.run(
        command("withdraw-approval", who, form.idempotency_key, claim_id),
        lambda tx: withdrawing.withdraw_approval(tx, claim_id, form.withdraw_reason),
        once=True,
    )
    next_page = f"/payments/approve/{claim_id}" if Role.APPROVER in who.roles else "/payments/runs"
    return redirect(
        next_page,
        f"The approval of {pounds(answer['pence'])} is taken back. The person is told, with your reason. It is "
        "decided again.",
    )
