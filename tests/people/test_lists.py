"""The staff's list of people is never cut off silently, however many there are."""

import re

import pytest

import shared.paging
from services.people import queries
from shared.db import new_id
from shared.identity import SignIn
from shared.web.searches import MOST_OF_ONE, HeldSearches
from tests.people.support import World
from tests.support.apps import signed_in
from tests.support.lists import assert_each_once, walk

MANY = 33_500

_MANY = """
INSERT INTO people (id, version, name, known_as, phone, area, roles, channels, opted_out, discreet, format, paused,
  joined_at)
SELECT gen_random_uuid(), 1, CASE WHEN n % 2 = 0 THEN 'Ash ' || n ELSE 'ash ' || n END, '', '', '',
  ARRAY['participant'], ARRAY['in-app'], '{}',
       false, 'plain', false, now()
  FROM generate_series(1, :many) AS n
"""


async def test_every_one_of_many_people_is_on_some_page_once_and_found_by_name(people: World) -> None:
    await people.write(_MANY, many=MANY)
    database = people.service.database
    seen: list[str] = []
    after = None
    for _ in range(3):
        rows = await database.read(lambda tx, after=after: queries.everyone(tx, after=after))
        assert len(rows) == queries.MOST_PEOPLE + 1
        seen += [row.name for row in rows[: queries.MOST_PEOPLE]]
        after = rows[queries.MOST_PEOPLE - 1].id
    assert len(set(seen)) == 3 * queries.MOST_PEOPLE and seen == sorted(seen, key=str.lower)
    (one,) = await database.read(lambda tx: queries.everyone(tx, "ASH 33499"))
    assert one.name == "ash 33499"
    ids = [row.id for row in await people.rows("SELECT id FROM people")]
    cards = await database.read(lambda tx: queries.cards(tx, "opportunities", ids))
    assert len(cards) == MANY


async def test_the_page_links_to_the_next_and_finds_by_a_part_of_the_name(people: World) -> None:
    await people.write(_MANY, many=queries.MOST_PEOPLE + 1)
    signed_in(people.client, "coordinator")
    first = (await people.client.get("/people/staff/people")).text
    assert "More people" in first
    found = (await _look_for(people, "ash 77"))[1]
    assert "ash 77" in found and "More people" not in found
    assert "ash 77" in (await _look_for(people, "\x00ash  77"))[1]
    assert "Nobody by that name" in (await _look_for(people, "100%"))[1]


async def _look_for(people: World, name: str) -> tuple[str, str]:
    """The address that shows what is found, and the page."""
    answer = await people.client.post("/people/staff/people/search", data={"name": name})
    assert answer.status_code == 303
    where = answer.headers["location"]
    return where, (await people.client.get(where)).text


async def test_a_name_looked_for_stands_in_no_address_and_back_reload_and_the_next_page_show_it_again(
    people: World,
) -> None:
    await people.write(_MANY, many=queries.MOST_PEOPLE + 50)
    signed_in(people.client, "coordinator")
    where, first = await _look_for(people, "aSh")
    assert "ash" not in where.lower() and 'value="aSh"' in first
    other, _ = await _look_for(people, "nobody")
    assert (await people.client.get(where)).text.count("<tr") == first.count("<tr"), (
        "Back to the first, after another in another tab"
    )
    (more,) = re.findall(r'href="([^"]*after=[^"]*)"', first)
    more = more.replace("&amp;", "&")
    assert "ash" not in more.lower()
    second = (await people.client.get(more)).text
    assert 'value="aSh"' in second and 50 < second.count("<tr") <= 52 and "More people" not in second
    assert "Nobody by that name" in (await people.client.get(other)).text


async def test_who_signs_in_next_does_not_see_what_the_one_before_looked_for(people: World) -> None:
    await people.write(_MANY, many=3)
    signed_in(people.client, "coordinator")
    where, _ = await _look_for(people, "ash 3")
    signed_in(people.client, "coordinator")
    shown = (await people.client.get(where)).text
    assert "Write the name again" in shown and 'value="ash 3"' not in shown and "Ash 2" in shown


def test_searches_are_bounded_and_forgotten_after_half_an_hour() -> None:
    now = 0.0
    held, who = HeldSearches(lambda: now), SignIn(new_id(), new_id(), frozenset())
    keys = [held.hold(str(number), who) for number in range(MOST_OF_ONE + 1)]
    assert held.find(keys[0], who) is None and held.find(keys[1], who) == "1"
    now = 1800.0
    assert held.find(keys[-1], who) is None


_SIGN_INS = """
INSERT INTO sessions (id, person_id, began_at, expires_at, device)
SELECT gen_random_uuid(), CAST(:person AS uuid), now() - make_interval(mins => n % 3), now() + interval '1 hour',
  'Browser ' || n
  FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
"""
_DOORS = """
INSERT INTO doors (id, client, opened_by, opened_at, until)
SELECT gen_random_uuid(), decode(md5(n::text), 'hex'), (SELECT id FROM people LIMIT 1),
       now(), now() + make_interval(mins => 60 + n % 3)
  FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
"""


async def test_everywhere_that_somebody_is_signed_in_is_shown(people: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.paging, "A_PAGE", 5)
    await people.write(_MANY, many=1)
    [row] = await people.rows("SELECT id FROM people")
    await people.write(_SIGN_INS, person=row.id, first=1, last=12)
    wanted = [str(session.id) for session in await people.rows("SELECT id FROM sessions")]
    signed_in(people.client, "participant", person_id=row.id)
    more = lambda page: people.write(_SIGN_INS, person=row.id, first=20 + page, last=20 + page)  # noqa: E731
    assert_each_once(
        await walk(people.client, "/people/me/sign-ins", r"/people/me/sign-ins/([0-9a-f-]{36})/end", more), wanted
    )


async def test_every_open_door_is_shown_and_the_one_here_is_known_on_each_page(
    people: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared.paging, "A_PAGE", 5)
    await people.write(_MANY, many=1)
    [row] = await people.rows("SELECT id FROM people")
    signed_in(people.client, "coordinator", person_id=row.id)
    await people.client.post("/people/staff/door")
    await people.write(_DOORS, first=1, last=12)
    wanted = [str(door.id) for door in await people.rows("SELECT id FROM doors")]
    assert "The door is open where you are." in (await people.client.get("/people/staff/door")).text
    more = lambda page: people.write(_DOORS, first=20 + page, last=20 + page)  # noqa: E731
    assert_each_once(
        await walk(people.client, "/people/staff/door", r"/people/staff/door/([0-9a-f-]{36})/close", more), wanted
    )
