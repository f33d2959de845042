"""What hosts pay back for guests, in both directions, and the month's statements (NET-03): for finance."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.payments.forms import KeyForm, as_shown, command, new_key
from services.payments.recharging import queries
from services.payments.recharging.queries import StatementView
from services.payments.recharging.use_cases import statements
from shared.db import Transaction
from shared.identity import ConfirmedFinance, Finance, SignIn
from shared.reasons import Missing
from shared.service import of
from shared.web import Refusal, again, page, read_form, redirect

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
"""Four lists on one page, each with its own pages."""
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


# One step of a statement: a page says what it does, and for which figures; its button does it


@dataclass(frozen=True, slots=True)
class StatementStep:
    """direction and states: the statements that this can be done to. done: what is said afterwards."""

    direction: str
    states: tuple[str, ...]
    command: str
    work: Callable[[Transaction, UUID], Awaitable[str]]
    heading: str
    ends: str
    stays: str
    button: str
    done: str


STEPS: dict[str, StatementStep] = {
    "paid": StatementStep(
        "received",
        ("agreed",),
        "pay-statement",
        statements.mark_paid,
        "Have we paid this?",
        "We write down in the ledger that it is paid, and owe nothing more of it. They are told. You cannot undo it "
        "here.",
        "The figures of both sides, line by line.",
        "Yes, we have paid it",
        "The statement is marked as paid. They are told.",
    ),
    "received": StatementStep(
        "issued",
        ("agreed", "settled"),
        "confirm-statement-money",
        statements.confirm_money,
        "Has the money come in?",
        "We write down in the ledger that they have paid. This month is settled. You cannot undo it here.",
        "The figures of both sides, line by line.",
        "Yes, the money has come in",
        "The money is in the ledger. This month is settled.",
    ),
    "take-theirs": StatementStep(
        "issued",
        ("differs",),
        "take-their-figures",
        statements.take_their_figures,
        "Take their figures?",
        "We ask them for no more than they say they owe. We pay the rest ourselves. You cannot undo it here.",
        "What our people were paid. The statement goes to them again, with the new figures.",
        "Yes, take their figures",
        "We took their figures. The statement was sent to them again.",
    ),
    "ask-again": StatementStep(
        "issued",
        ("differs",),
        "ask-to-compare-again",
        statements.ask_again,
        "Ask them to look again?",
        "The answer that they gave does not count any more. The statement goes to them again.",
        "Our figures. You can still take theirs later.",
        "Yes, ask them to look again",
        "They are asked to look at their figures again.",
    ),
}


class StepForm(KeyForm):
    mark: str = ""


async def _ask(request: Request, statement_id: UUID, who: SignIn, verb: str, problem: Refusal = None) -> Response:
    view, lines = await of(request).database.read(lambda tx: queries.statement(tx, statement_id))
    step = STEPS[verb]
    if view.row.direction != step.direction:
        raise Missing
    shown = {"statement": view, "mark": queries.mark_of_statement(view, lines), "may": view.row.state in step.states}
    return page(
        request,
        "recharging/statement_step.html",
        who=who,
        title=step.heading,
        problem=problem,
        words=step,
        verb=verb,
        key=new_key(),
        **shown,
    )


def _route(verb: str, step: StatementStep) -> None:
    here = f"/statements/{{statement_id}}/{verb}"

    @router.get(here)
    async def ask(request: Request, statement_id: UUID, who: Finance) -> Response:
        return await _ask(request, statement_id, who, verb)

    @router.post(here)
    @again(partial(_ask, verb=verb))
    async def do(request: Request, statement_id: UUID, who: ConfirmedFinance) -> Response:
        """Done once, however often it is pressed, and only for the figures that were shown."""
        form = await read_form(request, StepForm)
        await of(request).database.run(
            command(step.command, who, form.idempotency_key, statement_id),
            as_shown(
                lambda tx: statements.still_as_shown(tx, statement_id, form.mark),
                lambda tx: step.work(tx, statement_id),
            ),
            once=True,
        )
        return redirect(f"/payments/recharges/statements/{statement_id}", step.done)


for verb, step in STEPS.items():
    _route(verb, step)
