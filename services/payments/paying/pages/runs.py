"""Payment runs, their files for the bank, and how their payments ended (PAY-12, PAY-13)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.payments.bank_details import queries as confirming
from services.payments.bank_details.pages.common import vault_of
from services.payments.claims.pages.common import METHODS_SHORT, WORDS
from services.payments.claims.use_cases import ready
from services.payments.forms import KeyForm, command, new_key
from services.payments.owing import queries as owing
from services.payments.owing.domain.bank_reasons import for_finance
from services.payments.owing.domain.leaving import SAME_ACCOUNT, TRANSFER
from services.payments.paging import Cursor
from services.payments.paying.domain import endings
from services.payments.paying.domain.endings import THEY_TOOK_THEM_IN, ByHand, How
from services.payments.paying.domain.handing import NOT_KNOWN_NOW, done_already, how_it_is_handed
from services.payments.paying.domain.in_its_place import Again
from services.payments.paying.domain.releasing import WHY_IT_STAYS
from services.payments.paying.gateways import bank_files
from services.payments.paying.pages.common import payer_of
from services.payments.paying.pages.run_steps import OTHER_PAYS, PART_TWICE, SAID_FIRST, SAID_OTHERWISE
from services.payments.paying.pages.run_words import how_it_ended, what_becomes_of
from services.payments.paying.queries import owed as owed_queries
from services.payments.paying.queries import runs as run_queries
from services.payments.paying.use_cases import answers, run_files, runs
from services.payments.people import queries as people
from shared.db import Transaction
from shared.identity import ConfirmedFinance, Finance, SignIn
from shared.service import Service, of
from shared.web import Refusal, again, page, read_form, redirect

router = APIRouter(prefix="/payments")


class RunForm(KeyForm):
    what: Literal["chosen", "all"] = "all"
    way: str | None = None
    chosen: tuple[UUID, ...] = ()
    looked: bool = False
    looked_for_all: bool = False


class EndForm(KeyForm):
    messages: ClassVar[dict[str, str]] = {"how": "Choose what happened"}
    how: How


# Runs


@router.get("/runs")
async def all_runs(request: Request, who: Finance, problem: Refusal = None) -> Response:
    asked = request.query_params
    way, before = asked.get("way") or None, asked.get("before") or ""

    async def read(tx: Transaction) -> dict[str, Any]:
        owed, after = await owed_queries.owed(tx, who.person_id, way, Cursor.read(asked.get("after")))
        runs, older = await owed_queries.all_runs(tx, int(before) if before.isdecimal() and len(before) < 9 else None)
        sums = {
            "by_way": await owed_queries.owed_by_way(tx),
            "number": await ready.how_many_claims(tx, who.person_id),
            "held": await ready.how_many_held(tx),
            "unconfirmed": await confirming.how_many_to_confirm(tx),
        }
        return {
            "owed": owed,
            "after": after,
            "runs": runs,
            "older": older,
            "near": await run_queries.how_many_near(tx),
            **sums,
        }

    context = await of(request).database.read(read)
    return page(
        request,
        "paying/runs.html",
        who=who,
        title="Payment runs",
        problem=problem,
        key=new_key(),
        way=way,
        here=urlencode({name: asked[name] for name in ("way", "after") if asked.get(name)}),
        how_it_ended=how_it_ended,
        **context,
        **WORDS,
    )


@router.post("/runs")
@again(all_runs)
async def make_run(request: Request, who: ConfirmedFinance) -> Response:
    form = await read_form(request, RunForm)
    chosen, way = (form.chosen, None) if form.what == "chosen" else (None, form.way or None)
    looked = form.looked if form.what == "chosen" else form.looked_for_all
    run_id = await of(request).database.run(
        command("make-payment-run", who, form.idempotency_key, *sorted(chosen or [])),
        lambda tx: runs.make_run(tx, chosen, way, looked=looked),
        once=True,
    )
    return redirect(f"/payments/runs/{run_id}", "The payment run is made.")


@router.get("/runs/{run_id}")
async def run(request: Request, run_id: UUID, who: Finance, problem: Refusal = None) -> Response:
    async def read(tx: Transaction) -> dict[str, Any]:
        view = await run_queries.run(tx, run_id, request.query_params.get("after"))
        return {
            "run": view,
            "alike": await owing.who_shares_an_account(tx, [payment.participant_id for payment in view.payments]),
            "may_not": await run_queries.may_not(tx, run_id, who.person_id),
            "standing": await run_queries.standing(tx, run_id, who.person_id),
        }

    context = await of(request).database.read(read)
    view = context["run"]
    context |= {"is_second": who.person_id not in (view.row.made_by, view.row.sent_by)}
    context |= {
        "key": new_key(),
        "why_it_stays": WHY_IT_STAYS,
        "for_finance": for_finance,
        "what_becomes_of": what_becomes_of,
        "same_account": SAME_ACCOUNT,
    }
    return page(
        request, "paying/run.html", who=who, title=f"Payment run {view.row.number}", problem=problem, **context, **WORDS
    )


# How payments ended


@router.get("/runs/{run_id}/payments/{payment_id}")
async def payment(request: Request, run_id: UUID, payment_id: UUID, who: Finance, problem: Refusal = None) -> Response:
    async def read(tx: Transaction) -> tuple[tuple[Any, str], bool, bool, ByHand, Sequence[Any], dict[UUID, str]]:
        facts, words = await run_queries.word_on(tx, run_id, payment_id, who.person_id)
        took_in = await run_queries.took_in(tx, run_id, who.person_id, payment_id)
        return (
            await run_queries.payment(tx, run_id, payment_id),
            took_in,
            await run_queries.is_owed_again(tx, payment_id),
            facts,
            words,
            await people.names(tx, [word.said_by for word in words]),
        )

    (row, name), took_in, is_owed_again, facts, words, known = await of(request).database.read(read)
    all_choices = choices_of(row.method, owing.where_it_stands(row), is_owed_again, was_paid_again=facts.paid_again)
    said = {how: text for how, text, _ in all_choices}
    reasons = {how: endings.reasons_not_to_end_by_hand(facts, how, who.person_id) for how in said}
    choices = [choice for choice in all_choices if not reasons[choice[0]]]
    context = {
        "payment": row,
        "name": name,
        "choices": choices,
        "why_not": next((why[0].text for why in reasons.values() if why), ""),
        "again": facts.paid_again,
        "together": any(endings.says_it_with_another(facts, how, who.person_id) for how, *_ in choices),
        "nobody": any(endings.who_is_left(facts, how) == "nobody" for how in said),
        "heard": [(known[word.said_by], said[word.how]) for word in words if word.how in said],
        "took_in": THEY_TOOK_THEM_IN if took_in else "",
        "key": new_key(),
    }
    return page(
        request,
        "paying/payment.html",
        who=who,
        title="What happened to this payment?",
        problem=problem,
        **context,
        **WORDS,
    )


_OF_LISTS = {
    "perhaps-gone": [
        ("handed-over", "It was handed over, or sent", "The person is told"),
        ("not-paid", "It was not ordered, and nobody has it", "What is still owed can go into another run"),
    ],
    "said-not-gone": [("handed-over", "It was handed over after all", "The person is told")],
}


_NOTHING_IS_OWED = "The money went out another time, too. Nothing is owed but what the other did not cover"
_TWICE = "We write down that it was paid twice"
_PART_TWICE = "It counts as paid, and we write down that a part of it was paid twice"


def choices_of(
    method: str, state: str, is_owed_again: bool = True, *, was_paid_again: Again | Literal[""] = ""
) -> list[tuple[str, str, str]]:
    """What somebody can say about a payment in this state, in words, and what follows from it. is_owed_again: if it
    did not go, or came back. was_paid_again: how, if it counts as not paid and was paid again since (PAY-12)."""

    def follows(how: str, hint: str) -> str:
        if state in ("rejected", "returned") and how == "taken-back":
            return hint
        if endings.ENDS_AS.get(how) == "paid":
            return _PART_TWICE if was_paid_again == "part" else _TWICE if was_paid_again else hint
        return hint if is_owed_again else _NOTHING_IS_OWED

    return [(how, text, follows(how, hint)) for how, text, hint in _choices_if_owed(method, state)]


def _choices_if_owed(method: str, state: str) -> list[tuple[str, str, str]]:
    of_transfers = {
        "sent": [
            ("paid", "It was paid", "I saw it on the account’s statement"),
            (
                "not-paid-details",
                "The bank sent it back: the account is wrong",
                "We ask the person to check their details",
            ),
            ("not-paid", "The bank did not make it, for a reason at our end", "It can go into the next run"),
        ],
        "paid": [
            (
                "came-back-details",
                "The money came back: the account is wrong",
                "We ask the person to check their details",
            ),
            ("came-back", "The money came back for another reason", "It can go into the next run"),
        ],
        "perhaps-gone": [
            ("paid", "The bank paid it", "It is on the account’s statement. The person is told"),
            (
                "not-paid",
                "The bank did not pay it",
                "It is not on the account’s statement. What is still owed can go into another run",
            ),
        ],
        "said-not-gone": [
            ("paid", "The bank paid it after all", "It is on the account’s statement now. The person is told")
        ],
    }
    after_all = "It was cashed, or reached them after all" if method == "cheque" else "It reached them after all"
    found = [
        ("handed-over", after_all, "It counts as paid, and the person is told"),
        ("taken-back", "It was found, and is with us", "It is not lost any more"),
    ]
    handed = [
        ("lost", "It was lost", "It can go again in the next run"),
        ("taken-back", "It came back to us", "It can go again in the next run"),
    ]
    of_handed = {
        "sent": [("handed-over", "It was handed over, or sent", "The person is told"), *handed],
        "paid": handed,
        "rejected": found,
        "returned": found,
        **_OF_LISTS,
    }
    return (of_transfers if method == TRANSFER else of_handed).get(state, [])


@router.post("/runs/{run_id}/payments/{payment_id}")
@again(payment)
async def end_by_hand(request: Request, run_id: UUID, payment_id: UUID, who: ConfirmedFinance) -> Response:
    form = await read_form(request, EndForm)
    state = await of(request).database.run(
        command(f"end-payment-by-hand-{form.how}", who, form.idempotency_key, run_id, payment_id),
        lambda tx: answers.end_by_hand(tx, run_id, payment_id, form.how),
        once=True,
    )
    words = {
        "paid": "Confirmed. The person is told.",
        "said": SAID_FIRST,
        "said-otherwise": SAID_OTHERWISE,
        "found": "Noted. It is with us, and not lost any more.",
        "paid-twice": "Noted: it was paid twice. What is lost is written down.",
        "paid-in-part-twice": PART_TWICE,
        "loss-back": "Noted. What was paid twice came back: it is no loss any more, and nothing is owed.",
        "other-pays": OTHER_PAYS,
    }
    return redirect(f"/payments/runs/{run_id}", words.get(state, "Noted. What is still owed can be paid again."))


# Files


def _file(content: bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


async def _fetched(request: Request, run_id: UUID, who: SignIn, name: str, fetch: Callable[..., Awaitable[str]]) -> str:
    vault, payer = vault_of(request), payer_of(request)
    return await of(request).database.run(command(name, who), lambda tx: fetch(tx, run_id, payer, vault))


@router.get("/runs/{run_id}/bank-file.xml")
async def bank_file(request: Request, run_id: UUID, who: ConfirmedFinance) -> Response:
    content = await _fetched(request, run_id, who, "fetch-bank-file", run_files.fetch_bank_file)
    return _file(content.encode(), "payments.xml", "application/xml")


@router.get("/runs/{run_id}/bank-file.csv")
async def bank_csv(request: Request, run_id: UUID, who: ConfirmedFinance) -> Response:
    content = await _fetched(request, run_id, who, "fetch-bank-csv", run_files.fetch_bank_csv)
    return _file(content.encode(), "payments.csv", "text/csv")


@router.get("/runs/{run_id}/vouchers.csv")
async def vouchers(request: Request, run_id: UUID, who: ConfirmedFinance) -> Response:
    """Vouchers and everything else that is handed over: each person's full name, and how it reaches them."""
    vault, payer = vault_of(request), payer_of(request)
    asked = await of(request).database.read(lambda tx: run_files.who_is_on_the_list(tx, run_id))
    known = await _how_to_hand(of(request), asked)

    async def read(tx: Transaction) -> list[bank_files.ByHand]:
        rows = await run_files.fetch_list(tx, run_id, payer, vault)
        names = await people.names(
            tx, [row.participant_id for row in rows] + [row.sent_by for row in rows if row.sent_by]
        )
        await run_files.note_contacts_read(tx, [each for each in asked if each in known], run_id)
        return [_by_hand(row, names, known.get(row.participant_id)) for row in rows]

    items = await of(request).database.run(command("fetch-voucher-list", who), read)
    name = "to-hand-over.csv" if any(item.done for item in items) else "vouchers.csv"
    return _file(bank_files.by_hand_csv(items).encode(), name, "text/csv")


