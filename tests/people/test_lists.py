"""The staff's list of people is never cut off silently, however many there are."""

from services.people import queries
from tests.people.support import People
from tests.support.apps import signed_in

MANY = 33_500

_MANY = """
INSERT INTO people (id, version, name, known_as, phone, area, roles, channels, opted_out, discreet, format, paused, joined_at)
SELECT gen_random_uuid(), 1, CASE WHEN n % 2 = 0 THEN 'Ash ' || n ELSE 'ash ' || n END, '', '', '', ARRAY['participant'], ARRAY['in-app'], '{}',
       false, 'plain', false, now()
  FROM generate_series(1, :many) AS n
"""


async def test_every_one_of_many_people_is_on_some_page_once_and_found_by_name(people: People) -> None:
    await people.write(_MANY, many=MANY)
    database = people.app.state.service.database
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


async def test_the_page_links_to_the_next_and_finds_by_a_part_of_the_name(people: People) -> None:
    await people.write(_MANY, many=queries.MOST_PEOPLE + 1)
    signed_in(people.client, "coordinator")
    first = (await people.client.get("/people/staff/people")).text
    assert "More people" in first
    found = (await people.client.get("/people/staff/people", params={"name": "ash 77"})).text
    assert "ash 77" in found and "More people" not in found
    assert "ash 77" in (await people.client.get("/people/staff/people?name=%00ash%20%2077")).text
    assert "Nobody by that name" in (await people.client.get("/people/staff/people", params={"name": "100%"})).text
