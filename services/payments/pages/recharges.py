"""What hosts pay back for guests, both ways, and the month's statements (NET-03): for finance."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.payments.pages.common import KeyForm, command, new_key
from services.payments.queries import recharges as queries
from services.payments.queries.recharges import StatementView
from services.payments.use_cases import statements
from shared.db import Transaction
from shared.identity import ConfirmedFinance, Finance, Session
from shared.reasons import Refused
from shared.service import of
from shared.web import InvalidForm, page, read_form, redirect

router = APIRouter(prefix="/payments/recharges")

RECHARGE_STATES = {"raised": ("Waiting for their answer", "blue"), "accepted": ("Agreed", "green"), "refused": ("Refused", "red")}
STATEMENT_STATES = {
    "issued": {
        "issued": ("Waiting for their answer", "blue"),
        "differs": ("The figures differ", "orange"),
        "agreed": ("Agreed, they have to pay", "blue"),
        "settled": ("They say they paid: look in the bank", "orange"),
        "received": ("Paid", "green"),
    },
    "received": {"differs": ("The figures differ", "orange"), "agreed": ("Agreed, we have to pay", "orange"), "settled": ("Paid", "green")},
}
PAGES = ("raised_after", "raised_statements_after", "received_after", "received_statements_after")
"""Four lists on one page: each goes on by itself."""
NOTHING_TO_PAY = ("Agreed, nothing to pay", "green")


def state_tag(statement: StatementView) -> tuple[str, str]:
    """Words and colour."""
    if statement.row.state == "agreed" and statement.ours == 0:
        return NOTHING_TO_PAY
    return STATEMENT_STATES[statement.row.direction][statement.row.state]


@router.get("")
async def recharges(request: Request, who: Finance) -> Response:
    asked = {name: value for name in PAGES if (value := request.query_params.get(name))}

    async def read(tx: Transaction) -> dict[str, Any]:
        pages = {each: (asked.get(f"{each}_after"), asked.get(f"{each}_statements_after")) for each in ("raised", "received")}
        return {each: await queries.one_direction(tx, each, *where) for each, where in pages.items()}

    context = await of(request).database.read(read)
    words = {"recharge_states": RECHARGE_STATES, "state_tag": state_tag}
    return page(request, "recharges.html", who=who, title="Recharges", asked=asked, **words, **context)


@router.get("/statements/{statement_id}")
async def statement(request: Request, statement_id: UUID, who: Finance) -> Response:
    return await _page(request, statement_id, who)


async def _page(request: Request, statement_id: UUID, who: Session, problem: InvalidForm | Refused | None = None) -> Response:
    view, lines = await of(request).database.read(lambda tx: queries.statement(tx, statement_id))
    title = f"Statement for {view.in_words}"
    return page(request, "statement.html", who=who, title=title, problem=problem, statement=view, lines=lines, tagged=state_tag(view), key=new_key())


async def _change(request: Request, statement_id: UUID, who: Session, name: str, work: Callable[[Transaction, UUID], Awaitable[str]], message: str) -> Response:
    """One button of a statement's page: done once, however often it is pressed."""
    try:
        form = await read_form(request, KeyForm)
        await of(request).database.run(command(name, who, form.idempotency_key, statement_id), lambda tx: work(tx, statement_id), once=True)
    except (InvalidForm, Refused) as problem:
        return await _page(request, statement_id, who, problem)
    return redirect(f"/payments/recharges/statements/{statement_id}", message)


@router.post("/statements/{statement_id}/paid")
async def mark_paid(request: Request, statement_id: UUID, who: ConfirmedFinance) -> Response:
    return await _change(request, statement_id, who, "pay-statement", statements.mark_paid, "The statement is marked as paid. They are told.")


@router.post("/statements/{statement_id}/received")
async def confirm_money(request: Request, statement_id: UUID, who: ConfirmedFinance) -> Response:
    return await _change(request, statement_id, who, "confirm-statement-money", statements.confirm_money, "The money is in the ledger. This month is settled.")


@router.post("/statements/{statement_id}/take-theirs")
async def take_theirs(request: Request, statement_id: UUID, who: ConfirmedFinance) -> Response:
    message = "We took their figures. The statement was sent to them again."
    return await _change(request, statement_id, who, "take-their-figures", statements.take_their_figures, message)


@router.post("/statements/{statement_id}/ask-again")
async def ask_again(request: Request, statement_id: UUID, who: ConfirmedFinance) -> Response:
    message = "They are asked to look at their figures again."
    return await _change(request, statement_id, who, "ask-to-compare-again", statements.ask_again, message)
