"""What hosts pay back for guests, both ways, and the month's statements (NET-03): for finance."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.payments.forms import KeyForm, command, new_key
from services.payments.recharging import queries
from services.payments.recharging.queries import StatementView
from services.payments.recharging.use_cases import statements
from shared.db import Transaction
from shared.identity import ConfirmedFinance, Finance, SignIn
from shared.reasons import Missing, Refused
from shared.service import of
from shared.web import InvalidForm, page, read_form, redirect

router = APIRouter(prefix="/payments/recharges")


RECHARGE_STATES = {
    "raised": ("Waiting for their answer", "blue"),
    "accepted": ("Agreed", "green"),
    "refused": ("Refused", "red"),
}
STATEMENT_STATES = {
    "issued": {
        "issued": ("Waiting for their answer", "blue"),
        "differs": ("The figures differ", "orange"),
        "agreed": ("Agreed, they have to pay", "blue"),
        "settled": ("They say they paid: look in the bank", "orange"),
        "received": ("Paid", "green"),
    },
    "received": {
        "differs": ("The figures differ", "orange"),
        "agreed": ("Agreed, we have to pay", "orange"),
        "settled": ("Paid", "green"),
    },
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
        pages = {
            each: (asked.get(f"{each}_after"), asked.get(f"{each}_statements_after")) for each in ("raised", "received")
        }
        return {each: await queries.one_direction(tx, each, *where) for each, where in pages.items()}

    context = await of(request).database.read(read)
    words = {"recharge_states": RECHARGE_STATES, "state_tag": state_tag}
    return page(request, "recharging/recharges.html", who=who, title="Recharges", asked=asked, **words, **context)


@router.get("/statements/{statement_id}")
async def statement(request: Request, statement_id: UUID, who: Finance) -> Response:
    return await _page(request, statement_id, who)


async def _page(request: Request, statement_id: UUID, who: SignIn) -> Response:
    view, lines = await of(request).database.read(lambda tx: queries.statement(tx, statement_id))
    title = f"Statement for {view.in_words}"
    return page(
        request, "recharging/statement.html", who=who, title=title, statement=view, lines=lines, tagged=state_tag(view)
    )


# One step of a statement: a page says what it does, and of which figures; its button does it


@dataclass(frozen=True, slots=True)
class Words:
    """direction and states: of the statements that this is asked of. done: what is said afterwards."""

    direction: str
    states: tuple[str, ...]
    heading: str
    ends: str
    stays: str
    button: str
    done: str


WORDS_OF: dict[str, Words] = {
    "paid": Words(
        "received",
        ("agreed",),
        "Have we paid this?",
        "We write down in the ledger that it is paid, and owe nothing more of it. They are told. You cannot undo it "
        "here.",
        "The figures of both sides, line by line.",
        "Yes, we have paid it",
        "The statement is marked as paid. They are told.",
    ),
    "received": Words(
        "issued",
        ("agreed", "settled"),
        "Has the money come in?",
        "We write down in the ledger that they have paid. This month is settled. You cannot undo it here.",
        "The figures of both sides, line by line.",
        "Yes, the money has come in",
        "The money is in the ledger. This month is settled.",
    ),
    "take-theirs": Words(
        "issued",
        ("differs",),
        "Take their figures?",
        "We ask them for no more than they say they owe. We pay the rest ourselves. You cannot undo it here.",
        "What our people were paid. The statement goes to them again, with the new figures.",
        "Yes, take their figures",
        "We took their figures. The statement was sent to them again.",
    ),
    "ask-again": Words(
        "issued",
        ("differs",),
        "Ask them to look again?",
        "The answer that they gave does not count any more. The statement goes to them again.",
        "Our figures. You can still take theirs later.",
        "Yes, ask them to look again",
        "They are asked to look at their figures again.",
    ),
}


class StepForm(KeyForm):
    mark: str = ""


async def _ask(
    request: Request, statement_id: UUID, who: SignIn, verb: str, problem: InvalidForm | Refused | None = None
) -> Response:
    view, lines = await of(request).database.read(lambda tx: queries.statement(tx, statement_id))
    words = WORDS_OF[verb]
    if view.row.direction != words.direction:
        raise Missing
    shown = {"statement": view, "mark": queries.mark_of_statement(view, lines), "may": view.row.state in words.states}
    return page(
        request,
        "recharging/statement_step.html",
        who=who,
        title=words.heading,
        problem=problem,
        words=words,
        verb=verb,
        key=new_key(),
        **shown,
    )


async def _do(
    request: Request,
    statement_id: UUID,
    who: SignIn,
    verb: str,
    name: str,
    work: Callable[[Transaction, UUID], Awaitable[str]],
) -> Response:
    """Done once, however often it is pressed, and of no other figures than were shown."""

    async def as_shown(tx: Transaction) -> str:
        await statements.still_as_shown(tx, statement_id, form.mark)
        return await work(tx, statement_id)

    try:
        form = await read_form(request, StepForm)
        await of(request).database.run(command(name, who, form.idempotency_key, statement_id), as_shown, once=True)
    except (InvalidForm, Refused) as problem:
        return await _ask(request, statement_id, who, verb, problem)
    return redirect(f"/payments/recharges/statements/{statement_id}", WORDS_OF[verb].done)


@router.get("/statements/{statement_id}/paid")
async def ask_whether_paid(request: Request, statement_id: UUID, who: Finance) -> Response:
    return await _ask(request, statement_id, who, "paid")


@router.post("/statements/{statement_id}/paid")
async def mark_paid(request: Request, statement_id: UUID, who: ConfirmedFinance) -> Response:
    return await _do(request, statement_id, who, "paid", "pay-statement", statements.mark_paid)


@router.get("/statements/{statement_id}/received")
async def ask_whether_it_came_in(request: Request, statement_id: UUID, who: Finance) -> Response:
    return await _ask(request, statement_id, who, "received")


@router.post("/statements/{statement_id}/received")
async def confirm_money(request: Request, statement_id: UUID, who: ConfirmedFinance) -> Response:
    return await _do(request, statement_id, who, "received", "confirm-statement-money", statements.confirm_money)


@router.get("/statements/{statement_id}/take-theirs")
async def ask_whether_to_take_theirs(request: Request, statement_id: UUID, who: Finance) -> Response:
    return await _ask(request, statement_id, who, "take-theirs")


@router.post("/statements/{statement_id}/take-theirs")
async def take_theirs(request: Request, statement_id: UUID, who: ConfirmedFinance) -> Response:
    return await _do(request, statement_id, who, "take-theirs", "take-their-figures", statements.take_their_figures)


@router.get("/statements/{statement_id}/ask-again")
async def ask_whether_to_ask_again(request: Request, statement_id: UUID, who: Finance) -> Response:
    return await _ask(request, statement_id, who, "ask-again")


@router.post("/statements/{statement_id}/ask-again")
async def ask_again(request: Request, statement_id: UUID, who: ConfirmedFinance) -> Response:
    return await _do(request, statement_id, who, "ask-again", "ask-to-compare-again", statements.ask_again)
