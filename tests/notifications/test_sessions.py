"""What a session says of itself, in every order and more than once (OPP-16, OPP-19)."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from httpx import AsyncClient

from services.notifications.queries.what_comes import what_is_next
from shared.clock import moment
from shared.db import new_id
from shared.events import Event
from shared.events.opportunities import OpportunityCreated, SessionAdded, SessionCancelled, SessionChanged
from shared.reasons import NotYet
from tests.notifications.changes import QUIET
from tests.notifications.support import SOON, World, changed, moved, opportunity_created, place_taken, session
from tests.notifications.test_pages import client  # noqa: F401
from tests.support.apps import signed_in


def added(of: OpportunityCreated, version: int = 1, at: int = 1) -> SessionAdded:
    first = of.sessions[0]
    return SessionAdded(version=version, opportunity_version=at, opportunity_id=of.opportunity_id, **first.model_dump())


def session_moved(of: OpportunityCreated, days: int, version: int, at: int) -> SessionChanged:
    """Its first session, to so many days after what `of` says, a day later than until then."""
    first, by = of.sessions[0], timedelta(days=days)
    now = {"starts_at": first.starts_at + by, "ends_at": first.ends_at + by}
    was = {"was_starts_at": now["starts_at"] - timedelta(days=1), "was_ends_at": now["ends_at"] - timedelta(days=1)}
    facts: dict[str, Any] = added(of, version, at).model_dump() | now | was
    return SessionChanged(**facts, moved_at=SOON - timedelta(days=9))


def session_cancelled(of: OpportunityCreated, version: int, at: int) -> SessionCancelled:
    first = of.sessions[0]
    return SessionCancelled(
        version=version,
        session_id=first.session_id,
        opportunity_id=of.opportunity_id,
        session_date=first.starts_at.date(),
        starts_at=first.starts_at,
        cancelled_at=SOON - timedelta(days=3),
        planned_minutes=90,
        paid=True,
        places=(),
        cancelled_by=new_id(),
        opportunity_version=at,
    )


async def hear_all(world: World, *events: Event) -> None:
    """As the stream brings them: each again and again until it is heard, and each once more."""
    waiting = [*events]
    while waiting:
        later = []
        for event in waiting:
            try:
                await world.hear(event)
                await world.hear(event)
            except NotYet:
                later.append(event)
        assert later != waiting, "nothing is heard any more"
        waiting = later


async def test_opp_16_the_first_page_says_when_a_moved_session_was_to_be_in_every_order(world: World):
    for order in permutations(range(4)):
        person = await world.knows(**QUIET)
        of = opportunity_created()
        await world.hear(of, place_taken(of, person))
        one, two = (changed(of, at, "time", sessions=moved(of, SOON + timedelta(days=at - 1))) for at in (2, 3))
        events = [one, session_moved(of, 1, 2, 2), two, session_moved(of, 2, 3, 3)]
        await hear_all(world, added(of), *(events[each] for each in order))
        [coming] = await world.read(what_is_next, person)
        assert (coming.starts_at, coming.was_starts_at) == (
            SOON + timedelta(days=2),
            SOON + timedelta(days=1),
        ), order


async def test_opp_16_a_session_never_takes_from_its_opportunitys_news_what_was(world: World):
    person = await world.knows(**QUIET)
    of = opportunity_created()
    await world.hear(of, place_taken(of, person))
    with pytest.raises(NotYet):
        await world.hear(session_moved(of, 1, 2, 2))
    await world.hear(changed(of, 2, "time", sessions=moved(of, SOON + timedelta(days=1))))
    (told,) = await world.rows(
        "SELECT facts FROM messages WHERE template = 'opportunity-changed' AND channel = 'email'"
    )
    assert [each["starts_at"] for each in told.facts["were"]] == [SOON.isoformat()]


async def test_opp_16_an_organisation_whose_sessions_say_nothing_goes_on(world: World):
    person = await world.knows(**QUIET)
    of = opportunity_created()
    await world.hear(of, place_taken(of, person), changed(of, 2, "time", sessions=moved(of, SOON + timedelta(days=1))))
    [coming] = await world.read(what_is_next, person)
    assert (coming.starts_at, coming.was_starts_at) == (SOON + timedelta(days=1), None)
    await world.hear(session_cancelled(of, 1, 0))
    assert len(await world.read(what_is_next, person)) == 1, "its opportunity says so, and tells people"


async def test_opp_19_a_session_that_nobody_had_to_be_told_of_is_gone_and_stays_so(world: World):
    for order in permutations(range(3)):
        of = opportunity_created(sessions=(session(), session(SOON + timedelta(days=7))))
        move = changed(of, 2, "time", sessions=moved(of, SOON + timedelta(days=1)))
        events = [move, session_moved(of, 1, 2, 2), session_cancelled(of, 3, 2)]
        await hear_all(world, of, *(events[each] for each in order))
        left = await world.rows("SELECT session_id FROM sessions WHERE opportunity_id = :id", id=of.opportunity_id)
        assert [row.session_id for row in left] == [of.sessions[1].session_id], order


async def test_opp_16_the_first_page_in_words(client: AsyncClient, world: World):
    person = await world.knows(**QUIET)
    of = opportunity_created()
    await world.hear(of, place_taken(of, person), changed(of, 2, "place"), added(of))
    signed_in(client, "participant", person_id=person)
    assert "This has moved." not in (await client.get("/")).text
    await world.hear(changed(of, 3, "time", sessions=moved(of, SOON + timedelta(days=1))), session_moved(of, 1, 2, 3))
    assert f"This has moved. It was to be on {moment(SOON)}." in (await client.get("/")).text
