"""Guests of other organisations at ours: what may come of a request, and when (NET-02, NET-04)."""

import asyncio
import contextlib
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.opportunities.consumers import answer_gateway
from services.opportunities.ending.use_cases import ending
from services.opportunities.invariants import INVARIANTS
from services.opportunities.places.queries import people
from services.opportunities.places.use_cases import home, taking
from services.opportunities.publishing.use_cases import changing
from services.opportunities.register.use_cases import attendance
from services.opportunities.register.use_cases.attendance import Entry
from services.opportunities.sharing.use_cases import sharing
from services.opportunities.writing.use_cases import NewSession
from shared.db import new_id
from shared.events import network
from shared.reasons import Refused
from tests.opportunities.border import SealedContents, arranged, two_organisations  # noqa: F401
from tests.opportunities.support import someone
from tests.opportunities.two_organisations import Gateway, Region, ask, guest_of, guest_place, hear


async def request(
    two: Region,
    opportunity_id: UUID,
    guest_id: UUID | None = None,
    *,
    origin: str = "viewpoint",
    version: int = 1,
    **content: Any,
) -> UUID:
    """A request as it may arrive, whatever the other side knows."""
    sun, guest_id = two.organisations["sun"], guest_id or uuid4()
    event = network.GuestRequested(
        version=version, guest_id=guest_id, opportunity_id=opportunity_id, to="sun", origin=origin
    )
    whole = {"code": "G-7F3K", "needs": [], "duty_number": "07700 900555", **content}
    await hear(sun, event, SealedContents(sun, (origin, guest_id, version, whole)))
    return guest_id


async def answers(two: Region, guest_id: UUID) -> list[tuple[str, str]]:
    """(state, reason) of what the home is told."""
    told = [
        event["state"]
        for event in await two.organisations["sun"].events("guest-answered")
        if event["guest_id"] == str(guest_id)
    ]
    letter = await answer_gateway(two.organisations["sun"].service, {"name": "guest-answered", "ids": [str(guest_id)]})
    return [(state, letter["contents"][str(guest_id)]["content"]["reason"]) for state in told]


async def test_net_02_a_guest_who_can_have_no_place_is_told_why(two: Region):
    sun = two.organisations["sun"]
    draft, unshared, ours_alone = await sun.draft(), await sun.published(), await sun.published()
    cancelled, over = await sun.published(), await sun.published(in_days=20)
    for each in (unshared, cancelled, over):
        await two.listed("sun", each)
    await sun.do(sharing.stop_sharing, unshared)
    await sun.do(changing.cancel, cancelled, "The room is flooded.")
    two.move(days=21)
    reasons = {
        each: await answers(two, await request(two, each))
        for each in (draft, unshared, ours_alone, cancelled, over, uuid4())
    }
    assert list(reasons.values()) == [
        [("refused", "We do not know this opportunity.")],
        [("refused", "It is no longer open to other organisations.")],
        [("refused", "It is no longer open to other organisations.")],
        [("refused", "It has been cancelled.")],
        [("refused", "It is over.")],
        [("refused", "We do not know this opportunity.")],
    ]
    assert await sun.dicts("SELECT id FROM places") == []
    assert await sun.broken() == {}


async def test_net_04_an_opportunity_cancelled_during_a_cut_and_a_request_made_during_it(two: Region):
    sun, viewpoint, whom = two.organisations["sun"], two.organisations["viewpoint"], guest_of("viewpoint")
    opportunity_id = await sun.published()
    place_id = await ask(viewpoint, await two.listed("sun", opportunity_id), whom)
    await sun.do(changing.cancel, opportunity_id, "The room is flooded.")
    await two.carry()
    assert (await guest_place(viewpoint, place_id)).state == "cancelled"
    (told,) = await viewpoint.events("opportunity-cancelled")
    assert [each["id"] for each in told["participants"]] == [str(whom.id)]
    assert await viewpoint.events("place-refused") == []
    assert await viewpoint.broken() == {} == await sun.broken()


