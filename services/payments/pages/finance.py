"""Payment runs, files for the bank and from it, changed bank details, the ledger (PAY-11, PAY-12, PAY-13)."""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.datastructures import UploadFile

from services.payments.gateways import bank_files
from services.payments.pages.common import METHODS_SHORT, WORDS, ConfirmedFinance, Finance, KeyForm, command, gateways_of, new_key
from services.payments.queries import staff as queries
from services.payments.use_cases import runs
from shared.db import Transaction
from shared.identity import Session
from shared.reasons import Refused
from shared.service import of
from shared.web import InvalidForm, page, read_form, redirect

router = APIRouter(prefix="/payments")


class AnswerForm(KeyForm):
    messages: ClassVar[dict[str, str]] = {"answer": "Choose the file that the bank sent"}
    answer: UploadFile


# Runs


@router.get("/runs")
async def all_runs(request: Request, who: Finance) -> Response:
    return await _runs_page(request, who)


async def _runs_page(request: Request, who: Session, problem: InvalidForm | Refused | None = None) -> Response:
    async def read(tx: Transaction) -> dict[str, Any]:
        owed = await queries.owed(tx, who.person_id)
        return {"owed": owed, "runs": await queries.all_runs(tx), "unconfirmed": await queries.how_many_to_confirm(tx)}

    context = await of(request).database.read(read)
    return page(request, "runs.html", who=who, title="Payment runs", problem=problem, key=new_key(), **context, **WORDS)


@router.post("/runs")
async def make_run(request: Request, who: ConfirmedFinance) -> Response:
    gateways = gateways_of(request)
    try:
        form = await read_form(request, KeyForm)
        run_id = await of(request).database.run(
            command("make-payment-run", who, form.idempotency_key), lambda tx: runs.make_run(tx, gateways.payer, gateways.vault), once=True
        )
    except (InvalidForm, Refused) as problem:
        return await _runs_page(request, who, problem)
    return redirect(f"/payments/runs/{run_id}", "The payment run is made.")


@router.get("/runs/{run_id}")
async def run(request: Request, run_id: UUID, who: Finance) -> Response:
    return await _run_page(request, run_id, who)


async def _run_page(request: Request, run_id: UUID, who: Session, problem: InvalidForm | Refused | None = None) -> Response:
    view = await of(request).database.read(lambda tx: queries.run(tx, run_id))
    return page(request, "run.html", who=who, title=f"Payment run {view.row.number}", problem=problem, run=view, key=new_key(), **WORDS)


async def _change_run(
    request: Request, run_id: UUID, who: Session, name: str, work: Callable[[Transaction], Awaitable[Any]], message: str, *about: UUID
) -> Response:
    """One button of a run's page."""
    try:
        form = await read_form(request, KeyForm)
        await of(request).database.run(command(name, who, form.idempotency_key, run_id, *about), work, once=True)
    except (InvalidForm, Refused) as problem:
        return await _run_page(request, run_id, who, problem)
    return redirect(f"/payments/runs/{run_id}", message)


@router.post("/runs/{run_id}/sent")
async def mark_sent(request: Request, run_id: UUID, who: ConfirmedFinance) -> Response:
    return await _change_run(request, run_id, who, "send-payment-run", lambda tx: runs.mark_sent(tx, run_id), "The payment run is marked as sent.")


@router.post("/runs/{run_id}/cancel")
async def cancel(request: Request, run_id: UUID, who: Finance) -> Response:
    message = "The payment run is taken back. What was in it can go into another."
    return await _change_run(request, run_id, who, "cancel-payment-run", lambda tx: runs.cancel_run(tx, run_id), message)


@router.post("/runs/{run_id}/payments/{payment_id}/confirm")
async def confirm_by_hand(request: Request, run_id: UUID, payment_id: UUID, who: ConfirmedFinance) -> Response:
    work = "confirm-by-hand", lambda tx: runs.confirm_by_hand(tx, run_id, payment_id)
    return await _change_run(request, run_id, who, *work, "Confirmed. The person is told.", payment_id)


@router.post("/runs/{run_id}/answer")
async def take_answer(request: Request, run_id: UUID, who: ConfirmedFinance) -> Response:
    try:
        form = await read_form(request, AnswerForm)
        data = await form.answer.read(bank_files.MOST_ANSWER_BYTES + 1)
        answer = bank_files.read_answer(data)
        result = await of(request).database.run(
            command("take-bank-answer", who, form.idempotency_key, run_id), lambda tx: runs.apply_answer(tx, run_id, answer, data), once=True
        )
    except (InvalidForm, Refused) as problem:
        return await _run_page(request, run_id, who, problem)
    again = "We had this answer already. Nothing was changed. " if result["again"] else ""
    return redirect(f"/payments/runs/{run_id}", f"{again}The bank’s answer: {result['paid']} paid, {result['rejected']} sent back.")


# Files


def _file(content: str, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content.encode(), media_type=media_type, headers=headers)


@router.get("/runs/{run_id}/bank-file.xml")
async def bank_file(request: Request, run_id: UUID, who: ConfirmedFinance) -> Response:
    vault = gateways_of(request).vault
    content = await of(request).database.run(command("fetch-bank-file", who), lambda tx: runs.fetch_bank_file(tx, run_id, vault))
    return _file(content, "payments.xml", "application/xml")


@router.get("/runs/{run_id}/bank-file.csv")
async def bank_csv(request: Request, run_id: UUID, who: ConfirmedFinance) -> Response:
    gateways = gateways_of(request)
    content = await of(request).database.run(command("fetch-bank-csv", who), lambda tx: runs.fetch_bank_csv(tx, run_id, gateways.payer, gateways.vault))
    return _file(content, "payments.csv", "text/csv")


@router.get("/runs/{run_id}/vouchers.csv")
async def vouchers(request: Request, run_id: UUID, who: Finance) -> Response:
    """Vouchers, and whatever else is handed over."""
    view = await of(request).database.read(lambda tx: queries.run(tx, run_id))
    items = [bank_files.ByHand(row.end_to_end_id, view.names[row.participant_id], METHODS_SHORT[row.method], row.amount_pence) for row in view.by_hand]
    return _file(bank_files.by_hand_csv(items), "vouchers.csv", "text/csv")


# The ledger


@router.get("/ledger")
async def ledger(request: Request, who: Finance) -> Response:
    async def read(tx: Transaction) -> dict[str, Any]:
        return {"balances": await queries.balances(tx), "budgets": await queries.budgets(tx)}

    return page(request, "ledger.html", who=who, title="The ledger", **await of(request).database.read(read))
