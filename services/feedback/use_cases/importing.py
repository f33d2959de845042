"""Takes in past feedback from a charity's own list. Importing a row twice changes nothing."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import func, insert, select, update

from services.feedback.domain.board import reasons_not_to_publish
from services.feedback.domain.ending import PAST_SAID_OTHERWISE, reasons_not_to_take_past
from services.feedback.domain.facts import About, Answer
from services.feedback.domain.giving import reasons_not_to_accept_words, reasons_not_to_be_about, reasons_not_to_name
from services.feedback.tables import imported, items, opportunities, responses
from services.feedback.use_cases.answering import theme_called
from services.feedback.use_cases.giving import Given, add_item
from services.feedback.use_cases.items import end, locked
from shared.db import Actor, Transaction, new_id
from shared.reasons import Reason, refuse


@dataclass(frozen=True, slots=True)
class PastFeedback:
    """One row. reference is the charity's own number for it; ending is None while it still waits."""

    reference: str
    received_on: date
    about: About
    name: str
    words: str
    may_show: bool
    theme: str
    ending: Answer | None
    answer: str
    answered_on: date | None
    board_wording: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), default=str).encode()).hexdigest()


async def import_past(tx: Transaction, past: PastFeedback, *, answer_days: int) -> Literal["added", "unchanged"]:
    """Adds the item, its theme and its answer. A reference that is already here must say the same: past feedback is not
    rewritten."""
    known = await tx.first(select(imported).where(imported.c.reference == past.reference))
    if known is not None:
        if known.digest != past.digest:
            refuse(PAST_SAID_OTHERWISE)
        return "unchanged"
    refuse(_reasons_not_to_import(past, tx.today))
    item_id = await _add(tx, past, answer_days)
    await tx.execute(insert(imported).values(reference=past.reference, item_id=item_id, digest=past.digest))
    return "added"


def _reasons_not_to_import(past: PastFeedback, today: date) -> list[Reason]:
    reasons = [
        *reasons_not_to_be_about(past.about, opportunity_known=bool(past.name)),
        *reasons_not_to_name(past.about, past.name),
        *reasons_not_to_accept_words(past.words),
        *reasons_not_to_take_past(past.received_on, past.ending, past.answer, past.answered_on, today=today),
    ]
    if past.board_wording:
        columns = {"said": "board_wording", "text": "answer"}
        found = reasons_not_to_publish(
            past.board_wording, past.answer, headings=[past.name], checked=True, anyone_agreed=past.may_show, names=()
        )
        reasons += [replace(reason, field=columns.get(reason.field or "")) for reason in found]
    return reasons


async def _add(tx: Transaction, past: PastFeedback, answer_days: int) -> UUID:
    opportunity_id = await _opportunity_called(tx, past.name) if past.about == "opportunity" else None
    given = Given(past.about, past.words, past.may_show, "none", opportunity_id, past.name)
    by = Actor("operator", tx.actor.id)
    item_id = await add_item(tx, given, None, by=by, received_on=past.received_on, answer_days=answer_days)
    if past.theme:
        await tx.execute(
            update(items).where(items.c.item_id == item_id).values(theme_id=await theme_called(tx, past.theme))
        )
    if past.ending is not None:
        row = (await locked(tx, [item_id]))[0]
        response_id = new_id()
        await tx.execute(
            insert(responses).values(
                response_id=response_id,
                ending=past.ending,
                text=past.answer,
                answered_by=row.waiting_for,
                answered_by_name=row.waiting_for_name,
                said=past.board_wording or None,
                checked_by_kind=tx.actor.kind if past.board_wording else None,
                checked_by_id=tx.actor.id if past.board_wording else None,
                written_on=past.answered_on,
                written_by_kind=tx.actor.kind,
                written_by_id=tx.actor.id,
            )
        )
        await end(tx, row, past.ending, response_id=response_id, on=past.answered_on)
    return item_id


async def _opportunity_called(tx: Transaction, title: str) -> UUID | None:
    """The one opportunity of this title, if we know exactly one."""
    rows = await tx.all(
        select(opportunities.c.opportunity_id).where(func.lower(opportunities.c.title) == title.lower()).limit(2)
    )
    return rows[0].opportunity_id if len(rows) == 1 else None
