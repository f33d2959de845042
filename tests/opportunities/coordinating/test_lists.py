"""Lists hold, however old the organisation is: nothing is cut off silently, and no statement has a parameter for each
row."""

from typing import Any
from uuid import UUID

from sqlalchemy import event, text

from services.opportunities.finding.queries import ON_A_PAGE, earlier_opportunities, ended_opportunities, whats_on
from services.opportunities.people.queries import names
from services.opportunities.places.queries.how_full import public_opportunities
from services.opportunities.register.queries import might_walk_in
from tests.opportunities.support import World
from tests.support.apps import client_of, signed_in

MANY = 33_500

_OPPORTUNITIES = text("""
INSERT INTO opportunities (id, version, state, title, kind, mode, paid, created_at, published_at, closed_at, actor_kind)
SELECT gen_random_uuid(), 2, 'closed', 'Past ' || n, 'workshop', 'online', false, now(), now(), now(), 'system'
  FROM generate_series(1, :many) AS n
""")
_SESSIONS = text("""
INSERT INTO sessions (id, opportunity_id, starts_at, ends_at, venue)
SELECT gen_random_uuid(), o.id, now() - make_interval(mins => 100 + (row_number() OVER ())::int), now()
  - make_interval(mins => 10), 'Online'
  FROM opportunities o WHERE o.state = 'closed'
""")
_PEOPLE = text("""
INSERT INTO people (person_id, version, name, roles)
SELECT gen_random_uuid(), 1, 'Ash ' || n, ARRAY['participant'] FROM generate_series(1, :many) AS n
""")


async def statements(here: World, work: Any) -> tuple[Any, int]:
    """What a read answers, and with how many statements."""
    count = 0

    def counted(*_: Any) -> None:
        nonlocal count
        count += 1

    engine = here.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", counted)
    try:
        return await here.read(work), count
    finally:
        event.remove(engine, "before_cursor_execute", counted)


async def test_lists_of_opportunities_hold_tens_of_thousands(here: World):
    coming = await here.published()
    await here.do(lambda tx: tx.execute(_OPPORTUNITIES, {"many": MANY}))
    await here.do(lambda tx: tx.execute(_SESSIONS))
    await here.write(
        "UPDATE feed_changes f SET last_ends_at = (SELECT max(ends_at) FROM sessions s WHERE s.opportunity_id = "
        "f.opportunity_id)"
    )
    (found, _), few = await statements(here, lambda tx: whats_on(tx, here.service.settings.network_policy))
    assert [each.facts.id for each in found] == [coming] and few <= 6
    for query in (earlier_opportunities, ended_opportunities):
        seen: set[UUID] = set()
        before = None
        for _ in range(3):
            (rows, before), few = await statements(here, lambda tx, query=query, before=before: query(tx, before))
            assert len(rows) == ON_A_PAGE and few <= 3
            seen |= {row.id for row in rows}
        assert len(seen) == 3 * ON_A_PAGE and before is not None
    seen, after = set(), None
    for _ in range(200):
        some, after = await here.read(public_opportunities, after)
        seen |= {each.facts.id for each in some}
        if after is None:
            break
    assert len(seen) == MANY + 1


async def test_names_for_a_register_hold_tens_of_thousands(here: World):
    opportunity_id = await here.published()
    (session_id,) = await here.session_ids(opportunity_id)
    await here.do(lambda tx: tx.execute(_PEOPLE, {"many": MANY}))
    ids = [row["person_id"] for row in await here.dicts("SELECT person_id FROM people")]
    assert len(await here.read(names, ids)) == MANY
    first = await here.read(might_walk_in, session_id)
    assert len(first) == 51
    second = await here.read(might_walk_in, session_id, "", first[49].person_id)
    assert second[0].person_id == first[50].person_id
    (one,) = await here.read(might_walk_in, session_id, "ash 33499")
    assert one.name == "Ash 33499"


async def test_a_name_with_what_no_text_can_hold_is_looked_for_without_it(here: World):
    opportunity_id = await here.published()
    (session_id,) = await here.session_ids(opportunity_id)
    await here.person("Robin Marsh")
    async with client_of(here.app) as staff:
        signed_in(staff, "coordinator")
        sent = await staff.post(
            f"/opportunities/staff/{opportunity_id}/sessions/{session_id}/walk-in/search",
            data={"name": "\x00robin  marsh"},
        )
        assert sent.status_code == 303 and "robin" not in sent.headers["location"]
        answer = await staff.get(sent.headers["location"])
    assert answer.status_code == 200 and "Robin Marsh" in answer.text
