"""Setting up a second step, giving it, and taking it away by two administrators. Machine time, which callers pass as
now."""

import hmac
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from limits import parse
from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.people import queries
from services.people.domain import factors as rules
from services.people.domain.sign_in import typed_code
from services.people.gateways import factors as gateway
from services.people.gateways.factors import FactorVault
from services.people.tables import factor_resets, factors, passkeys, people, recovery_codes, sign_ins
from services.people.use_cases import keeping, limiting
from shared.counting import hit
from shared.db import Transaction, new_id, one_of
from shared.events.people import SecondStepChanged
from shared.messaging import outbox, steps
from shared.reasons import Missing, mark_of, reasons_to_look_again, refuse

HashOfCode = Callable[[UUID, str], bytes]
ONCE_AN_HOUR = parse("1/hour")
NEW_FOR = timedelta(minutes=30)
"""How long a secret that was shown waits for its first code."""


async def has_factor(tx: Transaction, person_id: UUID) -> bool:
    return (
        await tx.first(
            select(factors.c.person_id).where(factors.c.person_id == person_id, factors.c.confirmed_at.is_not(None))
        )
        is not None
    )


async def begin(tx: Transaction, person_id: UUID, sign_in_id: UUID, vault: FactorVault, now: datetime) -> str:
    """The secret to show.

    A secret shown to this sign-in recently is shown again. One shown to another sign-in is void: whoever saw it must
    not hold both factors. Refused if there is a second step already."""
    await keeping.lock(tx, person_id)
    known = await tx.first(select(factors).where(factors.c.person_id == person_id))
    if known is not None and known.confirmed_at is not None:
        refuse(rules.HAS_FACTOR)
    if known is not None and known.session_id == sign_in_id and now - known.made_at < NEW_FOR:
        return vault.open(known.key_id, known.secret, person_id)
    secret = gateway.new_secret()
    key_id, sealed = vault.seal(secret, person_id)
    values = {
        "key_id": key_id,
        "secret": sealed,
        "made_at": now,
        "confirmed_at": None,
        "last_step": 0,
        "session_id": sign_in_id,
    }
    statement = insert(factors).values(person_id=person_id, **values)
    await tx.execute(statement.on_conflict_do_update(index_elements=["person_id"], set_=values))
    return secret


async def finish(
    tx: Transaction,
    person_id: UUID,
    sign_in_id: UUID,
    code: str,
    codes: Sequence[str],
    vault: FactorVault,
    hash_of: HashOfCode,
    now: datetime,
) -> None:
    """The first code came back from the app, so from now on the second step is asked for. codes: the recovery codes
    whose hashes to keep."""
    known = await tx.first(select(factors).where(factors.c.person_id == person_id).with_for_update())
    if known is None or known.confirmed_at is not None:
        raise Missing
    if known.session_id != sign_in_id:
        refuse(rules.BEGUN_ANEW)
    step = gateway.step_of(vault.open(known.key_id, known.secret, person_id), typed_code(code), now)
    refuse(rules.reasons_not_to_confirm(step, known.last_step))
    await tx.execute(update(factors).where(factors.c.person_id == person_id).values(confirmed_at=now, last_step=step))
    await _new_recovery_codes(tx, person_id, codes, hash_of)
    await steps.add(tx, "second-step-set-up", about=person_id, sign_in=sign_in_id)
    await mark(tx, sign_in_id, now)


async def _new_recovery_codes(tx: Transaction, person_id: UUID, codes: Sequence[str], hash_of: HashOfCode) -> None:
    await tx.execute(delete(recovery_codes).where(recovery_codes.c.person_id == person_id))
    rows = [
        {"id": (code_id := new_id()), "person_id": person_id, "code_hash": hash_of(code_id, code)} for code in codes
    ]
    await tx.execute(recovery_codes.insert(), rows)


