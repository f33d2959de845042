"""Sharing with the network, by choice (NET-01), and what we pay back of a guest's costs (NET-03)."""

from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from services.opportunities.answers.queries import texts_of
from services.opportunities.places.domain.taking import place_for_newcomer
from services.opportunities.places.queries.how_full import fullness_of_each
from services.opportunities.sharing.domain import SAY_AGAIN_AFTER, is_to_say_again, reasons_not_to_lower_offer
from services.opportunities.sharing.tables import shares
from services.opportunities.sharing.use_cases.announcing import (
    ToSay,
    guests_at,
    lately_cancelled,
    offer_of,
    reasons_not_to_share,
    say_all_shared,
    say_shared,
    say_withdrawn,
    share_of,
)
from services.opportunities.words.domain import Host, Offer
from services.opportunities.writing.queries import sessions_of_each
from services.opportunities.writing.tables import opportunities, sessions_of
from services.opportunities.writing.use_cases import lock_opportunity
from shared.db import Transaction, actor_values, one_of
from shared.messaging import steps
from shared.reasons import refuse


async def share(tx: Transaction, opportunity_id: UUID, offer: Offer, host: Host) -> None:
    """Shares it: at once if it is published, else when it is published. The same choice again changes nothing."""
    row = await lock_opportunity(tx, opportunity_id)
    before = await share_of(tx, opportunity_id)
    if before is not None and before.wanted and offer_of(before) == offer and (before.listed or row.state == "draft"):
        return
    reasons = reasons_not_to_share(row, await tx.all(sessions_of(opportunity_id)), offer, tx.now)
    if before is not None:
        reasons += reasons_not_to_lower_offer(offer_of(before), offer, await guests_at(tx, opportunity_id))
    refuse(reasons)
    await _decide(tx, opportunity_id, offer, wanted=True)
    if row.state == "published":
        await say_shared(tx, opportunity_id, host)


async def stop_sharing(tx: Transaction, opportunity_id: UUID) -> None:
    """It leaves the others' lists. Guests who have a place keep it, and their homes still hear of changes
    (`announcing.say_change_to_guests`)."""
    await lock_opportunity(tx, opportunity_id)
    before = await share_of(tx, opportunity_id)
    if before is None or not before.wanted:
        return
    await _decide(tx, opportunity_id, offer_of(before), wanted=False)
    await say_withdrawn(tx, opportunity_id, "not-shared")


async def _decide(tx: Transaction, opportunity_id: UUID, offer: Offer, *, wanted: bool) -> None:
    decided = {
        "wanted": wanted,
        "funding": offer.funding,
        "expenses_cap_pence": offer.expenses_cap_pence,
        "decided_at": tx.now,
        **actor_values(tx.actor),
    }
    adding = insert(shares).values(opportunity_id=opportunity_id, **decided)
    await tx.execute(adding.on_conflict_do_update(index_elements=["opportunity_id"], set_=decided))
    await steps.add(
        tx,
        "sharing-decided",
        about=opportunity_id,
        wanted=wanted,
        funding=offer.funding,
        expenses_cap_pence=offer.expenses_cap_pence,
    )


async def refresh_shared(tx: Transaction, host: Host) -> None:
    """The job: says again what is shared and open when it has filled up or has room again, and before the streams
    forget it.

    A few statements, however many there are."""
    ids = [
        row.opportunity_id
        for row in await tx.all(_MAY_BE_SAID_AGAIN, {"now": tx.now, "say_again_after": SAY_AGAIN_AFTER})
    ]
    if not ids:
        return
    # Everything that changes a place takes this lock, so no change is missed.
    locked = select(opportunities).where(one_of(opportunities.c.id, ids)).order_by(opportunities.c.id).with_for_update()
    rows = await tx.all(locked)
    await tx.execute(
        update(shares).where(one_of(shares.c.opportunity_id, ids), shares.c.to_look_at).values(to_look_at=False)
    )
    since_said = (func.now() - shares.c.said_at).label("since_said")
    listed = {
        row.opportunity_id: row
        for row in await tx.all(select(shares, since_said).where(one_of(shares.c.opportunity_id, ids), shares.c.listed))
    }
    planned = await sessions_of_each(tx, ids)
    full, answers, gone = await fullness_of_each(tx, rows), await texts_of(tx, ids), await lately_cancelled(tx, ids)
    now = [
        ToSay(
            row,
            listed[row.id],
            planned[row.id],
            place_for_newcomer(full[row.id]) == "waiting",
            answers[row.id],
            gone[row.id],
        )
        for row in rows
        if row.id in listed and not reasons_not_to_share(row, planned[row.id], offer_of(listed[row.id]), tx.now)
    ]
    again = [
        each for each in now if is_to_say_again(each.share.said_waiting_list, each.waiting_list, each.share.since_said)
    ]
    if again:
        await say_all_shared(tx, again, host)


_MAY_BE_SAID_AGAIN = text("""
SELECT opportunity_id FROM shares WHERE listed AND to_look_at
 UNION
SELECT shares.opportunity_id FROM shares JOIN opportunities ON opportunities.id = shares.opportunity_id
  AND opportunities.state = 'published'
 WHERE shares.listed AND shares.said_at <= now() - CAST(:say_again_after AS interval)
   AND EXISTS (SELECT FROM sessions WHERE opportunity_id = shares.opportunity_id AND ends_at > :now)
 ORDER BY opportunity_id
""")
"""The candidates for `place_for_newcomer` and `is_to_say_again`, which are asked under a lock: opportunities with a
place taken or given back since the job last looked (a trigger notes them in `shares.to_look_at`), and those not said
for long."""
