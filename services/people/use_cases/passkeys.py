"""Adding, using and removing passkeys. A challenge is kept for one sign-in and one use. Machine time, which callers
pass as now."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.people import queries
from services.people.domain import passkeys as rules
from services.people.domain.passkeys import CHALLENGE_FOR, Site
from services.people.gateways import passkeys as gateway
from services.people.gateways.passkeys import WrongAnswer
from services.people.tables import passkey_challenges, passkeys, sign_ins
from services.people.use_cases import factors, keeping
from shared.db import Transaction, new_id
from shared.messaging import steps
from shared.reasons import Reason, refuse

Purpose = Literal["add", "confirm"]
_ALARM_FOR = timedelta(days=7)


async def all_of(tx: Transaction, person_id: UUID) -> Sequence[Row[Any]]:
    """Somebody's passkeys, oldest first."""
    return await tx.all(
        select(passkeys).where(passkeys.c.person_id == person_id).order_by(passkeys.c.added_at, passkeys.c.id)
    )


def usable(held: Sequence[Row[Any]], site: Site | None) -> list[bytes]:
    """The ids of those that may answer: made for this host name, and not stopped."""
    return [
        each.credential_id for each in held if site is not None and each.rp_id == site.rp_id and each.stopped_at is None
    ]


async def begin(tx: Transaction, sign_in_id: UUID, purpose: Purpose, now: datetime) -> bytes:
    """A new challenge for this sign-in, replacing any unused one. It is not kept if the sign-in has gone, so no answer
    will fit."""
    values = {"challenge": secrets.token_bytes(32), "expires_at": now + CHALLENGE_FOR}
    if await tx.first(select(sign_ins.c.id).where(sign_ins.c.id == sign_in_id)) is None:
        return values["challenge"]
    statement = insert(passkey_challenges).values(session_id=sign_in_id, purpose=purpose, **values)
    await tx.execute(statement.on_conflict_do_update(index_elements=["session_id", "purpose"], set_=values))
    return values["challenge"]


async def _take(tx: Transaction, sign_in_id: UUID, purpose: Purpose, now: datetime) -> bytes | None:
    """Takes the challenge and deletes it, right answer or not. None if there is none, or it has expired."""
    ours = passkey_challenges.c.session_id == sign_in_id, passkey_challenges.c.purpose == purpose
    row = await tx.first(delete(passkey_challenges).where(*ours).returning(passkey_challenges))
    return row.challenge if row is not None and now < row.expires_at else None


async def add(
    tx: Transaction, person_id: UUID, sign_in_id: UUID, name: str, answer: str, site: Site, now: datetime
) -> list[Reason]:
    """Keeps the passkey that the browser made. Returns why not instead of raising, because the challenge is used up
    either way."""
    await keeping.lock(tx, person_id)
    held = await all_of(tx, person_id)
    if reasons := rules.reasons_not_to_add(has_factor=await factors.has_factor(tx, person_id), held=len(held)):
        return reasons
    challenge = await _take(tx, sign_in_id, "add", now)
    if challenge is None:
        return rules.reasons_challenge_is_over()
    try:
        made = gateway.made(answer, site, challenge)
    except WrongAnswer:
        return rules.reasons_not_right()
    row = {
        "id": new_id(),
        "person_id": person_id,
        "credential_id": made.credential_id,
        "public_key": made.public_key,
        "counter": made.counter,
    }
    row |= {"rp_id": site.rp_id, "name": name[: rules.LONGEST_NAME], "added_at": now}
    kept = await tx.first(
        insert(passkeys).values(row).on_conflict_do_nothing(index_elements=["credential_id"]).returning(passkeys.c.id)
    )
    if kept is None:
        return rules.reasons_here_already()
    await steps.add(tx, "passkey-added", about=person_id, passkey=kept.id, sign_in=sign_in_id)
    await factors.tell_of_change(tx, person_id, "passkey-added")
    return []


async def confirm(
    tx: Transaction, person_id: UUID, sign_in_id: UUID, answer: str, site: Site, now: datetime
) -> list[Reason]:
    """They have shown one of their passkeys in this sign-in. Returns why not instead of raising, because the challenge
    is used up, and a copy stopped, either way."""
    challenge = await _take(tx, sign_in_id, "confirm", now)
    if challenge is None:
        return rules.reasons_challenge_is_over()
    try:
        credential_id = gateway.credential_in(answer)
        ours = (
            passkeys.c.credential_id == credential_id,
            passkeys.c.person_id == person_id,
            passkeys.c.rp_id == site.rp_id,
        )
        known = await tx.first(select(passkeys).where(*ours).with_for_update())
        if known is None:
            return rules.reasons_not_theirs()
        if known.stopped_at is not None:
            return rules.reasons_may_be_copied()
        told = gateway.counter_in(answer, site, challenge, known.public_key)
    except WrongAnswer:
        return rules.reasons_not_right()
    this = update(passkeys).where(passkeys.c.id == known.id)
    if rules.counter_fell(known.counter, told):
        await tx.execute(this.values(stopped_at=now))
        await steps.add(
            tx, "passkey-stopped", about=person_id, passkey=known.id, sign_in=sign_in_id, known=known.counter, told=told
        )
        await factors.tell_of_change(tx, person_id, "passkey-stopped", await queries.administrators(tx))
        return rules.reasons_may_be_copied()
    await tx.execute(this.values(counter=told, used_at=now))
    await steps.add(
        tx, "confirmed-with-second-step", about=person_id, sign_in=sign_in_id, how="passkey", passkey=known.id
    )
    await factors.mark(tx, sign_in_id, now)
    return []


async def remove(tx: Transaction, person_id: UUID, passkey_id: UUID) -> None:
    """Removes one's own. Missing if it is somebody else's, or gone."""
    await tx.one(
        delete(passkeys).where(passkeys.c.id == passkey_id, passkeys.c.person_id == person_id).returning(passkeys.c.id)
    )
    await steps.add(tx, "passkey-removed", about=person_id, passkey=passkey_id)
    await factors.tell_of_change(tx, person_id, "passkey-removed")


async def begin_adding(
    tx: Transaction, person_id: UUID, sign_in_id: UUID, now: datetime
) -> tuple[bytes, list[bytes], str]:
    """The challenge, the ids of passkeys they have, and the address to show. Refused if no more can be added."""
    held = await all_of(tx, person_id)
    refuse(rules.reasons_not_to_add(has_factor=await factors.has_factor(tx, person_id), held=len(held)))
    return (
        await begin(tx, sign_in_id, "add", now),
        [each.credential_id for each in held],
        await factors.address_of(tx, person_id) or "",
    )


async def stopped_lately(tx: Transaction) -> int:
    """How many passkeys were stopped within a week, because there may be copies."""
    return await tx.scalar(select(func.count()).where(passkeys.c.stopped_at > func.now() - _ALARM_FOR))
