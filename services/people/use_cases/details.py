"""Changes that people make to their own details."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from services.people import queries
from services.people.domain.addresses import reasons_not_to_change_email
from services.people.domain.ages import reasons_not_to_keep_age
from services.people.domain.choices import MESSAGE_KINDS, channels_for, reasons_not_to_answer
from services.people.domain.contacts import readings_of
from services.people.domain.joining import CONSENT_VERSION
from services.people.tables import consents, people
from services.people.use_cases import keeping, signing_in, telling
from services.people.use_cases.signing_in import HashOfCode
from shared.db import Transaction
from shared.messaging import steps
from shared.reasons import Missing, Reason, refuse


async def read(tx: Transaction, person_id: UUID, *, asked: Collection[str]) -> Row[Any]:
    """What we hold of somebody. PRI-03: a helper's reading of contact details or needs is written down, with what and
    whose they were.

    asked: the questions whose answers are shown."""
    if tx.actor.acting_for is not None:
        for what in readings_of(asked):
            await steps.add(tx, what, about=person_id)
    return await queries.person(tx, person_id)


async def answer(
    tx: Transaction, person_id: UUID, question: str, given: Any, areas: Collection[str], *, keep: UUID | None = None
) -> None:
    """Keeps one answer about oneself. keep: the sign-in that stays open if the answer changes how they are reached."""
    person = await keeping.lock(tx, person_id)
    has = {"has_email": person.email is not None, "has_post": person.postal_address != ""}
    refuse(reasons_not_to_answer(question, given, areas=areas, **has, posted="letter" in person.channels))
    await telling.of_changes(
        tx, [(dict(person._mapping), {question: given})], by_another=tx.actor.acting_for is not None, keep=keep
    )
    await keeping.change(tx, person_id, {question: given})


async def decline_messages(tx: Transaction, person_id: UUID, kind: str) -> None:
    """NOT-02: they switched this kind off by the link in a mail. Does nothing if heard twice, or if they have left."""
    person = await tx.first(select(people).where(people.c.id == person_id).with_for_update())
    if person is not None and kind in MESSAGE_KINDS and kind not in person.opted_out:
        await keeping.change(tx, person_id, {"opted_out": [*person.opted_out, kind]}, what="messages-declined")


async def answer_age(tx: Transaction, person_id: UUID, over_18: bool, *, agreements_held: bool) -> None:
    """PEO-03: asked of people who were added without an age, before they take part. An earlier answer stays: staff
    correct it on paper."""
    person = await keeping.lock(tx, person_id)
    if person.over_18 is not None:
        return
    refuse(reasons_not_to_keep_age(over_18, asked_by_staff=tx.actor.id != person_id, agreements_held=agreements_held))
    if not over_18:
        await keeping.consent(tx, person_id, "under-18-agreements", CONSENT_VERSION)
    await keeping.change(tx, person_id, {"over_18": over_18}, what="age-answered")


async def ask_to_change_email(
    tx: Transaction, person_id: UUID, email: str, code: str, hash_of: HashOfCode, now: datetime
) -> UUID:
    """Keeps the new address beside a code that is mailed to it; it is used once the code comes back."""
    person = await keeping.lock(tx, person_id)
    refuse(
        reasons_not_to_change_email(email, has_email=person.email is not None, helping=tx.actor.acting_for is not None)
    )
    return await signing_in.keep_code(tx, "change-email", code, hash_of, now, person_id=person_id, new_email=email)


async def change_email(
    tx: Transaction,
    person_id: UUID,
    request_id: UUID,
    code: str,
    hash_of: HashOfCode,
    now: datetime,
    *,
    keep: UUID | None = None,
) -> list[Reason]:
    """Returns reasons why not, with the try counted; none when it is done. keep: the sign-in that stays open.

    Missing if the request is someone else's."""
    asked = await signing_in.try_code(tx, request_id, ("change-email",), code, hash_of, now)
    if isinstance(asked, list):
        return asked
    if asked.person_id != person_id:
        raise Missing
    person = await keeping.lock(tx, person_id)
    holder = await keeping.holder_of(tx, asked.new_email)
    of_another = holder is not None and holder.id != person_id
    helping = tx.actor.acting_for is not None
    if reasons := reasons_not_to_change_email(
        asked.new_email, has_email=person.email is not None, helping=helping, of_another=of_another
    ):
        return reasons
    chosen = person.email or "letter" in person.channels
    channels = person.channels if chosen else list(channels_for(True))
    values = {"email": asked.new_email, "channels": channels}
    await telling.of_changes(
        tx, [(dict(person._mapping), values)], by_another=tx.actor.acting_for is not None, keep=keep
    )
    await keeping.change(tx, person_id, values, what="email-changed")
    return []


async def withdraw_consent(tx: Transaction, person_id: UUID, consent_id: UUID) -> bool:
    """PRI-02: as easily as it was given. Without consent to being joined everything pauses; money owed is still paid.
    Returns whether they have left."""
    await keeping.lock(tx, person_id)
    mine = update(consents).where(
        consents.c.id == consent_id, consents.c.person_id == person_id, consents.c.withdrawn_at.is_(None)
    )
    withdrawn = await tx.one(mine.values(withdrawn_at=tx.now).returning(consents.c.purpose))
    await steps.add(tx, "consent-withdrawn", about=person_id, purpose=withdrawn.purpose)
    if withdrawn.purpose == "joining":
        await keeping.change(tx, person_id, {"paused": True})
    return withdrawn.purpose == "joining"


async def agree_again(tx: Transaction, person_id: UUID) -> None:
    """PRI-02: after withdrawing, they are with us again."""
    await keeping.lock(tx, person_id)
    await keeping.consent(tx, person_id, "joining", CONSENT_VERSION)
    await keeping.change(tx, person_id, {"paused": False})
