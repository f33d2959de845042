"""An organisation may call itself whatever it likes: nobody here reads a name that could be taken for another's before
a coordinator agreed to it, and coordinators always read which is which (NET-01)."""

import re
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import text

from services.gateway.announcing import announcement
from services.gateway.keys import new_network_keys, parse_keys
from services.opportunities.listings import domain, queries
from services.opportunities.listings.domain import Called, SaidOfItself
from services.opportunities.listings.use_cases import deciding, neighbours
from shared.events import network
from shared.reasons import Refused
from tests.opportunities.listings.support import POLICY, US, announced, hear, listing, shared
from tests.opportunities.listings.test_held_listings import visitor
from tests.opportunities.support import NOON, World, shown_listings
from tests.support.apps import running

VIEWPOINT = Called("viewpoint", "Viewpoint")
KNOWN = [US, VIEWPOINT, Called("sun", "SUN"), Called("suffolk", "Suffolk User Forum")]
ADDRESSES = ["https://osprey.test/a", "osprey.test", "www osprey", "help@osprey"]
NETWORK = "/opportunities/staff/network"
DIGITS = "11111 22222 33333 44444 55555 66666"


@pytest.mark.parametrize(
    "name",
    [
        "Viewpoint",
        "VIEW POINT",
        "View-Point.",
        "Víewpöint",
        "V1ewp0int",
        "Vlewpoint",
        "View\u200bpoint",
        "Ｖｉｅｗｐｏｉｎｔ",
        "Vıewpoınt",
        "Viewpoint (official)",
        "The Viewpoint Team",
        "View Point Trust",
        "viewpoint",
        "Veiwpoint",
        "Viewpint",
        "Viewpoints",
        "5UN",
        "$UN",
        "Sun",
        "SUN (Service Users)",
        "suffolk",
        "Suffolk",
        "The Test Voice",
        "the test-voice",
        "test",
        "Suffolk User Forurn",
        "SUNN",
        "SVN",
        "SUM",
        "SUN2",
        "5VN",
        "8UN",
        "Viewþoint",
        "Viewpoirit",
        "UUiewpoint",
        "Vi€wpoint",
        "Viewp°int",
        "Suffok Usr Form",
        "Suffolk User 4um",
        "SUN™",
        "SUNᵘᵏ",
        "SUN2026",
        "SUN4U",
        "SUNUK",
        "SUNNetwork",
        "theSUN",
        "SUNPayments",
        "SIJN",
        "SLIN",
    ],
)
def test_net_01_a_name_that_looks_like_anothers_or_ours_is_known(name: str) -> None:
    assert domain.taken_for(name, "viewpoint-2", KNOWN) is not None
    assert domain.is_like_anothers(name, "viewpoint-2", KNOWN)


@pytest.mark.parametrize("name", ["Viewрoint", "СУН", "★ ★", "Голос", "Us", "Safeguarding", "N.H.S.", *ADDRESSES])
def test_net_01_a_name_that_cannot_be_compared_or_speaks_as_us_is_looked_at(name: str) -> None:
    assert domain.is_like_anothers(name, "viewpoint-2", KNOWN)


@pytest.mark.parametrize("name", ["Fenland Friends", "Sunrise Voices", "Llais y Bobl", "Café Tŷ Gwyn", "User Voice"])
def test_net_01_any_other_name_is_its_own(name: str) -> None:
    assert not domain.is_like_anothers(name, "fenland", KNOWN)


def test_net_01_nobody_is_taken_for_themselves() -> None:
    assert not domain.is_like_anothers("Viewpoint", "viewpoint", KNOWN)


def test_net_01_a_name_like_anothers_is_looked_at_first_trusted_or_not() -> None:
    first, later = SaidOfItself("Voices", "https://v.example"), SaidOfItself("Viewpoint", "https://v.example")
    moved = replace(first, url="https://w.example")

    def looked_at(said: SaidOfItself, read: SaidOfItself | None, trusted: bool, alike: bool) -> bool:
        return domain.is_to_be_looked_at(said, read, trusted=trusted, alike=alike)

    assert not looked_at(first, None, False, False)
    assert looked_at(later, None, False, True)
    assert looked_at(later, None, True, True)
    assert looked_at(later, first, True, True)
    assert looked_at(later, first, False, False)
    assert not looked_at(later, first, True, False)
    assert not looked_at(later, later, False, True)  # a coordinator had agreed to it
    assert not looked_at(moved, first, True, True)
    assert looked_at(moved, first, False, True)


