"""PEO-05: whoever has several places sees all their dates in one list, those with other organisations too."""

from uuid import UUID

from bs4 import BeautifulSoup

from services.opportunities.places.queries import how_full
from services.opportunities.places.use_cases import taking
from services.opportunities.publishing.use_cases import changing
from services.opportunities.sharing.use_cases import sharing
from services.opportunities.words.domain import Offer
from services.opportunities.writing.tables import opportunities
from shared.db import new_id
from shared.identity import Role
from tests.opportunities.support import World, someone
from tests.support.apps import client_of, signed_in


async def test_peo_05_my_places_begin_with_every_date(here: World) -> None:
    me = new_id()
    for title, weeks in (("Later", 3), ("Sooner", 1)):
        opportunity_id = await here.published(in_days=14 + 7 * weeks, number=2)
        await here.do(lambda tx, it=opportunity_id, title=title: tx.execute(domain_title(it, title)))
        await here.do(taking.take_place, opportunity_id, someone(me), [], "")
    async with client_of(here.app) as client:
        signed_in(client, Role.PARTICIPANT, person_id=me)
        words = (await client.get("/opportunities/mine")).text
    listed = words[words.index("All your dates") : words.index("All your places")]
    assert listed.count("<li>") == 4 and listed.index("Sooner") < listed.index("Later")
    assert "and 1 more date" not in words, "the list of dates says them"


async def test_opp_19_a_cancelled_session_stays_under_my_places_marked_until_its_day_has_passed(here: World) -> None:
    me, other = new_id(), new_id()
    opportunity_id = await here.published(number=2)
    await here.do(taking.take_place, opportunity_id, someone(me), [], "")
    first, _ = await here.session_ids(opportunity_id)
    await here.do(changing.cancel_session, opportunity_id, first, "The room is flooded.", here.service.settings.host)
    await here.do(taking.take_place, opportunity_id, someone(other), [], "")
    async with client_of(here.app) as client:

        async def dates(person: UUID) -> list[str]:
            signed_in(client, Role.PARTICIPANT, person_id=person)
            listed = BeautifulSoup((await client.get("/opportunities/mine")).text, "html.parser")
            return [each.get_text() for each in listed.select("ul[aria-labelledby=dates] li")]

        mine = await dates(me)
        assert [("Cancelled" in each) for each in mine] == [True, False]
        assert ["Cancelled" in each for each in await dates(other)] == [False], "cancelled before they had a place"
        here.move(days=36)
        assert ["Cancelled" in each for each in await dates(me)] == [False], "its day has passed"
        await here.do(changing.cancel, opportunity_id, "It will not happen.")
        assert ["Cancelled" in each for each in await dates(me)] == [True], "the whole"


def domain_title(opportunity_id, title):
    from sqlalchemy import update

    return update(opportunities).where(opportunities.c.id == opportunity_id).values(title=title)


async def test_net_01_only_what_changed_is_looked_at_again(here: World, monkeypatch) -> None:
    """The job counted the places of everything open each time."""
    shared = [await here.published() for _ in range(3)]
    for opportunity_id in shared:
        await here.do(sharing.share, opportunity_id, Offer("none", 0), here.service.settings.host)
    host, looked, really = here.service.settings.host, [], how_full.fullness_of_each

    async def noted(tx, rows):
        looked.extend(row.id for row in rows)
        return await really(tx, rows)

    monkeypatch.setattr(sharing, "fullness_of_each", noted)
    await here.do(sharing.refresh_shared, host)
    looked.clear()
    await here.do(sharing.refresh_shared, host)
    assert looked == []
    await here.do(taking.take_place, shared[1], someone(), [], "")
    looked.clear()  # taking a place counts them, too
    await here.do(sharing.refresh_shared, host)
    await here.do(sharing.refresh_shared, host)
    assert looked == [shared[1]]
