"""Copies of what others own: asked for once, kept as the newest, in whatever order they come."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import Column, Integer, LargeBinary, Table, Text, Uuid, select

from shared.bulk import put_rows
from shared.copies import SealedContents, fetch_cards, fetch_contents, fill_in, keep_newest, keep_parts
from shared.db import SYSTEM, Database, Transaction, metadata, new_id, rows_by
from shared.events.network import GuestFeedbackGiven
from shared.events.people import PersonRegistered
from shared.reasons import NotYet
from tests.support.servers import TestPostgres

_META = metadata()
WHOLES = Table(
    "wholes", _META, Column("whole_id", Uuid, primary_key=True), Column("version", Integer), Column("words", Text)
)
PARTS = Table(
    "parts", _META, Column("part_id", Uuid, primary_key=True), Column("whole_id", Uuid), Column("words", Text)
)
SEALED = Table(
    "sealed", _META, Column("id", Uuid, primary_key=True), Column("version", Integer), Column("sealed", LargeBinary)
)


class Asked:
    """Stands for a service: notes what it asks of others."""

    name = "opportunities"

    def __init__(self, what: str, answers: dict[str, Any]) -> None:
        self.what, self.answers, self.questions = what, answers, []

    async def requests(self, subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        self.questions.append((subject, payload))
        return {self.what: self.answers}


async def test_cards_are_asked_for_once_a_batch_and_one_that_is_not_there_is_left_out():
    known, unknown = sorted([new_id(), new_id()])
    people = Asked("cards", {str(known): {"name": "Ash Wren"}})
    events = [PersonRegistered(version=1, person_id=person_id, roles=()) for person_id in (known, unknown, known)]
    assert await fetch_cards(people, events) == {known: {"name": "Ash Wren"}}
    assert people.questions == [("people.cards.opportunities", {"person_ids": [str(known), str(unknown)]})]


async def test_net_02_an_organisations_event_is_read_with_its_own_letter_alone():
    item_id = new_id()
    given = [
        GuestFeedbackGiven(
            version=version, to="sun", item_id=item_id, opportunity_id=new_id(), board=True, origin=origin
        )
        for origin, version in (("viewpoint", 1), ("viewpoint", 2), ("harbour", 1))
    ]
    gateway = Asked("contents", {f"viewpoint/{item_id}": {"version": 1, "content": {"words": "Thank you."}}})
    found = await fetch_contents(gateway, given)
    [(subject, question)] = gateway.questions
    assert subject == "gateway.contents.opportunities"
    assert question["asked"] == [{"origin": "harbour", "id": str(item_id)}, {"origin": "viewpoint", "id": str(item_id)}]
    assert found[item_id].of(given[0])["content"] == {"words": "Thank you."}
    for later_or_anothers in given[1:]:
        with pytest.raises(NotYet):
            found[item_id].of(later_or_anothers)
    with pytest.raises(NotYet):
        SealedContents({}).of(given[0])


@pytest_asyncio.fixture
async def tx(postgres: TestPostgres) -> AsyncIterator[Transaction]:
    database = Database(postgres.owner_url(postgres.empty_database("feedback")))
    async with database.transaction(new_id(), SYSTEM) as tx:
        await tx.connection.run_sync(_META.create_all)
        yield tx
    await database.close()


async def test_an_older_version_never_takes_a_newer_ones_place(tx: Transaction):
    whole_id = new_id()
    said = [(1, "first"), (3, "third"), (2, "second"), (3, "third again")]
    kept = [
        await keep_newest(tx, WHOLES, {"whole_id": whole_id}, {"version": version, "words": words})
        for version, words in said
    ]
    assert kept == [True, True, False, False]
    unsaid = (WHOLES.c.version == 3) & (WHOLES.c.words == "third")
    assert await keep_newest(tx, WHOLES, {"whole_id": whole_id}, {"version": 3, "words": "third, whole"}, also=unsaid)
    assert [(row.version, row.words) for row in await tx.all(select(WHOLES))] == [(3, "third, whole")]


async def test_of_many_at_once_each_is_kept_if_it_is_newer(tx: Transaction):
    old, new = new_id(), new_id()

    def rows(*versions: tuple[UUID, int]) -> list[dict[str, Any]]:
        return [
            {"id": each, "version": version, "sealed": f"\\x{bytes([version, 255]).hex()}"}
            for each, version in versions
        ]

    await put_rows(tx, SEALED, rows((old, 4)), there="newer")
    await put_rows(tx, SEALED, rows((old, 3), (new, 1)), there="newer")
    found = {row.id: (row.version, row.sealed) for row in await tx.all(select(SEALED))}
    assert found == {old: (4, b"\x04\xff"), new: (1, b"\x01\xff")}


async def test_parts_that_are_gone_go_unless_something_here_speaks_of_them(tx: Transaction):
    whole_id, another = new_id(), new_id()
    stays, goes, spoken_of = sorted([new_id(), new_id(), new_id()])

    def parts(words: str, *ids: UUID) -> list[dict[str, Any]]:
        return [{"part_id": each, "words": words} for each in ids]

    await keep_parts(tx, PARTS, {"whole_id": another}, parts("another's", new_id()))
    await keep_parts(tx, PARTS, {"whole_id": whole_id}, parts("before", stays, goes, spoken_of))
    await keep_parts(tx, PARTS, {"whole_id": whole_id}, parts("now", stays), PARTS.c.part_id == spoken_of)
    of_it = select(PARTS).where(PARTS.c.whole_id == whole_id).order_by(PARTS.c.part_id)
    assert [(row.part_id, row.words) for row in await tx.all(of_it)] == [(stays, "now"), (spoken_of, "before")]
    await keep_parts(tx, PARTS, {"whole_id": whole_id}, [])
    assert await tx.all(of_it) == []
    assert len(await tx.all(select(PARTS))) == 1


async def test_what_was_unsaid_is_filled_in_and_nothing_that_was_said(tx: Transaction):
    said, unsaid, untold = sorted([new_id(), new_id(), new_id()])
    await put_rows(tx, WHOLES, [{"whole_id": said, "words": "first"}, {"whole_id": unsaid, "words": None}])
    await fill_in(tx, WHOLES, WHOLES.c.words, {said: "later", unsaid: "later", untold: None, new_id(): "nobody's"})
    found = await tx.all(select(WHOLES).order_by(WHOLES.c.whole_id))
    assert [(row.whole_id, row.words) for row in found] == [(said, "first"), (unsaid, "later")]


async def test_rows_come_by_what_they_are_of_in_order_and_what_has_none_has_an_entry(tx: Transaction):
    one, other, none = new_id(), new_id(), new_id()
    parts = [(one, "b"), (other, "c"), (one, "a"), (new_id(), "d")]
    await put_rows(tx, PARTS, [{"part_id": new_id(), "whole_id": each, "words": words} for each, words in parts])
    found = await rows_by(tx, select(PARTS).order_by(PARTS.c.words), PARTS.c.whole_id, [one, other, none, one])
    words = {each: [row.words for row in rows] for each, rows in found.items()}
    assert words == {one: ["a", "b"], other: ["c"], none: []}
