"""What givers can do with their own feedback, known by who they are or by their code (FB-02, FB-04, FB-06, FB-07)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from services.feedback.domain.ending import (
    reasons_not_to_say_it_does_not_answer,
    reasons_not_to_withdraw,
    role_that_reviews,
)
from services.feedback.domain.giving import due_on
from services.feedback.queries.facts import facts_of
from services.feedback.queries.views import ORDINARY, ordinary_for
from services.feedback.tables import items
from services.feedback.use_cases import crossing, leads
from services.feedback.use_cases.items import end, wait_again
from shared.db import Transaction
from shared.messaging import steps
from shared.reasons import Missing, refuse

Own = UUID | bytes
"""An item's id, for a giver who is signed in; or the hash of a code."""


async def own_item(tx: Transaction, own: Own) -> Row[Any]:
    """The giver's own item, locked. Missing if it is not theirs; for a helper also if it is with the safeguarding lead,
    or came back from them and is about the helper (FB-09)."""
    query = select(items).with_for_update()
    if isinstance(own, bytes):
        return await tx.one(query.where(items.c.code_hash == own))
    person = tx.actor.acting_for or tx.actor.id
    if person is None:
        raise Missing
    if tx.actor.acting_for is not None:
        query = query.where(ordinary_for(tx.actor.id) if tx.actor.id else ORDINARY)
    return await tx.one(query.where(items.c.item_id == own, items.c.giver_kind == "person", items.c.giver_id == person))


async def withdraw(tx: Transaction, own: Own) -> None:
    """FB-02: the giver withdraws it: the words are deleted, but that there was an item stays."""
    row = await own_item(tx, own)
    refuse(reasons_not_to_withdraw((await facts_of(tx, [row]))[0]))
    await end(tx, row, "withdrawn")


async def let_it_be_shown(tx: Transaction, own: Own, may_show: bool) -> None:
    """FB-06: the giver agrees to the board, or no longer does. Our board changes at once, and so does that of the host
    who was asked."""
    row = await own_item(tx, own)
    changed: dict[str, Any] = {"may_show": may_show}
    if await crossing.tell_host(tx, row.item_id, version=row.version + 1, may_show=may_show):
        changed["version"] = row.version + 1
    await tx.execute(update(items).where(items.c.item_id == row.item_id).values(changed))
    await steps.add(tx, "board-consent-changed", about=row.item_id, may_show=may_show)


async def say_it_does_not_answer(tx: Transaction, own: Own, why: str, *, reviewer_role: str) -> None:
    """FB-07: once. It waits for our reviewer, even if its host answered, on a new clock with as many days as the
    first."""
    row = await own_item(tx, own)
    refuse(reasons_not_to_say_it_does_not_answer((await facts_of(tx, [row]))[0], why))
    reviewer_role = await _who_reviews(tx, row, reviewer_role)
    await steps.add(tx, "feedback-reopened", about=row.item_id, reviewer_role=reviewer_role)
    clock = {"reopened_on": tx.today, "due_on": due_on(tx.today, row.answer_days)}
    ours = {"waiting_for": "us", "waiting_for_name": ""} if await crossing.host_asked(tx, row.item_id) else {}
    await crossing.no_longer_await_host(tx, row.item_id)
    await wait_again(tx, row, reopened_why=why, reviewer_role=reviewer_role, **clock, **ours)


async def _who_reviews(tx: Transaction, row: Row[Any], configured: str) -> str:
    """FB-07: the first role with somebody who did not answer it before."""
    team = [(each.person_id, each.roles) for each in await leads.colleagues(tx) if each.present]
    before = (await facts_of(tx, [row]))[0]
    return role_that_reviews(configured, team, but={*before.answered_by, *before.kept_from, row.giver_id} - {None})
