"""The account's statement (PAY-12): somebody gives the file, names its columns once, and decides about lines that
came near a payment."""

from typing import Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.datastructures import UploadFile

from services.payments.bank_details.pages.common import vault_of
from services.payments.bank_statements.domain import bank_lines
from services.payments.bank_statements.domain.bank_lines import WHY_NEAR
from services.payments.bank_statements.gateways import bank_csv
from services.payments.bank_statements.gateways.bank_csv import Columns
from services.payments.bank_statements.pages.statement_rows import kinds_of, page_after, payees_of, row_of
from services.payments.bank_statements.use_cases import bank_statements, choosing, set_aside
from services.payments.bank_statements.use_cases.unnamed import line_of
from services.payments.forms import KeyForm, command, new_key
from services.payments.paging import Cursor
from services.payments.paying.domain import bank_files
from services.payments.paying.pages.common import payer_of
from services.payments.paying.pages.run_steps import OTHER_PAYS, PART_TWICE
from services.payments.paying.queries import runs
from services.payments.people.queries import names
from shared.db import Transaction
from shared.identity import ConfirmedFinance, Finance, SignIn
from shared.reasons import refuse
from shared.service import of
from shared.web import Refusal, again, page, read_form, redirect

router = APIRouter(prefix="/payments/bank-statement")
LINES_A_PAGE = 20
SAMPLE = 5
URL = "/payments/bank-statement"


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
    messages: ClassVar[dict[str, str]] = {"mark": "This form is too old. Open the page again."}
    mark: str


class ChoiceForm(KeyForm):
    messages: ClassVar[dict[str, str]] = {"payment": "Choose a payment, or say that it is not ours"}
    payment: str
    asked: bool = False


@router.get("")
async def ask(request: Request, who: Finance, problem: Refusal = None) -> Response:
    return await _page(request, who, problem)


async def _ask_at(request: Request, entry_id: UUID, who: SignIn, problem: Refusal) -> Response:
    return await _page(request, who, problem, at=entry_id)


async def _page(request: Request, who: SignIn, problem: Refusal, at: UUID | None = None) -> Response:
    """at: the line whose form was sent."""
    vault, days = vault_of(request), request.app.state.gateways.statements_kept_days

    async def read(tx: Transaction) -> dict[str, Any]:
        entries, after = await choosing.near(tx, LINES_A_PAGE, request.query_params.get("after"))
        found = [line_of(entry, vault) for entry in entries]
        of_each = await choosing.choices_for(tx, entries, found)
        may = await choosing.may_decide(tx, entries, found, who.person_id)
        known = await names(tx, [person_id for choices in of_each for _, person_id in choices])
        lines = []
        for entry, line, payments, theirs_to_say in zip(entries, found, of_each, may, strict=True):
            theirs = [
                (payment, person_id) for payment, person_id in payments if payment.id not in theirs_to_say.not_theirs
            ]
            choices = [
                (payment.id, payment.reference, known[person_id], payment.sent_on) for payment, person_id in theirs
            ]
            shown = {"entry": entry, "text": line.text, "why": WHY_NEAR[entry.because], "choices": choices}
            decides_nothing = not theirs_to_say.dismiss or theirs_to_say.another in ("brought", "twice")
            another = theirs_to_say.another if payments or decides_nothing else ""
            may_say = {"may_dismiss": theirs_to_say.dismiss, "runs": theirs_to_say.runs}
            lines.append({**shown, **may_say, "another": another, "together": theirs_to_say.together})
        waits = await set_aside.how_many(tx)
        number = await runs.how_many_near(tx) - waits
        return {
            "lines": lines,
            "after": after,
            "number": number,
            "waits": waits,
            "mine": await bank_statements.not_looked_at(tx, who.person_id),
            "kept_days": days,
        }

    context = await of(request).database.read(read)
    return page(
        request,
        "bank_statements/bank_statement.html",
        who=who,
        title="The bank’s statement",
        problem=problem,
        at=at,
        key=new_key(),
        **context,
    )


@router.post("")
@again(ask)
async def take(request: Request, who: ConfirmedFinance) -> Response:
    vault, payer = vault_of(request), payer_of(request)
    account = (payer.sort_code, payer.account_number)
    form = await read_form(request, StatementForm)
    data = await form.statement.read(bank_statements.MOST_BYTES + 1)
    if len(data) > bank_statements.MOST_BYTES:
        refuse(bank_files.TOO_BIG_A_STATEMENT)
    result = await of(request).database.run(
        command("take-bank-statement", who, form.idempotency_key),
        lambda tx: bank_statements.take_statement(tx, data, vault, account, form.statement.filename or ""),
        once=True,
    )
    return _after(result)


