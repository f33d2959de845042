"""A list of people given on a page, kept with questions and answers about its rows until it is taken in (PEO-04).

Nothing is lost if somebody stops half way: the list and the answers are kept for a week, and anybody who may give lists
can continue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, delete, func, insert, select, text, tuple_, update

from services.people.domain import matching
from services.people.domain.contacts import readings_of
from services.people.domain.matching import Told
from services.people.tables import given_lists, list_changes, list_questions, people
from services.people.use_cases import importing
from services.people.use_cases.answered_lists import Answered
from services.people.use_cases.asked_lists import ask
from services.people.use_cases.importing import Outcome
from services.people.use_cases.lists import PersonRow, problems_of
from shared.bulk import in_pieces, parts, put_rows
from shared.db import Actor, Command, Transaction, new_id
from shared.messaging import steps
from shared.paging import page_of
from shared.reasons import mark_of, reasons_to_look_again, refuse
from shared.service import Service
from shared.text import one_line
from shared.web.csv_reading import read_rows_in_pieces
from shared.web.csv_rows import InvalidFile, RowProblem

KEPT_FOR = timedelta(days=7)
A_PAGE = 20
"""Questions on one page."""
LONGEST_FILE_NAME = 200
MOST_PROBLEMS = 500
"""The most problems shown for one list; after mending so many people send the list again anyway."""
_ANSWER = text(
    "UPDATE list_questions AS asked SET answer = said.answer, person_id = said.person_id"
    " FROM unnest(CAST(:rows AS int[]), CAST(:likes AS int[]), CAST(:answers AS text[]), CAST(:people AS uuid[]))"
    ' AS said ("row", like_row, answer, person_id)'
    ' WHERE asked.list_id = :list_id AND asked."row" = said."row" AND asked.like_row = said.like_row'
    " AND (said.person_id IS NULL OR said.person_id = ANY (asked.near))"
)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """same: the same person, with person_id if we hold them; otherwise the row is somebody new."""

    row: int
    like_row: int
    same: bool
    person_id: UUID | None = None


@dataclass(slots=True)
class Progress:
    words: str
    rows: int


async def keep(tx: Transaction, data: bytes, now: datetime, file_name: str = "") -> UUID:
    """Keeps a list that was just given; a job reads it later. now is machine time. file_name: the file's name on the
    giver's device."""
    list_id = new_id()
    values = {
        "id": list_id,
        "file_name": one_line(file_name)[:LONGEST_FILE_NAME],
        "given_by": tx.actor.id,
        "state": "waiting",
        "file": data,
        "problems": [],
        "expires_at": now + KEPT_FOR,
    }
    await tx.execute(insert(given_lists).values(values))
    return list_id


async def given(tx: Transaction, after: str | None = None) -> tuple[Sequence[Row[Any]], str | None]:
    """The given lists that we still hold, newest first, and where the next page begins."""
    columns = (
        given_lists.c.id,
        given_lists.c.state,
        given_lists.c.counts,
        given_lists.c.expires_at,
        given_lists.c.file_name,
        given_lists.c.seal,
    )
    return await page_of(
        tx,
        select(*columns).where(_lasting()),
        given_lists.c.expires_at,
        given_lists.c.id,
        after=after,
        newest_first=True,
    )


def _lasting() -> Any:
    return given_lists.c.expires_at > func.clock_timestamp()


async def one(tx: Transaction, list_id: UUID) -> Row[Any]:
    """A list without its file. Missing once it is forgotten."""
    columns = [column for column in given_lists.c if column.name != "file"]
    return await tx.one(select(*columns).where(given_lists.c.id == list_id, _lasting()))


async def how_many_asked(tx: Transaction, list_id: UUID) -> tuple[int, int]:
    """The number of questions, and how many have been answered."""
    counts = func.count().label("asked"), func.count(list_questions.c.answer).label("answered")
    row = await tx.one(select(*counts).where(list_questions.c.list_id == list_id))
    return row.asked, row.answered


async def questions(tx: Transaction, list_id: UUID, after: str | None) -> tuple[Sequence[Row[Any]], str | None]:
    """A page of questions, answered or not, in the order of the list."""
    theirs = select(list_questions).where(list_questions.c.list_id == list_id)
    return await page_of(tx, theirs, list_questions.c.row, list_questions.c.like_row, after=after, most=A_PAGE)