def test_net_01_an_organisation_is_new_for_a_month() -> None:
    assert domain.is_new(NOON, NOON)
    assert not domain.is_new(NOON - domain.NEW_FOR, NOON)
    assert not domain.is_new(None, NOON)


async def _announces(here: World, origin: str, name: str, version: int = 1, **more: str | bool) -> None:
    said = announced(version, origin, name, f"https://{origin}.example")
    await here.do(neighbours.hear_announced, said.model_copy(update=more), US)


async def _hub_brings(here: World, origin: str, name: str, url: str) -> network.OrganisationAnnounced:
    """An organisation that a hub has invented, with keys of its own; as our gateway says it to us."""
    own = parse_keys(new_network_keys())
    event = announcement(origin, name, url, 1, own).own_event()
    await here.do(neighbours.hear_announced, event, US)
    return event


async def _read(here: World) -> dict[str, str]:
    """What our people call each, by its short name."""
    return {row["origin"]: row["display_name"] for row in await here.dicts("SELECT * FROM organisations")}


def _words(page: httpx.Response) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page.text).split())


async def _network_page(here: World) -> str:
    async with running(here.app), visitor(here, "coordinator") as coordinator:
        return _words(await coordinator.get(NETWORK))


async def test_net_01_a_first_name_like_anothers_is_not_taken_until_a_coordinator_agreed(here: World) -> None:
    await _announces(here, "viewpoint", "Viewpoint")
    await _announces(here, "viewpoint-2", "Viewpoint", url="https://viewpoint.example")
    await _announces(here, "ours", "The Test  Voice")
    assert await _read(here) == {"viewpoint": "Viewpoint", "viewpoint-2": "viewpoint-2", "ours": "ours"}
    assert [each["origin"] for each in await here.events("listing-held")] == ["viewpoint-2", "ours"]
    assert [(each["origin"], each["display_name"]) for each in await here.events("organisation-named")] == [
        ("viewpoint", "Viewpoint"),
        ("viewpoint-2", "viewpoint-2"),
        ("ours", "ours"),
    ]
    event = shared(here, origin="viewpoint-2", host_name="Viewpoint", signed=True)
    await hear(here, event)
    await here.do(deciding.show, network.local_id("viewpoint-2", event.opportunity_id), read=1, policy=POLICY)
    assert [each.host_name for each in await here.read(shown_listings, POLICY)] == ["viewpoint-2"]
    assert [each["host_name"] for each in await here.events("opportunity-created")] == ["viewpoint-2"]

    await _announces(here, "viewpoint-2", "Viewpoint", 2, url="https://viewpoint.example")
    await here.do(neighbours.decide_name, "viewpoint-2", shown=False, read=2)
    await _announces(here, "viewpoint-2", "Viewpoint", 3, url="https://viewpoint.example")
    assert (await _read(here))["viewpoint-2"] == "viewpoint-2"
    assert len(await here.events("listing-held")) == 4  # two names, one of them said again, and one listing
    await here.do(neighbours.decide_name, "viewpoint-2", shown=True, read=3)
    assert (await _read(here))["viewpoint-2"] == "Viewpoint"
    (changed,) = await here.events("opportunity-changed")  # for copies elsewhere: nobody is told that anything changed
    assert (changed["host_name"], changed["changed"], changed["version"]) == ("Viewpoint", [], 4)
    said = [each for each in await here.events("organisation-named") if each["origin"] == "viewpoint-2"]
    assert said[-1]["display_name"] == "Viewpoint" and said[-1]["version"] > said[0]["version"]


async def test_net_01_a_trusted_neighbour_does_not_take_anothers_name_unseen(here: World) -> None:
    await _announces(here, "viewpoint", "Viewpoint")
    await _announces(here, "sun", "SUN")
    await here.do(neighbours.trust, "sun", trusted=True)
    await _announces(here, "sun", "View Point", 2)
    assert (await _read(here))["sun"] == "SUN"
    await _announces(here, "sun", "SUN Network", 3)
    assert (await _read(here))["sun"] == "SUN Network"
    assert len(await here.events("listing-settled")) == 1


async def test_net_01_the_name_of_an_organisation_that_the_hub_removed_stays_its_own(here: World) -> None:
    await _announces(here, "viewpoint", "Viewpoint")
    await here.do(lambda tx: tx.execute(text("UPDATE organisations SET removed = true")))
    await _announces(here, "viewpoint-2", "Viewpoint")
    assert (await _read(here))["viewpoint-2"] == "viewpoint-2"
    await _announces(here, "viewpoint", "Viewpoint", 2)
    assert (await _read(here))["viewpoint"] == "Viewpoint"


