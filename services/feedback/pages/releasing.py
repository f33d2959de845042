"""Staff read what would cross to another organisation before it does (NET-02)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.feedback.pages.common import Staff, settings_of
from services.feedback.queries.in_hand import for_staff
from services.feedback.queries.names import names_in
from services.feedback.use_cases import releasing
from shared.db import Command, Transaction
from shared.reasons import Missing
from shared.service import of
from shared.web import Form, Paragraphs, Refusal, again, page, read_form, redirect

router = APIRouter(prefix="/feedback/staff/{item_id}/release")


class ReleaseForm(Form):
    seen: str = ""
    checked: bool = False


class WordsForm(Form):
    words: Paragraphs = ""


@router.get("")
async def ask_release(request: Request, item_id: UUID, who: Staff, problem: Refusal = None) -> Response:
    today = of(request).clock.today()

    async def read(tx: Transaction) -> tuple[Any, list[str]]:
        found = await for_staff(tx, who.person_id, item_id, today)
        if found.crossing is None:
            raise Missing
        return found, await names_in(tx, found.crossing.words)

    found, names = await of(request).database.read(read)
    return page(
        request,
        "staff/release.html",
        who=who,
        title="Read what would leave us",
        item=found,
        names=names,
        problem=problem,
    )


@router.post("")
@again(ask_release)
async def release(request: Request, item_id: UUID, who: Staff) -> Response:
    form = await read_form(request, ReleaseForm)
    work = lambda tx: releasing.release(tx, item_id, seen=form.seen, checked=form.checked)  # noqa: E731
    await of(request).database.run(Command("release-words", who.actor), work)
    return redirect(f"/feedback/staff/{item_id}", "It goes now. Their answer comes here by itself.")


@router.post("/words")
@again(ask_release)
async def change_words(request: Request, item_id: UUID, who: Staff) -> Response:
    days = settings_of(request).feedback_release_days
    form = await read_form(request, WordsForm)
    work = lambda tx: releasing.change_words(tx, item_id, form.words, release_days=days)  # noqa: E731
    await of(request).database.run(Command("change-words-that-cross", who.actor), work)
    return redirect(f"/feedback/staff/{item_id}", "Its giver reads it next. Nothing goes before they agree.")


@router.post("/keep")
async def keep_here(request: Request, item_id: UUID, who: Staff) -> Response:
    await of(request).database.run(Command("keep-words-here", who.actor), lambda tx: releasing.keep_here(tx, item_id))
    return redirect(f"/feedback/staff/{item_id}", "It stays here. Please answer it.")
