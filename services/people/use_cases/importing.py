"""Taking people in from an organisation's own list."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert

from services.people import domain, queries
from services.people.domain.matching import Held, Index, Told, who_it_is
from services.people.tables import imported_rows
from services.people.use_cases import keeping
from services.people.use_cases.roles import file, give_at_once
from shared.clock import london_datetime
from shared.db import Transaction
from shared.reasons import Reason, Refused
from shared.web.csv_import import Change


async def import_person(
    tx: Transaction, whom: UUID | None, answers: Mapping[str, Any], filled: Collection[str], agreed_on: date | None, areas: Collection[str]
) -> Change:
    """One row of the list. whom: as found by find_everyone(). filled: the questions that the row answers.

    Only what the list changed since it was last imported is changed: what they chose themselves in between is kept.
    """
    found = await keeping.lock(tx, whom) if whom else None
    email = (found.email if found else None) or answers["email"]
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


_LOCK_ADDRESSES = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(address, 11)) FROM (SELECT unnest(CAST(:addresses AS text[])) AS address ORDER BY 1) AS sorted"
)
_CANDIDATES = text(
    "SELECT people.id, people.name, people.known_as, people.email, people.phone, imported_rows.row AS imported"
    " FROM people LEFT JOIN imported_rows ON imported_rows.person_id = people.id"
    " WHERE lower(people.email) = ANY (:addresses) OR lower(imported_rows.row ->> 'email') = ANY (:addresses)"
    " OR right(regexp_replace(people.phone, '[^0-9]', '', 'g'), 7) = ANY (:tails)"
    " OR right(regexp_replace(imported_rows.row ->> 'phone', '[^0-9]', '', 'g'), 7) = ANY (:tails)"
    " OR regexp_replace(normalize(lower(people.name), NFKD), :between, '', 'g') = ANY (:names)"
    " ORDER BY imported_rows.row IS NULL, people.id"
)
_BETWEEN_LETTERS = "[\u0300-\u036f\\s'’.‐-]"


async def find_everyone(tx: Transaction, rows: Sequence[Told]) -> list[tuple[UUID | None, list[Reason]]]:
    """PEO-04: whom each row of the list is about, None for somebody new, or why we have to ask; in two statements for all of them.

    By address, else by number and name; what somebody was last imported with counts too, for they may have changed it since.
    """
    addresses = sorted({domain.email_key(each.email) for each in rows if each.email})
    await tx.execute(_LOCK_ADDRESSES, {"addresses": addresses})
    tails = {"".join(letter for letter in domain.phone_key(each.phone) if letter.isdecimal())[-7:] for each in rows if each.phone} - {""}
    names = {domain.name_key(each.name) for each in rows}
    wanted = {"addresses": addresses, "tails": sorted(tails), "names": sorted(names), "between": _BETWEEN_LETTERS}
    held = Index.of(_held(row) for row in await tx.all(_CANDIDATES, wanted))
    return [who_it_is(each, held) for each in rows]


def _held(row: Row[Any]) -> Held:
    told = [row._mapping, row.imported or {}]
    emails = frozenset(domain.email_key(each["email"]) for each in told if each.get("email"))
    names = frozenset(domain.name_key(each["name"]) for each in told if each.get("name"))
    return Held(row.id, emails, names, frozenset(domain.phone_key(each["phone"]) for each in told if each.get("phone")))


async def _change(tx: Transaction, found: Row[Any], answers: Mapping[str, Any], filled: Collection[str]) -> Change:
    await keeping.lock(tx, found.id)
    now = dict((await queries.person(tx, found.id))._mapping)
    last = await tx.scalar(select(imported_rows.c.row).where(imported_rows.c.person_id == found.id))
    changes = domain.import_changes(answers, filled, last, now)
    if found.email is not None:
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
