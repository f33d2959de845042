"""Ask us about this: a question before, during or after it, and its answer (OPP-05, OPP-22)."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field
from sqlalchemy import Row

from services.opportunities.answers.domain import Shown
from services.opportunities.answers.queries import shown_for
from services.opportunities.listings import queries
from services.opportunities.places.queries import how_full
from services.opportunities.questions import domain, use_cases
from services.opportunities.questions import queries as reading
from services.opportunities.safeguarding.domain import who_answers
from services.opportunities.safeguarding.use_cases import concern_ids, concerns_about
from services.opportunities.words.pages import before_ending, cursor, participant
from shared.db import VISITOR, Command, Transaction
from shared.identity import Coordinator, NotSignedIn, Role, SignedIn, SignIn, Visitor, token_of
from shared.reasons import Missing, Reason, Refused, refuse
from shared.service import of
from shared.text import plain_address
from shared.web import Form, Limit, Paragraphs, Refusal, again, page, read_form, redirect, theirs
from shared.web.filters import moment


def questions_limit(request: Request) -> Limit:
    """How many questions one connection may ask us."""
    return request.app.state.questions_limit


router = APIRouter()
STAFF = "/opportunities/staff/questions"


class QuestionForm(Form):
    words: Paragraphs = Field(default="", max_length=2000)
    reach: str = Field(default="", max_length=200)
    signed: bool = False
    """Whether they were signed in when the page was made."""
    messages: ClassVar[dict[str, str]] = {
        "words.string_too_long": "Use 2,000 characters or fewer",
        "reach.string_too_long": "Use 200 characters or fewer",
    }


class ShowForm(Form):
    question: Paragraphs = Field(default="", max_length=2000)
    answer: Paragraphs = Field(default="", max_length=5000)
    looked: bool = False
    messages: ClassVar[dict[str, str]] = {
        "answer.string_too_long": "Use 5,000 characters or fewer",
        "question.string_too_long": "Use 200 characters or fewer",
    }


class AnswerForm(ShowForm):
    readers: Literal["everybody", "asker"]
    send: bool = False
    messages: ClassVar[dict[str, str]] = {"readers": "Choose who reads your answer", **ShowForm.messages}


class AddressForm(Form):
    reach: str = Field(default="", max_length=254)
    messages: ClassVar[dict[str, str]] = {"reach.string_too_long": "This is too long for an email address"}


@router.get("/opportunities/{opportunity_id:uuid}/ask")
async def ask_us(request: Request, who: Visitor, opportunity_id: UUID) -> HTMLResponse:
    return await _ask_page(request, who, opportunity_id)


async def _ask_page(
    request: Request,
    who: SignIn | None,
    opportunity_id: UUID,
    problem: Refusal = None,
    status: int = 200,
) -> HTMLResponse:
    title = await _title(request, who, opportunity_id)
    answer_by, begins_before = await of(request).database.read(lambda tx: use_cases.promised(tx, opportunity_id))
    about = {
        "opportunity_id": opportunity_id,
        "about": title,
        "days": of(request).settings.question_reach_days,
        "answer_by": answer_by,
        "begins_before": begins_before,
        "for_caller": _may_ask_for_caller(who),
    }
    return page(
        request, "questions/ask.html", who=who, title="Ask us about this", status=status, problem=problem, **about
    )


@router.post("/opportunities/{opportunity_id:uuid}/ask")
@again(_ask_page)
async def ask(request: Request, who: Visitor, opportunity_id: UUID) -> Response:
    await _title(request, who, opportunity_id)
    form = await read_form(request, QuestionForm)
    if form.signed and who is None:
        if token_of(request):
            raise NotSignedIn  # their sign-in was ended elsewhere: the question is kept for them
        refuse([domain.NOT_SIGNED_IN_NOW])
    for_caller = _may_ask_for_caller(who) and bool(form.reach.strip())
    asker = participant(request, who) if who and not for_caller else None
    if not await questions_limit(request).takes(request):
        return await _ask_page(request, who, opportunity_id, Refused([domain.TOO_MANY_QUESTIONS]), status=429)
    command = Command("ask-about-opportunity", who.actor if who else VISITOR)
    reach = plain_address(form.reach)

    async def work(tx: Transaction) -> Row[Any]:
        question_id = await use_cases.ask(tx, opportunity_id, form.words, asker=asker, reach=reach)
        return await reading.named(tx, question_id)

    asked = await of(request).database.run(command, work)
    whom = "They will hear" if for_caller else "You will hear"
    how = f"{whom} from us by {moment(asked.due_at)} at the latest."
    if asked.begins_before and not for_caller:
        number = of(request).settings.duty_number
        ring = f"ring us{f' on {number}' if number else ''}"
        how += f" It begins on {moment(asked.begins_before)}, so please {ring} if you need to know before then."
    if not asker:
        who_asked, way = ("them" if for_caller else "you"), domain.way_to_answer(reach)
        how = f"We {'email' if way == 'mail' else 'ring'} {who_asked} with the answer. {how}"
    return redirect(f"/opportunities/{opportunity_id}", f"We have your question. {how}")


def _may_ask_for_caller(who: SignIn | None) -> bool:
    """PEO-02: somebody rings with a question, and whoever takes the call writes it down with their number."""
    return who is not None and Role.COORDINATOR in who.roles and who.acting_for is None


async def _title(request: Request, who: SignIn | None, opportunity_id: UUID) -> str:
    """Missing if they cannot see its own page either."""
    service = of(request)

    async def work(tx: Transaction) -> str:
        listed = await queries.listing(tx, opportunity_id, service.settings.network_policy)
        if listed is None:
            return (await how_full.public_opportunity(tx, opportunity_id)).facts.title
        if listed.facts.held and (who is None or Role.COORDINATOR not in who.roles):
            raise Missing
        return listed.facts.title

    return await service.database.read(work)


@router.get("/opportunities/questions/{question_id:uuid}")
async def my_question(request: Request, who: SignedIn, question_id: UUID) -> HTMLResponse:
    asker = participant(request, who)
    found = await of(request).database.read(
        lambda tx: reading.own(tx, question_id, asker.id, helped=who.acting_for is not None)
    )
    shown = await of(request).database.read(lambda tx: shown_for(tx, question_id))
    now = of(request).clock.now()
    about = {"question": found, "shown": shown, "now": now}
    return page(request, "questions/question.html", who=who, title=theirs("Your question", who), **about)


@router.get(STAFF)
async def waiting(request: Request, who: Coordinator) -> HTMLResponse:
    service, after = of(request), cursor(request, "after")
    found, more = await service.database.read(lambda tx: reading.waiting(tx, after))
    return page(
        request,
        "questions/staff-questions.html",
        who=who,
        title="Questions to answer",
        questions=found,
        more=more,
        now=service.clock.now(),
    )


@router.get(STAFF + "/{question_id:uuid}")
async def read(request: Request, who: Coordinator, question_id: UUID, problem: Refusal = None) -> Response:
    """FB-09: of one that is set aside only its clock, for those who do not have it."""
    database = of(request).database
    found = await database.read(lambda tx: reading.named(tx, question_id))
    if not found.set_aside:
        return await question_page(request, who, question_id, problem)
    shown = await database.read(lambda tx: shown_for(tx, question_id))
    answerers = who_answers(await database.read(lambda tx: concerns_about(tx, question_id)))
    about = {"question": found, "now": of(request).clock.now(), "shown": shown, "answerers": answerers}
    return page(request, "questions/staff-set-aside.html", who=who, title="A question", problem=problem, **about)


async def question_page(
    request: Request,
    who: SignIn,
    question_id: UUID,
    problem: Refusal,
    before: Callable[[Transaction, UUID], Awaitable[None]] | None = None,
) -> Response:
    service = of(request)

    async def work(tx: Transaction) -> tuple[Row[Any], Row[Any] | None, list[Reason], datetime, list[UUID]]:
        if before:
            await before(tx, question_id)
        found, shown = await use_cases.read(tx, question_id), await shown_for(tx, question_id)
        wrong = await use_cases.reasons_against_shown(tx, question_id, service.settings.duty_number)
        concerns = await concern_ids(tx, question_id) if before else []
        return found, shown, wrong, await use_cases.answer_by(tx, found.opportunity_id), concerns

    found, shown, wrong, then, concerns = await service.database.run(Command("read-question", who.actor), work)
    if found.set_aside and before is None:  # FB-09: just now
        return redirect(f"{STAFF}/{question_id}")
    about = {
        "question": found,
        "by": domain.way_to_answer(found.reach),
        "now": service.clock.now(),
        "shown": shown,
        "wrong": wrong,
        "is_note": domain.was_note(too_many=found.too_many, mailing=found.mailing),
        "then": then,
        "concerns": concerns,
        "may_find_out": not domain.reasons_not_to_say_finding_out(
            found.due_at, then, answered=found.answered_at is not None
        ),
    }
    response = page(request, "questions/staff-question.html", who=who, title="A question", problem=problem, **about)
    response.headers["Cache-Control"] = "no-store"
    return response


@router.post(STAFF + "/{question_id:uuid}")
@again(read)
async def answer(request: Request, who: Coordinator, question_id: UUID) -> Response:
    settings = of(request).settings
    form = await read_form(request, AnswerForm)
    ours = {"question_id": question_id, "organisation": settings.organisation, "send": form.send}
    if form.readers == "everybody":
        shown = Shown(form.question, form.answer)
        work = partial(use_cases.answer_everybody, shown=shown, host=settings.host, looked=form.looked, **ours)
    else:
        work = partial(use_cases.answer, words=form.answer, **ours)
    mailing = await of(request).database.run(Command("answer-question", who.actor), work)
    return redirect(STAFF, "Your answer is on its way by email." if mailing else "The answer is saved.")


@router.post(STAFF + "/{question_id:uuid}/finding-out")
@again(read)
async def say_finding_out(request: Request, who: Coordinator, question_id: UUID) -> Response:
    service = of(request)
    work = partial(use_cases.say_finding_out, question_id=question_id, organisation=service.settings.organisation)
    await service.database.run(Command("say-finding-out", who.actor), work)
    return redirect(STAFF, "Saved. It stays on this list, with its new day.")


@router.get(STAFF + "/{question_id:uuid}/show")
async def ask_what_everybody_reads(
    request: Request, who: Coordinator, question_id: UUID, problem: Refusal = None
) -> Response:
    database = of(request).database
    found = await database.read(lambda tx: reading.named(tx, question_id))
    shown = await database.read(lambda tx: shown_for(tx, question_id))
    is_note = domain.was_note(too_many=found.too_many, mailing=found.mailing)
    if found.answered_at is None or shown is not None or is_note or found.set_aside:
        return redirect(f"{STAFF}/{question_id}")
    await database.run(Command("read-question", who.actor), lambda tx: use_cases.note_reading(tx, question_id))
    title = "What everybody reads"
    return page(request, "questions/staff-show.html", who=who, title=title, problem=problem, question=found)


@router.post(STAFF + "/{question_id:uuid}/show")
@again(ask_what_everybody_reads)
async def show(request: Request, who: Coordinator, question_id: UUID) -> Response:
    settings = of(request).settings
    form = await read_form(request, ShowForm)
    shown = Shown(form.question, form.answer)
    ours = {"organisation": settings.organisation, "host": settings.host}
    work = partial(use_cases.show, question_id=question_id, shown=shown, looked=form.looked, **ours)
    await of(request).database.run(Command("show-answer", who.actor), work)
    return redirect(f"{STAFF}/{question_id}", "Everybody can read it. We tell everyone who has a place.")


@router.get(STAFF + "/{question_id:uuid}/take-back")
async def ask_before_taking_back(request: Request, who: Coordinator, question_id: UUID) -> Response:
    if await of(request).database.read(lambda tx: shown_for(tx, question_id)) is None:
        raise Missing
    return before_ending(
        request,
        who,
        "Take this answer back?",
        ends="Nobody else reads the question and the answer any more, here or at other organisations.",
        stays="Who asked keeps the answer. People who read it before may remember it. You can show it again, in other "
        "words.",
        action=f"{STAFF}/{question_id}/take-back",
        button="Yes, take it back",
        back=(f"{STAFF}/{question_id}", "The question"),
    )


@router.post(STAFF + "/{question_id:uuid}/take-back")
async def take_back(request: Request, who: Coordinator, question_id: UUID) -> Response:
    host = of(request).settings.host
    work = partial(use_cases.take_back, question_id=question_id, host=host)
    await of(request).database.run(Command("take-answer-back", who.actor), work)
    return redirect(f"{STAFF}/{question_id}", "It is taken back.")


@router.post(STAFF + "/{question_id:uuid}/mail-again")
@again(read)
async def mail_again(request: Request, who: Coordinator, question_id: UUID) -> Response:
    reach = plain_address((await read_form(request, AddressForm)).reach)
    await of(request).database.run(
        Command("mail-answer-again", who.actor), lambda tx: use_cases.mail_again(tx, question_id, reach)
    )
    return redirect(STAFF, "The answer is sent again.")


@router.get(STAFF + "/{question_id:uuid}/give-up")
async def ask_before_giving_up(request: Request, who: Coordinator, question_id: UUID) -> Response:
    found = await of(request).database.read(lambda tx: reading.named(tx, question_id))
    if found.mailing not in domain.UNDELIVERED:
        return redirect(f"{STAFF}/{question_id}")
    days = of(request).settings.questions_kept_days
    return before_ending(
        request,
        who,
        "Stop trying to send this answer?",
        ends="Their address is deleted, and nobody can send them the answer any more. Who asked does not hear from us.",
        stays=f"The question and your answer. We delete them {days} days after you answered.",
        action=f"{STAFF}/{question_id}/give-up",
        button="Yes, stop trying",
        back=(f"{STAFF}/{question_id}", "The question"),
    )


@router.post(STAFF + "/{question_id:uuid}/give-up")
async def give_up(request: Request, who: Coordinator, question_id: UUID) -> Response:
    await of(request).database.run(Command("give-up-answer", who.actor), lambda tx: use_cases.give_up(tx, question_id))
    return redirect(STAFF, "It is off the list, and the address is deleted.")
