"""PEO-04: which of those we hold somebody may be. A few statements serve one form or a list of thousands."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.people.domain.addresses import email_key
from services.people.domain.contacts import phone_key
from services.people.domain.matching import Held, Index, Repeated, Told, keys_of_name, nearly_as_row, who_it_is
from services.people.tables import matching_keys
from shared.bulk import in_pieces, parts, put_rows
from shared.db import Transaction
from shared.reasons import Reason

AT_ONCE = 100
"""People in one statement, so that other requests are served meanwhile."""


@dataclass(frozen=True, slots=True)
class Near:
    """Somebody we hold, as staff's list of people shows them."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Found:
    """The person it is about, None for somebody new; or reasons, with the near matches to ask about."""

    person_id: UUID | None
    near: tuple[Near, ...]
    reasons: list[Reason]
    by_address: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A row that may be somebody we hold, or the same as an earlier row, so somebody has to say.

    by_address: it has the address of somebody we hold, so a new person is added without it."""

    row: int
    name: str
    near: tuple[Near, ...]
    like_row: int | None
    reasons: list[Reason]
    by_address: bool = False


_FIELDS = (
    "people.id, people.version, people.name, people.known_as, people.email, people.phone, imported_rows.row AS imported"
)
_WITHOUT_KEYS = text(
    f"SELECT {_FIELDS} FROM people LEFT JOIN matching_keys ON matching_keys.person_id = people.id"
    " LEFT JOIN imported_rows ON imported_rows.person_id = people.id"
    " WHERE matching_keys.version IS DISTINCT FROM people.version ORDER BY people.id LIMIT :most"
)
_OF_FEW = text("SELECT person_id FROM matching_keys WHERE keys && CAST(:wanted AS text[])")
_OF_MANY = text(
    "SELECT DISTINCT person_id FROM matching_keys CROSS JOIN LATERAL unnest(keys) AS own (key)"
    " JOIN (SELECT DISTINCT unnest(CAST(:wanted AS text[])) AS key) AS wanted ON wanted.key = own.key"
)
_FEW = 50
_CANDIDATES = text(
    f"SELECT {_FIELDS} FROM people LEFT JOIN imported_rows ON imported_rows.person_id = people.id WHERE people.id = "
    "ANY (:ids)"
)


async def find_everyone(
    tx: Transaction, told: Sequence[Told], tell: Callable[[int], None] = lambda _: None
) -> list[Found]:
    """By address, else by number and name. What somebody was last imported with counts too, because they may have
    changed it since."""
    await _make_keys(tx)
    wanted = sorted(set(await in_pieces(_wanted, told)))
    ids = sorted(
        row.person_id for row in await tx.all(_OF_FEW if len(wanted) <= _FEW else _OF_MANY, {"wanted": wanted})
    )
    rows = [row for some in parts(ids, AT_ONCE) for row in await tx.all(_CANDIDATES, {"ids": list(some)})]
    held: Index[UUID] = Index()
    await in_pieces(lambda some: [held.add(_held(row)) for row in some], rows)
    names = {row.id: row.known_as or row.name for row in rows}
    return await in_pieces(lambda some: _compared(some, held, names), told, tell)


async def near_ones(tx: Transaction, told: Told) -> list[UUID]:
    """The people whom one person may be, surely or nearly, to ask about when staff add somebody by hand."""
    await _make_keys(tx)
    found = await tx.all(_OF_FEW, {"wanted": _wanted([told])})
    held = Index(map(_held, await tx.all(_CANDIDATES, {"ids": [row.person_id for row in found]})))
    return list(dict.fromkeys(each.id for each in [*held.exactly(told), *held.near(told)]))


async def told_twice(told: Sequence[tuple[int, Told]]) -> list[Question]:
    """Rows of one list that may be about the same person."""
    names = {number: each.name for number, each in told}
    return [
        Question(row, names[row], (), like, [nearly_as_row(like)])
        for row, like in await in_pieces(Repeated().among, told)
    ]


def _compared(told: Sequence[Told], held: Index[UUID], names: Mapping[UUID, str]) -> list[Found]:
    found: list[Found] = []
    for each in told:
        person_id, reasons = who_it_is(each, held)
        of_address = held.by_email.get(email_key(each.email), ()) if each.email else ()
        near = [one.id for one in of_address or held.near(each) if one.id not in each.not_these] if reasons else []
        found.append(
            Found(person_id, tuple(Near(id, names[id]) for id in dict.fromkeys(near)), reasons, bool(of_address))
        )
    return found


def _wanted(told: Sequence[Told]) -> list[str]:
    keys = {email_key(each.email) for each in told} | {phone_key(each.phone) for each in told}
    return sorted((keys | {key for each in told for key in keys_of_name(each.name)}) - {""})


async def _make_keys(tx: Transaction) -> None:
    """Makes keys for people who are new, or have changed since somebody was last looked for."""
    while rows := await tx.all(_WITHOUT_KEYS, {"most": AT_ONCE}):
        await put_rows(tx, matching_keys, await asyncio.to_thread(lambda rows: [_keys(row) for row in rows], rows))


def _keys(row: Row[Any]) -> dict[str, Any]:
    held = _held(row)
    keys = held.emails | held.phones | {key for name in held.names for key in keys_of_name(name)}
    return {"person_id": row.id, "version": row.version, "keys": sorted(keys)}


def _held(row: Row[Any]) -> Held[UUID]:
    told = [row._mapping, row.imported or {}]
    return Held(
        row.id,
        frozenset(email_key(each["email"]) for each in told if each.get("email")),
        frozenset(_all(told, "name")),
        frozenset({phone_key(each) for each in _all(told, "phone")} - {""}),
        frozenset(_all(told, "known_as")),
    )


def _all(told: Iterable[Any], field: str) -> list[str]:
    return [each[field] for each in told if each.get(field)]
