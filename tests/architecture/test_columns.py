"""`python -m tests.columns`, a part of `make check`, sees a column that is not there, wherever one may be misspelt."""

from collections import defaultdict

import pytest

from tests.columns.__main__ import read
from tests.columns.notes import Found, Place
from tests.columns.program import ROOT, Program

FOLDERS = ("shared", "services/payments")
"""What all stand on, and one service: the others are read alike, and cost as much again."""
AROUND = ("services/payments/rows.py", "shared/copies.py", "shared/db.py")
"""What MODULE stands on, besides its feature."""
MODULE = "services/payments/claims/queries/misspelt.py"
"""A module more, as far as the reader can tell."""
MISSPELT = """
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.payments.claims import tables
from services.payments.claims.queries.views import ClaimView
from services.payments.rows import locked
from shared.copies import keep_newest
from shared.db import Transaction

_SAID = text("SELECT id, count(*) AS lines FROM claim_lines GROUP BY id")


async def misspelt(tx: Transaction, given: Row[Any], view: ClaimView, ids: dict[UUID, list[Row[Any]]]) -> None:
    claims, other = tables.claims, tables.claims.alias()
    select(claims.c.of_a_table).where(other.c.of_an_alias == tables.lines.c["by_its_name"])
    part = select(claims.c.id.label("claim"), claims.c.state).subquery()
    select(part.c.claim, part.c.of_a_subquery, part.c.held)
    update(claims).where(claims.c.id == given.id).values(written=1, state="open")
    insert(claims).values({**{"in_a_dict": 1}, "state": "open"})
    values = {"state": "open"}
    values["added_to_a_dict"] = 2
    insert(claims).values(**values)
    await tx.execute(insert(claims), [{"of_many": 1}, {"state": 2}])
    putting = upsert(claims).values(state="open")
    putting.on_conflict_do_update(index_elements=["in_conflict"], set_={"on_conflict": putting.excluded.of_excluded})
    await keep_newest(tx, claims, {"id": 1}, {"kept_newest": 1, "version": 2})
    await _change_one(tx, through_a_function=1)
    row = await tx.one(select(claims.c.id, claims.c.state.label("stands")))
    print(row.id, row.stands, row.of_a_row, row.state, row._mapping["of_a_mapping"])
    for each in await tx.all(_SAID):
        print(each.lines, each.of_sql)
    print([each.of_a_comprehension for each in (await tx.execute(select(claims))).all()])
    print((await locked(tx, claims, given.of_a_parameter)).of_what_is_locked)
    print(view.row.of_a_field, [each.of_a_list_in_a_dict for of_one in ids.values() for each in of_one])
    print(sorted(view.payables, key=lambda payable: payable.of_a_lambda))
    _show(row)


def _show(row: Any) -> None:
    print(row.stands, row.of_a_row_passed_on)


async def _change_one(tx: Transaction, **values: Any) -> None:
    await tx.execute(update(tables.claims).values(version=1, **values))
"""
NAMES = {
    *("of_a_table", "of_an_alias", "by_its_name", "of_a_subquery", "written", "in_a_dict", "added_to_a_dict"),
    *("of_many", "in_conflict", "on_conflict", "of_excluded", "kept_newest", "through_a_function", "of_a_row"),
    *("of_a_mapping", "of_sql", "of_a_comprehension", "of_a_parameter", "of_what_is_locked", "of_a_field"),
    *("of_a_list_in_a_dict", "of_a_lambda", "of_a_row_passed_on"),
}
OF_OTHERS = {"held", "state"}
"""Columns that claims have, and what was selected there has not."""


@pytest.fixture(scope="module")
def program() -> Found:
    return read(Program(FOLDERS))


def where(place: Place) -> tuple[str, int, int]:
    return place.path, place.line, place.column


def line_of(place: Place) -> str:
    return (ROOT / place.path).read_text().splitlines()[place.line - 1]


def misspelling(places: list[Place]) -> dict[str, str]:
    """The text of files in which the columns at these places have another name."""
    lines: dict[str, list[str]] = {}
    of_line: defaultdict[tuple[str, int], list[Place]] = defaultdict(list)
    for place in places:
        of_line[place.path, place.line].append(place)
        lines.setdefault(place.path, (ROOT / place.path).read_text().splitlines())
    for (path, number), there in of_line.items():
        for place in sorted(there, key=where, reverse=True):
            line, end = lines[path][number - 1].encode(), place.column - 1 + len(place.name)
            lines[path][number - 1] = (line[:end] + b"_not" + line[end:]).decode()
    return {path: "\n".join(each) + "\n" for path, each in lines.items()}


def unseen(places: list[Place]) -> list[Place]:
    """Those that the reader does not see when all of them are misspelt at once."""
    seen = {where(each) for each in read(Program(FOLDERS, misspelling(places))).wrong}
    return [each for each in places if where(each) not in seen]


@pytest.mark.slow
def test_most_columns_are_looked_for_where_they_have_to_be(program: Found) -> None:
    """And not in the whole service alone, because nobody could tell what row it is."""
    assert len(program.exact) > 2_000
    assert sum(program.exact.values()) / len(program.exact) > 0.8


def test_a_misspelt_column_is_seen_in_every_way_in_which_one_is_named() -> None:
    texts = {path: (ROOT / path).read_text() for path in AROUND} | {MODULE: MISSPELT}
    wrong = read(Program(("services/payments/claims",), texts)).wrong
    assert {place.name for place in wrong if place.path == MODULE} == NAMES | OF_OTHERS


@pytest.mark.slow
def test_each_tenth_column_of_a_service_is_seen_when_it_is_misspelt(program: Found) -> None:
    of_service = [each for each in program.exact if each.half != "written" and each.path.startswith("services/")]
    places = [each for each in sorted(of_service, key=where) if f".{each.name}" in line_of(each)][::10]
    assert len(places) > 100
    left = unseen(places)
    assert len(left) < len(places) / 50
    assert left == [] or unseen(left) == [], "what led to these is not misspelt any more"
