"""The account's statement (PAY-12): given as a file, its columns named once, and lines that came near a payment decided by a person."""

from typing import Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.datastructures import UploadFile

from services.payments.domain import bank_files, bank_lines
from services.payments.domain.bank_lines import WHY_NEAR
from services.payments.gateways import bank_csv
from services.payments.gateways.bank_csv import Columns
from services.payments.pages.common import ConfirmedFinance, Finance, KeyForm, command, gateways_of, new_key
from services.payments.queries.staff import names
from services.payments.use_cases import bank_statements
from shared.db import Transaction
from shared.identity import Session
from shared.reasons import Refused, refuse
from shared.service import of
from shared.web import InvalidForm, page, read_form, redirect

router = APIRouter(prefix="/payments/bank-statement")
LINES_A_PAGE = 20
SAMPLE = 5


class StatementForm(KeyForm):
    messages: ClassVar[dict[str, str]] = {"statement": "Choose the file with the account’s statement"}
    statement: UploadFile


class ColumnsForm(KeyForm):
    messages: ClassVar[dict[str, str]] = {"day": "Choose the column with the date", "sums": "Say where the sums are"}
    day: int
    words: tuple[int, ...] = ()
    sums: str
    amount: int | None = None
    paid_out: int | None = None
    paid_in: int | None = None
    marker: int | None = None


class ShownForm(KeyForm):
    mark: str


class ChoiceForm(KeyForm):
    messages: ClassVar[dict[str, str]] = {"payment": "Choose a payment, or say that it is not ours"}
    payment: str
    asked: bool = False


@router.get("")
async def ask(request: Request, who: Finance) -> Response:
    return await _page(request, who)


async def _page(request: Request, who: Session, problem: InvalidForm | Refused | None = None) -> Response:
    vault = gateways_of(request).vault

    async def read(tx: Transaction) -> dict[str, Any]:
        entries = await bank_statements.near(tx, LINES_A_PAGE)
        found = [bank_statements.line_of(entry, vault) for entry in entries]
        of_each = await bank_statements.choices_for(tx, found)
        may_not_dismiss, not_theirs = await bank_statements.reasons_not_to_decide(tx, found, who.person_id)
        known = await names(tx, [person_id for choices in of_each for _, person_id in choices])
        lines = []
        for entry, line, payments, reasons in zip(entries, found, of_each, may_not_dismiss, strict=True):
            theirs = [(payment, person_id) for payment, person_id in payments if payment.id not in not_theirs]
            choices = [(payment.id, payment.reference, known[person_id], payment.sent_on) for payment, person_id in theirs]
            lines.append({"entry": entry, "text": line.text, "why": WHY_NEAR[entry.because], "choices": choices, "may_dismiss": not reasons})
        set_aside = await bank_statements.how_many_set_aside(tx)
        return {"lines": lines, "number": await bank_statements.how_many_near(tx) - set_aside, "set_aside": set_aside}

    context = await of(request).database.read(read)
    return page(request, "bank_statement.html", who=who, title="The bank’s statement", problem=problem, key=new_key(), **context)


@router.post("")
async def take(request: Request, who: ConfirmedFinance) -> Response:
    vault, payer = gateways_of(request).vault, gateways_of(request).payer
    account = (payer.sort_code, payer.account_number)
    try:
        form = await read_form(request, StatementForm)
        data = await form.statement.read(bank_statements.MOST_BYTES + 1)
        if len(data) > bank_statements.MOST_BYTES:
            refuse(bank_files.TOO_BIG_A_STATEMENT)
        result = await of(request).database.run(
            command("take-bank-statement", who, form.idempotency_key), lambda tx: bank_statements.take_statement(tx, data, vault, account), once=True
        )
    except (InvalidForm, Refused) as problem:
        return await _page(request, who, problem)
    return _after(result)


def _after(result: dict[str, Any]) -> Response:
    if "map" in result:
        return redirect(f"/payments/bank-statement/{result['map']}/columns")
    if "check" in result:
        return redirect(f"/payments/bank-statement/{result['check']}/check")
    if result["again"]:
        return redirect("/payments/bank-statement", "We had this statement already. Nothing was changed.", done=False)
    if not result["paid"] and not result["returned"] and not result["near"]:
        text = (
            "No line of this statement is about a payment that we still wait for. Nothing was changed. If all of its payments are down as paid"
            " already, you need not do anything. If not: is it the right account, and are the days right?"
        )
        return redirect("/payments/bank-statement", text, done=False)
    lines = "1 line needs" if result["near"] == 1 else f"{result['near']} lines need"
    near = f" {lines} somebody to look." if result["near"] else ""
    if result.get("went_out"):
        near += f" {result['went_out']} went out that we count as not paid: do not pay them again before somebody has decided."
    done = bool(result["paid"] or result["returned"])
    return redirect("/payments/bank-statement", f"The statement: {result['paid']} paid, {result['returned']} came back.{near}", done=done)


@router.post("/set-aside")
async def confirm_set_aside(request: Request, who: ConfirmedFinance) -> Response:
    vault = gateways_of(request).vault
    try:
        form = await read_form(request, KeyForm)
        result = await of(request).database.run(
            command("confirm-bank-lines", who, form.idempotency_key), lambda tx: bank_statements.confirm_set_aside(tx, vault), once=True
        )
    except (InvalidForm, Refused) as problem:
        return await _page(request, who, problem)
    stay = f" {result['stay']} wait for somebody else: you made or sent that run, or are paid in it." if result["stay"] else ""
    done = bool(result["paid"] or result["returned"])
    return redirect("/payments/bank-statement", f"Confirmed: {result['paid']} paid, {result['returned']} came back.{stay}", done=done)


