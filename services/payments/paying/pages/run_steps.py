"""What somebody says about a whole payment run (PAY-12): each on its own page, which first says what it does, for
how many payments and how much, and what cannot be undone. What was shown is what is done: if it has changed
meanwhile, the page is shown again."""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.payments.claims.pages.common import METHODS_SHORT
from services.payments.forms import KeyForm, command, new_key
from services.payments.paying.domain.endings import Left
from services.payments.paying.domain.releasing import WHY_IT_STAYS
from services.payments.paying.pages.run_words import WORDS_OF, of_left, payments_in_words, sum_of
from services.payments.paying.queries.runs import left_after
from services.payments.paying.use_cases import answers, looked_at, runs, sending
from services.payments.paying.use_cases.looked_at import LookedAt, What
from services.payments.people.queries import names
from shared.db import Transaction
from shared.identity import ConfirmedFinance, Finance, SignIn
from shared.reasons import Refused
from shared.service import of
from shared.web import InvalidForm, Refusal, page, read_form, redirect

router = APIRouter(prefix="/payments/runs/{run_id}")
MOST_NAMED = 20
PART_TWICE = (
    "Noted: it counts as paid, and nothing of it is sent again. A part of it had been paid before: that part was paid "
    "twice, and is written down as lost. Ask the person or the bank for it."
)
OTHER_PAYS = (
    "Noted. It had gone out another time, too: that is what the person has. Nothing is owed but what the other did not "
    "cover."
)
SAID_FIRST = "Your word is noted. It counts once a second person says the same."
SAID_OTHERWISE = (
    "Your word is noted. Somebody else said something else about it, so neither counts yet. Look again, each of you: "
    "it counts once two say the same."
)
COMMANDS: dict[What, str] = {
    "sent": "send-payment-run",
    "anew": "make-payment-file-anew",
    "cancel": "cancel-payment-run",
    "not-gone": "confirm-not-gone",
    "never-sent": "say-never-sent",
    "transfers": "confirm-rest-transfers",
    "handed-over": "confirm-rest-handed-over",
    "one": "confirm-by-hand",
}


class StepForm(KeyForm):
    messages: ClassVar[dict[str, str]] = {"mark": "This form is too old. Open the page again."}
    mark: str
    bank_has_it: bool = False


async def _ask(
    request: Request,
    run_id: UUID,
    who: SignIn,
    what: What,
    payment_id: UUID | None = None,
    problem: Refusal = None,
) -> Response:
    async def read(tx: Transaction) -> tuple[LookedAt, dict[UUID, str], dict[Left, list[Any]]]:
        seen = await looked_at.look_at(tx, run_id, what, payment_id)
        known = await names(
            tx,
            [
                payment.participant_id
                for payment in [*seen.payments[:MOST_NAMED], *(payment for payment, _ in seen.stays)]
            ],
        )
        return seen, known, await left_after(tx, run_id, what, who.person_id)

    seen, known, left = await of(request).database.read(read)
    words = WORDS_OF[what](seen)
    by_way: dict[str, list[Any]] = {}
    for payment in seen.payments:
        by_way.setdefault(METHODS_SHORT[payment.method], []).append(payment)
    context = {
        "words": words,
        "seen": seen,
        "sums": [(way, sum_of(payments)) for way, payments in by_way.items()],
        "named": [(known[payment.participant_id], payment) for payment in seen.payments]
        if len(seen.payments) <= MOST_NAMED
        else [],
        "stays": [(known[payment.participant_id], payment, WHY_IT_STAYS[why]) for payment, why in seen.stays],
        "left": of_left(left),
        "nothing_leaves": what in ("sent", "anew") and bool(seen.payments) and not seen.can_leave,
        "key": new_key(),
    }
    return page(request, "paying/run_step.html", who=who, title=words.heading, problem=problem, **context)


async def _do(
    request: Request,
    run_id: UUID,
    who: SignIn,
    what: What,
    work: Callable[[Transaction, StepForm], Awaitable[Any]],
    message: Callable[[Any], str],
    payment_id: UUID | None = None,
) -> Response:
    """message: what to say about the work's result."""

    async def as_shown(tx: Transaction) -> Any:
        await looked_at.still_as_shown(tx, run_id, what, form.mark, payment_id)
        return await work(tx, form)

    try:
        form = await read_form(request, StepForm)
        name = "send-payment-run-as-it-is" if form.bank_has_it else COMMANDS[what]
        about = [run_id] if payment_id is None else [run_id, payment_id]
        result = await of(request).database.run(command(name, who, form.idempotency_key, *about), as_shown, once=True)
    except (InvalidForm, Refused) as problem:
        return await _ask(request, run_id, who, what, payment_id, problem)
    return redirect(f"/payments/runs/{run_id}", message(result))


# Before it goes


@router.get("/sent")
async def ask_whether_sent(request: Request, run_id: UUID, who: Finance) -> Response:
    return await _ask(request, run_id, who, "sent")


