"""JSON: the public board, and the import of past feedback."""

from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, BeforeValidator, Field

from services.feedback.domain.facts import About, Answer
from services.feedback.queries import public_board
from services.feedback.use_cases.importing import PastFeedback, import_past
from shared.db import Command, Transaction
from shared.identity import ConfirmedOperator, anyone
from shared.service import of
from shared.text import searched_for
from shared.web import Paragraphs
from shared.web.csv_import import CSV_BODY, CSV_RESPONSES, Change, ImportCounts, read_to_take, take_rows
from shared.web.csv_rows import Day, ImportRow, slug

router = APIRouter(prefix="/feedback/api", tags=["feedback"])
Slug = BeforeValidator(lambda value: slug(value) if isinstance(value, str) else value)


class Entry(BaseModel):
    ending: Answer
    said: str
    text: str
    answered_by: str
    about: tuple[str, ...]
    opportunity_ids: tuple[UUID, ...]
    themes: tuple[str, ...]
    answered_on: date


class BoardAnswer(BaseModel):
    """What people said and what came of it. waiting, overdue and answered count all feedback, shown or not."""

    entries: tuple[Entry, ...]
    waiting: int
    overdue: int
    answered: int
    next_after: str | None = Field(
        default=None, description="ask again with after=this for earlier answers; null at the end"
    )


@router.get("/board", dependencies=[Depends(anyone)])
async def board(
    request: Request, opportunity: UUID | None = None, theme: str | None = None, after: str = ""
) -> BoardAnswer:
    """The public "We said, we did" board (FB-06)."""
    service = of(request)
    found = await service.database.read(
        lambda tx: public_board.board(
            tx, service.clock.today(), after, opportunity=opportunity, theme=searched_for(theme) if theme else None
        )
    )
    entries = tuple(
        Entry(
            ending=entry.ending,
            said=entry.said,
            text=entry.text,
            answered_by=entry.answered_by,
            about=entry.abouts,
            opportunity_ids=entry.opportunity_ids,
            themes=entry.themes,
            answered_on=entry.answered_on,
        )
        for entry in found.entries
    )
    return BoardAnswer(
        entries=entries, waiting=found.waiting, overdue=found.overdue, answered=found.answered, next_after=found.after
    )


class FeedbackRow(ImportRow):
    """A row of past feedback, as a charity's own list has it."""

    key: ClassVar[tuple[str, ...]] = ("reference",)
    messages: ClassVar[dict[str, str]] = {
        "about": "Write what it is about: opportunity, provider, funder or us.",
        "ending": "Write used, not-used or thanked; leave it blank while it waits for an answer.",
    }
    reference: str
    received_on: Day
    about: Annotated[About, Slug]
    name: str = ""
    words: Paragraphs
    may_show: bool = False
    theme: str = ""
    ending: Annotated[Answer | None, Slug] = None
    answer: Paragraphs = ""
    answered_on: Day | None = None
    board_wording: Paragraphs = ""

    def past(self) -> PastFeedback:
        return PastFeedback(**self.model_dump())


@router.post("/import/feedback", openapi_extra=CSV_BODY, responses=CSV_RESPONSES)
async def import_feedback(request: Request, who: ConfirmedOperator) -> ImportCounts:
    """Past feedback from a CSV file, whole or not at all. Importing it twice changes nothing."""
    rows = await read_to_take(request, FeedbackRow)
    days = of(request).settings.feedback_answer_days

    async def take(tx: Transaction, row: FeedbackRow) -> Change:
        return await import_past(tx, row.past(), answer_days=days)

    async def work(tx: Transaction) -> dict[str, Any]:
        return await take_rows(tx, rows, take)

    return ImportCounts(**await of(request).database.run(Command("import-feedback", who.actor), work))
