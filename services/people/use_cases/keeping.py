"""Writes people: the one place that counts up the version, tells other services, and adds the step."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table, func, select, text, update

from services.people.domain.addresses import email_key
from services.people.domain.choices import HOPES, channels_for
from services.people.domain.contacts import canonical_phone, phone_key
from services.people.domain.sign_in import EndedBecause
from services.people.queries import find_by_email
from services.people.tables import access_needs, consents, contact_changes, hopes, people, ruled_out, sign_ins
from shared.bulk import put_rows
from shared.db import Transaction, new_id, one_of
from shared.events.people import PersonChanged, PersonRegistered, SessionEnded
from shared.identity import end_sign_in
from shared.messaging import outbox, steps
from shared.reasons import Missing

_ELSEWHERE: dict[str, tuple[Table, str]] = {
    "ruled_out_kinds": (ruled_out, "kinds"),
    "ruled_out_areas": (ruled_out, "areas"),
    "ruled_out_times": (ruled_out, "times"),
    "access_needs": (access_needs, "needs"),
}
"""Answers that are kept beside the person's row, and where."""

_CONTACTS = frozenset({"email", "phone", "postal_address"})
_LOCK_ADDRESS = text("SELECT pg_advisory_xact_lock(11, hashtext(:address) & 63)")
_LOCK_ADDRESSES = text("SELECT pg_advisory_xact_lock(11, number) FROM generate_series(0, 63) AS number")
"""Each address falls under one of 64 locks, so that a list of thousands can take them all within PostgreSQL's
limits."""


async def lock(tx: Transaction, person_id: UUID) -> Row[Any]:
    """Locks the person's row until the end of the transaction. Missing if there is none."""
    return await tx.one(select(people).where(people.c.id == person_id).with_for_update())


async def holder_of(tx: Transaction, email: str) -> Row[Any] | None:
    """The person who has this address. Until the end of the transaction nobody else can take it, even if it is free."""
    await tx.execute(_LOCK_ADDRESS, {"address": email_key(email)})
    return await find_by_email(tx, email)


async def hold_addresses(tx: Transaction) -> None:
    """Until the end of the transaction, nobody takes an address and no other list comes in."""
    await tx.execute(_LOCK_ADDRESSES)


async def add(tx: Transaction, values: Mapping[str, Any], *, how: str) -> UUID:
    """A new person with these answers and defaults for all others. how: the step's name, such as "person-joined"."""
    [person_id] = await add_all(tx, [values], how=how)
    return person_id


async def add_all(tx: Transaction, people_: Sequence[Mapping[str, Any]], *, how: str) -> list[UUID]:
    """Adds hundreds of people in a few statements. Returns their ids, in order."""
    answers = [_canonical(values) for values in people_]
    rows = [_new_person(tx, values, how) for values in answers]
    ids: list[UUID] = [row["id"] for row in rows]
    await put_rows(tx, people, rows, there="fail")
    nothing = {"email": None, "phone": "", "postal_address": ""}
    await _note_contact_changes(tx, [(row["id"], nothing, row) for row in rows])
    await _keep_elsewhere(tx, dict(zip(ids, answers, strict=True)))
    await outbox.add_all(
        tx, [PersonRegistered(version=1, person_id=row["id"], roles=tuple(row["roles"])) for row in rows]
    )
    await steps.add_all(tx, how, [(person_id, {}) for person_id in ids])
    return ids


