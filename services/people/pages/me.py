"""My details: what we hold of someone, for them to see and change."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.people import queries
from services.people.gateways import gateways
from services.people.pages.machine_time import machine_now
from services.people.pages.questions import EMAIL, MINE, SECTIONS, Question, answer_to, areas_of, in_words, options, typed
from services.people.pages.sign_in import SignedIn, mail_is_away, mailed, mailed_code, new_code, typed_code
from services.people.pages.slowing import slow_down
from services.people.use_cases import details
from shared.db import Command, Transaction
from shared.identity import Session
from shared.reasons import Missing, Refused
from shared.service import of
from shared.web import InvalidForm, page, redirect

routes = APIRouter(prefix="/people/me")


T = TypeVar("T")
_ALL = (*(question.field for section in SECTIONS.values() for question in section), "email")


def whose(who: Session) -> UUID:
    """PEO-02: the person who is helped, or else oneself."""
    return who.acting_for or who.person_id


@routes.get("")
async def show_me(request: Request, who: SignedIn) -> Response:
    async def work(tx: Any) -> tuple[Any, Any, Any]:
        helped = [] if who.acting_for else await queries.helped_lately(tx, who.person_id)
        return await details.read(tx, whose(who), asked=_ALL), await queries.standing_consents(tx, whose(who)), helped

    person, consents, helped = await _reading(request, who, work)
    answers, areas = _answers(person), areas_of(request)
    sections = {
        heading: [(question.short, in_words(question, answers[question.field], areas), f"/people/me/{question.slug}") for question in section]
        for heading, section in SECTIONS.items()
    }
    sections["About me"].insert(1, ("Email", person.email or "None", "/people/me/email"))
    joined = any(each.purpose == "joining" and each.withdrawn_at is None for each in consents)
    return page(
        request, "me.html", who=who, title="My details", sections=sections, consents=consents, joined=joined, helping=who.acting_for is not None, helped=helped
    )


@routes.get("/email")
async def show_email(request: Request, who: SignedIn) -> Response:
    person = await _reading(request, who, lambda tx: details.read(tx, whose(who), asked=("email",)))
    return _question_page(request, who, EMAIL, person.email)


@routes.post("/email")
async def ask_to_change_email(request: Request, who: SignedIn) -> Response:
    """The new address is used once a code that we send there has come back."""
    code, now, hash_of = new_code(), machine_now(), gateways(request).tokens.hash_of_code
    try:
        email = await answer_to(request, EMAIL)
        request_id = await of(request).database.run(
            Command("ask-to-change-email", who.actor), lambda tx: details.ask_to_change_email(tx, whose(who), email, code, hash_of, now)
        )
    except (InvalidForm, Refused) as problem:
        return _question_page(request, who, EMAIL, None, problem=problem)
    await slow_down(request, email)
    if not await mailed_code(request, email, code):
        return mail_is_away(request)
    return redirect(f"/people/me/email/{request_id}")


@routes.get("/email/{request_id}")
async def show_email_code(request: Request, who: SignedIn, request_id: UUID) -> Response:
    await of(request).database.read(lambda tx: queries.change_of_email(tx, whose(who), request_id))
    return page(request, "code.html", who=who, title="Check your email")


@routes.post("/email/{request_id}")
async def change_email(request: Request, who: SignedIn, request_id: UUID) -> Response:
    hash_of, now = gateways(request).tokens.hash_of_code, machine_now()
    await of(request).database.read(lambda tx: queries.change_of_email(tx, whose(who), request_id))  # or a stranger could use up the tries
    try:
        code = await typed_code(request, request_id)
        done = await of(request).database.run(
            Command("change-email", who.actor), lambda tx: details.change_email(tx, whose(who), request_id, code, hash_of, now)
        )
        if isinstance(done, list):
            raise Refused(done)
    except (InvalidForm, Refused) as problem:
        return page(request, "code.html", who=who, title="Check your email", problem=problem)
    if done is not None:
        await mailed(request, done, "changed", "A change to your details at")
    return redirect("/people/me", "We have kept your new email address.")


@routes.post("/consents/{consent_id}/withdraw")
async def withdraw_consent(request: Request, who: SignedIn, consent_id: UUID) -> Response:
    await of(request).database.run(Command("withdraw-consent", who.actor), lambda tx: details.withdraw_consent(tx, whose(who), consent_id))
    return redirect("/people/me", "You have taken back your agreement. We will not tell you about new things.")


@routes.post("/consents/agree")
async def agree_again(request: Request, who: SignedIn) -> Response:
    await of(request).database.run(Command("agree-again", who.actor), lambda tx: details.agree_again(tx, whose(who)))
    return redirect("/people/me", "Thank you. It is good to have you back.")


@routes.get("/{step}")
async def show_question(request: Request, who: SignedIn, step: str) -> Response:
    question = _question(step)
    person = await _reading(request, who, lambda tx: details.read(tx, whose(who), asked=(question.field,)))
    return _question_page(request, who, question, _answers(person)[question.field])


@routes.post("/{step}")
async def answer(request: Request, who: SignedIn, step: str) -> Response:
    question, areas = _question(step), areas_of(request)
    try:
        given = await answer_to(request, question)
        await of(request).database.run(Command("change-details", who.actor), lambda tx: details.answer(tx, whose(who), question.field, given, areas))
    except (InvalidForm, Refused) as problem:
        return _question_page(request, who, question, None, problem=problem)
    return redirect("/people/me", "We have kept your answer.")


async def _reading(request: Request, who: Session, work: Callable[[Transaction], Awaitable[T]]) -> T:
    """One's own details are only read; that a helper read them is written as well (PRI-03)."""
    database = of(request).database
    return await (database.run(Command("read-while-helping", who.actor), work) if who.acting_for else database.read(work))


def _question(step: str) -> Question:
    if step not in MINE:
        raise Missing
    return MINE[step]


def _question_page(request: Request, who: Session, question: Question, answer: Any, **more: Any) -> Response:
    context = {"asked": question, "options": options(question, areas_of(request)), "answer": typed(question, answer)}
    return page(request, "question.html", who=who, title=question.title, caption="My details", back="/people/me", button="Save", **context, **more)


def _answers(person: Any) -> dict[str, Any]:
    """Every answer by its question's field."""
    hopes = person.hopes or {}
    return {field: list(answer) if isinstance(answer, tuple) else answer for field, answer in person._mapping.items()} | {
        question.field: hopes.get(question.field) for question in SECTIONS["What I would like"]
    }