async def confirm(
    tx: Transaction,
    person_id: UUID,
    sign_in_id: UUID,
    code: str,
    vault: FactorVault,
    hash_of: HashOfCode,
    now: datetime,
) -> int | None:
    """By a code of the app or a recovery code. A code counts once, even if it is sent twice at the same time.

    If it is a recovery code, the person and all administrators are told. Returns how many are left, None for a code of
    the app."""
    known = await tx.first(
        select(factors).where(factors.c.person_id == person_id, factors.c.confirmed_at.is_not(None)).with_for_update()
    )
    if known is None:
        raise Missing
    typed, left = typed_code(code).lower(), None
    recovery = await _recovery_code(tx, person_id, typed, hash_of)
    if recovery is not None:
        refuse(rules.reasons_not_to_use_recovery_code(recovery.used_at))
        await tx.execute(update(recovery_codes).where(recovery_codes.c.id == recovery.id).values(used_at=now))
        how, left = "recovery", (await recovery_codes_of(tx, person_id)).left
        await tell_of_change(tx, person_id, "recovery-code-used", await queries.administrators(tx))
    else:
        step = gateway.step_of(vault.open(known.key_id, known.secret, person_id), typed, now)
        refuse(rules.reasons_not_to_confirm(step, known.last_step))
        await tx.execute(update(factors).where(factors.c.person_id == person_id).values(last_step=step))
        how = "app"
    await steps.add(tx, "confirmed-with-second-step", about=person_id, sign_in=sign_in_id, how=how)
    await mark(tx, sign_in_id, now)
    return left


async def recovery_codes_of(tx: Transaction, person_id: UUID) -> Row[Any]:
    """left: how many still work; used_at: when one was used last."""
    unused = func.count().filter(recovery_codes.c.used_at.is_(None))
    return await tx.one(
        select(unused.label("left"), func.max(recovery_codes.c.used_at).label("used_at")).where(
            recovery_codes.c.person_id == person_id
        )
    )


async def make_recovery_codes(tx: Transaction, person_id: UUID, codes: Sequence[str], hash_of: HashOfCode) -> None:
    """Replaces the old ones, which stop working. Missing without a second step."""
    await keeping.lock(tx, person_id)
    if not await has_factor(tx, person_id):
        raise Missing
    await _new_recovery_codes(tx, person_id, codes, hash_of)
    await steps.add(tx, "recovery-codes-made", about=person_id)
    await tell_of_change(tx, person_id, "recovery-codes-made")


async def _recovery_code(tx: Transaction, person_id: UUID, typed: str, hash_of: HashOfCode) -> Row[Any] | None:
    """The recovery code that was typed, used or not."""
    for row in await tx.all(select(recovery_codes).where(recovery_codes.c.person_id == person_id).with_for_update()):
        if hmac.compare_digest(row.code_hash, hash_of(row.id, f"{typed[:5]}-{typed[5:]}")):
            return row
    return None


async def mark(tx: Transaction, sign_in_id: UUID, now: datetime) -> None:
    await tx.execute(update(sign_ins).where(sign_ins.c.id == sign_in_id).values(factor_at=now))


# Taking it away, by two administrators


async def waiting_reset(tx: Transaction, person_id: UUID) -> Row[Any] | None:
    return await tx.first(
        select(factor_resets).where(factor_resets.c.person_id == person_id, factor_resets.c.answer.is_(None))
    )


async def mark_of_reset(tx: Transaction, person_id: UUID) -> str:
    """The mark of the waiting request, the person, and how they are reached: the administrator who answers rang them by
    those details."""
    waiting, person = await waiting_reset(tx, person_id), await queries.person(tx, person_id)
    return mark_of(person_id, waiting.id if waiting else None, person.name, person.known_as, person.email, person.phone)


async def ask_for_reset(tx: Transaction, person_id: UUID, administrator: UUID, now: datetime) -> None:
    await keeping.lock(tx, person_id)
    waiting = await waiting_reset(tx, person_id) is not None
    refuse(
        rules.reasons_not_to_ask_for_reset(
            administrator, person_id, has_factor=await has_factor(tx, person_id), waiting=waiting
        )
    )
    await tx.execute(
        factor_resets.insert(), {"id": new_id(), "person_id": person_id, "asked_by": administrator, "asked_at": now}
    )
    await steps.add(tx, "second-step-reset-asked", about=person_id)


