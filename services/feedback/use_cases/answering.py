"""What staff do with feedback: answer it, join it, pass it on, call it spam, put it in a theme (FB-02, FB-05,
FB-06)."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.feedback.domain.board import reasons_not_to_publish
from services.feedback.domain.ending import (
    reasons_not_to_answer,
    reasons_not_to_call_spam,
    reasons_not_to_call_theme,
    reasons_not_to_join,
    reasons_not_to_pass_on,
)
from services.feedback.domain.facts import Answer, Answerer, Item
from services.feedback.domain.giving import reasons_not_to_name
from services.feedback.queries.facts import facts_of
from services.feedback.queries.views import ordinary_for
from services.feedback.tables import cards, items, responses, themes
from services.feedback.use_cases import crossing
from services.feedback.use_cases.items import end, locked, wait_for_us, wait_otherwise
from shared.db import Transaction, new_id, one_of
from shared.messaging import steps
from shared.reasons import Missing, Reason, refuse


async def answer(
    tx: Transaction,
    item_ids: Collection[UUID],
    *,
    ending: Answer,
    text: str,
    said: str,
    checked: bool,
    roles: Collection[str],
    reviewer_role: str,
) -> None:
    """FB-02, FB-05, FB-06: one answer ends all of these items, or none. said: the board's wording, "" to leave it off
    the board."""
    rows = await locked(tx, item_ids)
    facts = await facts_of(tx, rows)
    by = tx.actor.id
    assert by is not None
    reasons = reasons_not_to_answer(facts, ending, text, by=by, roles=roles, reviewer_role=reviewer_role)
    if said or checked:
        reasons += await _reasons_not_to_publish(tx, rows, facts, said=said, text=text, checked=checked)
    refuse(reasons)
    response_id = new_id()
    await tx.execute(
        insert(responses).values(
            response_id=response_id,
            ending=ending,
            text=text,
            answered_by=rows[0].waiting_for,
            answered_by_name=rows[0].waiting_for_name if len({row.waiting_for_name for row in rows}) == 1 else "",
            said=said or None,
            checked_by_kind=tx.actor.kind if said else None,
            checked_by_id=by if said else None,
            written_on=tx.today,
            written_by_kind=tx.actor.kind,
            written_by_id=by,
        )
    )
    for row in rows:
        await end(tx, row, ending, response_id=response_id)


async def reword(tx: Transaction, response_id: UUID, *, said: str, checked: bool) -> None:
    """FB-06: changes an answer's wording on the board; with "" it leaves the board. Missing if they
    may read nothing that it answers (FB-09)."""
    response = await tx.one(select(responses).where(responses.c.response_id == response_id).with_for_update())
    by = tx.actor.id
    assert by is not None
    answered = select(items.c.item_id).where(items.c.response_id == response_id, ordinary_for(by))
    if await tx.first(answered.limit(1)) is None:
        raise Missing
    if said or checked:
        rows = await tx.all(select(items).where(items.c.response_id == response_id, items.c.ending == response.ending))
        refuse(
            await _reasons_not_to_publish(
                tx, rows, await facts_of(tx, rows), said=said, text=response.text, checked=checked
            )
        )
    await tx.execute(
        update(responses)
        .where(responses.c.response_id == response_id)
        .values(
            said=said or None,
            checked_by_kind=tx.actor.kind if said else None,
            checked_by_id=tx.actor.id if said else None,
        )
    )
    await steps.add(tx, "board-wording-changed", about=response_id, shown=bool(said))


async def _reasons_not_to_publish(
    tx: Transaction, rows: Sequence[Row[Any]], facts: list[Item], *, said: str, text: str, checked: bool
) -> list[Reason]:
    givers = [item.giver_id for item in facts if item.giver_id]
    names = [row.name for row in await tx.all(select(cards.c.name).where(one_of(cards.c.person_id, givers)))]
    headings = {row.about_name for row in rows} | {row.waiting_for_name for row in rows}
    return reasons_not_to_publish(
        said, text, headings=headings, checked=checked, anyone_agreed=any(item.may_show for item in facts), names=names
    )


async def join(tx: Transaction, item_id: UUID, target_id: UUID) -> None:
    """FB-02: the other item speaks for this one, and for those that were joined to this one."""
    rows = await locked(tx, {item_id, target_id} if item_id != target_id else {item_id})
    facts = {item.id: item for item in await facts_of(tx, rows)}
    by = tx.actor.id
    assert by is not None
    refuse(reasons_not_to_join(facts[item_id], facts[target_id], by=by))
    await tx.execute(update(items).where(items.c.joined_to == item_id).values(joined_to=target_id))
    await end(tx, next(row for row in rows if row.item_id == item_id), "joined", joined_to=target_id)


async def call_spam(tx: Transaction, item_id: UUID, reason: str) -> None:
    """FB-02: it ends as spam, with a reason its giver can read."""
    rows = await locked(tx, [item_id])
    by = tx.actor.id
    assert by is not None
    refuse(reasons_not_to_call_spam((await facts_of(tx, rows))[0], reason, by=by))
    await end(tx, rows[0], "spam", reason=reason)


async def pass_on(tx: Transaction, item_id: UUID, to: Answerer, name: str) -> None:
    """FB-02: someone else must answer. The clock keeps running."""
    rows = await locked(tx, [item_id])
    refuse(reasons_not_to_pass_on((await facts_of(tx, rows))[0], to, name))
    if to == "us" and await crossing.is_awaited(tx, item_id):
        await wait_for_us(tx, rows[0])
        return
    await crossing.no_longer_await_host(tx, item_id)
    await crossing.let_none_cross(tx, item_id)
    await steps.add(tx, "feedback-passed-on", about=item_id, waiting_for=to)
    await wait_otherwise(tx, rows[0], waiting_for=to, waiting_for_name=name if to != "us" else "")


async def correct_name(tx: Transaction, item_id: UUID, name: str) -> None:
    """FB-06: the board shows what the giver called the service or the funder, so staff may correct it."""
    row = (await locked(tx, [item_id]))[0]
    refuse(reasons_not_to_name(row.about, name))
    changed = {"about_name": name}
    if row.waiting_for_name == row.about_name:
        changed["waiting_for_name"] = name
    await tx.execute(update(items).where(items.c.item_id == item_id).values(changed))
    await steps.add(tx, "feedback-name-corrected", about=item_id)


async def put_in_theme(tx: Transaction, item_id: UUID, name: str) -> None:
    """FB-05: puts it in the theme of this name, made if it is new; with "" in none."""
    await locked(tx, [item_id])
    refuse(reasons_not_to_call_theme(name))
    theme_id = await theme_called(tx, name) if name else None
    await tx.execute(update(items).where(items.c.item_id == item_id).values(theme_id=theme_id))
    await steps.add(tx, "feedback-put-in-theme", about=item_id, theme_id=theme_id)


async def theme_called(tx: Transaction, name: str) -> UUID:
    """The theme of this name, whatever its case; it is made if there is none."""
    find = select(themes.c.theme_id).where(func.lower(themes.c.name) == func.lower(name))
    found = await tx.first(find)
    if found is None:
        await tx.execute(upsert(themes).values(theme_id=new_id(), name=name).on_conflict_do_nothing())
        found = await tx.one(find)
    return found.theme_id