async def test_opp_05_two_guests_of_two_organisations_and_one_of_ours_at_one_moment_get_one_place_and_a_list(
    two: Region,
):
    sun = two.organisations["sun"]
    opportunity_id = await sun.published(capacity=1)
    await two.listed("sun", opportunity_id)
    first, second, _ = await asyncio.gather(
        request(two, opportunity_id, origin="viewpoint"),
        request(two, opportunity_id, origin="suffolk"),
        sun.do(taking.take_place, opportunity_id, someone(), [], ""),
    )
    assert [row["state"] for row in await sun.dicts("SELECT state FROM places ORDER BY queue_number")] == [
        "taken",
        "waiting",
        "waiting",
    ]
    told = {
        event["guest_id"]: (event["state"], event["position"], event["to"])
        for event in await sun.events("guest-answered")
    }
    assert told.keys() == {str(first), str(second)} and {to for *_, to in told.values()} == {"viewpoint", "suffolk"}
    held = await sun.dicts("SELECT participant_id, state FROM places WHERE participant_kind = 'guest'")
    assert {str(row["participant_id"]): row["state"] for row in held} == {
        guest_id: state for guest_id, (state, *_) in told.items()
    }
    assert sorted(position for state, position, _ in told.values() if state == "waiting") in ([1, 2], [1], [2])
    assert await sun.broken() == {}


BREAKAGES = {
    "NET-02 a guest place without an agreement, or without asking the host": "UPDATE outbox SET subject = 'lost' "
    "WHERE subject LIKE '%guest-requested%'",
    "NET-02 a person's id is known as a guest's": "INSERT INTO people SELECT guest_id, 1, 'Ash Wren', '{}' FROM "
    "guest_places",
}


AT_HOST = {
    "NET-02 a guest's own words with their host": "UPDATE places SET needs_words = 'My dog comes along' WHERE "
    "participant_kind = 'guest'",
    "NET-02 a guest's place of which their home does not know how it stands": "UPDATE places SET state = 'lapsed' "
    "WHERE participant_kind = 'guest'",
    "NET-02 a person's id is known as a guest's": "INSERT INTO people SELECT participant_id, 1, 'Ash Wren', '{}' FROM "
    "places",
}


@pytest.mark.parametrize("at", ["viewpoint", "sun"])
async def test_net_02_what_must_hold_is_seen_when_it_does_not(two: Region, at: str):
    await arranged(two, "breaks")
    here = two.organisations[at]
    for sentence, breakage in (BREAKAGES if at == "viewpoint" else AT_HOST).items():
        assert sentence not in await here.broken()
        with contextlib.suppress(ZeroDivisionError):
            await here.do_as_owner(lambda tx, what=(breakage, sentence): _broken_by(tx, *what))
        assert sentence not in await here.broken(), "undone"


async def _broken_by(tx: Any, breakage: str, sentence: str) -> None:
    """Breaks it, looks, and undoes it."""
    await tx.execute(text(breakage))
    assert await tx.all(text(INVARIANTS[sentence])), sentence
    raise ZeroDivisionError


async def test_net_04_who_left_before_the_request_came_gets_no_place(two: Region):
    sun = two.organisations["sun"]
    opportunity_id, guest_id = await sun.published(), uuid4()
    await two.listed("sun", opportunity_id)
    left = network.GuestLeft(version=2, guest_id=guest_id, opportunity_id=opportunity_id, to="sun", origin="viewpoint")
    for _ in range(2):
        await hear(sun, left, Gateway(sun))
    await request(two, opportunity_id, guest_id)
    assert await sun.dicts("SELECT id FROM places") == []
    assert await sun.broken() == {}


async def test_net_04_another_organisation_can_do_nothing_with_a_guest_that_is_not_its_own(two: Region):
    sun = two.organisations["sun"]
    opportunity_id, _, place = await arranged(two, "breaks")
    await request(two, opportunity_id, place.guest_id, origin="suffolk", version=9, needs=["food"])
    await request(two, await sun.published(), place.guest_id, version=9, needs=["food"])
    facts = {
        "version": 9,
        "guest_id": place.guest_id,
        "opportunity_id": opportunity_id,
        "to": "sun",
        "origin": "suffolk",
    }
    await hear(sun, network.GuestLeft(**facts), Gateway(sun))
    await hear(sun, network.GuestAccepted(**facts), Gateway(sun))
    await hear(sun, network.GuestAccepted(**{**facts, "guest_id": uuid4()}), Gateway(sun))
    assert await sun.dicts("SELECT state FROM places") == [{"state": "taken"}]
    assert await sun.dicts("SELECT need FROM needs") == [{"need": "breaks"}]
    assert len(await sun.dicts("SELECT guest_id FROM guests")) == 1
    assert len(await sun.steps("unknown-guest-passed-over")) == 5