@router.post("/sent")
async def mark_sent(request: Request, run_id: UUID, who: ConfirmedFinance) -> Response:
    def message(result: dict[str, Any]) -> str:
        dropped = (
            f" {payments_in_words(result['dropped'])} could not leave and stayed behind." if result["dropped"] else ""
        )
        return f"The payment run is marked as sent.{dropped}"

    return await _do(
        request,
        run_id,
        who,
        "sent",
        lambda tx, form: sending.mark_sent(tx, run_id, knows_of_changes=form.bank_has_it),
        message,
    )


@router.get("/anew")
async def ask_to_make_anew(request: Request, run_id: UUID, who: Finance) -> Response:
    return await _ask(request, run_id, who, "anew")


@router.post("/anew")
async def make_anew(request: Request, run_id: UUID, who: ConfirmedFinance) -> Response:
    def message(dropped: int) -> str:
        stayed = f"{payments_in_words(dropped)} stayed behind. " if dropped else ""
        return (
            f"{stayed}The next file is a new one. If the earlier one was fetched, a second person says first that "
            "nothing went by it."
        )

    return await _do(request, run_id, who, "anew", lambda tx, _: runs.make_anew(tx, run_id), message)


@router.get("/cancel")
async def ask_to_take_back(request: Request, run_id: UUID, who: Finance) -> Response:
    return await _ask(request, run_id, who, "cancel")


@router.post("/cancel")
async def cancel(request: Request, run_id: UUID, who: ConfirmedFinance) -> Response:
    def message(gone: int) -> str:
        if not gone:
            return "The payment run is taken back. What was in it can go into another."
        return (
            "The payment run is taken back. Its file or list was fetched, so a second person must find out what "
            "went before anything is paid again."
        )

    return await _do(request, run_id, who, "cancel", lambda tx, _: runs.cancel_run(tx, run_id), message)


@router.get("/not-gone")
async def ask_whether_not_gone(request: Request, run_id: UUID, who: Finance) -> Response:
    return await _ask(request, run_id, who, "not-gone")


@router.post("/not-gone")
async def confirm_not_gone(request: Request, run_id: UUID, who: ConfirmedFinance) -> Response:
    return await _do(request, run_id, who, "not-gone", lambda tx, _: answers.confirm_not_gone(tx, run_id), _of_gone)


def _of_gone(said: dict[str, int]) -> str:
    words: list[str] = []
    if said["settled"]:
        words.append(
            f"Noted: {payments_in_words(said['settled'])} did not go by the earlier file. What is still owed can go."
        )
    if said["waiting"]:
        words.append(
            f"Your word is noted for {payments_in_words(said['waiting'])}. It counts once a second person says the "
            "same here."
        )
    if said["left"]:
        words.append(
            f"{payments_in_words(said['left'])} in it {'is' if said['left'] == 1 else 'are'} for somebody else to say."
        )
    return " ".join(words)


@router.get("/never-sent")
async def ask_whether_never_sent(request: Request, run_id: UUID, who: Finance) -> Response:
    return await _ask(request, run_id, who, "never-sent")


@router.post("/never-sent")
async def say_never_sent(request: Request, run_id: UUID, who: ConfirmedFinance) -> Response:
    def message(number: int) -> str:
        return f"Noted: {payments_in_words(number)} did not go. They can be paid again." if number else SAID_FIRST

    return await _do(request, run_id, who, "never-sent", lambda tx, _: answers.say_never_sent(tx, run_id), message)


# How it ended

Rest = Literal["transfers", "handed-over"]


@router.get("/confirm-rest/{what}")
async def ask_whether_all(request: Request, run_id: UUID, what: Rest, who: Finance) -> Response:
    return await _ask(request, run_id, who, what)


@router.post("/confirm-rest/{what}")
async def confirm_rest(request: Request, run_id: UUID, what: Rest, who: ConfirmedFinance) -> Response:
    def message(number: int) -> str:
        if not number:
            return SAID_FIRST
        return f"{payments_in_words(number)} confirmed. {'The person is' if number == 1 else 'The people are'} told."

    return await _do(
        request,
        run_id,
        who,
        what,
        lambda tx, _: answers.confirm_rest_by_hand(tx, run_id, transfers=what == "transfers"),
        message,
    )


@router.get("/payments/{payment_id}/confirm")
async def ask_whether_handed_over(request: Request, run_id: UUID, payment_id: UUID, who: Finance) -> Response:
    return await _ask(request, run_id, who, "one", payment_id)


@router.post("/payments/{payment_id}/confirm")
async def hand_over(request: Request, run_id: UUID, payment_id: UUID, who: ConfirmedFinance) -> Response:
    def work(tx: Transaction, _: StepForm) -> Awaitable[str]:
        return answers.end_by_hand(tx, run_id, payment_id, "handed-over")

    return await _do(
        request,
        run_id,
        who,
        "one",
        work,
        lambda state: {"said": SAID_FIRST, "said-otherwise": SAID_OTHERWISE}.get(
            state, "Confirmed. The person is told."
        ),
        payment_id,
    )