def _after(result: dict[str, Any]) -> Response:
    if "map" in result:
        return redirect(f"{URL}/{result['map']}/columns")
    if "check" in result:
        return redirect(f"{URL}/{result['check']}/check")
    if result["again"] and result["waits"]:
        text = (
            f"We had this statement already. {_lines(result['waits'])} of it "
            f"{'waits' if result['waits'] == 1 else 'wait'} for a second person: look here."
        )
        return redirect(f"{URL}/set-aside", text, done=False)
    if result["again"]:
        return redirect(URL, "We had this statement already. Nothing was changed.", done=False)
    paid, returned, near, known = (result[name] for name in ("paid", "returned", "near", "known"))
    back = result["loss_back"]
    settled = _stay_paid(result)
    settled += f" {_lines(back)} came back of what was paid twice: that is no loss any more." if back else ""
    if known:
        settled += (
            f" {_lines(known)} {'is a payment' if known == 1 else 'are payments'} that we had down as paid or "
            "as come back: nothing changes."
        )
    if seen := result["seen"]:
        settled += (
            f" {_lines(seen)} {'stands' if seen == 1 else 'stand'} on a statement that we had before, too: we do not "
            "ask about it again."
        )
    if not paid and not returned and not near and not back:
        text = (
            f"No line of this statement is about a payment that we still wait for.{settled} Nothing was changed. If "
            "all of its payments are down as paid"
            " already, you need not do anything. If not: is it the right account, and are the days right?"
        )
        return redirect(URL, text, done=False)
    waits = f" {_lines(near)} {'needs' if near == 1 else 'need'} somebody to look." if near else ""
    if result["went_out"]:
        waits += (
            f" {result['went_out']} went out that we count as not paid: do not pay them again before somebody "
            "has decided."
        )
    return redirect(
        URL, f"The statement: {paid} paid, {returned} came back.{settled}{waits}", done=bool(paid or returned or back)
    )


def _stay_paid(result: dict[str, Any]) -> str:
    if not (number := result.get("stay_paid", 0)):  # absent in what a program before this one kept of a press
        return ""
    return (
        f" {number:,} that came back had gone out another time, too: that is what the person has. Nothing is owed but "
        "what the other did not cover."
    )


def _lines(number: int) -> str:
    return "1 line" if number == 1 else f"{number:,} lines"


# What waits for a second person


@router.get("/set-aside")
async def ask_whether_seen(request: Request, who: Finance, problem: Refusal = None) -> Response:
    vault = vault_of(request)

    async def read(tx: Transaction) -> dict[str, Any]:
        seen = await set_aside.look_at(tx, who.person_id, vault)
        keyed = [(str(Cursor(row.day, row.id)), each) for row, each in seen.theirs]
        shown, after = page_after(keyed, request.query_params.get("after"))
        known = await names(tx, payees_of(shown, seen.found.payees))
        rows = [row_of(each, seen.found.payees, known) for each in shown]
        return {
            "rows": rows,
            "after": after,
            "kinds": kinds_of([each for _, each in seen.theirs]),
            "number": len(keyed),
            "stay": seen.stay,
            "tells_people": seen.found.tells_people,
            "mark": seen.mark,
        }

    context = await of(request).database.read(read)
    return page(
        request,
        "bank_statements/statement_set_aside.html",
        who=who,
        title="Have you seen these on the account?",
        problem=problem,
        key=new_key(),
        **context,
    )


@router.post("/set-aside")
@again(ask_whether_seen)
async def confirm_set_aside(request: Request, who: ConfirmedFinance) -> Response:
    vault = vault_of(request)
    form = await read_form(request, ShownForm)
    work = command("confirm-bank-lines", who, form.idempotency_key), lambda tx: set_aside.confirm(tx, form.mark, vault)
    result = await of(request).database.run(*work, once=True)
    more = (
        f" {_lines(result['again'])} {'needs' if result['again'] == 1 else 'need'} somebody to look."
        if result["again"]
        else ""
    )
    if result["stay"]:
        more += f" {_lines(result['stay'])} {'waits' if result['stay'] == 1 else 'wait'} for somebody else."
    more = f"{_stay_paid(result)}{more}"
    if back := result["loss_back"]:
        more = f" {_lines(back)} came back of what was paid twice: that is no loss any more.{more}"
    done = bool(result["paid"] or result["returned"] or back)
    return redirect(URL, f"Confirmed: {result['paid']} paid, {result['returned']} came back.{more}", done=done)


# Naming the columns of a CSV


@router.get("/{statement_id}/columns")
async def ask_columns(request: Request, statement_id: UUID, who: Finance, problem: Refusal = None) -> Response:
    vault = vault_of(request)
    table = await of(request).database.read(lambda tx: bank_statements.to_map(tx, statement_id, who.person_id, vault))
    headings = [(number, heading or f"Column {number + 1}") for number, heading in enumerate(table.headings)]
    samples = [[row[number] if number < len(row) else "" for number, _ in headings] for row in table.rows[:SAMPLE]]
    context = {"headings": headings, "samples": samples, "suggested": bank_csv.suggested(table), "key": new_key()}
    return page(
        request,
        "bank_statements/statement_columns.html",
        who=who,
        title="What do the columns mean?",
        problem=problem,
        **context,
    )


