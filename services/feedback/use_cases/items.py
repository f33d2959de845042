"""What every change of a feedback item does: lock it, look at it, end it, or make it wait again."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from services.feedback.domain.board import shown_on_board
from services.feedback.domain.ending import speaks_for_joined
from services.feedback.domain.facts import Ending
from services.feedback.queries.facts import facts_of
from services.feedback.queries.views import ORDINARY, ordinary_for
from services.feedback.tables import endings, items, responses
from services.feedback.use_cases import crossing
from shared.db import Transaction, new_id, one_of, participant_of
from shared.events import ParticipantRef
from shared.events.feedback import FeedbackClosed, FeedbackReceived
from shared.messaging import outbox, steps
from shared.reasons import Missing


async def locked(tx: Transaction, item_ids: Collection[UUID], *, with_concerns: bool = False) -> Sequence[Row[Any]]:
    """The items, locked in the order of their ids. Missing if one does not exist, is with the safeguarding lead, or
    came back from them and is about whoever does this (FB-09)."""
    wanted = set(item_ids)
    query = select(items).where(one_of(items.c.item_id, wanted)).order_by(items.c.item_id).with_for_update()
    if not with_concerns:
        query = query.where(ordinary_for(tx.actor.id) if tx.actor.kind == "person" and tx.actor.id else ORDINARY)
    rows = await tx.all(query)
    if len(rows) != len(wanted):
        raise Missing
    return rows


async def end(
    tx: Transaction,
    row: Row[Any],
    ending: Ending,
    *,
    response_id: UUID | None = None,
    joined_to: UUID | None = None,
    reason: str = "",
    on: date | None = None,
) -> None:
    """FB-02: ends the locked item; its giver hears how (FB-04). on: the day, if it is past."""
    day = on or tx.today
    values: dict[str, Any] = {"ending": ending, "ended_on": day, "joined_to": joined_to, "version": row.version + 1}
    if response_id is not None:
        values["response_id"] = response_id
    if ending == "withdrawn":
        values |= {"words": "", "reopened_why": None if row.reopened_on is None else ""}
    await tx.execute(update(items).where(items.c.item_id == row.item_id).values(values))
    await tx.execute(
        insert(endings).values(
            ending_id=new_id(),
            item_id=row.item_id,
            ending=ending,
            response_id=response_id,
            joined_to=joined_to,
            reason=reason,
            ended_on=day,
            ended_by_kind=tx.actor.kind,
            ended_by_id=tx.actor.id,
        )
    )
    await steps.add(
        tx, "feedback-ended", about=row.item_id, ending=ending, response_id=response_id, joined_to=joined_to
    )
    await _say_it_ended(tx, row, ending, response_id, joined_to=joined_to)
    if ending != "safeguarding":
        await crossing.let_none_cross(tx, row.item_id, withdrawn=ending == "withdrawn")
    if ending == "withdrawn":
        await crossing.tell_host(tx, row.item_id, version=row.version + 1, may_show=False, withdrawn=True)
    await _joined_items_hear_it(tx, row, ending)


async def _say_it_ended(
    tx: Transaction, row: Row[Any], ending: Ending, response_id: UUID | None, *, joined_to: UUID | None
) -> None:
    checked = False
    if response_id is not None:
        checked = (
            await tx.one(select(responses.c.said).where(responses.c.response_id == response_id))
        ).said is not None
    await outbox.add(
        tx,
        FeedbackClosed(
            version=row.version + 1,
            item_id=row.item_id,
            opportunity_id=row.opportunity_id,
            giver=giver_of(row),
            ending=ending,
            on_board=shown_on_board(ending, may_show=row.may_show, wording_checked=checked),
            hear_by=row.hear_by,
        ),
    )
    await crossing.tell_home(tx, row, ending, version=row.version + 1, joined_to=joined_to)


async def say_it_was_dealt_with(tx: Transaction, row: Row[Any]) -> None:
    """FB-09, FB-04: the giver of the locked item, a safeguarding concern, hears that it was looked after, and nothing
    of how."""
    version = row.version + 1
    await tx.execute(update(items).where(items.c.item_id == row.item_id).values(version=version))
    closed = FeedbackClosed(
        version=version,
        item_id=row.item_id,
        opportunity_id=row.opportunity_id,
        giver=giver_of(row),
        ending="safeguarding",
        on_board=False,
        hear_by=row.hear_by,
        dealt_with=True,
    )
    await outbox.add(tx, closed)


async def _joined_items_hear_it(tx: Transaction, row: Row[Any], ending: Ending) -> None:
    """FB-02: items joined to this one now have its answer, or each waits again by itself."""
    query = (
        select(items)
        .where(items.c.joined_to == row.item_id, items.c.ending == "joined")
        .order_by(items.c.item_id)
        .with_for_update()
    )
    for joined in await tx.all(query):
        if not speaks_for_joined(ending):
            await wait_again(tx, joined)
            continue
        await tx.execute(update(items).where(items.c.item_id == joined.item_id).values(version=joined.version + 1))
        await _say_it_ended(tx, joined, "joined", None, joined_to=row.item_id)


async def wait_again(tx: Transaction, row: Row[Any], **values: Any) -> None:
    """The locked item has no ending any longer, and waits. values: other columns to change."""
    changed = {"ending": None, "ended_on": None, "joined_to": None, "version": row.version + 1, **values}
    await tx.execute(update(items).where(items.c.item_id == row.item_id).values(changed))
    await steps.add(tx, "feedback-waits-again", about=row.item_id, ending_before=row.ending)
    await say_it_waits(tx, row.item_id)


async def wait_for_us(tx: Transaction, row: Row[Any]) -> None:
    """FB-02: the locked item, which waited for its host, is now ours to answer. Its clock keeps running."""
    await crossing.no_longer_await_host(tx, row.item_id)
    changed = {"waiting_for": "us", "waiting_for_name": "", "version": row.version + 1}
    await tx.execute(update(items).where(items.c.item_id == row.item_id).values(changed))
    await steps.add(tx, "feedback-passed-on", about=row.item_id, waiting_for="us")
    await say_it_waits(tx, row.item_id)


async def wait_otherwise(tx: Transaction, row: Row[Any], **values: Any) -> None:
    """The locked item still waits, but for somebody else. values: the columns to change. Its clock keeps running."""
    await tx.execute(update(items).where(items.c.item_id == row.item_id).values(version=row.version + 1, **values))
    await say_it_waits(tx, row.item_id)


async def say_it_waits(tx: Transaction, item_id: UUID) -> None:
    """Says for whom the item waits now, for what, until when, and who may not answer it."""
    row = await tx.one(update(items).where(items.c.item_id == item_id).values(clock_said=True).returning(items))
    words = await crossing.open_crossing(tx, item_id)
    needs: Literal["answer", "review", "release", "agreement"] = "review" if row.reviewer_role else "answer"
    if words is not None:
        needs = "release" if words.agreed else "agreement"
    not_for = {row.giver_id} if row.giver_kind == "person" else set[UUID]()
    facts = (await facts_of(tx, [row]))[0]
    not_for |= facts.kept_from | (facts.answered_by if needs == "review" else set())
    await outbox.add(
        tx,
        FeedbackReceived(
            version=row.version,
            item_id=row.item_id,
            opportunity_id=row.opportunity_id,
            giver=giver_of(row),
            waiting_for=row.waiting_for,
            due_on=row.due_on,
            step=needs,
            act_by=words.act_by if words is not None else None,
            reviewer_role=row.reviewer_role,
            not_for=tuple(sorted(not_for)),
        ),
    )


async def say_clocks(tx: Transaction) -> None:
    """Says again, a few at a time, items that have waited since before events had clocks."""
    unsaid = (
        select(items)
        .where(items.c.ending.is_(None), ~items.c.clock_said)
        .order_by(items.c.item_id)
        .limit(200)
        .with_for_update(skip_locked=True)
    )
    for row in await tx.all(unsaid):
        await wait_otherwise(tx, row)


def giver_of(row: Row[Any]) -> ParticipantRef | None:
    """None for an anonymous giver."""
    return participant_of(row, "giver") if row.giver_id is not None else None
