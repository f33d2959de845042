"""Finance brings the bank's answer to a payment run (PAY-12)."""

import asyncio
from typing import Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.datastructures import UploadFile

from services.payments.bank_details.pages.common import vault_of
from services.payments.bank_statements.use_cases import banks_answer
from services.payments.forms import KeyForm, command
from services.payments.paying.domain.answer_words import what_stays_paid, what_went_out
from services.payments.paying.gateways import bank_xml
from services.payments.paying.pages.common import payer_of
from services.payments.paying.pages.runs import run
from shared.identity import ConfirmedFinance
from shared.service import of
from shared.web import again, read_form, redirect

router = APIRouter(prefix="/payments")


class AnswerForm(KeyForm):
    messages: ClassVar[dict[str, str]] = {"answer": "Choose the file that the bank sent"}
    answer: UploadFile


@router.post("/runs/{run_id}/answer")
@again(run)
async def take_answer(request: Request, run_id: UUID, who: ConfirmedFinance) -> Response:
    payer, vault = payer_of(request), vault_of(request)
    form = await read_form(request, AnswerForm)
    data = await form.answer.read(bank_xml.MOST_ANSWER_BYTES + 1)
    answer = await asyncio.to_thread(bank_xml.read_answer, data)
    result = await of(request).database.run(
        command("take-bank-answer", who, form.idempotency_key, run_id),
        lambda tx: banks_answer.take(tx, run_id, answer, data, vault, (payer.sort_code, payer.account_number)),
        once=True,
    )
    done = not result["warnings"] and not result["again"] and not result.get("went_out")
    return redirect(f"/payments/runs/{run_id}", _said(result), done=done)


def _said(result: dict[str, Any]) -> str:
    again = ["We had this answer already. Nothing was changed."] if result["again"] else []
    returned = f", {result['returned']} came back after being paid" if result["returned"] else ""
    counts = f"The bank’s answer: {result['paid']} paid, {result['rejected']} sent back{returned}."
    ended = result["paid"] or result["rejected"] or result["returned"]
    went = what_went_out(result.get("went_out", []))  # absent in what a program before this one kept of a press
    stays = what_stays_paid(result.get("stay_paid", []))
    counted = [counts] if ended or not (result["warnings"] or went) else []
    return " ".join([*again, *counted, *went, *result["warnings"], *stays])