async def changes(tx: Transaction, list_id: UUID, after: str | None) -> tuple[Sequence[Row[Any]], str | None]:
    """A page of the changes to people we hold, in the list's order, with who each is. Showing it is written down
    (PRI-03)."""
    whom = people.c.name, people.c.known_as, people.c.area, people.c.joined_at
    theirs = (
        select(list_changes, *whom)
        .join(people, people.c.id == list_changes.c.person_id)
        .where(list_changes.c.list_id == list_id)
    )
    found, next_after = await page_of(tx, theirs, list_changes.c.row, after=after, most=A_PAGE)
    read = [
        (what, each.person_id)
        for each in found
        for what in readings_of(["name", *(question for question, _, _ in each.changes)])
    ]
    for what in sorted({what for what, _ in read}):
        await steps.add_all(tx, what, [(person_id, {}) for each, person_id in read if each == what])
    return found, next_after


async def before_the_first_open(tx: Transaction, list_id: UUID) -> str | None:
    """The key of the question before the first unanswered one; None if that is the first of all, or all are
    answered."""
    theirs = list_questions.c.list_id == list_id
    key = list_questions.c.row, list_questions.c.like_row
    first = await tx.first(select(*key).where(theirs, list_questions.c.answer.is_(None)).order_by(*key).limit(1))
    if first is None:
        return None
    last = await tx.first(
        select(*key).where(theirs, tuple_(*key) < tuple_(*first)).order_by(*(each.desc() for each in key)).limit(1)
    )
    return f"{last.row}_{last.like_row}" if last else None


async def answer(tx: Transaction, list_id: UUID, answers: Sequence[Answer]) -> None:
    """Keeps the answers. Those that fit no question are ignored."""
    await _asking(tx, list_id)
    values = {
        "rows": [each.row for each in answers],
        "likes": [each.like_row for each in answers],
        "answers": ["same" if each.same else "new" for each in answers],
        "people": [each.person_id for each in answers],
    }
    await tx.execute(_ANSWER, {"list_id": list_id, **values})


_ANSWERS = text(
    """SELECT md5(string_agg(concat_ws(' ', "row", like_row, answer, person_id), ',' ORDER BY "row", like_row))
         FROM list_questions WHERE list_id = :list_id"""
)


async def mark_of_list(tx: Transaction, list_id: UUID) -> str:
    """The mark of a list's changes and answers, since another operator may answer, or have it read again. Raises
    Missing."""
    given = await one(tx, list_id)
    answers = await tx.scalar(_ANSWERS, {"list_id": list_id})
    return mark_of(given.id, given.state, given.seal.hex() if given.seal else "", answers)


async def take_in(tx: Transaction, list_id: UUID, mark: str) -> None:
    """All questions are answered: the list is read again, with the answers. Refused while one is open. mark: of the
    list as it was seen."""
    await _asking(tx, list_id)
    asked, answered = await how_many_asked(tx, list_id)
    refuse(matching.reasons_not_to_take_in(asked, answered))
    refuse(reasons_to_look_again("PEO-04", mark, await mark_of_list(tx, list_id)))
    await tx.execute(update(given_lists).where(given_lists.c.id == list_id).values(state="waiting"))


async def ask_again(tx: Transaction, list_id: UUID) -> None:
    """Clears the answers, because some of them contradict the rest of the list."""
    await tx.one(
        select(given_lists.c.id)
        .where(given_lists.c.id == list_id, given_lists.c.state == "wrong", _lasting())
        .with_for_update()
    )
    await tx.execute(
        update(list_questions)
        .where(list_questions.c.list_id == list_id)
        .values(answer=None, person_id=None, said_not=[], said_no_address=False)
    )
    await tx.execute(update(given_lists).where(given_lists.c.id == list_id).values(state="asking", problems=[]))


async def drop(tx: Transaction, list_id: UUID) -> None:
    """Deletes the list; people already taken in stay. Missing if there is none, or it is being read just now."""
    await tx.one(
        delete(given_lists)
        .where(given_lists.c.id == list_id, given_lists.c.state != "waiting")
        .returning(given_lists.c.id)
    )


async def _asking(tx: Transaction, list_id: UUID) -> None:
    """Locks the list. Missing unless it waits for answers."""
    await tx.one(
        select(given_lists.c.id)
        .where(given_lists.c.id == list_id, given_lists.c.state == "asking", _lasting())
        .with_for_update()
    )