@router.post("/{statement_id}/columns")
@again(ask_columns)
async def name_columns(request: Request, statement_id: UUID, who: ConfirmedFinance) -> Response:
    vault = vault_of(request)
    form = await read_form(request, ColumnsForm)
    columns = _columns(form)
    await of(request).database.run(
        command("name-statement-columns", who, form.idempotency_key, statement_id),
        lambda tx: bank_statements.name_columns(tx, statement_id, columns, vault),
        once=True,
    )
    return _after({"check": statement_id})


@router.get("/{statement_id}/check")
async def ask_whether_right(request: Request, statement_id: UUID, who: Finance, problem: Refusal = None) -> Response:
    vault, payer = vault_of(request), payer_of(request)

    async def read(tx: Transaction) -> dict[str, Any] | None:
        shown = await bank_statements.to_check(
            tx, statement_id, who.person_id, vault, (payer.sort_code, payer.account_number)
        )
        if shown is None:
            return None
        found = shown.found
        keyed = sorted((f"{int(each.what == 'other')}_{number:07d}", each) for number, each in enumerate(found.reads))
        after = request.query_params.get("after")
        here, more = page_after(keyed, after)
        known = await names(tx, payees_of(here, found.payees))
        ours_go_on = more is not None and any(key > more and each.what != "other" for key, each in keyed)
        rows = [row_of(each, found.payees, known) for each in here]
        return {
            "shown": shown,
            "rows": rows,
            "after": more,
            "kinds": kinds_of(found.reads),
            "number": len(keyed),
            "may_press": not ours_go_on,
        }

    context = await of(request).database.read(read)
    if context is None:
        return _after({"map": statement_id})
    return page(
        request,
        "bank_statements/statement_check.html",
        who=who,
        title="This is what we read",
        problem=problem,
        statement_id=statement_id,
        key=new_key(),
        **context,
    )


@router.post("/{statement_id}/check")
@again(ask_whether_right)
async def read_as_shown(request: Request, statement_id: UUID, who: ConfirmedFinance) -> Response:
    vault, payer = vault_of(request), payer_of(request)
    form = await read_form(request, ShownForm)
    result = await of(request).database.run(
        command("read-statement-as-shown", who, form.idempotency_key, statement_id),
        lambda tx: bank_statements.read_as_shown(
            tx, statement_id, form.mark, vault, (payer.sort_code, payer.account_number)
        ),
        once=True,
    )
    return _after(result)


def _columns(form: ColumnsForm) -> Columns:
    """The columns as named in the form. Raises Refused and says which are missing."""
    said = form.sums, form.amount, form.paid_out, form.paid_in, form.marker
    refuse(bank_files.reasons_not_to_take_columns(form.words, *said))
    if form.sums == "two":
        return Columns(form.day, form.words, paid_out=form.paid_out, paid_in=form.paid_in)
    if form.sums == "marker":
        return Columns(form.day, form.words, amount=form.amount, marker=form.marker)
    return Columns(form.day, form.words, amount=form.amount, out_is_positive=form.sums == "one-positive")


# Deciding


@router.post("/lines/{entry_id}")
@again(_ask_at)
async def choose(request: Request, entry_id: UUID, who: ConfirmedFinance) -> Response:
    vault = vault_of(request)
    form = await read_form(request, ChoiceForm)
    chosen = None if form.payment == "not-ours" else _uuid(form.payment)
    if (
        chosen
        and not form.asked
        and (about := await of(request).database.read(lambda tx: choosing.to_ask_about(tx, entry_id, chosen, vault)))
    ):
        twice = "Was this paid twice?" if about[1].state == "paid" else "Was this paid all the same?"
        title = "Did this payment go out?" if about[0].pence > 0 else twice
        return page(
            request,
            "bank_statements/came_back.html",
            who=who,
            title=title,
            entry=about[0],
            payment=about[1],
            is_owed_again=about[2],
            key=new_key(),
        )
    state = await of(request).database.run(
        command("choose-for-bank-line", who, form.idempotency_key, entry_id, *([chosen] if chosen else [])),
        lambda tx: choosing.choose(tx, entry_id, chosen, vault, asked=form.asked),
        once=True,
    )
    messages = {
        "paid": "Confirmed. The person is told.",
        "debit": "Written down: this is how the bank paid it. Nothing else changes.",
        "paid-twice": "It is written down that this was paid twice. Ask the person or the bank for the money.",
        "paid-in-part-twice": PART_TWICE,
        "loss-back": "Noted. What was paid twice came back: it is no loss any more.",
        "other-pays": OTHER_PAYS,
        "not-ours": "Noted: that line is not one of our payments.",
        "said": "Your word is noted. It counts once a second person says the same here.",
    }
    return redirect(URL, messages.get(state, "Noted. What is still owed can be paid again."))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        refuse(bank_lines.NOT_CHOSEN)
