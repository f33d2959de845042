"""The giver and somebody here read words before they cross; if the text changes, both read it again (NET-02)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from services.feedback.domain.crossing import (
    WORDS_CHANGED,
    reasons_not_to_agree,
    reasons_not_to_change_words,
    reasons_not_to_release,
    seal_of,
)
from services.feedback.domain.giving import due_on
from services.feedback.domain.network import readable
from services.feedback.queries.facts import facts_of
from services.feedback.tables import cards, crossings
from services.feedback.use_cases import crossing
from services.feedback.use_cases.giver import Own, own_item
from services.feedback.use_cases.items import locked, wait_otherwise
from shared.db import Transaction
from shared.messaging import steps
from shared.reasons import Missing, refuse


async def release(tx: Transaction, item_id: UUID, *, seen: str, checked: bool) -> None:
    """Somebody here has read exactly what crosses: it goes, and waits for the host from now on. seen: the seal of what
    they read."""
    row = (await locked(tx, [item_id]))[0]
    words = await _open(tx, item_id)
    by = tx.actor.id
    assert by is not None
    facts, names = (await facts_of(tx, [row]))[0], await _names(tx, row)
    refuse(reasons_not_to_release(facts, words.words, seen, names, agreed=words.agreed, checked=checked, by=by))
    await _change(tx, item_id, state="released", read_by=by, read_on=tx.today)
    await steps.add(tx, "crossing-released", about=item_id, host=words.host)
    await wait_otherwise(tx, row, waiting_for="provider", waiting_for_name=words.host_name)
    await crossing.ask_host(tx, row, words, version=row.version + 1)


async def change_words(tx: Transaction, item_id: UUID, words: str, *, release_days: int) -> None:
    """Somebody here takes out a name. The giver reads the new words before anybody here may release them."""
    row = (await locked(tx, [item_id]))[0]
    before, words = await _open(tx, item_id), readable(words)
    facts, names = (await facts_of(tx, [row]))[0], await _names(tx, row)
    refuse(reasons_not_to_change_words(facts, before.words, words, names, by=tx.actor.id))
    await _change(tx, item_id, words=words, agreed=False, act_by=due_on(tx.today, release_days))
    await steps.add(tx, "crossing-words-changed", about=item_id)
    await wait_otherwise(tx, row)


async def keep_here(tx: Transaction, item_id: UUID) -> None:
    """We answer it ourselves: nothing crosses."""
    row = (await locked(tx, [item_id]))[0]
    await _keep(tx, row)


async def agree(tx: Transaction, own: Own, *, seen: str, words: str, release_days: int) -> None:
    """The giver agrees to the words on the page, or writes others and agrees to those. Somebody here reads them next.
    seen: the seal of the words on the page."""
    row = await own_item(tx, own)
    before, words = await _open(tx, row.item_id), readable(words)
    facts, names = (await facts_of(tx, [row]))[0], await _names(tx, row)
    if seen != seal_of(before.words):
        refuse(WORDS_CHANGED)
    if words == before.words:
        refuse(reasons_not_to_agree(words, seen, names))
        if before.agreed:
            return
    else:
        refuse(reasons_not_to_change_words(facts, before.words, words, names, by=None))
    await _change(tx, row.item_id, words=words, agreed=True, act_by=due_on(tx.today, release_days))
    await steps.add(tx, "crossing-agreed", about=row.item_id, changed=words != before.words)
    await wait_otherwise(tx, row)


async def do_not_let_cross(tx: Transaction, own: Own) -> None:
    """The giver would rather keep it here, so we answer it."""
    await _keep(tx, await own_item(tx, own))


async def _keep(tx: Transaction, row: Row[Any]) -> None:
    if row.ending is not None or not await crossing.let_none_cross(tx, row.item_id):
        raise Missing
    await wait_otherwise(tx, row)


async def _open(tx: Transaction, item_id: UUID) -> Row[Any]:
    words = await crossing.open_crossing(tx, item_id)
    if words is None:
        raise Missing
    return words


async def _names(tx: Transaction, row: Row[Any]) -> list[str]:
    """What we call the giver: names that never cross."""
    name = (
        await tx.scalar(select(cards.c.name).where(cards.c.person_id == row.giver_id))
        if row.giver_kind == "person"
        else None
    )
    return [name] if name else []


async def _change(tx: Transaction, item_id: UUID, **values: Any) -> None:
    await tx.execute(update(crossings).where(crossings.c.item_id == item_id).values(**values))
