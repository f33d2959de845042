"""Copies of what others own: fetched when an event says that there is something new, and kept in their newest
version."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Table, delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from shared.bulk import put_rows
from shared.db import SYSTEM, Command, Database, Transaction, one_of
from shared.reasons import NotYet

AT_ONCE = 1000
"""The most people in one question to `people`."""
PEOPLE_KNOWS_NOBODY = ""
"""Stands in told_apart_by of a card whose person `people` does not know."""


async def keep_newest(
    tx: Transaction,
    table: Table,
    key: Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    first: Mapping[str, Any] = MappingProxyType({}),
    also: ColumnElement[bool] | None = None,
) -> bool:
    """Keeps another service's fact, in whatever order versions come: an older version, or the one we hold, changes
    nothing. values has the version.

    first: further columns of a new row; also: another condition under which an existing row is overwritten.
    True if it was written. For many at once: put_rows(there="newer").
    """
    adding = insert(table).values(**{**key, **first, **values})
    newer = table.c.version < adding.excluded.version
    where = newer if also is None else or_(newer, also)
    kept = await tx.execute(adding.on_conflict_do_update(index_elements=list(key), set_=dict(values), where=where))
    return kept.rowcount == 1


async def keep_parts(
    tx: Transaction,
    table: Table,
    whole: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    *unless: ColumnElement[bool],
) -> None:
    """Keeps the parts that something has now, by their primary key; deletes any that it no longer has, unless
    something here still refers to them."""
    [whose], [key] = whole.items(), table.primary_key.columns
    gone = delete(table).where(
        table.c[whose[0]] == whose[1], ~one_of(key, [row[key.name] for row in rows]), *(~each for each in unless)
    )
    await tx.execute(gone)
    await put_rows(tx, table, [{**whole, **row} for row in rows])


async def fill_in(tx: Transaction, table: Table, column: ColumnElement[Any], said: Mapping[UUID, Any]) -> None:
    """Writes into rows that lack it, by their primary key, what has been said since. None: still not said."""
    known = {each: value for each, value in said.items() if value is not None}
    if not known:
        return
    [key] = table.primary_key.columns
    ids, values = literal([*known], ARRAY(key.type)), literal([*known.values()], ARRAY(column.type))
    new = func.unnest(ids, values).table_valued("key", "value").render_derived(name="said")
    await tx.execute(update(table).where(key == new.c.key, column.is_(None)).values({column: new.c.value}))


class Asking(Protocol):
    """A service, which asks others by request-reply."""

    name: str

    async def requests(self, subject: str, payload: dict[str, Any]) -> dict[str, Any]: ...


class Keeping(Asking, Protocol):
    """A service, which also keeps what it is told."""

    database: Database


class AboutPerson(Protocol):
    @property
    def person_id(self) -> UUID: ...


class Crossed(Protocol):
    """An event of another organisation, whose content came sealed with it."""

    @classmethod
    def subject(cls) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def aggregate_id(self) -> UUID: ...


async def fetch_cards(service: Asking, events: Sequence[AboutPerson]) -> dict[UUID, dict[str, Any]]:
    """What people lets this service know of each person, asked once for the batch: names are in no event. If a card
    is not there yet, its event is tried later."""
    ids = sorted({str(event.person_id) for event in events})
    answer = await service.requests(f"people.cards.{service.name}", {"person_ids": ids})
    return {UUID(person_id): card for person_id, card in answer["cards"].items()}


async def ask_again_about_cards(
    service: Keeping,
    cards: Table,
    lacks: ColumnElement[bool],
    keep: Callable[[Transaction, dict[UUID, dict[str, Any]]], Awaitable[None]],
) -> None:
    """Asks `people` again about cards of which an older program of it did not say everything: what tells two people of
    one name apart, and whatever else this service lacks.

    keep: keeps the rest of some cards, by person. The card of somebody whom `people` does not know is empty, and is not
    asked about again."""
    wanted = (lacks | cards.c.told_apart_by.is_(None)) & cards.c.told_apart_by.is_distinct_from(PEOPLE_KNOWS_NOBODY)
    after: UUID | None = None
    while people := await service.database.read(lambda tx, after=after: _some_of(tx, cards, wanted, after)):
        answer = await service.requests(
            f"people.cards.{service.name}", {"person_ids": [str(person_id) for person_id in people]}
        )
        said = {person_id: answer["cards"].get(str(person_id), {}) for person_id in people}

        async def work(tx: Transaction, said: dict[UUID, dict[str, Any]] = said) -> None:
            apart = {each: card.get("told_apart_by") if card else PEOPLE_KNOWS_NOBODY for each, card in said.items()}
            await fill_in(tx, cards, cards.c.told_apart_by, apart)
            await keep(tx, said)

        await service.database.run(Command("keep-what-cards-lacked", SYSTEM), work)
        after = people[-1]


async def _some_of(tx: Transaction, cards: Table, wanted: ColumnElement[bool], after: UUID | None) -> list[UUID]:
    later = [] if after is None else [cards.c.person_id > after]
    query = select(cards.c.person_id).where(wanted, *later).order_by(cards.c.person_id).limit(AT_ONCE)
    return [row.person_id for row in await tx.all(query)]


@dataclass(frozen=True, slots=True)
class SealedContents:
    """What came sealed under one id, by sending organisation: an event is read only with what its own origin sealed,
    whatever ids another organisation writes."""

    by_origin: Mapping[str, Mapping[str, Any]]

    def of(self, event: Crossed) -> Mapping[str, Any]:
        """{"version", "content"}. NotYet if we have none as new as the event."""
        content = self.by_origin.get(event.origin)
        if content is None or content["version"] < event.version:
            raise NotYet("what came sealed with this event")
        return content


async def fetch_contents(service: Asking, events: Sequence[Crossed]) -> dict[UUID, SealedContents]:
    """The sealed contents of these events, by the aggregate's id, asked of our gateway once for each kind of event."""
    found: dict[UUID, dict[str, Any]] = {}
    for subject in dict.fromkeys(event.subject() for event in events):
        asked = sorted({(event.origin, event.aggregate_id) for event in events if event.subject() == subject})
        _, name, _ = subject.split(".")
        question = {"name": name, "asked": [{"origin": origin, "id": str(each)} for origin, each in asked]}
        answer = await service.requests(f"gateway.contents.{service.name}", question)
        for origin, each in asked:
            if (content := answer["contents"].get(f"{origin}/{each}")) is not None:
                found.setdefault(each, {})[origin] = content
    return {each: SealedContents(by_origin) for each, by_origin in found.items()}
