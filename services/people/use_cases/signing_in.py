"""Signing in by a six-digit code, renewing a sign-in, signing out. Codes and sign-ins live by machine time, which
callers pass as now."""

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, select, update

from services.people import queries
from services.people.domain import factors
from services.people.domain.addresses import same_address
from services.people.domain.helping import reasons_not_to_help
from services.people.domain.sign_in import (
    CODE_TRIES,
    FRESH_FOR,
    CodeAsked,
    CodePurpose,
    EndedBecause,
    code_runs_out_at,
    reasons_code_ran_out,
    reasons_not_to_sign_in,
    sign_in_ends_at,
    sign_in_lasts,
    typed_code,
    why_signed_out,
)
from services.people.tables import drafts, given_lists, joinings, passkey_challenges, people, sign_in_codes, sign_ins
from services.people.use_cases import joining, keeping
from services.people.use_cases.factors import has_factor
from shared.db import Transaction, new_id
from shared.identity import Role, SignIn
from shared.messaging import steps
from shared.reasons import Reason, refuse

TO_SIGN_IN: tuple[CodePurpose, ...] = ("sign-in", "join")
"""Codes for signing in. A code for a change of address is shown and taken on its owner's own pages only."""
HashOfCode = Callable[[UUID, str], bytes]


async def ask_for_code(
    tx: Transaction, email: str, code: str, hash_of: HashOfCode, now: datetime
) -> tuple[UUID, str | None]:
    """Keeps the hash of a code about to be mailed. Returns the request's id, and the address as we hold it; None if we
    do not know it.

    Unknown addresses take the same path, so that neither the answer nor its timing tells them apart."""
    known = await queries.find_by_email(tx, email)
    whose = {"person_id": known.id, "mailed_to": known.email} if known else {"mailed_to": email}
    request_id = await keep_code(tx, "sign-in", code, hash_of, now, **whose)
    return request_id, known.email if known else None


async def keep_code(
    tx: Transaction, purpose: CodePurpose, code: str, hash_of: HashOfCode, now: datetime, **whose: Any
) -> UUID:
    """whose: person_id, joining_id or new_email, as the purpose needs, and mailed_to, the address that the code will
    prove. Returns the request's id."""
    request_id = new_id()
    values = {"id": request_id, "purpose": purpose, "code_hash": hash_of(request_id, code), "made_at": now, "tries": 0}
    await tx.execute(sign_in_codes.insert(), values | {"expires_at": code_runs_out_at(now)} | whose)
    return request_id


async def try_code(
    tx: Transaction, request_id: UUID, purposes: tuple[CodePurpose, ...], code: str, hash_of: HashOfCode, now: datetime
) -> Row[Any] | list[Reason]:
    """Uses up a right code and returns its request; otherwise counts the try and says why not. So it returns reasons
    instead of raising them."""
    ours = sign_in_codes.c.purpose.in_(purposes)
    asked = await tx.first(select(sign_in_codes).where(sign_in_codes.c.id == request_id, ours).with_for_update())
    if asked is None:
        return reasons_not_to_sign_in(CodeAsked(now, 0, used=True, person_known=False), right=False, now=now)
    facts = CodeAsked(
        asked.expires_at,
        asked.tries,
        asked.used_at is not None,
        asked.person_id is not None or asked.joining_id is not None,
    )
    right = hmac.compare_digest(asked.code_hash, hash_of(request_id, typed_code(code)))
    reasons = reasons_not_to_sign_in(facts, right, now)
    row = update(sign_in_codes).where(sign_in_codes.c.id == request_id)
    if reasons:
        await tx.execute(row.where(sign_in_codes.c.tries < CODE_TRIES).values(tries=sign_in_codes.c.tries + 1))
        return reasons
    await tx.execute(row.values(used_at=now))
    return asked


async def sign_in(
    tx: Transaction, request_id: UUID, code: str, hash_of: HashOfCode, now: datetime, device: str = ""
) -> SignIn | list[Reason]:
    """A sign-in for the owner of the address that the code was mailed to. Somebody who was joining joins now."""
    asked = await try_code(tx, request_id, TO_SIGN_IN, code, hash_of, now)
    if isinstance(asked, list):
        return asked
    if asked.purpose == "sign-in":
        person_id = await _if_still_theirs(tx, asked.person_id, asked.mailed_to)
    else:
        person_id = await joining.finish(tx, asked.joining_id, asked.mailed_to)
    return await begin_sign_in(tx, person_id, now, device) if person_id else reasons_code_ran_out()


async def _if_still_theirs(tx: Transaction, person_id: UUID, mailed_to: str | None) -> UUID | None:
    """The person, if they still have the address that a code was mailed to."""
    person = await keeping.lock(tx, person_id)
    return person_id if same_address(person.email, mailed_to) else None


async def begin_sign_in(tx: Transaction, person_id: UUID, now: datetime, device: str = "") -> SignIn:
    sign_in_id = new_id()
    values = {
        "id": sign_in_id,
        "person_id": person_id,
        "began_at": now,
        "last_used_at": now,
        "expires_at": sign_in_ends_at(now),
        "device": device,
    }
    await tx.execute(sign_ins.insert(), values)
    await steps.add(tx, "signed-in", about=person_id, sign_in=sign_in_id)
    roles = await tx.scalar(select(people.c.roles).where(people.c.id == person_id))
    return SignIn(person_id, sign_in_id, frozenset(Role(role) for role in roles))


