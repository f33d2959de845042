"""As home: the host's answer to feedback that our people let it read (NET-02, FB-04)."""

from typing import Any

from sqlalchemy import Row, select, update

from services.feedback.domain.network import effect_of_answer, reasons_not_to_hear_host
from services.feedback.queries.facts import facts_of
from services.feedback.tables import asked_hosts, crossings, items
from services.feedback.use_cases import crossing, safeguarding
from services.feedback.use_cases.host_answers import end_as_host_did
from services.feedback.use_cases.items import locked, wait_for_us, wait_otherwise
from shared.db import Transaction
from shared.events.network import GuestFeedbackAnswered, OrganisationRemoved, organisation_id
from shared.messaging import steps
from shared.reasons import refuse


async def hear_answer(tx: Transaction, event: GuestFeedbackAnswered, answer: str, *, hours: int) -> None:
    """The newest answer is kept, and does what `effect_of_answer` says. Missing if the item is not ours; Refused
    if we asked another organisation. hours: the clock of our safeguarding lead."""
    row = (await locked(tx, [event.item_id], with_concerns=True))[0]
    asked = await tx.first(select(asked_hosts).where(asked_hosts.c.item_id == event.item_id))
    refuse(reasons_not_to_hear_host(asked=asked.host if asked else None, origin=event.origin))
    asked = await _keep(tx, event, answer)
    if asked is None:
        return
    match effect_of_answer((await facts_of(tx, [row]))[0], event.ending, ended_by_host=asked.ended_by_host):
        case "ends":
            await end_as_host_did(tx, row, asked)
        case "concern":
            why = f"{asked.host_name} marked this as a safeguarding concern. It sent no words with that: ring them."
            await safeguarding.raise_concern(
                tx, row.item_id, why=why, about=[], hours=hours, raised_by=organisation_id(event.origin)
            )
        case "kept":
            await steps.add(tx, "host-answer-kept", about=row.item_id, ending=event.ending)


def host_that_raised(concern: Row[Any]) -> str:
    """FB-09, NET-02: the short name of the host if it raised this concern; "" if somebody here did."""
    asked = concern.asked_host
    return asked if asked and concern.raised_by == organisation_id(asked) else ""


async def _keep(tx: Transaction, event: GuestFeedbackAnswered, answer: str) -> Row[Any] | None:
    """None if we already heard a later one."""
    newer = asked_hosts.c.heard_version.is_(None) | (asked_hosts.c.heard_version < event.version)
    return await tx.first(
        update(asked_hosts)
        .where(asked_hosts.c.item_id == event.item_id, newer)
        .values(heard_version=event.version, heard_ending=event.ending, heard_answer=answer)
        .returning(asked_hosts)
    )


async def hear_removal(tx: Transaction, event: OrganisationRemoved) -> None:
    """FB-02: an organisation that has left the network answers nobody, so what waited for it is ours to answer. The
    clock keeps running."""
    waiting = (
        select(items.c.item_id)
        .join(asked_hosts)
        .where(asked_hosts.c.host == event.removed, asked_hosts.c.awaited, items.c.ending.is_(None))
    )
    for row in await locked(tx, [each.item_id for each in await tx.all(waiting)]):
        await wait_for_us(tx, row)
    about_to_cross = select(crossings.c.item_id).join(items, items.c.item_id == crossings.c.item_id)
    open_ones = about_to_cross.where(
        crossings.c.host == event.removed, crossings.c.state == "open", items.c.ending.is_(None)
    )
    for row in await locked(tx, [each.item_id for each in await tx.all(open_ones)]):
        await crossing.let_none_cross(tx, row.item_id)
        await wait_otherwise(tx, row)
