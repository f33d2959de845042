"""What waits for coordinators: said once when it begins to wait, and once when it does no more (PEO-05)."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from sqlalchemy import text

from services.opportunities.ending.use_cases import ending
from services.opportunities.places.domain.taking import Holding, is_on_register
from services.opportunities.places.use_cases import bookings, needs, taking
from services.opportunities.publishing.use_cases import changing
from services.opportunities.register.use_cases import attendance
from services.opportunities.register.use_cases.attendance import Entry
from services.opportunities.words.domain import Policy
from services.opportunities.work import use_cases
from services.opportunities.work.use_cases import HAD_A_PLACE, say_what_waits
from services.opportunities.writing.use_cases import NewSession
from shared.db import new_id
from tests.opportunities.support import World, someone
from tests.support.apps import client_of, signed_in

POLICY = Policy()


async def said(here: World) -> list[tuple[str, bool]]:
    """The job twice, then what was said since the last time."""
    for _ in range(2):
        await here.do(say_what_waits, POLICY)
    return [(event["kind"], event["waiting"]) for event in await here.events("work-waits")]


async def test_peo_05_needs_without_an_answer_wait_from_a_week_before_until_they_are_answered(here: World):
    opportunity_id = await here.published()
    await here.do(taking.take_place, opportunity_id, someone(), ["breaks"], "")
    here.move(days=20)
    assert await said(here) == []
    here.move(days=9)
    assert await said(here) == [("needs", True)]
    (need,) = await here.do(needs.read_needs, opportunity_id)
    await here.do(needs.answer_need, opportunity_id, need.id, "promised", "")
    assert await said(here) == [("needs", True), ("needs", False)]


async def test_peo_05_a_session_is_soon_then_its_register_waits_until_every_line_is_written_then_its_ending(
    here: World,
):
    opportunity_id = await here.published()
    (session_id,) = await here.session_ids(opportunity_id)
    taken = [await here.do(taking.take_place, opportunity_id, someone(), [], "") for _ in range(2)]
    here.move(days=34)
    assert await said(here) == [("session", True)]
    here.move(days=1, minutes=10)
    assert sorted((await said(here))[1:]) == [("register", True), ("session", False)]
    here.move(hours=3)
    await here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(taken[0], True, 90)])
    assert (await said(here))[3:] == [("ending", True)]
    await here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(taken[1], False, 0)])
    assert (await said(here))[4:] == [("register", False)]
    await here.do(ending.finish, opportunity_id)
    assert (await said(here))[5:] == [], "OPP-12: what is missing stays listed until it is closed"
    await here.do(ending.close, opportunity_id)
    assert (await said(here))[5:] == [("ending", False)]
    events = [event for event in await here.events("work-waits") if event["kind"] == "register"]
    assert [event["version"] for event in events] == [1, 2] and events[0]["about"] == str(session_id)


async def test_peo_05_a_session_that_moves_has_another_last_moment_and_one_that_is_cancelled_waits_no_more(here: World):
    opportunity_id = await here.published(notice_reason="We heard today.", in_days=1)
    (session_id,) = await here.session_ids(opportunity_id)
    await here.do(say_what_waits, POLICY)
    await here.do(lambda tx: tx.execute(_LATER, {"id": session_id}))
    await here.do(say_what_waits, POLICY)
    first, second = [event["due_at"] for event in await here.events("work-waits")]
    assert first < second
    await here.do(changing.cancel, opportunity_id, "The room flooded.")
    assert (await said(here))[-1] == ("session", False)


async def test_peo_05_a_session_that_a_coordinator_moves_has_its_new_moment_at_once(here: World):
    opportunity_id = await here.published(notice_reason="We heard today.", in_days=1)
    (session_id,) = await here.session_ids(opportunity_id)
    await here.do(say_what_waits, POLICY)
    (session,) = await here.dicts("SELECT * FROM sessions")
    plan = NewSession(
        session["starts_at"] + timedelta(hours=3),
        session["ends_at"] + timedelta(hours=3),
        session["venue"],
        session["joining"],
    )
    await here.do(
        changing.change_session, opportunity_id, session_id, plan, "The room.", here.service.settings.host, POLICY
    )
    assert [event["due_at"] for event in await here.events("work-waits")][1:] == [
        plan.starts_at.isoformat().replace("+00:00", "Z")
    ]


async def test_peo_05_the_page_of_a_session_that_is_soon_says_what_to_get_ready(here: World):
    opportunity_id = await here.published()
    async with client_of(here.app) as client:
        signed_in(client, "coordinator")
        url = f"/opportunities/staff/{opportunity_id}"
        assert "Get ready" not in (await client.get(url)).text
        here.move(days=34)
        page = (await client.get(url)).text
        assert "Get ready" in page and "Check that what people need is ready" in page and "/register/print" in page
        here.move(days=2)
        assert "Get ready" not in (await client.get(url)).text


async def test_peo_05_bookings_to_cancel_wait_until_they_are_ticked_off(here: World):
    opportunity_id = await here.published()
    await here.do(taking.take_place, opportunity_id, someone(), ["interpreter"], "")
    (need,) = await here.do(needs.read_needs, opportunity_id)
    await here.do(needs.answer_need, opportunity_id, need.id, "met", "")
    await here.do(changing.cancel, opportunity_id, "The room flooded.")
    assert await said(here) == [("bookings", True)]
    (booking,) = await here.do(bookings.read_bookings, opportunity_id)
    await here.do(bookings.tick_off, opportunity_id, booking.id)
    assert await said(here) == [("bookings", True), ("bookings", False)]


_LATER = text(
    "UPDATE sessions SET starts_at = starts_at + interval '2 hours', ends_at = ends_at + interval '2 hours' WHERE id "
    "= :id"
)


async def scanned(here: World, statement: Any, **values: Any) -> set[str]:
    """The tables that PostgreSQL cannot but read from end to end for it."""

    async def work(tx: Any) -> Any:
        await tx.execute(text("SET LOCAL enable_seqscan = off"))
        rows = await tx.all(text("EXPLAIN (FORMAT JSON) " + statement.text), values)
        return rows[0][0]

    found: set[str] = set()

    def look(node: Any) -> None:
        if node.get("Node Type") == "Seq Scan":
            found.add(node["Relation Name"])
        for below in node.get("Plans", []):
            look(below)

    look((await here.do(work))[0]["Plan"])
    return found


async def test_the_job_looks_at_what_may_still_wait_and_never_again_at_what_is_done(here: World):
    await here.published()
    past = """
    WITH o AS (INSERT INTO opportunities (id, version, state, title, kind, mode, paid, created_at, published_at,
      cancelled_at, cancelled_because,
                                          actor_kind)
    SELECT gen_random_uuid(), 2, CASE WHEN n % 2 = 0 THEN 'finished' ELSE 'cancelled' END, 'Past ' || n, 'workshop',
      'online', false, now(), now(),
           CASE WHEN n % 2 = 0 THEN NULL ELSE now() - interval '5 days' END,
           CASE WHEN n % 2 = 0 THEN '' ELSE 'The room flooded.' END, 'system' FROM generate_series(1, 5000) AS n
             RETURNING id)
    INSERT INTO sessions (id, opportunity_id, starts_at, ends_at, venue)
    SELECT gen_random_uuid(), id, now() - interval '9 days', now() - interval '8 days', 'Online' FROM o"""
    await here.write(past)
    await here.do(say_what_waits, POLICY)
    assert await here.dicts("SELECT count(*) AS n FROM sessions WHERE NOT register_full") == [{"n": 1}]
    now = {"now": here.now, "only": None, "needs_until": here.now, "soon_until": here.now, "ending_days": 14}
    assert not await scanned(here, use_cases._WAITS, **now)  # pyrefly: ignore
    assert not await scanned(here, use_cases._FULL, a_day_ago=here.now)  # pyrefly: ignore


async def test_peo_05_a_register_with_a_line_missing_waits_however_long(here: World):
    opportunity_id = await here.published()
    taken = await here.do(taking.take_place, opportunity_id, someone(), [], "")
    (session_id,) = await here.session_ids(opportunity_id)
    here.move(days=300)
    assert ("register", True) in await said(here)
    assert await here.dicts("SELECT register_full FROM sessions") == [{"register_full": False}]
    await here.do(ending.finish, opportunity_id)
    await here.do(attendance.record_attendance, opportunity_id, session_id, [Entry(taken, True, 90)])
    assert ("register", False) in await said(here)
    assert await here.dicts("SELECT register_full FROM sessions") == [{"register_full": True}]


async def test_opp_11_the_statement_says_as_the_rule_does_who_had_a_place(here: World):
    session, begins = new_id(), datetime(2027, 3, 1, 10, tzinfo=UTC)
    ends = begins + timedelta(hours=1)
    moments = (None, begins - timedelta(hours=1), begins, begins + timedelta(minutes=1), ends)
    cases = list(product(moments, moments, (None, session, new_id())))
    holds = f"""
        SELECT coalesce({HAD_A_PLACE}, false) AS had
          FROM (SELECT CAST(:session AS uuid) AS id, CAST(:it AS uuid) AS opportunity_id,
                       CAST(:begins AS timestamptz) AS starts_at, CAST(:ends AS timestamptz) AS ends_at) s,
               unnest(CAST(:taken AS timestamptz[]), CAST(:left AS timestamptz[]), CAST(:only AS uuid[]))
                 WITH ORDINALITY AS of_it (taken_at, ended_at, only_session_id, nth),
               LATERAL (SELECT of_it.*, s.opportunity_id) p
         ORDER BY of_it.nth"""
    taken, left, only = zip(*cases, strict=True)
    values = {"session": session, "it": new_id(), "begins": begins, "ends": ends}
    said = await here.rows(holds, **values, taken=list(taken), left=list(left), only=list(only))
    assert [row.had for row in said] == [is_on_register(Holding(*case), session, begins, ends) for case in cases]