# Naming the columns of a CSV


@router.get("/{statement_id}/columns")
async def ask_columns(request: Request, statement_id: UUID, who: Finance) -> Response:
    return await _columns_page(request, statement_id, who)


async def _columns_page(request: Request, statement_id: UUID, who: Session, problem: InvalidForm | Refused | None = None) -> Response:
    vault = gateways_of(request).vault
    table = await of(request).database.read(lambda tx: bank_statements.to_map(tx, statement_id, vault))
    headings = [(number, heading or f"Column {number + 1}") for number, heading in enumerate(table.headings)]
    samples = [[row[number] if number < len(row) else "" for number, _ in headings] for row in table.rows[:SAMPLE]]
    context = {"headings": headings, "samples": samples, "suggested": bank_csv.suggested(table), "key": new_key()}
    return page(request, "statement_columns.html", who=who, title="What do the columns mean?", problem=problem, **context)


@router.post("/{statement_id}/columns")
async def name_columns(request: Request, statement_id: UUID, who: ConfirmedFinance) -> Response:
    vault = gateways_of(request).vault
    try:
        form = await read_form(request, ColumnsForm)
        columns = _columns(form)
        await of(request).database.run(
            command("name-statement-columns", who, form.idempotency_key, statement_id),
            lambda tx: bank_statements.name_columns(tx, statement_id, columns, vault),
            once=True,
        )
    except (InvalidForm, Refused) as problem:
        return await _columns_page(request, statement_id, who, problem)
    return _after({"check": statement_id})


@router.get("/{statement_id}/check")
async def ask_whether_right(request: Request, statement_id: UUID, who: Finance) -> Response:
    return await _check_page(request, statement_id, who)


async def _check_page(request: Request, statement_id: UUID, who: Session, problem: InvalidForm | Refused | None = None) -> Response:
    vault = gateways_of(request).vault
    shown = await of(request).database.read(lambda tx: bank_statements.to_check(tx, statement_id, vault))
    if shown is None:
        return _after({"map": statement_id})
    first = list(shown.lines[:SAMPLE])
    named = [line for line in shown.lines[SAMPLE:] if bank_lines.references_in(line.text)][:SAMPLE]
    context = {"statement_id": statement_id, "lines": [*first, *named], "shown": shown, "key": new_key()}
    return page(request, "statement_check.html", who=who, title="Is this what your bank means?", problem=problem, **context)


@router.post("/{statement_id}/check")
async def read_as_shown(request: Request, statement_id: UUID, who: ConfirmedFinance) -> Response:
    vault = gateways_of(request).vault
    try:
        form = await read_form(request, ShownForm)
        result = await of(request).database.run(
            command("read-statement-as-shown", who, form.idempotency_key, statement_id),
            lambda tx: bank_statements.read_as_shown(tx, statement_id, form.mark, vault),
            once=True,
        )
    except (InvalidForm, Refused) as problem:
        return await _check_page(request, statement_id, who, problem)
    return _after(result)


def _columns(form: ColumnsForm) -> Columns:
    """What was said, or Refused with what is missing."""
    said = form.sums, form.amount, form.paid_out, form.paid_in, form.marker
    refuse(bank_files.reasons_not_to_take_columns(form.words, *said))
    if form.sums == "two":
        return Columns(form.day, form.words, paid_out=form.paid_out, paid_in=form.paid_in)
    if form.sums == "marker":
        return Columns(form.day, form.words, amount=form.amount, marker=form.marker)
    return Columns(form.day, form.words, amount=form.amount, out_is_positive=form.sums == "one-positive")


@router.post("/forget-columns")
async def forget(request: Request, who: ConfirmedFinance) -> Response:
    await of(request).database.run(command("forget-statement-columns", who), bank_statements.forget_columns)
    return redirect("/payments/bank-statement", "We ask for the columns again with the next CSV file.")


# Deciding


@router.post("/lines/{entry_id}")
async def choose(request: Request, entry_id: UUID, who: ConfirmedFinance) -> Response:
    vault = gateways_of(request).vault
    try:
        form = await read_form(request, ChoiceForm)
        chosen = None if form.payment == "not-ours" else _uuid(form.payment)
        if chosen and not form.asked and (about := await of(request).database.read(lambda tx: bank_statements.to_ask_about(tx, entry_id, chosen, vault))):
            title = "Did this payment go out?" if about[0].pence > 0 else "Was this paid all the same?"
            return page(request, "came_back.html", who=who, title=title, entry=about[0], payment=about[1], key=new_key())
        state = await of(request).database.run(
            command("choose-for-bank-line", who, form.idempotency_key, entry_id, *([chosen] if chosen else [])),
            lambda tx: bank_statements.choose(tx, entry_id, chosen, vault, asked=form.asked),
            once=True,
        )
    except (InvalidForm, Refused) as problem:
        return await _page(request, who, problem)
    twice = "It is written down that this was paid twice. Ask the person or the bank for the money."
    messages = {"paid": "Confirmed. The person is told.", "paid-twice": twice, "not-ours": "Noted: that line is not one of our payments."}
    return redirect("/payments/bank-statement", messages.get(state, "Noted. The money is owed again."))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        refuse(bank_lines.NOT_CHOSEN)
