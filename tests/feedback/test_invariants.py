"""Each invariant finds the row that breaks it, where the database itself would let such a row in."""

from collections.abc import Callable
from pathlib import Path

import asyncpg

from services.feedback.app import Settings, create_app
from services.feedback.invariants import INVARIANTS
from tests.feedback.support import World, answer, give
from tests.support.apps import settings_for
from tests.support.servers import TestPostgres

BREAKS = {
    "FB-02: no item was deleted": "INSERT INTO steps (id, kind, what, about, actor_kind, business_at)"
    " VALUES (gen_random_uuid(), 'change', 'feedback-received', gen_random_uuid(), 'guest', now())",
    "FB-02: an answered item has": "UPDATE items SET ending = 'not-used'",
    "FB-02: an item that has ended": "UPDATE items SET ending = 'thanked'",
    "FB-03: every item": "UPDATE items SET due_on = due_on + 1",
    "FB-04: who is anonymous": "UPDATE items SET code_hash = NULL",
    "FB-05: the events": "UPDATE items SET version = version + 1",
    "FB-06: nothing was said": "UPDATE outbox SET body = replace(replace(body, '\"used\"', '\"spam\"'), "
    "'\"on_board\":false', '\"on_board\":true')",
    "FB-07: no item was reopened": "INSERT INTO steps (id, kind, what, about, actor_kind, business_at)"
    " SELECT gen_random_uuid(), 'change', 'feedback-reopened', item_id, 'guest', now() FROM items, generate_series(1, "
    "2)",
    "FB-07: what was reopened": "UPDATE items SET reopened_on = received_on, reopened_why = '', reviewer_role = ''",
    "NET-02: a host was": "WITH new AS (INSERT INTO crossings (item_id, host, host_name, host_opportunity_id, words, "
    "agreed, state, act_by)"
    " SELECT item_id, 'sun', 'SUN', item_id, 'x', true, 'open', received_on FROM items RETURNING item_id)"
    " INSERT INTO asked_hosts (item_id, host, host_name, host_opportunity_id, awaited, ended_by_host)"
    " SELECT item_id, 'sun', 'SUN', item_id, true, false FROM new",
    "FB-09: what is with": "UPDATE items SET ending = 'safeguarding'",
    "FB-01: nothing of what": "INSERT INTO steps (id, kind, what, about, actor_kind, actor_id, business_at)"
    " SELECT gen_random_uuid(), 'change', 'feedback-received', item_id, 'person', gen_random_uuid(), now() FROM items",
}


async def test_each_invariant_finds_what_breaks_it(
    service_database: Callable[[str], str], postgres: TestPostgres, folder: Path
):
    url = service_database("feedback")
    app = create_app(settings_for(Settings, folder, url))
    async with app.router.lifespan_context(app):
        world = World(app)
        await give(world.visitor())
        await answer(world.visitor("coordinator"), await world.value("SELECT item_id FROM items"))
        owner = await asyncpg.connect(postgres.owner_url(url))
        for start, broken in BREAKS.items():
            [looks_for] = [sql for sentence, sql in INVARIANTS.items() if sentence.startswith(start)]
            assert await owner.fetch(looks_for) == [], start
            undone = owner.transaction()
            await undone.start()
            await owner.execute(broken)
            assert await owner.fetch(looks_for), start
            await undone.rollback()
        await owner.close()


def test_every_invariant_that_the_tables_do_not_keep_is_broken_once():
    kept_by_constraints = {"FB-02: an item waits for someone", "FB-02: what was joined"}
    assert {
        sentence
        for sentence in INVARIANTS
        if not any(sentence.startswith(start) for start in (*BREAKS, *kept_by_constraints))
    } == set()
