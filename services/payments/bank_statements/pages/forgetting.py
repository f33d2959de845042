"""Throwing a statement away unread, and asking again what its columns mean (PAY-12)."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.payments.bank_statements.pages.bank_statements import URL
from services.payments.bank_statements.use_cases import bank_statements, statement_ends
from services.payments.forms import KeyForm, command, new_key
from shared.identity import ConfirmedFinance, Finance
from shared.service import of
from shared.web import Refusal, again, page, read_form, redirect

router = APIRouter(prefix=URL)


@router.get("/{statement_id}/throw-away")
async def ask_whether_to_throw_away(
    request: Request, statement_id: UUID, who: Finance, problem: Refusal = None
) -> Response:
    brought = await of(request).database.read(lambda tx: bank_statements.not_read(tx, statement_id, who.person_id))
    return page(
        request,
        "bank_statements/statement_throw_away.html",
        who=who,
        title="Throw this file away?",
        problem=problem,
        brought=brought,
        key=new_key(),
    )


@router.post("/{statement_id}/throw-away")
@again(ask_whether_to_throw_away)
async def throw_away(request: Request, statement_id: UUID, who: ConfirmedFinance) -> Response:
    form = await read_form(request, KeyForm)
    work = (
        command("throw-bank-statement-away", who, form.idempotency_key, statement_id),
        lambda tx: statement_ends.throw_away(tx, statement_id),
    )
    await of(request).database.run(*work, once=True)
    return redirect(URL, "The file is deleted. Nothing was written down.")


@router.get("/forget-columns")
async def ask_whether_to_forget(request: Request, who: Finance) -> Response:
    return page(request, "bank_statements/forget_columns.html", who=who, title="Ask about the columns again?")


@router.post("/forget-columns")
async def forget(request: Request, who: ConfirmedFinance) -> Response:
    await of(request).database.run(command("forget-statement-columns", who), bank_statements.forget_columns)
    return redirect(URL, "We ask for the columns again with the next CSV file.")