def _new_person(tx: Transaction, values: Mapping[str, Any], how: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": new_id(),
        "version": 1,
        "known_as": "",
        "email": None,
        "phone": "",
        "postal_address": "",
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
    return row | {field: value for field, value in values.items() if field in people.c}


async def change(tx: Transaction, person_id: UUID, values: Mapping[str, Any], *, what: str = "person-changed") -> int:
    """Keeps these answers. Returns the person's new version. The step names the questions, never the answers."""
    [version] = await change_all(tx, {person_id: values}, what=what)
    return version


async def change_all(
    tx: Transaction, answers: Mapping[UUID, Mapping[str, Any]], *, what: str = "person-changed"
) -> list[int]:
    """Keeps the answers of many. Returns their new versions, in order. Missing if one of them does not exist."""
    changes = {person_id: _canonical(values) for person_id, values in answers.items()}
    before = {
        row.id: row._asdict()
        for row in await tx.all(
            select(people).where(one_of(people.c.id, changes)).order_by(people.c.id).with_for_update()
        )
    }
    if len(before) < len(changes):
        raise Missing
    await _keep_elsewhere(tx, changes)
    await _note_contact_changes(tx, [(person_id, before[person_id], values) for person_id, values in changes.items()])
    rows = [
        before[person_id]
        | {field: value for field, value in values.items() if field in people.c}
        | {"version": before[person_id]["version"] + 1}
        for person_id, values in changes.items()
    ]
    await put_rows(tx, people, rows)
    await outbox.add_all(
        tx, [PersonChanged(version=row["version"], person_id=row["id"], roles=tuple(row["roles"])) for row in rows]
    )
    asked = {person_id: sorted(values) for person_id, values in changes.items()}
    await steps.add_all(
        tx, what, [(row["id"], {"version": row["version"], "questions": asked[row["id"]]}) for row in rows]
    )
    return [row["version"] for row in rows]


def _canonical(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Numbers are kept in one format, so that the same number is never held as two."""
    return {**values, "phone": canonical_phone(values["phone"])} if values.get("phone") else values


async def _note_contact_changes(
    tx: Transaction, changes: Sequence[tuple[UUID, Mapping[str, Any], Mapping[str, Any]]]
) -> None:
    """PAY-13: keeps the old contact details, and who changed them. (person, before, after) each."""
    by = {
        "changed_at": tx.now,
        "actor_kind": tx.actor.kind,
        "changed_by": tx.actor.id,
        "acting_for": tx.actor.acting_for,
    }
    rows: list[dict[str, Any]] = []
    for person_id, before, after in changes:
        for kind in _CONTACTS & after.keys():
            old, new = before[kind] or "", after[kind] or ""
            if old != new and not (kind == "phone" and phone_key(old) and phone_key(old) == phone_key(new)):
                rows.append(
                    {"id": new_id(), "person_id": person_id, "kind": kind, "old_value": old, "new_value": new} | by
                )
    await put_rows(tx, contact_changes, rows, there="fail")


async def _keep_elsewhere(tx: Transaction, answers: Mapping[UUID, Mapping[str, Any]]) -> None:
    for table in (ruled_out, access_needs):
        fields = {field: column for field, (where, column) in _ELSEWHERE.items() if where is table}
        told = {
            person_id: {fields[field]: values[field] for field in fields if field in values}
            for person_id, values in answers.items()
        }
        blank = {column.name: [] for column in table.c if column.name != "person_id"}
        await _put_beside(tx, table, {person_id: own for person_id, own in told.items() if own}, blank)
    own = {
        person_id: {field: values[field] for field in HOPES if field in values} for person_id, values in answers.items()
    }
    kept = await _beside(tx, hopes, [person_id for person_id, given in own.items() if given])
    rows = [
        {"person_id": person_id, "answers": kept.get(person_id, {}).get("answers", {}) | given}
        for person_id, given in own.items()
        if given
    ]
    await put_rows(tx, hopes, rows)


async def _put_beside(
    tx: Transaction, table: Table, answers: Mapping[UUID, Mapping[str, Any]], blank: Mapping[str, Any]
) -> None:
    kept = await _beside(tx, table, answers)
    await put_rows(
        tx,
        table,
        [{"person_id": person_id, **blank, **kept.get(person_id, {}), **own} for person_id, own in answers.items()],
    )


async def _beside(tx: Transaction, table: Table, person_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """The answers kept in tables of their own. The person's row is locked, so nobody else changes them."""
    if not person_ids:
        return {}
    return {
        row.person_id: dict(row._mapping)
        for row in await tx.all(select(table).where(one_of(table.c.person_id, person_ids)))
    }


async def consent(tx: Transaction, person_id: UUID, purpose: str, text_version: str, **given: Any) -> None:
    """PRI-02: they agree, from now on. Agreeing twice changes nothing."""
    await consent_all(tx, [(person_id, given)], purpose, text_version)


async def consent_all(
    tx: Transaction, given: Sequence[tuple[UUID, Mapping[str, Any]]], purpose: str, text_version: str
) -> None:
    """PRI-02: many people agree. Each comes with what differs from agreeing now, to whoever asks."""
    common = {"purpose": purpose, "text_version": text_version, "given_at": tx.now, "recorded_by": tx.actor.id}
    rows = [{"id": new_id(), "person_id": person_id} | common | dict(own) for person_id, own in given]
    await put_rows(tx, consents, rows, there="keep")
    await steps.add_all(
        tx, "consent-given", [(person_id, {"purpose": purpose, "text_version": text_version}) for person_id, _ in given]
    )


async def end_sign_ins_of(tx: Transaction, *person_ids: UUID, because: EndedBecause, keep: UUID | None = None) -> None:
    """Signs them out everywhere except keep."""
    theirs = (
        one_of(sign_ins.c.person_id, person_ids),
        sign_ins.c.ended_at.is_(None),
        sign_ins.c.id.is_distinct_from(keep),
    )
    ended = await tx.all(
        update(sign_ins)
        .where(*theirs)
        .values(ended_at=func.clock_timestamp(), ended_because=because)
        .returning(sign_ins.c.id, sign_ins.c.person_id)
    )
    for sign_in in ended:
        await end(tx, sign_in.id, sign_in.person_id)


async def end(tx: Transaction, sign_in_id: UUID, person_id: UUID) -> None:
    """Tells every service, including ours, that the sign-in is over."""
    await end_sign_in(tx, sign_in_id)
    await outbox.add(tx, SessionEnded(version=1, session_id=sign_in_id, person_id=person_id))
    await steps.add(tx, "signed-out", about=person_id, sign_in=sign_in_id)