AT_ONCE = 1000
"""How many people one question to `people` covers."""


async def _how_to_hand(service: Service, asked: Sequence[UUID]) -> dict[UUID, dict[str, str]]:
    """Asked each time, and kept nowhere. If `people` does not answer, the list says so for each person."""
    known: dict[UUID, dict[str, str]] = {}
    for first in range(0, len(asked), AT_ONCE):
        ids = [str(each) for each in asked[first : first + AT_ONCE]]
        try:
            found = await service.requests("people.addresses.payments", {"person_ids": ids})
        except (ConnectionError, TimeoutError):
            return known
        known |= {UUID(each): facts for each, facts in found["people"].items()}
    return known


def _by_hand(row: Any, names: dict[UUID, str], known: dict[str, str] | None) -> bank_files.ByHand:
    what, name = METHODS_SHORT[row.method], names[row.participant_id]
    done = done_already(row.method, row.sent_at, names.get(row.sent_by, ""))
    if known is None:
        return bank_files.ByHand(row.end_to_end_id, name, what, row.amount_pence, NOT_KNOWN_NOW, done=done)
    email, phone = known["email"], known["phone"]
    how = how_it_is_handed(row.method, email=email, phone=phone)
    return bank_files.ByHand(row.end_to_end_id, known["name"] or name, what, row.amount_pence, how, email, phone, done)