async def renew(tx: Transaction, sign_in_id: UUID, now: datetime, idle: factors.IdleLimits) -> SignIn | None:
    """The sign-in with its present roles; None if it has ended, or ends now because it was idle for too long. PEO-02: a
    helper sees the participant's pages."""
    query = (
        select(sign_ins, people.c.roles)
        .join(people, people.c.id == sign_ins.c.person_id)
        .where(sign_ins.c.id == sign_in_id)
    )
    row = await tx.first(query.with_for_update(of=sign_ins))
    if row is None or not sign_in_lasts(row.expires_at, row.ended_at, now):
        return None
    if factors.is_idle(row.roles, row.last_used_at or row.began_at, now, idle):
        await sign_out(tx, sign_in_id, "idle")
        return None
    acting_for = row.acting_for
    if acting_for is not None:  # the helped person may have become staff
        helped = await tx.first(select(people.c.roles).where(people.c.id == acting_for))
        if helped is None or reasons_not_to_help(row.person_id, acting_for, helped.roles):
            acting_for = None
    await tx.execute(
        update(sign_ins).where(sign_ins.c.id == sign_in_id).values(last_used_at=now, acting_for=acting_for)
    )
    roles = frozenset(Role(role) for role in row.roles)
    return SignIn(
        row.person_id,
        sign_in_id,
        roles | {Role.PARTICIPANT} if acting_for else roles,
        acting_for,
        factor_at=row.factor_at,
    )


async def sign_out(tx: Transaction, sign_in_id: UUID, because: EndedBecause = "signed-out") -> None:
    """Ends the sign-in here and everywhere. Harmless if it has ended."""
    ended = await tx.first(
        update(sign_ins)
        .where(sign_ins.c.id == sign_in_id, sign_ins.c.ended_at.is_(None))
        .values(ended_at=func.clock_timestamp(), ended_because=because)
        .returning(sign_ins.c.person_id)
    )
    if ended is not None:
        await keeping.end(tx, sign_in_id, ended.person_id)


async def end_own(tx: Transaction, person_id: UUID, sign_in_id: UUID, *, here: UUID) -> None:
    """Ends one of one's own. Missing if it is somebody else's. here: the sign-in that asks for it."""
    await tx.one(select(sign_ins.c.id).where(sign_ins.c.id == sign_in_id, sign_ins.c.person_id == person_id))
    await sign_out(tx, sign_in_id, "signed-out" if sign_in_id == here else "elsewhere")


async def end_others(tx: Transaction, person_id: UUID, sign_in_id: UUID) -> None:
    """Ends all of somebody's sign-ins but this one."""
    mine = sign_ins.c.person_id == person_id, sign_ins.c.id != sign_in_id, sign_ins.c.ended_at.is_(None)
    for other in await tx.all(select(sign_ins.c.id).where(*mine, sign_ins.c.expires_at > func.clock_timestamp())):
        await sign_out(tx, other.id, "elsewhere")


async def why_out(tx: Transaction, sign_in_id: UUID, now: datetime) -> str | None:
    """What is said to whoever was signed out here by the system."""
    row = await tx.first(select(sign_ins).where(sign_ins.c.id == sign_in_id))
    return None if row is None else why_signed_out(row.expires_at, row.ended_at, row.ended_because, now)


async def is_fresh(tx: Transaction, sign_in_id: UUID, now: datetime) -> bool:
    """Whether they proved who they are within the last quarter of an hour, by their second step if they have one, else
    by a code from their email.

    With a second step, email is not enough: somebody who reads another person's mail must not change how they are
    reached."""
    row = await tx.first(
        select(sign_ins.c.person_id, sign_ins.c.began_at, sign_ins.c.factor_at).where(sign_ins.c.id == sign_in_id)
    )
    if row is None:
        return False
    shown_at = row.factor_at if await has_factor(tx, row.person_id) else row.began_at
    return shown_at is not None and now - shown_at < FRESH_FOR


async def act_for(tx: Transaction, sign_in_id: UUID, person_id: UUID | None, *, begun_at: str | None = None) -> str:
    """PEO-02: from now on the signed-in helper acts for this person, and every step says so; None: for themselves
    again. begun_at: the address of the page where helping begins.

    Returns where the helping that ends began, "" if nobody was helped."""
    sign_in = await tx.one(
        select(sign_ins).where(sign_ins.c.id == sign_in_id, sign_ins.c.ended_at.is_(None)).with_for_update()
    )
    if person_id is not None:
        person = await queries.person(tx, person_id)
        refuse(reasons_not_to_help(sign_in.person_id, person_id, person.roles))
    await tx.execute(
        update(sign_ins).where(sign_ins.c.id == sign_in_id).values(acting_for=person_id, helps_from=begun_at)
    )
    await steps.add(tx, "helps-someone" if person_id else "stops-helping", about=person_id, sign_in=sign_in_id)
    return sign_in.helps_from or ""


async def forget_what_ran_out(tx: Transaction) -> None:
    """PRI-04: deletes expired codes and joinings, and sign-ins a month after they ended."""
    now = func.now()  # the same for every row, so that an index serves
    await tx.execute(delete(sign_in_codes).where(sign_in_codes.c.expires_at < now - timedelta(hours=1)))
    await tx.execute(delete(joinings).where(joinings.c.expires_at < now))
    await tx.execute(delete(drafts).where(drafts.c.expires_at < now))
    await tx.execute(delete(given_lists).where(given_lists.c.expires_at < now))
    await tx.execute(delete(passkey_challenges).where(passkey_challenges.c.expires_at < now))
    await tx.execute(delete(sign_ins).where(sign_ins.c.expires_at < now - timedelta(days=30)))