async def test_net_02_the_same_request_again_or_an_older_one_changes_nothing(two: Region):
    sun = two.organisations["sun"]
    opportunity_id = await sun.published()
    await two.listed("sun", opportunity_id)
    guest_id = await request(two, opportunity_id, version=3, needs=["food"])
    for version in (3, 2, 1):
        await request(two, opportunity_id, guest_id, version=version, needs=["breaks"])
    assert await sun.dicts("SELECT need FROM needs") == [{"need": "food"}]
    assert await answers(two, guest_id) == [("taken", "")]
    await request(two, opportunity_id, guest_id, version=4, needs=["food", "breaks"])
    assert len(await answers(two, guest_id)) == 2


async def test_opp_05_a_yes_that_comes_after_the_end_ends_the_offer(two: Region):
    sun, viewpoint, own, whom = (
        two.organisations["sun"],
        two.organisations["viewpoint"],
        someone(),
        guest_of("viewpoint"),
    )
    opportunity_id = await sun.published(capacity=1)
    held = await sun.do(taking.take_place, opportunity_id, own, [], "")
    place_id = await ask(viewpoint, await two.listed("sun", opportunity_id), whom)
    await two.carry()
    await sun.do(taking.leave_place, held, own, sun.service.settings.policy)
    await two.carry()
    await viewpoint.do(home.accept_offer, place_id, whom)
    two.move(days=36)
    await two.carry()
    assert (await guest_place(viewpoint, place_id)).state == "lapsed"
    with pytest.raises(Refused):
        await viewpoint.do(home.accept_offer, place_id, whom)


async def test_net_02_how_to_join_is_told_while_the_place_is_taken_and_told_again_when_it_changes(two: Region):
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id, place_id, place = await arranged(two, capacity=1)
    waiting_id = await ask(viewpoint, place.listing_id, guest_of("viewpoint"))
    await two.carry()
    assert (await guest_place(viewpoint, waiting_id)).joining == {}
    (session_id,) = await sun.session_ids(opportunity_id)
    (planned,) = await sun.dicts("SELECT starts_at, ends_at, venue FROM sessions")
    other = NewSession(planned["starts_at"], planned["ends_at"], planned["venue"], "https://video.example/other")
    await sun.do(
        changing.change_session, opportunity_id, session_id, other, "The room was full.", sun.service.settings.host
    )
    await two.carry()
    assert list((await guest_place(viewpoint, place_id)).joining.values()) == ["https://video.example/other"]


async def test_opp_11_a_correction_of_the_register_reaches_the_home_and_the_ending_waits_for_no_guests_claim(
    two: Region,
):
    sun, viewpoint = two.organisations["sun"], two.organisations["viewpoint"]
    opportunity_id, _, _ = await arranged(two)
    (session_id,) = await sun.session_ids(opportunity_id)
    two.move(days=36)
    ((at_host,),) = [tuple(row.values()) for row in await sun.dicts("SELECT id FROM places")]
    for minutes in (80, 90, 90):
        await sun.do(attendance.record_attendance, opportunity_id, session_id, [Entry(at_host, True, minutes)])
    await two.carry()
    assert [(event["version"], event["minutes"]) for event in await viewpoint.events("attendance-recorded")] == [
        (1, 80),
        (2, 90),
    ]
    facts = await sun.read(ending.ending_facts, opportunity_id)
    assert facts.attended_without_claim == 0
    assert await sun.broken() == {}


async def test_net_02_staff_see_the_organisation_by_the_name_that_it_announced(two: Region):
    sun = two.organisations["sun"]
    opportunity_id, _, place = await arranged(two)
    (before,) = await sun.read(people.places_of, opportunity_id)
    assert before["name"] == f"A guest from viewpoint, {place.code}"
    announced = network.OrganisationAnnounced(
        version=1,
        organisation_id=new_id(),
        origin="viewpoint",
        display_name="Viewpoint",
        url="https://viewpoint.example",
    )
    await hear(sun, announced, None)
    (after,) = await sun.read(people.places_of, opportunity_id)
    assert after["name"] == f"A guest from Viewpoint, {place.code}"


async def test_net_02_a_person_of_ours_and_a_guest_with_their_id_are_two(two: Region):
    """An id that another organisation writes opens nothing of ours."""
    sun = two.organisations["sun"]
    opportunity_id, own = await sun.published(), await sun.person("Ash Wren")
    await two.listed("sun", opportunity_id)
    held = await sun.do(taking.take_place, opportunity_id, own, [], "")
    await request(two, opportunity_id, own.id)
    left = network.GuestLeft(version=2, guest_id=own.id, opportunity_id=opportunity_id, to="sun", origin="viewpoint")
    await hear(sun, left, Gateway(sun))
    assert await sun.dicts("SELECT id, state FROM places WHERE state = 'taken'") == [{"id": held, "state": "taken"}]
