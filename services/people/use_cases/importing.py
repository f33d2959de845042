"""Taking people in from an organisation's own list."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Row, and_, func, select
from sqlalchemy.dialects.postgresql import insert

from services.people import domain, queries
from services.people.tables import imported_rows, people
from services.people.use_cases import keeping
from shared.clock import london_datetime
from shared.db import Transaction
from shared.reasons import Refused
from shared.web.csv_import import Change


async def import_person(tx: Transaction, answers: Mapping[str, Any], agreed_on: date | None, areas: Collection[str]) -> Change:
    """One row of the list. Someone is found by email or, without one, by name and phone.

    Only what the list changed since it was last imported is changed: what they chose themselves in between is kept.
    """
    found = await _find(tx, answers)
    email = found.email if found else answers["email"]
    reasons = domain.reasons_not_to_import(answers, has_email=bool(email), areas=areas)
    if reasons:
        raise Refused(reasons)
    if found is None:
        person_id = await keeping.add(tx, answers, how="person-imported")
        outcome: Change = "added"
    else:
        person_id = found.id
        outcome = await _change(tx, found, answers)
    if agreed_on is not None:
        await _keep_consent(tx, person_id, agreed_on)
    row = insert(imported_rows).values(person_id=person_id, row=dict(answers))
    await tx.execute(row.on_conflict_do_update(index_elements=["person_id"], set_={"row": row.excluded.row}))
    return outcome


async def _find(tx: Transaction, answers: Mapping[str, Any]) -> Row[Any] | None:
    """By the row they were last imported with, for they may have changed their address since; else by what we hold."""
    row = imported_rows.c.row
    if answers["email"]:
        imported = func.lower(row["email"].astext) == domain.email_key(answers["email"])
        held = func.lower(people.c.email) == domain.email_key(answers["email"])
    else:
        imported = and_(row["email"].astext.is_(None), row["name"].astext == answers["name"], row["phone"].astext == answers["phone"])
        held = and_(people.c.email.is_(None), people.c.name == answers["name"], people.c.phone == answers["phone"])
    found = await tx.first(select(people).join(imported_rows, imported_rows.c.person_id == people.c.id).where(imported))
    return found or await tx.first(select(people).where(held))


async def _change(tx: Transaction, found: Row[Any], answers: Mapping[str, Any]) -> Change:
    await keeping.lock(tx, found.id)
    now = dict((await queries.person(tx, found.id))._mapping)
    last = await tx.scalar(select(imported_rows.c.row).where(imported_rows.c.person_id == found.id))
    own = {question: given for question, given in answers.items() if question != "email"}  # it names the row
    changes = domain.import_changes(own, last, now)
    if not changes:
        return "unchanged"
    await keeping.change(tx, found.id, changes, what="person-imported")
    if "roles" in changes:
        await keeping.end_sessions_of(tx, found.id)
    return "changed"


async def _keep_consent(tx: Transaction, person_id: Any, agreed_on: date) -> None:
    standing = [each for each in await queries.standing_consents(tx, person_id) if each.purpose == "joining"]
    if not standing:
        await keeping.consent(tx, person_id, "joining", "on paper", given_at=london_datetime(agreed_on, 12), recorded_by=None)