class TakingIn:
    """Reads, compares and takes in the waiting lists, one after another. Progress is kept in memory, for the page that
    waits."""

    def __init__(self, areas: Sequence[str]) -> None:
        self._areas = areas
        self.progress: dict[UUID, Progress] = {}

    async def carry_on(self, service: Service) -> None:
        while (list_id := await service.database.read(_next_waiting)) is not None:
            await self._carry_on(service, list_id)

    async def _carry_on(self, service: Service, list_id: UUID) -> None:
        def tell(words: str, rows: int) -> None:
            self.progress[list_id] = Progress(words, rows)

        async def fail(problems: Sequence[RowProblem]) -> None:
            await service.database.run(
                Command("refuse-list", Actor("system")), lambda tx: _wrong(tx, list_id, problems)
            )

        try:
            kept, asked = await service.database.read(lambda tx: _kept(tx, list_id))
            rows = await read_rows_in_pieces(kept.file, PersonRow, lambda rows: tell("read", rows))
            answered = Answered(asked)
            told = await in_pieces(answered.rows, rows)

            async def work(tx: Transaction) -> None:
                if await tx.first(
                    select(given_lists.c.id)
                    .where(given_lists.c.id == list_id, given_lists.c.state == "waiting")
                    .with_for_update(skip_locked=True)
                ):
                    outcome = await importing.take_list(tx, told, self._areas, tell, looked_at=kept.seal or b"")
                    await _keep_outcome(
                        tx, list_id, outcome, {row.number: row.told for row in told}, len(rows) - len(told)
                    )

            await service.database.run(Command("import-people", Actor("person", kept.given_by)), work)
        except InvalidFile as problem:
            await fail(problem.problems)
        except Exception as error:
            _log.error("list-not-taken-in", error=type(error).__name__)
            await fail(
                [
                    RowProblem(
                        None,
                        None,
                        "Something went wrong here, and nothing was taken in. Give us the list again. If it happens "
                        "again, tell whoever runs this.",
                    )
                ]
            )
        finally:
            self.progress.pop(list_id, None)


async def _next_waiting(tx: Transaction) -> UUID | None:
    return await tx.scalar(
        select(given_lists.c.id).where(given_lists.c.state == "waiting").order_by(given_lists.c.id).limit(1)
    )


async def _kept(tx: Transaction, list_id: UUID) -> tuple[Row[Any], Sequence[Row[Any]]]:
    row = await tx.one(
        select(given_lists.c.file, given_lists.c.given_by, given_lists.c.seal).where(given_lists.c.id == list_id)
    )
    return row, await tx.all(
        select(list_questions).where(list_questions.c.list_id == list_id, list_questions.c.answer.is_not(None))
    )


async def _wrong(tx: Transaction, list_id: UUID, problems: Sequence[RowProblem]) -> None:
    told = [[each.row, each.column, each.text] for each in problems[:MOST_PROBLEMS]]
    if len(problems) > MOST_PROBLEMS:
        told.append(
            [
                None,
                None,
                f"There are {len(problems) - MOST_PROBLEMS:,} more. Mend these first, then give us the list again.",
            ]
        )
    wrong = {"state": "wrong", "problems": told, "seal": None}
    await tx.execute(
        update(given_lists).where(given_lists.c.id == list_id, given_lists.c.state == "waiting").values(**wrong)
    )
    await tx.execute(delete(list_changes).where(list_changes.c.list_id == list_id))


async def _keep_outcome(
    tx: Transaction, list_id: UUID, outcome: Outcome, told: Mapping[int, Told], left_out: int
) -> None:
    if outcome.problems:
        await _wrong(tx, list_id, problems_of(outcome, questions=False))
    elif outcome.questions:
        if stuck := await ask(tx, list_id, outcome.questions, told):
            await _wrong(tx, list_id, stuck)
        else:
            await tx.execute(update(given_lists).where(given_lists.c.id == list_id).values(state="asking", seal=None))
            await tx.execute(delete(list_changes).where(list_changes.c.list_id == list_id))
    else:
        await tx.execute(delete(list_changes).where(list_changes.c.list_id == list_id))
        counts = outcome.counts | {"left_out": left_out}
        if outcome.changes:
            rows = [
                {"list_id": list_id, "row": each.row, "person_id": each.person_id, "changes": each.changes}
                for each in outcome.changes
            ]
            for some in parts(rows, importing.AT_ONCE):
                await put_rows(tx, list_changes, some)
            await tx.execute(
                update(given_lists)
                .where(given_lists.c.id == list_id)
                .values(state="asking", seal=outcome.seal, counts=counts)
            )
            return
        await tx.execute(
            update(given_lists)
            .where(given_lists.c.id == list_id)
            .values(state="done", file=None, seal=None, counts=counts)
        )
        await tx.execute(delete(list_questions).where(list_questions.c.list_id == list_id))
