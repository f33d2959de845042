"""As host: other organisations' people's feedback about our opportunities becomes items of ours (NET-02)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from services.feedback.domain.giving import reasons_not_to_accept_words
from services.feedback.domain.network import is_taken_back, reasons_not_to_hear_guest, takes_newer_words
from services.feedback.queries.facts import facts_of
from services.feedback.tables import guest_messages, items, opportunities
from services.feedback.use_cases.giving import Given, add_item
from services.feedback.use_cases.items import end
from shared.copies import keep_newest
from shared.db import Actor, Transaction
from shared.events import ParticipantRef
from shared.events.network import GuestFeedbackGiven, local_id
from shared.messaging import steps
from shared.reasons import NotYet, refuse


async def hear_feedback(tx: Transaction, event: GuestFeedbackGiven, words: str, *, answer_days: int) -> None:
    """A later version replaces an earlier one. NotYet until we know the opportunity; Refused if it is not ours, or if
    another organisation has used the id."""
    await _refuse_what_is_not_for_us(tx, event)
    item_id = local_id(event.origin, event.item_id)
    if not await keep_newest(
        tx, guest_messages, {"item_id": item_id}, {"version": event.version, "withdrawn": event.withdrawn}
    ):
        return
    row = await tx.first(select(items).where(items.c.item_id == item_id).with_for_update())
    if row is None and not event.withdrawn:
        await _add(tx, item_id, event, words, answer_days)
    elif row is not None and event.withdrawn:
        await _take_back(tx, row)
    elif row is not None:
        await _change(tx, row, event, words)


async def _refuse_what_is_not_for_us(tx: Transaction, event: GuestFeedbackGiven) -> None:
    opportunity = await tx.first(
        select(opportunities.c.host).where(opportunities.c.opportunity_id == event.opportunity_id)
    )
    if opportunity is None:
        raise NotYet("an opportunity of ours with the id that the other organisation gave")
    same_id = await tx.first(
        select(items.c.item_id).where(
            items.c.giver_kind == "guest", items.c.giver_id == event.item_id, items.c.giver_home != event.origin
        )
    )
    refuse(reasons_not_to_hear_guest(ours=opportunity.host == "", used_by_another=same_id is not None))


async def _add(tx: Transaction, item_id: UUID, event: GuestFeedbackGiven, words: str, answer_days: int) -> None:
    refuse(reasons_not_to_accept_words(words))
    given = Given("opportunity", words, event.board, "none", opportunity_id=event.opportunity_id)
    giver = ParticipantRef(kind="guest", id=event.item_id, home=event.origin)
    await add_item(tx, given, giver, by=Actor("guest"), received_on=tx.today, answer_days=answer_days, item_id=item_id)


async def _change(tx: Transaction, row: Row[Any], event: GuestFeedbackGiven, words: str) -> None:
    changed: dict[str, Any] = {"may_show": event.board}
    if takes_newer_words((await facts_of(tx, [row]))[0]) and not reasons_not_to_accept_words(words):
        changed["words"] = words
    await tx.execute(update(items).where(items.c.item_id == row.item_id).values(changed))
    await steps.add(tx, "guest-feedback-changed", about=row.item_id, may_show=event.board)


async def _take_back(tx: Transaction, row: Row[Any]) -> None:
    if is_taken_back((await facts_of(tx, [row]))[0]):
        await end(tx, row, "withdrawn")
