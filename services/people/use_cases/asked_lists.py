"""The questions about the rows of a given list (PEO-04)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text

from services.people.domain.matching import Told
from services.people.tables import list_questions
from services.people.use_cases.answered_lists import said_of_row
from services.people.use_cases.finding import Question
from shared.bulk import put_rows
from shared.db import Transaction
from shared.web.csv_rows import RowProblem


async def ask(tx: Transaction, list_id: UUID, asked: Sequence[Question], told: Mapping[int, Told]) -> list[RowProblem]:
    """A question asked again loses its answer; what was said of other people stays. Returns the problems that no answer
    can settle."""
    before = {
        each.row: said_of_row(each)
        for each in await tx.all(
            select(list_questions).where(list_questions.c.list_id == list_id, list_questions.c.like_row == 0)
        )
    }
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    for each in asked:
        like = each.like_row or 0
        said_not, said_no_address = before.get(each.row, ([], False)) if not like else ([], False)
        rows.setdefault(
            (each.row, like),
            {
                "list_id": list_id,
                "row": each.row,
                "like_row": like,
                "told": {"row": _shown(told[each.row]), "like": _shown(told[like]) if like else None},
                "near": [one.id for one in each.near],
                "by_address": each.by_address,
                "said_not": said_not,
                "said_no_address": said_no_address,
                "answer": None,
                "person_id": None,
            },
        )
    theirs = list_questions.c.list_id == list_id
    said_apart = await tx.all(
        select(list_questions.c.row, list_questions.c.like_row).where(
            theirs, list_questions.c.like_row > 0, list_questions.c.answer == "new"
        )
    )
    against = [key for row in said_apart if (key := (row.row, row.like_row)) in rows]
    await tx.execute(delete(list_questions).where(theirs, list_questions.c.answer.is_(None)))
    await put_rows(tx, list_questions, [row for key, row in rows.items() if key not in against])
    return await _ask_what_contradicts(tx, list_id, against)


_ASK_ANEW = text(
    "UPDATE list_questions AS asked SET answer = NULL, person_id = NULL, told = asked.told || "
    "jsonb_build_object('other_row', said.other)"
    " FROM unnest(CAST(:rows AS int[]), CAST(:others AS int[])) AS said (row_number, other)"
    ' WHERE asked.list_id = :list_id AND asked.like_row = 0 AND asked."row" = said.row_number RETURNING '
    "said.row_number, said.other"
)


async def _ask_what_contradicts(tx: Transaction, list_id: UUID, against: Sequence[tuple[int, int]]) -> list[RowProblem]:
    """PEO-04: two rows were said to be different people, and also the same person we hold. Both are asked again, with
    the reason."""
    both = [*against, *((like, row) for row, like in against)]
    anew = await tx.all(
        _ASK_ANEW, {"list_id": list_id, "rows": [row for row, _ in both], "others": [other for _, other in both]}
    )
    asked = {frozenset((each.row_number, each.other)) for each in anew}
    words = (
        "This row and row {} are the same person of those we hold, and you said that they are two people. Mend "
        "one of the rows."
    )
    return [RowProblem(row, None, words.format(like)) for row, like in against if frozenset((row, like)) not in asked]


def _shown(told: Told) -> dict[str, str]:
    return {"name": told.name, "email": told.email, "phone": told.phone}
