"""Writing a person: one place that counts the version up, tells the others, and records that it was done."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from services.people.domain import HOPES, canonical_phone, channels_for, email_key, phone_key
from services.people.queries import find_by_email
from services.people.tables import access_needs, consents, contact_changes, hopes, people, ruled_out, sessions
from shared.db import Transaction, new_id
from shared.events.people import PersonChanged, PersonRegistered, SessionEnded
from shared.identity import end_session
from shared.messaging import outbox, steps

_ELSEWHERE: dict[str, tuple[Table, str]] = {
    "ruled_out_kinds": (ruled_out, "kinds"),
    "ruled_out_areas": (ruled_out, "areas"),
    "ruled_out_times": (ruled_out, "times"),
    "access_needs": (access_needs, "needs"),
}
"""Answers that are kept beside the person's row, and where."""

_CONTACTS = frozenset({"email", "phone"})
_LOCK_ADDRESS = text("SELECT pg_advisory_xact_lock(hashtextextended(:address, 11))")


async def lock(tx: Transaction, person_id: UUID) -> Row[Any]:
    """The person's row, nobody else's until the end of the transaction. Missing if there is none."""
    return await tx.one(select(people).where(people.c.id == person_id).with_for_update())


async def holder_of(tx: Transaction, email: str) -> Row[Any] | None:
    """Whose address this is. Nobody else can take it until the end of the transaction, even if it is nobody's yet."""
    await tx.execute(_LOCK_ADDRESS, {"address": email_key(email)})
    return await find_by_email(tx, email)


async def add(tx: Transaction, values: Mapping[str, Any], *, how: str) -> UUID:
    """A new person with these answers; all others take their defaults. how is the step's name, such as "person-joined"."""
    person_id = new_id()
    row: dict[str, Any] = {
        "id": person_id,
        "version": 1,
        "known_as": "",
        "email": None,
        "phone": "",
        "area": "",
        "roles": ["participant"],
        "channels": list(channels_for(bool(values.get("email")))),
        "opted_out": [],
        "discreet": False,
        "format": "plain",
        "paused": False,
        "over_18": None,
        "joined_at": tx.now,
        "added_by": None if how == "person-joined" else tx.actor.id,
    }
    values = _canonical(values)
    row |= {field: value for field, value in values.items() if field in people.c}
    await tx.execute(people.insert(), row)
    await _note_contact_changes(tx, person_id, {"email": None, "phone": ""}, row)
    await _keep_elsewhere(tx, person_id, values)
    await outbox.add(tx, PersonRegistered(version=1, person_id=person_id, roles=tuple(row["roles"])))
    await steps.add(tx, how, about=person_id)
    return person_id


async def change(tx: Transaction, person_id: UUID, values: Mapping[str, Any], *, what: str = "person-changed") -> int:
    """Keep these answers; returns the person's new version. The step names the questions, never the answers."""
    values = _canonical(values)
    await _keep_elsewhere(tx, person_id, values)
    if values.keys() & _CONTACTS:
        before = await tx.one(select(people.c.email, people.c.phone).where(people.c.id == person_id))
        await _note_contact_changes(tx, person_id, dict(before._mapping), values)
    changed = await tx.one(
        update(people)
        .where(people.c.id == person_id)
        .values({"version": people.c.version + 1, **{field: value for field, value in values.items() if field in people.c}})
        .returning(people.c.version, people.c.roles)
    )
    await outbox.add(tx, PersonChanged(version=changed.version, person_id=person_id, roles=tuple(changed.roles)))
    await steps.add(tx, what, about=person_id, version=changed.version, questions=sorted(values))
    return changed.version


def _canonical(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A number is kept in one way of writing, so that two ways are never two numbers."""
    return {**values, "phone": canonical_phone(values["phone"])} if values.get("phone") else values


async def _note_contact_changes(tx: Transaction, person_id: UUID, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """PAY-13: what was held until now is kept, and who changed it."""
    by = {"actor_kind": tx.actor.kind, "changed_by": tx.actor.id, "acting_for": tx.actor.acting_for}
    for kind in _CONTACTS & after.keys():
        old, new = before[kind] or "", after[kind] or ""
        if old != new and not (kind == "phone" and phone_key(old) and phone_key(old) == phone_key(new)):
            row = {"id": new_id(), "person_id": person_id, "kind": kind, "old_value": old, "new_value": new, "changed_at": tx.now}
            await tx.execute(contact_changes.insert(), row | by)


async def _keep_elsewhere(tx: Transaction, person_id: UUID, values: Mapping[str, Any]) -> None:
    for table in (ruled_out, access_needs):
        own = {column: values[field] for field, (where, column) in _ELSEWHERE.items() if where is table and field in values}
        if own:
            blank = {column.name: [] for column in table.c if column.name != "person_id"}
            statement = insert(table).values(person_id=person_id, **(blank | own))
            await tx.execute(statement.on_conflict_do_update(index_elements=["person_id"], set_=own))
    answers = {field: values[field] for field in HOPES if field in values}
    if answers:
        statement = insert(hopes).values(person_id=person_id, answers=answers)
        await tx.execute(statement.on_conflict_do_update(index_elements=["person_id"], set_={"answers": hopes.c.answers.concat(statement.excluded.answers)}))


async def consent(tx: Transaction, person_id: UUID, purpose: str, text_version: str, **given: Any) -> None:
    """PRI-02: they agree, from now on. Agreeing twice changes nothing."""
    row = {"id": new_id(), "person_id": person_id, "purpose": purpose, "text_version": text_version, "given_at": tx.now, "recorded_by": tx.actor.id}
    await tx.execute(insert(consents).values(row | given).on_conflict_do_nothing())
    await steps.add(tx, "consent-given", about=person_id, purpose=purpose, text_version=text_version)


async def end_sessions_of(tx: Transaction, person_id: UUID) -> None:
    """Signs them out everywhere: their roles changed, so no token with the old ones may live on."""
    ended = await tx.all(
        update(sessions)
        .where(sessions.c.person_id == person_id, sessions.c.ended_at.is_(None))
        .values(ended_at=func.clock_timestamp())
        .returning(sessions.c.id)
    )
    for session in ended:
        await end(tx, session.id, person_id)


async def end(tx: Transaction, session_id: UUID, person_id: UUID) -> None:
    """Tell everybody, ourselves included, that the session is over."""
    await end_session(tx, session_id)
    await outbox.add(tx, SessionEnded(version=1, session_id=session_id, person_id=person_id))
    await steps.add(tx, "signed-out", about=person_id, session=session_id)
