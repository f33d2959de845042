"""Joining alone: answers one at a time, then a code to the address, then a new person."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update

from services.people import queries
from services.people.domain.addresses import email_key, reasons_against_email, same_address
from services.people.domain.ages import reasons_against_age
from services.people.domain.choices import reasons_not_to_answer
from services.people.domain.joining import CONSENT_VERSION, JOINING_MINUTES, Joiner, reasons_not_to_join
from services.people.tables import joinings, sign_in_codes
from services.people.use_cases import keeping
from shared.db import Transaction
from shared.reasons import Missing, Reason, refuse


async def begin(tx: Transaction, joining_id: bytes, now: datetime, next: str | None = None) -> None:
    """now is machine time. joining_id is the hash of a secret that only the visitor's cookie holds. next: where they
    were going."""
    await tx.execute(
        joinings.insert(), {"id": joining_id, "answers": {"next": next} if next else {}, "expires_at": now + _REST}
    )


_REST = timedelta(minutes=JOINING_MINUTES)


def id_of(secret: str) -> bytes:
    """The id of the joining that a cookie with this secret opens."""
    return hashlib.sha256(secret.encode()).digest()


async def drop(tx: Transaction, joining_id: bytes) -> None:
    """Deletes it, and any code that was mailed for it. Harmless if there is none."""
    await tx.execute(delete(joinings).where(joinings.c.id == joining_id))


async def answer(tx: Transaction, joining_id: bytes, question: str, given: Any, areas: Collection[str]) -> None:
    """Keeps one answer; the hour begins again. Missing if the joining has gone; Refused if the answer cannot be used. A
    new address voids the codes that were mailed to the one before."""
    refuse(_reasons_not_to_keep(question, given, areas))
    kept = update(joinings).where(joinings.c.id == joining_id, joinings.c.expires_at > func.clock_timestamp())
    if (
        await tx.execute(
            kept.values(answers=joinings.c.answers.concat({question: given}), expires_at=func.clock_timestamp() + _REST)
        )
    ).rowcount == 0:
        raise Missing
    if question == "email":
        voided = sign_in_codes.c.joining_id == joining_id, func.lower(sign_in_codes.c.mailed_to) != email_key(given)
        await tx.execute(delete(sign_in_codes).where(*voided))


def _reasons_not_to_keep(question: str, given: Any, areas: Collection[str]) -> list[Reason]:
    if question == "email":
        return reasons_against_email(given)
    if question == "over_18":
        return reasons_against_age(given)
    return reasons_not_to_answer(question, given, areas=areas, has_email=True)


async def agree(tx: Transaction, joining_id: bytes, agreed: bool, areas: Collection[str]) -> str:
    """The last answer. Returns the address to send the code to. Refused if something is missing."""
    answers = await queries.joining_answers(tx, joining_id)
    if answers is None:
        raise Missing
    refuse(reasons_not_to_join(_joiner(answers, agreed), areas))
    agreed_to = joinings.c.answers.concat({"agreed": True})
    await tx.execute(
        update(joinings)
        .where(joinings.c.id == joining_id)
        .values(answers=agreed_to, expires_at=func.clock_timestamp() + _REST)
    )
    return answers["email"]


async def finish(tx: Transaction, joining_id: bytes, proved: str | None) -> UUID | None:
    """The person whose address a code has proved; None if the joining is over or its address has changed.

    If the address is already somebody's, returns that person and changes nothing that we hold."""
    answers = await tx.scalar(select(joinings.c.answers).where(joinings.c.id == joining_id).with_for_update())
    if answers is None or not same_address(answers.get("email"), proved):
        return None
    await tx.execute(delete(joinings).where(joinings.c.id == joining_id))
    known = await keeping.holder_of(tx, answers["email"])
    if known is not None:
        return known.id
    person_id = await keeping.add(tx, answers, how="person-joined")
    await keeping.consent(tx, person_id, "joining", CONSENT_VERSION, recorded_by=person_id)
    return person_id


def _joiner(answers: Mapping[str, Any], agreed: bool) -> Joiner:
    return Joiner(
        name=answers.get("name", ""),
        email=answers.get("email", ""),
        over_18=answers.get("over_18"),
        area=answers.get("area", ""),
        agreed=agreed,
    )
