"""What leaves about a piece of feedback: to the host of its opportunity, or to the home of the guest who gave it
(NET-02).

Events hold ids and endings alone; our gateway asks for the words and the answer (`contents.py`)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from services.feedback.domain.facts import Ending
from services.feedback.domain.giving import due_on
from services.feedback.domain.network import readable, what_home_hears
from services.feedback.tables import asked_hosts, crossings, items
from shared.db import Transaction
from shared.events.feedback import GuestFeedbackAnswered, GuestFeedbackGiven
from shared.messaging import outbox, steps


async def propose(tx: Transaction, item: Row[Any], listing: Row[Any], *, release_days: int) -> None:
    """The giver has read the words and agrees that the host may read them; somebody here reads them next. listing: our
    copy of the opportunity."""
    await tx.execute(
        insert(crossings).values(
            item_id=item.item_id,
            host=listing.host,
            host_name=listing.host_name or listing.host,
            host_opportunity_id=listing.host_opportunity_id,
            words=readable(item.words),
            agreed=True,
            state="open",
            act_by=due_on(tx.today, release_days),
        )
    )
    await steps.add(tx, "crossing-proposed", about=item.item_id, host=listing.host)


async def open_crossing(tx: Transaction, item_id: UUID) -> Row[Any] | None:
    """The words that would cross, locked, while they are neither released nor kept here."""
    return await tx.first(
        select(crossings).where(crossings.c.item_id == item_id, crossings.c.state == "open").with_for_update()
    )


async def let_none_cross(tx: Transaction, item_id: UUID, *, withdrawn: bool = False) -> bool:
    """What has not crossed stays here; if the giver withdrew it, the words are deleted. False if nothing was about to
    cross."""
    kept = await tx.execute(
        update(crossings).where(crossings.c.item_id == item_id, crossings.c.state == "open").values(state="kept")
    )
    if withdrawn:
        await tx.execute(update(crossings).where(crossings.c.item_id == item_id).values(words=""))
    if kept.rowcount:
        await steps.add(tx, "crossing-kept", about=item_id)
    return bool(kept.rowcount)


async def ask_host(tx: Transaction, item: Row[Any], words: Row[Any], *, version: int) -> None:
    """Giver and staff have read the words, so the host is asked to answer. words: the row of crossings; version: of the
    item now."""
    asked = {
        "item_id": item.item_id,
        "host": words.host,
        "host_name": words.host_name,
        "host_opportunity_id": words.host_opportunity_id,
    }
    await tx.execute(insert(asked_hosts).values(**asked, awaited=True, ended_by_host=False))
    await steps.add(tx, "host-asked", about=item.item_id, host=words.host)
    await tell_host(tx, item.item_id, version=version, may_show=item.may_show)


async def tell_host(tx: Transaction, item_id: UUID, *, version: int, may_show: bool, withdrawn: bool = False) -> bool:
    """Tells the host that was asked the item's present state. False if none was asked."""
    asked = await host_asked(tx, item_id)
    if asked is None:
        return False
    event = GuestFeedbackGiven(
        version=version,
        to=asked.host,
        item_id=item_id,
        opportunity_id=asked.host_opportunity_id,
        board=may_show,
        withdrawn=withdrawn,
    )
    await outbox.add(tx, event)
    return True


async def host_asked(tx: Transaction, item_id: UUID) -> Row[Any] | None:
    return await tx.first(select(asked_hosts).where(asked_hosts.c.item_id == item_id))


async def is_awaited(tx: Transaction, item_id: UUID) -> bool:
    """Whether the item waits for the host's answer."""
    asked = await host_asked(tx, item_id)
    return asked is not None and asked.awaited


async def no_longer_await_host(tx: Transaction, item_id: UUID) -> None:
    """Someone else answers it now. If the host answers all the same, its answer is only kept."""
    await tx.execute(update(asked_hosts).where(asked_hosts.c.item_id == item_id).values(awaited=False))


async def tell_home(tx: Transaction, item: Row[Any], ending: Ending, *, version: int, joined_to: UUID | None) -> None:
    """If a guest gave it, tells their home organisation how it ended: guests hear from home alone."""
    if item.giver_kind != "guest":
        return
    speaker = await tx.scalar(select(items.c.ending).where(items.c.item_id == joined_to)) if joined_to else None
    heard = what_home_hears(ending, speaker=speaker)
    if heard is not None:
        await outbox.add(
            tx, GuestFeedbackAnswered(version=version, to=item.giver_home, item_id=item.giver_id, ending=heard)
        )
