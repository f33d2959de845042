"""A question that is set aside, for those who have the safeguarding concern about it (FB-09)."""

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from services.opportunities.questions import use_cases
from services.opportunities.questions.pages.asking import AddressForm, question_page
from services.opportunities.safeguarding.domain import AWAY
from services.opportunities.safeguarding.use_cases import concerns_about
from shared.db import SYSTEM, Command, Transaction
from shared.identity import SignedInInFull, SignIn
from shared.reasons import Missing, refuse
from shared.service import of
from shared.text import plain_address
from shared.web import Form, Paragraphs, Refusal, again, read_form, redirect

router = APIRouter()
SET_ASIDE = "/opportunities/questions/{question_id:uuid}/set-aside"
SAVED = "/opportunities/questions/{}/set-aside"
"""It knows at once what was saved; the first page hears of it a moment later."""


class SetAsideForm(Form):
    answer: Paragraphs = Field(default="", max_length=5000)
    send: bool = False
    messages: ClassVar[dict[str, str]] = {"answer.string_too_long": "Use 5,000 characters or fewer"}


async def _ask_who_has_it(request: Request, question_id: UUID) -> None:
    """Asked of feedback now: its event about who lost it may be on its way. Missing if it is not set aside."""
    service = of(request)
    if not await service.database.read(lambda tx: concerns_about(tx, question_id)):
        raise Missing
    try:
        found = await service.requests("feedback.readers.opportunities", {"ids": [str(question_id)]})
    except (ConnectionError, TimeoutError):
        refuse([AWAY])
        raise
    has_it = {UUID(concern): [UUID(each) for each in people] for concern, people in found["has_it"].items()}
    work = partial(use_cases.hear_who_has_it, question_id=question_id, has_it=has_it)
    organisation = service.settings.organisation
    await service.database.run(Command("hear-who-has-it", SYSTEM), lambda tx: work(tx, organisation=organisation))


@router.get(SET_ASIDE)
async def read_set_aside(request: Request, who: SignedInInFull, question_id: UUID, problem: Refusal = None) -> Response:
    """FB-09: for those who have the concern; to others there is no such page."""
    await _ask_who_has_it(request, question_id)
    return await question_page(request, who, question_id, problem, before=use_cases.for_those_who_have_it)


async def _as_theirs(request: Request, who: SignIn, question_id: UUID, command: str, work: Any) -> None:
    """FB-09: runs what only those who have it may do."""
    await _ask_who_has_it(request, question_id)

    async def theirs_alone(tx: Transaction) -> None:
        await use_cases.for_those_who_have_it(tx, question_id)
        await work(tx)

    await of(request).database.run(Command(command, who.actor), theirs_alone)


@router.post(SET_ASIDE)
@again(read_set_aside)
async def answer_set_aside(request: Request, who: SignedInInFull, question_id: UUID) -> Response:
    form = await read_form(request, SetAsideForm)
    ours = {"question_id": question_id, "organisation": of(request).settings.organisation, "send": form.send}
    work = partial(use_cases.answer, words=form.answer, **ours)
    await _as_theirs(request, who, question_id, "answer-question", work)
    return redirect(SAVED.format(question_id), "The answer is saved. Only the person who asked gets it.")


@router.post(SET_ASIDE + "/finding-out")
@again(read_set_aside)
async def say_finding_out_of_set_aside(request: Request, who: SignedInInFull, question_id: UUID) -> Response:
    organisation = of(request).settings.organisation
    work = partial(use_cases.say_finding_out, question_id=question_id, organisation=organisation)
    await _as_theirs(request, who, question_id, "say-finding-out", work)
    return redirect(SAVED.format(question_id), "Saved. It stays on your list, with its new day.")


@router.post(SET_ASIDE + "/mail-again")
@again(read_set_aside)
async def mail_set_aside_again(request: Request, who: SignedInInFull, question_id: UUID) -> Response:
    reach = plain_address((await read_form(request, AddressForm)).reach)
    work = partial(use_cases.mail_again, question_id=question_id, reach=reach)
    await _as_theirs(request, who, question_id, "mail-answer-again", work)
    return redirect(SAVED.format(question_id), "The answer is sent again.")
