"""Taking people in from an organisation's own list."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, select
from sqlalchemy.dialects.postgresql import insert

from services.people import domain, queries
from services.people.tables import imported_rows, people
from services.people.use_cases import keeping
from services.people.use_cases.roles import file, give_at_once
from shared.clock import london_datetime
from shared.db import Transaction
from shared.reasons import Refused
from shared.web.csv_import import Change


async def import_person(tx: Transaction, answers: Mapping[str, Any], filled: Collection[str], agreed_on: date | None, areas: Collection[str]) -> Change:
    """One row of the list. Someone is found by email or, without one, by name and phone. filled: the questions that the row answers.

    Only what the list changed since it was last imported is changed: what they chose themselves in between is kept.
    """
    found = await _find(tx, answers)
    email = found.email if found else answers["email"]
    reasons = domain.reasons_not_to_import(answers, has_email=bool(email), areas=areas)
    if reasons:
        raise Refused(reasons)
    if found is None:
        person_id = await keeping.add(tx, {**answers, "roles": domain.roles_given_at_once((), answers["roles"])}, how="person-imported")
        outcome: Change = "added"
        await _ask_for_roles(tx, person_id, (), answers["roles"])
    else:
        person_id = found.id
        outcome = await _change(tx, found, answers, filled)
    if agreed_on is not None:
        await _keep_consent(tx, person_id, agreed_on)
    row = insert(imported_rows).values(person_id=person_id, row=dict(answers))
    await tx.execute(row.on_conflict_do_update(index_elements=["person_id"], set_={"row": row.excluded.row}))
    return outcome


async def _find(tx: Transaction, answers: Mapping[str, Any]) -> Row[Any] | None:
    """By the row they were last imported with, for they may have changed their address since; else by what we hold."""
    row = imported_rows.c.row
    if answers["email"]:
        held = await keeping.holder_of(tx, answers["email"])
        imported = func.lower(row["email"].astext) == domain.email_key(answers["email"])
    else:
        held = await tx.first(select(people).where(people.c.email.is_(None), people.c.name == answers["name"], people.c.phone == answers["phone"]))
        imported = and_(row["email"].astext.is_(None), row["name"].astext == answers["name"], row["phone"].astext == answers["phone"])
    return await tx.first(select(people).join(imported_rows, imported_rows.c.person_id == people.c.id).where(imported)) or held


async def _change(tx: Transaction, found: Row[Any], answers: Mapping[str, Any], filled: Collection[str]) -> Change:
    await keeping.lock(tx, found.id)
    now = dict((await queries.person(tx, found.id))._mapping)
    last = await tx.scalar(select(imported_rows.c.row).where(imported_rows.c.person_id == found.id))
    changes = domain.import_changes(answers, filled, last, now)
    changes.pop("email", None)  # it names the row: someone who changed theirs since keeps it
    if not changes:
        return "unchanged"
    roles = changes.pop("roles", None)
    if changes:
        await keeping.change(tx, found.id, changes, what="person-imported")
    if roles is not None:
        await give_at_once(tx, found.id, roles)
        await _ask_for_roles(tx, found.id, found.roles, roles)
    return "changed"


async def _ask_for_roles(tx: Transaction, person_id: UUID, now: Collection[str], wanted: Collection[str]) -> None:
    """A list gives nobody a role that needs two administrators: it asks for it."""
    give, take = domain.roles_for_two(now, wanted)
    if give or take:
        await file(tx, [(person_id, give, take)], asked_by=None)


async def _keep_consent(tx: Transaction, person_id: Any, agreed_on: date) -> None:
    standing = [each for each in await queries.standing_consents(tx, person_id) if each.purpose == "joining"]
    if not standing:
        await keeping.consent(tx, person_id, "joining", "on paper", given_at=london_datetime(agreed_on, 12), recorded_by=None)
