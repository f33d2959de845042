"""My details: what we hold of people, for them to see and change."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.people import queries
from services.people.domain.cards import works_here
from services.people.domain.choices import how_they_hear
from services.people.domain.factors import needs_factor
from services.people.domain.people import display_name
from services.people.gateways.ports import gateways
from services.people.pages.machine_time import machine_now
from services.people.pages.questions import (
    EMAIL,
    MINE,
    SECTIONS,
    AgeForm,
    Question,
    answer_to,
    areas_of,
    in_words,
    options,
    typed,
)
from services.people.pages.sign_in import code_page, mail_is_away, mailed_code, new_code, typed_code
from services.people.pages.slowing import slow_down
from services.people.pages.telling import tell_now
from services.people.use_cases import details, signing_in
from services.people.use_cases.factors import has_factor
from shared.db import Command, Transaction
from shared.identity import SignedIn, SignIn
from shared.reasons import Missing, Refused, refuse
from shared.service import of
from shared.web import InvalidForm, Refusal, again, local_path, page, read_form, redirect, theirs

routes = APIRouter(prefix="/people/me")


T = TypeVar("T")
_BREAK = "Taking a break"
_WRITTEN = frozenset({"Email", *(question.short for question in MINE.values() if question.kind in ("text", "address"))})
NEWEST = 10
"""How many of the times that somebody helped are on the page of details; all of them have a page of their own."""
_ALL = (*(question.field for section in SECTIONS.values() for question in section), "email")


def whose(who: SignIn) -> UUID:
    """PEO-02: the person who is helped, or else oneself."""
    return who.acting_for or who.person_id


@routes.get("")
async def show_me(request: Request, who: SignedIn) -> Response:
    async def work(tx: Any) -> tuple[Any, Any, Any]:
        helped = ([], None) if who.acting_for else await queries.times_helped(tx, who.person_id, most=NEWEST)
        return await details.read(tx, whose(who), asked=_ALL), await queries.standing_consents(tx, whose(who)), helped

    person, consents, helped = await _reading(request, who, work)
    answers, areas = _answers(person), areas_of(request)
    sections = {
        heading: [
            (question.short, in_words(question, answers[question.field], areas), f"/people/me/{question.slug}")
            for question in section
        ]
        for heading, section in SECTIONS.items()
    }
    sections["About me"].insert(1, ("Email", person.email or "None", "/people/me/email"))
    hears = how_they_hear(person.channels, has_email=person.email is not None, phone=person.phone)
    how = sections["How I hear from you"]
    how[0] = (how[0][0], hears, how[0][2])
    age = {None: "Not said yet", True: "Yes", False: "No"}[person.over_18]
    sections["About me"].append(("18 or over", age, "/people/me/age" if person.over_18 is None else ""))
    left = any(each.purpose == "joining" for each in consents)
    joined = any(each.purpose == "joining" and each.withdrawn_at is None for each in consents)
    if left and not joined:
        sections = {heading: [_left(row) for row in rows] for heading, rows in sections.items()}
    sections = {heading: [_of_them(row, who) for row in rows] for heading, rows in sections.items()}
    return page(
        request,
        "me.html",
        who=who,
        title=f"The details of {display_name(person.name, person.known_as)}" if who.acting_for else "My details",
        sections=sections,
        consents=consents,
        joined=joined,
        helping=who.acting_for is not None,
        helped=helped[0],
        helped_before=helped[1] is not None,
        second_step=needs_factor(who.roles),
    )


@routes.get("/helped")
async def show_helped(request: Request, who: SignedIn, after: str = "") -> Response:
    """PEO-02, PRI-03: for the person alone; a helper does not see it."""
    if who.acting_for is not None:
        raise Missing
    helped, next_after = await of(request).database.read(lambda tx: queries.times_helped(tx, who.person_id, after))
    return page(request, "helped.html", who=who, title="Who has helped me", helped=helped, next_after=next_after)


def _of_them(row: tuple[str, str, str], who: SignIn) -> tuple[str, str, str]:
    """PEO-02: as a helper reads it. What somebody wrote stays as it is."""
    words, said, href = row
    return theirs(words, who), said if words in _WRITTEN else theirs(said, who), href


def _left(row: tuple[str, str, str]) -> tuple[str, str, str]:
    """People who have left hear nothing, as in a break, but they did not ask for a break."""
    return (_BREAK, "No, you have left", "") if row[0] == _BREAK else row


async def _proof_first(request: Request, who: SignIn, held: str | None, onward: str) -> Response | None:
    """Before changing how somebody is reached, people prove who they are: by their second step, or else by a code to
    the address held. Returns the way to do that and then on to onward; None if they just have.

    People without a second step need no proof to add a first address or number. Helpers need none: what they do is
    written down (PEO-02)."""
    now = machine_now()

    async def read(tx: Transaction) -> str | None:
        stepped = await has_factor(tx, who.person_id)
        if who.acting_for is not None or not (held or stepped) or await signing_in.is_fresh(tx, who.sign_in_id, now):
            return None
        return "/people/confirm" if stepped else "/people/me/prove"

    where = await of(request).database.read(read)
    return redirect(f"{where}?next={onward}") if where else None


async def _proof_of(request: Request, who: SignIn, question: Question, person: Any) -> Response | None:
    """A name matters too: before a second step is taken away, somebody rings the person of that name. So people with a
    second step give it to change their name."""
    if question.field not in ("phone", "postal_address", "name", "known_as"):
        return None
    reached_by = question.field in ("phone", "postal_address")
    held = getattr(person, question.field) and person.email if reached_by else None
    return await _proof_first(request, who, held, f"/people/me/{question.slug}")


@routes.get("/prove")
async def show_prove(request: Request, who: SignedIn, next: str = "") -> Response:
    return page(request, "prove.html", who=who, title="First, show that it is you")


@routes.post("/prove")
async def prove(request: Request, who: SignedIn, next: str = "") -> Response:
    """Mails a code to the address that we hold; with it they sign in afresh."""
    person = await of(request).database.read(lambda tx: queries.person(tx, who.person_id))
    if not person.email:
        raise Missing
    await slow_down(request, person.email)
    code, now, hash_of = new_code(), machine_now(), gateways(request).tokens.hash_of_code
    command = Command("ask-for-code", who.actor)
    request_id, _ = await of(request).database.run(
        command, lambda tx: signing_in.ask_for_code(tx, person.email, code, hash_of, now)
    )
    if not await mailed_code(request, person.email, code):
        return mail_is_away(request)
    return redirect(f"/people/sign-in/code/{request_id}?next={quote(local_path(next) or '/people/me', safe='')}")


@routes.get("/email")
async def show_email(request: Request, who: SignedIn) -> Response:
    person = await _reading(request, who, lambda tx: details.read(tx, whose(who), asked=("email",)))
    if proof := await _proof_first(request, who, person.email, "/people/me/email"):
        return proof
    return _question_page(request, who, EMAIL, person.email)


@routes.post("/email")
@again(lambda request, who, problem: _question_page(request, who, EMAIL, None, problem=problem))
async def ask_to_change_email(request: Request, who: SignedIn) -> Response:
    """The new address replaces the old once the code that we mail to it has come back."""
    person = await of(request).database.read(lambda tx: queries.person(tx, whose(who)))
    if proof := await _proof_first(request, who, person.email, "/people/me/email"):
        return proof
    code, now, hash_of = new_code(), machine_now(), gateways(request).tokens.hash_of_code
    email = await answer_to(request, EMAIL)
    request_id = await of(request).database.run(
        Command("ask-to-change-email", who.actor),
        lambda tx: details.ask_to_change_email(tx, whose(who), email, code, hash_of, now),
    )
    await slow_down(request, email)
    if not await mailed_code(request, email, code, proves="helped" if who.acting_for else "own"):
        return mail_is_away(request)
    return redirect(f"/people/me/email/{request_id}")


@routes.get("/email/{request_id}")
async def show_email_code(request: Request, who: SignedIn, request_id: UUID) -> Response:
    await of(request).database.read(lambda tx: queries.change_of_email(tx, whose(who), request_id))
    return await _code_of_change(request, who, request_id)


async def _code_of_change(request: Request, who: SignIn, request_id: UUID, problem: Refusal = None) -> Response:
    return await code_page(request, request_id, problem=problem, purposes=("change-email",), who=who)


@routes.post("/email/{request_id}")
@again(_code_of_change)
async def change_email(request: Request, who: SignedIn, request_id: UUID) -> Response:
    hash_of, now = gateways(request).tokens.hash_of_code, machine_now()
    await of(request).database.read(
        lambda tx: queries.change_of_email(tx, whose(who), request_id)
    )  # otherwise a stranger could use up the tries
    code = await typed_code(request, request_id)
    work = lambda tx: details.change_email(tx, whose(who), request_id, code, hash_of, now, keep=who.sign_in_id)  # noqa: E731
    refuse(await of(request).database.run(Command("change-email", who.actor), work))
    await tell_now(request)
    return redirect("/people/me", theirs("We have kept your new email address.", who))


@routes.get("/consents/{consent_id}/withdraw")
async def ask_to_withdraw_consent(request: Request, who: SignedIn, consent_id: UUID) -> Response:
    """Asks first, and says what ends and what stays."""
    standing = await of(request).database.read(lambda tx: queries.standing_consents(tx, whose(who)))
    consent = next((each for each in standing if each.id == consent_id), None)
    if consent is None:
        raise Missing
    if consent.withdrawn_at is not None:
        return redirect("/people/me")
    leaves, helping = consent.purpose == "joining", who.acting_for is not None
    title = f"Leave {of(request).settings.organisation_name}?" if leaves else "Take this agreement back?"
    shown = {"leaves": leaves, "helping": helping, "works_here": works_here(who.roles) and not helping}
    return page(request, "withdraw-consent.html", who=who, title=title, consent=consent, **shown)


@routes.post("/consents/{consent_id}/withdraw")
async def withdraw_consent(request: Request, who: SignedIn, consent_id: UUID) -> Response:
    left = await of(request).database.run(
        Command("withdraw-consent", who.actor), lambda tx: details.withdraw_consent(tx, whose(who), consent_id)
    )
    whom = "They have" if who.acting_for else "You have"
    return redirect(
        "/people/me",
        f"{whom} left {of(request).settings.organisation_name}." if left else "That agreement is taken back.",
    )


@routes.post("/consents/agree")
async def agree_again(request: Request, who: SignedIn) -> Response:
    await of(request).database.run(Command("agree-again", who.actor), lambda tx: details.agree_again(tx, whose(who)))
    return redirect("/people/me", "Thank you. It is good that you are back.")


@routes.get("/age")
async def show_age(request: Request, who: SignedIn, next: str = "") -> Response:
    """PEO-03: asked of people who were added without an age. Then they return to where they were."""
    person = await of(request).database.read(lambda tx: queries.person(tx, whose(who)))
    if person.over_18 is not None:
        return redirect(local_path(next) or "/people/me")
    return _age_page(request, who)


def _age_page(request: Request, who: SignIn, problem: Refusal = None) -> Response:
    of_another = who.acting_for is not None
    return page(
        request,
        "age.html",
        who=who,
        title=f"Are {'they' if of_another else 'you'} 18 or over?",
        of_another=of_another,
        problem=problem,
    )


@routes.post("/age")
@again(_age_page)
async def answer_age(request: Request, who: SignedIn, next: str = "") -> Response:
    form = await read_form(request, AgeForm)
    work = lambda tx: details.answer_age(tx, whose(who), form.over_18, agreements_held=form.agreements_held)  # noqa: E731
    await of(request).database.run(Command("answer-age", who.actor), work)
    return redirect(local_path(next) or "/people/me", "We have kept your answer.")


@routes.get("/{step}")
async def show_question(request: Request, who: SignedIn, step: str) -> Response:
    question = _question(step)
    person = await _reading(request, who, lambda tx: details.read(tx, whose(who), asked=(question.field,)))
    if proof := await _proof_of(request, who, question, person):
        return proof
    return _question_page(request, who, question, _answers(person)[question.field])


async def _question_again(request: Request, who: SignIn, step: str, problem: InvalidForm | Refused) -> Response:
    return _question_page(request, who, _question(step), None, problem=problem)


@routes.post("/{step}")
@again(_question_again)
async def answer(request: Request, who: SignedIn, step: str) -> Response:
    question, areas = _question(step), areas_of(request)
    before = await of(request).database.read(lambda tx: queries.person(tx, whose(who)))
    if proof := await _proof_of(request, who, question, before):
        return proof
    given = await answer_to(request, question)
    work = lambda tx: details.answer(tx, whose(who), question.field, given, areas, keep=who.sign_in_id)  # noqa: E731
    await of(request).database.run(Command("change-details", who.actor), work)
    await tell_now(request)
    return redirect("/people/me", "We have kept your answer.")


async def _reading(request: Request, who: SignIn, work: Callable[[Transaction], Awaitable[T]]) -> T:
    """Reading one's own details writes nothing; a helper's reading is written down (PRI-03)."""
    database = of(request).database
    return await (
        database.run(Command("read-while-helping", who.actor), work) if who.acting_for else database.read(work)
    )


def _question(step: str) -> Question:
    if step not in MINE:
        raise Missing
    return MINE[step]


def _question_page(request: Request, who: SignIn, question: Question, answer: Any, **more: Any) -> Response:
    offered = [(value, theirs(label, who)) for value, label in options(question, areas_of(request))]
    context = {"asked": question, "options": offered, "answer": typed(question, answer)}
    context["ends_safeguarding"] = question.field == "paused" and works_here(who.roles) and not who.acting_for
    return page(
        request,
        "question.html",
        who=who,
        title=theirs(question.title, who),
        caption=theirs("My details", who),
        back="/people/me",
        button="Save",
        **context,
        **more,
    )


def _answers(person: Any) -> dict[str, Any]:
    """Every answer by its question's field."""
    hopes = person.hopes or {}
    return {
        field: list(answer) if isinstance(answer, tuple) else answer for field, answer in person._mapping.items()
    } | {question.field: hopes.get(question.field) for question in SECTIONS["What I would like"]}
