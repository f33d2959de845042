"""Lists of what others share, and feeds, are whole: page by page, or in one file."""

from itertools import product
from typing import Any, get_args
from uuid import UUID
from xml.etree import ElementTree

import pytest
from icalendar import Calendar
from sqlalchemy import select

import shared.paging
from services.opportunities.feeds import queries
from services.opportunities.listings import tables
from services.opportunities.listings.domain import NetworkPolicy, Terms, is_agreed
from services.opportunities.listings.queries import agreed_to
from services.opportunities.words import domain
from services.opportunities.words.domain import Offer
from tests.opportunities.feeds.support import FEEDS, listing
from tests.opportunities.formats import ATOM, faults_of_atom
from tests.opportunities.support import World
from tests.support.apps import client_of, signed_in
from tests.support.lists import assert_each_once, walk

OPPORTUNITY = r'href="/opportunities/([0-9a-f-]{36})"'


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.paging, "A_PAGE", 5)
    monkeypatch.setattr(queries, "NEWS_A_PAGE", 5)


async def many(here: World, number: int, **values: Any) -> list[str]:
    return [str(await listing(here, in_days=40 + each % 3, **values)) for each in range(number)]


async def test_net_01_the_public_list_shows_all_that_is_on_ours_and_others_by_when_it_starts(here: World):
    ours = [str(await here.published()) for _ in range(3)]
    others = await many(here, 12)
    async with client_of(here.app) as visitor:

        async def more(_: int) -> None:
            await listing(here, in_days=30)
            await listing(here, in_days=60)

        seen = await walk(visitor, "/opportunities", OPPORTUNITY, more)
    assert_each_once(seen, ours + others)
    assert seen[:3] == sorted(ours), "ours are in 35 days"


async def test_net_03_coordinators_see_all_that_others_share_what_waits_for_them_first(here: World):
    held = await many(here, 4, held=True, hidden=True)
    waiting = await many(here, 7)
    agreed = await many(here, 7, funding="fees-and-expenses", expenses_cap_pence=5000)
    hidden = await many(here, 4, hidden=True)
    async with client_of(here.app) as coordinator:
        signed_in(coordinator, "coordinator")
        seen = await walk(
            coordinator, "/opportunities/staff/network", OPPORTUNITY, lambda _: listing(here, in_days=39, hidden=True)
        )
    assert_each_once(seen, held + waiting + agreed + hidden)
    assert [set(seen[:4]), set(seen[4:11]), set(seen[11:18])] == [set(held), set(waiting), set(agreed)]


async def test_net_03_what_is_agreed_is_the_same_in_sql_as_in_the_rule(here: World):
    offers = [Offer(funding, cap) for funding, cap in product(get_args(domain.Funding), (0, 1999, 2000, 2500))]
    said = [None, *(Terms(True, 1000, offer) for offer in offers), Terms(False, None, Offer("none", 0))]
    cases = {}
    for offer, agreed, rate in product(offers[::2] + offers[-1:], said[::2], (None, 1000, 2001)):
        values: dict[str, Any] = {
            "paid": rate is not None,
            "rate_pence": rate,
            "funding": offer.funding,
            "expenses_cap_pence": offer.expenses_cap_pence,
        }
        if agreed:
            values |= {
                "agreed_at": here.now,
                "agreed_rate_pence": agreed.rate_pence,
                "agreed_funding": agreed.offer.funding,
                "agreed_cap_pence": agreed.offer.expenses_cap_pence,
            }
        cases[await listing(here, **values)] = (Terms(rate is not None, rate, offer), agreed)
    for policy in (NetworkPolicy(), NetworkPolicy(agree="always"), NetworkPolicy(most_rate_pence=900)):
        query = select(tables.listings.c.id, agreed_to(policy).label("agreed"))
        in_sql = {row.id: row.agreed for row in await here.read(lambda tx, query=query: tx.all(query))}
        assert in_sql == {listing_id: is_agreed(terms, agreed, policy) for listing_id, (terms, agreed) in cases.items()}


async def test_net_01_the_calendar_holds_all_that_is_to_come_however_much_it_is(here: World):
    wanted = await many(here, 12)
    async with client_of(here.app) as visitor:
        entries = Calendar.from_ical((await visitor.get(f"{FEEDS}/network/calendar.ics")).content).walk("VEVENT")
    assert len(entries) == len(wanted)


async def test_net_01_the_news_feed_names_its_next_document_until_all_was_said(here: World):
    wanted = await many(here, 12)
    seen: list[str] = []
    url: str | None = f"{FEEDS}/network/atom.xml"
    async with client_of(here.app) as visitor:
        while url:
            content = (await visitor.get(url)).content
            assert faults_of_atom(content) == []
            document = ElementTree.fromstring(content)
            seen += [str(UUID(entry.findtext(f"{ATOM}id"))) for entry in document.findall(f"{ATOM}entry")]
            links = {link.get("rel"): link.get("href") for link in document.findall(f"{ATOM}link")}
            assert (links["self"] or "").removeprefix("https://localhost") == url
            assert ("first" in links) == ("after" in url)
            further = links.get("next")
            url = further.removeprefix("https://localhost") if further else None
            await listing(here, in_days=50)
    assert_each_once(seen, wanted)
