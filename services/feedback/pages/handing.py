"""Saying whom a concern is about, and handing it to the lead or deputy of today: on its own page, by whoever has it
(FB-09)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.feedback.pages.safeguarding import concern
from services.feedback.use_cases import handing
from shared.db import Command, Transaction
from shared.identity import SignedInInFull
from shared.service import of
from shared.web import Form, again, read_form, redirect

router = APIRouter(prefix="/feedback/staff/safeguarding/{concern_id}")


class AboutForm(Form):
    about: list[UUID] = Field(default_factory=list)


class HandOverForm(Form):
    to: list[UUID] = Field(default_factory=list)
    not_about: bool = False


@router.post("/about")
@again(concern)
async def say_whom_it_is_about(request: Request, concern_id: UUID, who: SignedInInFull) -> Response:
    form = await read_form(request, AboutForm)

    async def work(tx: Transaction) -> dict[str, Any]:
        return await handing.say_whom_it_is_about(tx, concern_id, who.person_id, form.about)

    said = await of(request).database.run(Command("say-whom-a-concern-is-about", who.actor), work)
    return _back(concern_id, said["has_it"], "Noted. They cannot see this concern.")


@router.post("/hand-over")
@again(concern)
async def hand_over(request: Request, concern_id: UUID, who: SignedInInFull) -> Response:
    form = await read_form(request, HandOverForm)

    async def work(tx: Transaction) -> dict[str, Any]:
        return await handing.hand_over(tx, concern_id, who.person_id, to=form.to, not_about_them=form.not_about)

    handed = await of(request).database.run(Command("hand-over-concern", who.actor), work)
    return _back(concern_id, handed["has_it"], "Handed over. They have it now.")


def _back(concern_id: UUID, has_it: bool, said: str) -> Response:
    """Whoever has it no more is led to their first page."""
    return redirect(f"/feedback/staff/safeguarding/{concern_id}" if has_it else "/", said)
