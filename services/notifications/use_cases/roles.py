"""Following changes of roles and of second steps: everybody concerned hears the outcome."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.notifications.domain.channels import IN_APP, LETTER
from services.notifications.domain.posting import is_known_wrong
from services.notifications.domain.task_rules import ROLES_WORKING_DAYS, TASKS
from services.notifications.domain.tasks import Addressee
from services.notifications.tables import cards
from services.notifications.use_cases import calls, messages, tasks
from shared.db import Transaction
from shared.events import ParticipantRef
from shared.events.people import ContactEntered, RolesAnswered, RolesAsked, SecondStepChanged
from shared.reasons import NotYet
from shared.working_days import add_working_days


async def hear_asked(tx: Transaction, event: RolesAsked) -> None:
    """A task for any administrator except the one who asked and the person concerned, who hears of it."""
    concerned = {event.person_id, event.asked_by} - {None}
    to = Addressee(role=TASKS["confirm-roles"].audience, except_for=frozenset(each for each in concerned if each))
    due_on = add_working_days(tx.today, ROLES_WORKING_DAYS)
    await tasks.follow(tx, event.name, event.request_id, event.version, to=to, person_id=event.person_id, due_on=due_on)
    if event.asked_by is not None:
        await _tell(tx, [event.person_id], event, due_on=due_on.isoformat())


async def hear_answered(tx: Transaction, event: RolesAnswered) -> None:
    """The person hears, and both administrators."""
    await tasks.follow(tx, event.name, event.request_id, event.version)
    if event.asked_by is not None:
        await _tell(tx, [event.person_id], event, answer=event.answer, mine=True)
    both = {each for each in (event.asked_by, event.answered_by) if each} - {event.person_id}
    await _tell(tx, both, event, answer=event.answer, mine=False)


async def hear_second_step(tx: Transaction, event: SecondStepChanged) -> None:
    """The person and the named administrators hear: if nobody noticed a change of second step, it could be a
    stranger's."""
    await messages.tell_people(tx, [event.person_id], event.name, about=event.change_id, what=event.what, mine=True)
    others = set(event.administrators) - {event.person_id}
    await messages.tell_people(
        tx, others, event.name, about=event.change_id, what=event.what, mine=False, whose=str(event.person_id)
    )


async def hear_contact(tx: Transaction, event: ContactEntered) -> None:
    """PAY-13, PEO-02: told by the telephone number and at the postal address that they had before, and kept in the app;
    never sent to the new details."""
    card = await tx.first(select(cards).where(cards.c.person_id == event.person_id))
    if card is None:
        raise NotYet("the person's card")
    what = [*event.what, *(["postal-address"] if event.post_changed else [])]
    by_letter = event.by_letter and not is_known_wrong(card.post_failed, card.post_changes, event.post_changed)
    told = [(event.person_id, channel) for channel in (IN_APP, *([LETTER] if by_letter else []))]
    await messages.tell_all(tx, told, event.name, about=event.change_id, what=what, entered_by=str(event.entered_by))
    if by_letter:
        await calls.post_to_the_way_before(tx, event.person_id)
    if event.by_phone:
        await calls.open_for_the_way_before(tx, event.person_id, event.name)


async def _tell(tx: Transaction, people: Collection[UUID], event: RolesAsked | RolesAnswered, **facts: Any) -> None:
    """Raises NotYet until we hold everyone's card."""
    refs = [ParticipantRef(kind="person", id=each, home="") for each in people]
    await messages.tell_everyone(
        tx, refs, event.name, about=event.request_id, give=list(event.give), take=list(event.take), **facts
    )