async def test_net_01_coordinators_read_which_of_two_is_which(here: World) -> None:
    await _announces(here, "viewpoint", "Viewpoint", fingerprint=DIGITS, signs=True)
    earlier = text("UPDATE organisations SET known_since = known_since - interval '31 days'")
    await here.do(lambda tx: tx.execute(earlier))
    impostor = await _hub_brings(here, "viewpoint-2", "Viewpoint", "https://viewpoint.example")
    await hear(here, shared(here, origin="viewpoint-2", host_name="Viewpoint", signed=False))
    page = await _network_page(here)
    known, false = page.split("Who may share with us")[1].split("Short name viewpoint-2")
    assert "Short name viewpoint Known since" in known and DIGITS in known and "Yes, they sign what they share" in known
    assert "New" not in known.split("Short name viewpoint")[1].split("Trust what")[0]
    assert "New" in false and impostor.fingerprint in false and DIGITS not in false
    assert "This name is like that of Viewpoint (viewpoint)" in false and "They call themselves “ Viewpoint ”" in false
    assert page.count("This name is like") == 2  # the other is on the card of what it shares
    assert "New Hosted by viewpoint-2, which calls itself “ Viewpoint ”" in page


async def test_net_01_whoever_agrees_to_pay_reads_who_it_is(here: World) -> None:
    await _announces(here, "viewpoint-2", "The Test Voice", fingerprint=DIGITS, signs=True)
    event = shared(here, origin="viewpoint-2", funding="none", expenses_cap_pence=0)
    await hear(here, event)
    listing_id = network.local_id("viewpoint-2", event.opportunity_id)
    await here.do(deciding.show, listing_id, read=1, policy=POLICY)
    async with running(here.app), visitor(here, "coordinator") as coordinator:
        page = _words(await coordinator.get(f"{NETWORK}/{listing_id}/agree"))
    assert "New Hosted by viewpoint-2, which calls itself “ The Test Voice ”" in page
    assert "This name is like our own" in page and DIGITS in page


async def test_net_01_nothing_of_whom_we_do_not_know_is_shown(here: World) -> None:
    await _announces(here, "viewpoint", "Viewpoint", signs=True)
    event = shared(here, origin="ghost", host_name="Viewpoint", signed=False)
    await hear(here, event)
    page = await _network_page(here)
    assert "Hosted by ghost, which calls itself “ Viewpoint ”" in page
    assert "We do not know who this is. Nobody has signed it." in page and "older program" not in page
    with pytest.raises(Refused, match="NET-01"):
        await here.do(deciding.show, network.local_id("ghost", event.opportunity_id), read=1, policy=POLICY)
    assert await here.read(shown_listings, POLICY) == []
    found = await listing(here, event)
    assert found is not None and found.host_name == "ghost"


async def test_net_01_what_nobody_was_told_of_counts_to_the_day_as_well(here: World) -> None:
    await _announces(here, "sun", "SUN")
    await here.do(neighbours.trust, "sun", trusted=True)
    policy = replace(POLICY, most_told_a_day=3)
    for _ in range(5):
        await hear(here, shared(here, funding="none", expenses_cap_pence=0), policy=policy)
    found, _ = await here.read(queries.listings_for_staff, policy)
    assert sorted(each.facts.held for each in found) == [False, False, False, True, True]
    here.move(days=1, minutes=1)
    await hear(here, shared(here, funding="none", expenses_cap_pence=0), policy=policy)
    found, _ = await here.read(queries.listings_for_staff, policy)
    assert [each.facts.held for each in found].count(True) == 2


async def test_net_01_a_name_that_only_waits_makes_no_other_wait(here: World) -> None:
    await _announces(here, "viewpoint", "Viewpoint")
    await _announces(here, "dv-typo", "Viewpoint Larch Road")
    await _announces(here, "larch", "Larch Road")
    await _announces(here, "dv-two", "DV Typo")
    found = {row["origin"]: row for row in await here.dicts("SELECT * FROM organisations")}
    assert found["dv-typo"]["waiting"] and not found["larch"]["waiting"] and not found["dv-two"]["waiting"]
    assert (found["larch"]["display_name"], found["dv-typo"]["display_name"]) == ("Larch Road", "dv-typo")
    warned = {each.facts.origin: each.taken_for for each in await here.read(queries.neighbours, US)}
    assert warned["larch"] is None and warned["dv-typo"] is not None