async def answer_reset(
    tx: Transaction, person_id: UUID, administrator: UUID, answer: str, now: datetime, mark: str
) -> str | None:
    """confirmed: takes the second step away and signs them out everywhere. Returns their address, to tell them. mark:
    of the request as it was seen."""
    person = await keeping.lock(tx, person_id)
    waiting = await waiting_reset(tx, person_id)
    if waiting is None:
        refuse(rules.ANSWERED)
    if answer == "confirmed":
        refuse(rules.reasons_not_to_confirm_reset(administrator, person_id, waiting.asked_by))
    refuse(reasons_to_look_again("SIGN-IN", mark, await mark_of_reset(tx, person_id)))
    answered = update(factor_resets).where(factor_resets.c.id == waiting.id)
    await tx.execute(answered.values(answer=answer, answered_by=administrator, answered_at=now))
    await steps.add(tx, f"second-step-reset-{answer}", about=person_id)
    if answer != "confirmed":
        return None
    await _take_away(tx, person_id)
    return person.email


async def _take_away(tx: Transaction, person_id: UUID) -> None:
    """Removes every kind of second step. They are signed out, and set up a new one at the next sign-in."""
    for table in (factors, recovery_codes, passkeys):
        await tx.execute(delete(table).where(table.c.person_id == person_id))
    await keeping.end_sign_ins_of(tx, person_id, because="second-step")


async def take_away_at_the_machine(tx: Transaction, email: str, now: datetime) -> UUID:
    """By whoever runs the system, if no two other administrators are left to do it. The person and all administrators
    are told."""
    holder = await keeping.holder_of(tx, email)
    if holder is None:
        refuse(rules.UNKNOWN)
    await keeping.lock(tx, holder.id)
    administrators = await queries.administrators(tx)
    others = [each for each in administrators if each != holder.id]
    can = select(factors.c.person_id).where(one_of(factors.c.person_id, others), factors.c.confirmed_at.is_not(None))
    refuse(
        rules.reasons_not_to_reset_at_the_machine(
            has_factor=await has_factor(tx, holder.id), others_who_can=len(await tx.all(can))
        )
    )
    waiting = update(factor_resets).where(factor_resets.c.person_id == holder.id, factor_resets.c.answer.is_(None))
    await tx.execute(
        waiting.values(answer="refused", answered_at=now)
    )  # otherwise it could be confirmed later, and remove the new one
    await _take_away(tx, holder.id)
    await steps.add(tx, "second-step-taken-away-at-the-machine", about=holder.id)
    await tell_of_change(tx, holder.id, "taken-away", administrators)
    return holder.id


async def tell_of_change(tx: Transaction, person_id: UUID, what: Any, administrators: Sequence[UUID] = ()) -> None:
    """Tells the person in every channel, and these administrators."""
    await outbox.add(
        tx,
        SecondStepChanged(
            version=1, change_id=new_id(), person_id=person_id, what=what, administrators=tuple(administrators)
        ),
    )


async def tell_of_guessing(tx: Transaction, person_id: UUID, hidden: bytes, now: datetime) -> None:
    """Somebody tries codes for this person in browsers where the second step was never given. Told once an hour.
    hidden: the person, as hidden in the counts."""
    if await has_factor(tx, person_id) and await hit(tx, limiting.FACTOR_TOLD, hidden, ONCE_AN_HOUR, now):
        await steps.add(tx, "second-step-guessed", about=person_id)
        await tell_of_change(tx, person_id, "guessed", await queries.administrators(tx))


async def address_of(tx: Transaction, person_id: UUID) -> str | None:
    return await tx.scalar(select(people.c.email).where(people.c.id == person_id))
