"""What begins before a promised answer (OPP-22)."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

from sqlalchemy import Column, DateTime, Integer, Table, select

from shared.bulk import put_rows
from shared.db import SYSTEM, Database, metadata, new_id
from shared.promises import begins_before, first_begins_before
from tests.support.servers import TestPostgres

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)
DUE = NOW + timedelta(hours=4)
STARTS = [NOW + timedelta(hours=hours) for hours in (-1, 0, 1, 3, 4, 5)]
_META = metadata()
PROMISES = Table("promises", _META, Column("id", Integer, primary_key=True), Column("due_at", DateTime(timezone=True)))
SESSIONS = Table(
    "sessions",
    _META,
    Column("id", Integer, primary_key=True),
    Column("of", Integer),
    Column("starts_at", DateTime(timezone=True)),
)


def test_opp_22_only_what_is_still_to_begin_and_begins_before_the_answer_counts_the_first_of_it():
    assert begins_before(reversed(STARTS), NOW, DUE) == NOW + timedelta(hours=1)
    assert begins_before([NOW, DUE], NOW, DUE) is None


async def test_opp_22_sql_says_the_same(postgres: TestPostgres):
    programmes = [some for size in range(4) for some in combinations(STARTS, size)]
    database = Database(postgres.owner_url(postgres.empty_database("opportunities")))
    async with database.transaction(new_id(), SYSTEM) as tx:
        await tx.connection.run_sync(_META.create_all)
        await put_rows(tx, PROMISES, [{"id": id, "due_at": DUE} for id in range(len(programmes))])
        planned = [(of, starts_at) for of, starts in enumerate(programmes) for starts_at in starts]
        await put_rows(tx, SESSIONS, [{"id": id, "of": of, "starts_at": at} for id, (of, at) in enumerate(planned)])
        first = first_begins_before(SESSIONS.c.starts_at, NOW, PROMISES.c.due_at, SESSIONS.c.of == PROMISES.c.id)
        found = await tx.all(select(PROMISES.c.id, first.label("begins_before")).order_by(PROMISES.c.id))
    await database.close()
    assert [row.begins_before for row in found] == [begins_before(starts, NOW, DUE) for starts in programmes]
