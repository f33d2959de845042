"""How many places guests of an organisation that nobody trusts may have, and how a coordinator takes one off (OPP-05,
NET-02)."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.opportunities.places.domain.guests import (
    MOST_REQUESTS_A_DAY,
    PLACES_UNTIL_TRUSTED,
    is_kept_back,
    reason_to_refuse_today,
    reasons_not_to_take_off,
)
from services.opportunities.places.queries.how_full import opportunity
from services.opportunities.places.queries.own import own_place
from services.opportunities.places.use_cases import taking
from services.opportunities.sharing.use_cases import host, sharing
from services.opportunities.words.domain import Offer, Policy
from shared.events import network
from shared.identity import Role
from shared.reasons import Missing, Refused
from tests.opportunities.border import SealedContents, two_organisations  # noqa: F401
from tests.opportunities.listings.test_held_listings import visitor
from tests.opportunities.sharing.test_guests_here import answers, request
from tests.opportunities.support import World, someone, trust_neighbours
from tests.opportunities.two_organisations import Region, ask, guest_of, guest_place, hear
from tests.support.servers import ORGANISATION

REASON = "We think that this guest was made up."


async def announced(two: Region, origin: str = "viewpoint") -> None:
    facts = {"version": 1, "organisation_id": network.organisation_id(origin), "origin": origin}
    said = network.OrganisationAnnounced(**facts, display_name=origin.title(), url=f"https://{origin}.example")
    await hear(two.organisations["sun"], said, two.gateways["sun"])


async def invented(two: Region, opportunity_id: UUID, number: int, **more: Any) -> list[UUID]:
    return [await request(two, opportunity_id, code=f"G-{letter * 4}", **more) for letter in "ABCDEFGHJKMN"[:number]]


async def states(two: Region) -> list[str]:
    rows = await two.organisations["sun"].dicts("SELECT state FROM places ORDER BY queue_number")
    return [row["state"] for row in rows]


def test_net_02_an_organisation_that_nobody_trusts_has_a_few_places_at_once() -> None:
    assert not is_kept_back(PLACES_UNTIL_TRUSTED - 1, trusted=False) and is_kept_back(
        PLACES_UNTIL_TRUSTED, trusted=False
    )
    assert not is_kept_back(99, trusted=True)
    assert reason_to_refuse_today(MOST_REQUESTS_A_DAY - 1) == ""
    assert "Please ask again tomorrow" in reason_to_refuse_today(MOST_REQUESTS_A_DAY)


def test_net_02_a_guest_is_taken_off_while_there_is_something_to_take_with_a_reason() -> None:
    assert reasons_not_to_take_off("taken", False, REASON) == []
    for refused in (
        reasons_not_to_take_off("left", False, REASON),
        reasons_not_to_take_off("taken", True, REASON),
        reasons_not_to_take_off("waiting", False, " "),
    ):
        assert [reason.rule for reason in refused] == ["NET-02"]


@pytest.mark.parametrize("capacity", [5, None])
async def test_opp_05_invented_guests_take_a_few_places_and_keep_nobody_else_waiting(two: Region, capacity: int | None):
    sun = two.organisations["sun"]
    opportunity_id = await sun.published(capacity=capacity)
    await two.listed("sun", opportunity_id)
    await announced(two)
    made_up = await invented(two, opportunity_id, 6)
    assert await states(two) == ["taken"] * 3 + ["waiting"] * 3
    assert [(await answers(two, each))[-1][0] for each in made_up] == ["taken"] * 3 + ["waiting"] * 3
    positions = [event["position"] for event in await sun.events("guest-answered")]
    assert positions == [None, None, None, 1, 2, 3]
    ours = [await sun.do(taking.take_place, opportunity_id, someone(), [], "") for _ in range(2)]
    assert (await states(two))[6:] == ["taken", "taken"] and len(ours) == 2
    await sun.do(taking.offer_freed_places, Policy())
    assert (await states(two))[3:6] == ["waiting"] * 3
    full = await sun.read(opportunity, opportunity_id)
    assert (full.taken, full.waiting, full.free) == (5, 3, 0 if capacity else None)
    assert await sun.broken() == {}


async def test_opp_05_nobody_of_ours_has_a_higher_number_for_guests_who_are_kept_back(two: Region):
    sun = two.organisations["sun"]
    opportunity_id = await sun.published(capacity=4)
    await two.listed("sun", opportunity_id)
    await announced(two)
    await invented(two, opportunity_id, 6)
    await sun.do(taking.take_place, opportunity_id, someone(), [], "")
    whom = someone()
    place_id = await sun.do(taking.take_place, opportunity_id, whom, [], "")
    assert [event["position"] for event in await sun.events("place-queued")][-1] == 1
    assert (await sun.read(own_place, place_id, whom)).position == 1
    await sun.do(trust_neighbours, "viewpoint")
    assert (await sun.read(own_place, place_id, whom)).position == 4


async def test_opp_05_a_guest_who_was_kept_back_is_offered_a_place_once_the_home_is_trusted(two: Region):
    sun = two.organisations["sun"]
    opportunity_id = await sun.published(capacity=5)
    await two.listed("sun", opportunity_id)
    await announced(two)
    made_up = await invented(two, opportunity_id, 6)
    await sun.do(host.trust, "viewpoint", trusted=True, policy=Policy())
    assert await states(two) == ["taken"] * 3 + ["offered"] * 2 + ["waiting"]
    assert [state for state, _ in await answers(two, made_up[3])] == ["waiting", "offered"]


async def test_net_02_more_requests_than_a_home_can_mean_are_refused_for_the_day_in_words(
    two: Region, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("services.opportunities.places.domain.guests.MOST_REQUESTS_A_DAY", 2)
    sun = two.organisations["sun"]
    first, second = await sun.published(), await sun.published()
    for each in (first, second):
        await two.listed("sun", each)
    await announced(two)
    await request(two, first, code="G-AAAA")
    again = await request(two, second, code="G-BBBB")
    await request(two, second, again, version=2, code="G-BBBB", needs=["breaks"])
    [(state, why)] = await answers(two, await request(two, first, code="G-CCCC"))
    assert state == "refused" and "ask again tomorrow" in why
    assert [state for state, _ in await answers(two, await request(two, first, origin="suffolk", code="G-DDDD"))] == [
        "taken"
    ]
    two.move(days=1)
    assert [state for state, _ in await answers(two, await request(two, first, code="G-EEEE"))] == ["taken"]
    assert await sun.broken() == {}


async def test_net_02_a_guest_who_is_taken_off_reads_why_at_home_and_the_next_is_offered_the_place(two: Region):
    sun, viewpoint, whom = two.organisations["sun"], two.organisations["viewpoint"], guest_of("viewpoint")
    opportunity_id = await sun.published(capacity=1)
    there = await ask(viewpoint, await two.listed("sun", opportunity_id), whom, "breaks")
    await two.carry()
    assert (await guest_place(viewpoint, there)).state == "taken"
    next_one = await sun.do(taking.take_place, opportunity_id, someone(), [], "")
    [guest] = await sun.dicts("SELECT id FROM places WHERE participant_kind = 'guest'")
    by = sun.service.settings
    await sun.do(host.take_off, opportunity_id, guest["id"], REASON, by.policy, by.host)
    assert [event["place_id"] for event in await sun.events("place-offered")] == [str(next_one)]
    await two.carry()
    place = await guest_place(viewpoint, there)
    assert (place.state, place.reason) == ("refused", REASON)
    [told] = await viewpoint.events("place-refused")
    assert told["had_place"] is True and await viewpoint.events("place-left") == []
    assert await sun.broken() == {} == await viewpoint.broken()


async def test_net_02_nobody_is_taken_off_but_guests_of_this_opportunity(two: Region):
    sun = two.organisations["sun"]
    opportunity_id, other = await sun.published(), await sun.published()
    await two.listed("sun", opportunity_id)
    await request(two, opportunity_id)
    ours = await sun.do(taking.take_place, opportunity_id, someone(), [], "")
    [guest] = await sun.dicts("SELECT id FROM places WHERE participant_kind = 'guest'")
    by = sun.service.settings
    for place_id, where in ((ours, opportunity_id), (guest["id"], other), (uuid4(), opportunity_id)):
        with pytest.raises(Missing):
            await sun.do(host.take_off, where, place_id, REASON, by.policy, by.host)
    with pytest.raises(Refused):
        await sun.do(host.take_off, opportunity_id, guest["id"], "Ring 07700 900987.", by.policy, by.host)


async def test_net_02_a_coordinator_reads_who_is_kept_back_and_takes_a_guest_off_on_a_page(here: World):
    opportunity_id = await here.published(capacity=9)
    await here.do(sharing.share, opportunity_id, Offer(), here.service.settings.host)
    for _ in range(4):
        facts = {"guest_id": uuid4(), "opportunity_id": opportunity_id, "to": ORGANISATION, "origin": "viewpoint"}
        whole = {"code": "G-7F3K", "needs": [], "duty_number": ""}
        letters = SealedContents(here, ("viewpoint", facts["guest_id"], 1, whole))
        await here.hear(network.GuestRequested(version=1, **facts), asking=letters)
    async with visitor(here, Role.COORDINATOR) as client:
        page = f"/opportunities/staff/{opportunity_id}"
        shown = (await client.get(page)).text
        assert shown.count("Kept back") == 1 and "At most 3 of its guests have a place here at once" in shown
        path = re.findall(rf'{page}/guests/[^"]+', shown)[0]
        assert "A guest from viewpoint" in (await client.get(path)).text
        other = await here.published(title="Another talk")
        assert (await client.get(path.replace(str(opportunity_id), str(other)))).status_code == 404
        refused = await client.post(path, data={"reason": ""})
        assert (refused.status_code, "Write why" in refused.text) == (422, True)
        assert (await client.post(path, data={"reason": REASON})).status_code == 303
        assert "no place here any more" in (await client.post(path, data={"reason": REASON})).text
    assert await here.broken() == {}
