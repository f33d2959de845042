"""What another organisation may say of a guest, and what it may not; what leaves us and what stays (NET-02, NET-04)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from services.opportunities import queries
from services.opportunities.consumers import answer_gateway
from services.opportunities.domain.guests import AGREEMENT
from services.opportunities.invariants import INVARIANTS
from services.opportunities.use_cases import attendance, changing, ending, hearing, places, sharing
from services.opportunities.use_cases.attendance import Entry
from services.opportunities.use_cases.guests import home
from services.opportunities.use_cases.writing import NewSession
from shared.db import new_id
from shared.events import network
from shared.reasons import Missing, NotYet, Refused
from tests.opportunities.support import World, rules, someone
from tests.opportunities.two_houses import Gateway, Region, ask, guest_of, guest_place, hear, region


@pytest.fixture
async def two(folder: Any, service_database: Any) -> AsyncIterator[Region]:
    built = region(folder, service_database)
    yield built
    await built.close()


class Letters:
    """A gateway that holds what a test puts in it."""

    name = "opportunities"

    def __init__(self, here: World, *letters: tuple[str, UUID, int, dict[str, Any]]) -> None:
        self.settings = here.service.settings
        self.held = {f"{origin}/{guest_id}": {"version": version, "content": content} for origin, guest_id, version, content in letters}

    async def requests(self, subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        keys = [f"{each['origin']}/{each['id']}" for each in payload["asked"]]
        return {"contents": {key: self.held[key] for key in keys if key in self.held}}


async def arranged(two: Region, *ticked: str, **texts: Any) -> tuple[UUID, UUID, Any]:
    """(opportunity, guest place, its row) of someone of Viewpoint's who has a place at SUN."""
    opportunity_id = await two.houses["sun"].published(**texts)
    place_id = await ask(two.houses["viewpoint"], await two.listed("sun", opportunity_id), guest_of("viewpoint"), *ticked)
    await two.carry()
    return opportunity_id, place_id, await guest_place(two.houses["viewpoint"], place_id)


ANSWER = {"reason": "", "needs": [], "joining": [], "duty_number": ""}


def answered(place: Any, version: int, state: str, **more: Any) -> network.GuestAnswered:
    facts = {"guest_id": place.guest_id, "opportunity_id": place.host_opportunity_id, "to": "viewpoint", "position": None, "answer_by": None, "origin": "sun"}
    return network.GuestAnswered.model_validate({"version": version, "state": state, **facts, **more})


async def hear_answer(here: World, event: network.GuestAnswered, content: dict[str, Any] = ANSWER) -> None:
    await hear(here, event, Letters(here, (event.origin, event.guest_id, event.version, content)))


# At home


async def test_net_04_another_organisation_cannot_answer_for_the_host(two: Region):
    viewpoint = two.houses["viewpoint"]
    _, place_id, place = await arranged(two)
    await hear_answer(viewpoint, answered(place, 9, "lapsed", origin="suffolk"))
    await hear_answer(viewpoint, answered(place, 9, "lapsed", opportunity_id=uuid4()))
    assert (await guest_place(viewpoint, place_id)).state == "taken"
    assert [step.facts["origin"] for step in await viewpoint.steps("guest-of-another-passed-over")] == ["suffolk", "sun"]


async def test_net_04_an_answer_is_read_with_its_own_organisations_letter(two: Region):
    viewpoint = two.houses["viewpoint"]
    _, place_id, place = await arranged(two)
    with pytest.raises(NotYet):
        await hear(viewpoint, answered(place, 9, "lapsed"), Letters(viewpoint, ("suffolk", place.guest_id, 9, ANSWER)))
    with pytest.raises(NotYet):
        await hear(viewpoint, answered(place, 9, "lapsed"), Letters(viewpoint, ("sun", place.guest_id, 8, ANSWER)))
    letters = [("sun", {**ANSWER, "duty_number": "07700 900555"}), ("suffolk", {**ANSWER, "duty_number": "07700 900666"})]
    await hear(viewpoint, answered(place, 9, "taken"), Letters(viewpoint, *((origin, place.guest_id, 9, content) for origin, content in letters)))
    assert (await guest_place(viewpoint, place_id)).duty_number == "07700 900555"


async def test_net_02_an_answer_that_makes_no_sense_changes_nothing(two: Region):
    viewpoint = two.houses["viewpoint"]
    _, place_id, place = await arranged(two)
    for event in (answered(place, 9, "waiting"), answered(place, 9, "offered")):
        with pytest.raises(ValueError, match="an answer without"):
            await hear_answer(viewpoint, event)
    with pytest.raises(ValidationError):
        await hear_answer(viewpoint, answered(place, 9, "taken"), {**ANSWER, "duty_number": "<script>"})
    assert await guest_place(viewpoint, place_id) == place


async def test_opp_07_a_host_answers_what_was_asked_and_asks_for_nothing_in_anyones_name(two: Region):
    viewpoint = two.houses["viewpoint"]
    _, _, place = await arranged(two, "breaks")
    content = {**ANSWER, "needs": [{"need": "travel", "state": "promised", "reason": ""}, {"need": "breaks", "state": "met", "reason": ""}]}
    await hear_answer(viewpoint, answered(place, 9, "taken"), content)
    assert await viewpoint.dicts("SELECT need, state FROM guest_needs") == [{"need": "breaks", "state": "met"}]
    assert len(await viewpoint.events("access-need-answered")) == 1
    assert len(await viewpoint.events("place-taken")) == 1


def attended(place: Any, session_id: UUID, version: int = 1, **more: Any) -> network.GuestAttended:
    facts = {"attendance_id": uuid4(), "guest_id": place.guest_id, "opportunity_id": place.host_opportunity_id, "session_id": session_id}
    said = {"session_date": "2026-12-27", "present": True, "minutes": 80, "planned_minutes": 1440, "paid": False}
    return network.GuestAttended.model_validate({"version": version, "to": "viewpoint", "origin": "sun", **facts, **said, **more})


async def test_opp_11_a_hosts_line_opens_one_attendance_and_later_ones_correct_it(two: Region):
    viewpoint = two.houses["viewpoint"]
    opportunity_id, place_id, place = await arranged(two)
    (session_id,) = await two.houses["sun"].session_ids(opportunity_id)
    first = attended(place, session_id)
    for line in (first, first, first.model_copy(update={"version": 3, "minutes": 60}), first.model_copy(update={"version": 2, "minutes": 70})):
        await hear(viewpoint, line, None)
    told = await viewpoint.events("attendance-recorded")
    assert [(event["version"], event["minutes"]) for event in told] == [(1, 80), (3, 60)]
    assert (told[0]["planned_minutes"], told[0]["paid"]) == (90, True), "as advertised, whatever the register says"
    assert told[0]["place_id"] == str(place_id)
    assert told[0]["session_id"] == str(network.local_id("sun", session_id))
    assert (told[0]["host_attendance_id"], told[0]["host_opportunity_id"]) == (str(first.attendance_id), str(opportunity_id))
    assert await viewpoint.broken() == {}


async def test_opp_11_a_register_cannot_make_up_sessions_people_or_hours(two: Region):
    viewpoint = two.houses["viewpoint"]
    opportunity_id, _, place = await arranged(two)
    (session_id,) = await two.houses["sun"].session_ids(opportunity_id)
    with pytest.raises(NotYet):
        await hear(viewpoint, attended(place, uuid4()), None)
    with pytest.raises(ValueError, match="OPP-11"):
        await hear(viewpoint, attended(place, session_id, minutes=721), None)
    with pytest.raises(ValueError, match="OPP-11"):
        await hear(viewpoint, attended(place, session_id, minutes=0), None)
    await hear(viewpoint, attended(place, session_id, origin="suffolk"), None)
    await hear(viewpoint, attended(place, session_id, guest_id=uuid4()), None)
    assert await viewpoint.events("attendance-recorded") == []
    line = attended(place, session_id)
    await hear(viewpoint, line, None)
    with pytest.raises(ValueError, match="a second line"):
        await hear(viewpoint, attended(place, session_id), None)
    other = await guest_place(viewpoint, await ask(viewpoint, place.listing_id, guest_of("viewpoint")))
    with pytest.raises(ValueError, match="about someone else"):
        await hear(viewpoint, attended(other, session_id, version=2, attendance_id=line.attendance_id), None)
    assert len(await viewpoint.events("attendance-recorded")) == 1


async def test_net_02_a_place_is_asked_for_once_and_after_leaving_as_somebody_new(two: Region):
    viewpoint, whom = two.houses["viewpoint"], guest_of("viewpoint")
    listing_id = await two.listed("sun", await two.houses["sun"].published())
    first, again = [await ask(viewpoint, listing_id, whom, "breaks") for _ in range(2)]
    assert first == again
    assert len(await viewpoint.events("guest-requested")) == 1
    await viewpoint.do(home.leave_place, first, whom)
    second = await ask(viewpoint, listing_id, whom)
    before, after = await guest_place(viewpoint, first), await guest_place(viewpoint, second)
    assert before.guest_id != after.guest_id and before.code != after.code
    assert before.guest_id.version == 4, "no time is written into it"
    assert await viewpoint.broken() == {}


async def test_net_02_without_an_agreement_nothing_is_kept_and_nothing_crosses(two: Region):
    viewpoint = two.houses["viewpoint"]
    listing_id = await two.listed("sun", await two.houses["sun"].published())
    for agreed in ("", "2020-01"):
        with pytest.raises(Refused) as refused:
            await ask(viewpoint, listing_id, guest_of("viewpoint"), agreed=agreed)
        assert rules(refused.value.reasons) == ["NET-02"]
    assert await viewpoint.dicts("SELECT id FROM guest_places") == [] == await viewpoint.events("guest-requested")
    await ask(viewpoint, listing_id, guest_of("viewpoint"))
    ((agreed_to, agreed_at),) = [(row["agreed_to"], row["agreed_at"]) for row in await viewpoint.dicts("SELECT agreed_to, agreed_at FROM guest_places")]
    assert agreed_to == AGREEMENT and abs(agreed_at - viewpoint.now) < timedelta(minutes=5)


async def test_net_02_a_code_that_is_taken_is_made_anew(two: Region, monkeypatch: pytest.MonkeyPatch):
    viewpoint = two.houses["viewpoint"]
    listing_id = await two.listed("sun", await two.houses["sun"].published())
    letters = iter("7777" + "7777" + "7778")
    monkeypatch.setattr("services.opportunities.use_cases.guests.home.secrets.choice", lambda _: next(letters))
    codes = [(await guest_place(viewpoint, await ask(viewpoint, listing_id, guest_of("viewpoint")))).code for _ in range(2)]
    assert codes == ["G-7777", "G-7778"]


async def test_net_02_what_leaves_says_nothing_of_who_it_is(two: Region):
    viewpoint, sun = two.houses["viewpoint"], two.houses["sun"]
    _, place_id, place = await arranged(two, "easy-read", "breaks")
    whom = guest_of("viewpoint").model_copy(update={"id": place.participant_id})
    await viewpoint.do(home.change_needs, place_id, whom, ["food"])
    await two.carry()
    await viewpoint.do(home.leave_place, place_id, whom)
    await two.carry()
    left = await viewpoint.dicts("SELECT body FROM outbox WHERE subject LIKE 'opportunities.guest-%'")
    assert len(left) == 3
    for secret in (str(place.participant_id), str(place_id), "easy-read", "food", place.code):
        assert secret not in str(left)
    at_host = str([await sun.dicts(f"SELECT * FROM {table}") for table in ("places", "needs", "guests", "outbox", "steps")])
    for secret in (str(place.participant_id), place.participant_id.hex, str(place_id)):
        assert secret not in at_host


async def test_net_02_the_letter_has_what_is_ticked_now_and_nothing_once_they_have_left(two: Region):
    viewpoint = two.houses["viewpoint"]
    _, place_id, place = await arranged(two, "easy-read", "breaks")
    whom = guest_of("viewpoint").model_copy(update={"id": place.participant_id})
    asked = {"name": "guest-requested", "ids": [str(place.guest_id), str(uuid4())]}
    (letter,) = (await answer_gateway(viewpoint.service, asked))["contents"].values()
    assert letter["content"] == {"code": place.code, "needs": ["easy-read", "breaks"], "duty_number": "07700 900101"}
    await viewpoint.do(home.leave_place, place_id, whom)
    (letter,) = (await answer_gateway(viewpoint.service, asked))["contents"].values()
    assert letter["content"]["needs"] == []


async def test_someone_elses_guest_place_is_not_there(two: Region):
    viewpoint = two.houses["viewpoint"]
    _, place_id, _ = await arranged(two)
    for use_case, *arguments in ((home.leave_place,), (home.accept_offer,), (home.change_needs, ["food"])):
        with pytest.raises(Missing):
            await viewpoint.do(use_case, place_id, guest_of("viewpoint"), *arguments)


# At the host


async def request(two: Region, opportunity_id: UUID, guest_id: UUID | None = None, *, origin: str = "viewpoint", version: int = 1, **content: Any) -> UUID:
    """A request as it may arrive, whatever the other side knows."""
    sun, guest_id = two.houses["sun"], guest_id or uuid4()
    event = network.GuestRequested(version=version, guest_id=guest_id, opportunity_id=opportunity_id, to="sun", origin=origin)
    whole = {"code": "G-7F3K", "needs": [], "duty_number": "07700 900555", **content}
    await hear(sun, event, Letters(sun, (origin, guest_id, version, whole)))
    return guest_id


async def answers(two: Region, guest_id: UUID) -> list[tuple[str, str]]:
    """(state, reason) of what the home is told."""
    told = [event["state"] for event in await two.houses["sun"].events("guest-answered") if event["guest_id"] == str(guest_id)]
    letter = await answer_gateway(two.houses["sun"].service, {"name": "guest-answered", "ids": [str(guest_id)]})
    return [(state, letter["contents"][str(guest_id)]["content"]["reason"]) for state in told]


async def test_net_02_a_guest_who_can_have_no_place_is_told_why(two: Region):
    sun = two.houses["sun"]
    draft, unshared, ours_alone = await sun.draft(), await sun.published(), await sun.published()
    cancelled, over = await sun.published(), await sun.published(in_days=20)
    for each in (unshared, cancelled, over):
        await two.listed("sun", each)
    await sun.do(sharing.stop_sharing, unshared)
    await sun.do(changing.cancel, cancelled, "The room is flooded.")
    two.move(days=21)
    reasons = {each: await answers(two, await request(two, each)) for each in (draft, unshared, ours_alone, cancelled, over, uuid4())}
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
    sun, viewpoint, whom = two.houses["sun"], two.houses["viewpoint"], guest_of("viewpoint")
    opportunity_id = await sun.published()
    place_id = await ask(viewpoint, await two.listed("sun", opportunity_id), whom)
    await sun.do(changing.cancel, opportunity_id, "The room is flooded.")
    await two.carry()
    assert (await guest_place(viewpoint, place_id)).state == "cancelled"
    (told,) = await viewpoint.events("opportunity-cancelled")
    assert [each["id"] for each in told["participants"]] == [str(whom.id)]
    assert await viewpoint.events("place-refused") == []
    assert await viewpoint.broken() == {} == await sun.broken()


async def test_opp_05_two_guests_of_two_organisations_and_one_of_ours_at_one_moment_get_one_place_and_a_list(two: Region):
    sun = two.houses["sun"]
    opportunity_id = await sun.published(capacity=1)
    await two.listed("sun", opportunity_id)
    first, second, _ = await asyncio.gather(
        request(two, opportunity_id, origin="viewpoint"),
        request(two, opportunity_id, origin="suffolk"),
        sun.do(places.take_place, opportunity_id, someone(), [], ""),
    )
    assert [row["state"] for row in await sun.dicts("SELECT state FROM places ORDER BY queue_number")] == ["taken", "waiting", "waiting"]
    told = {event["guest_id"]: (event["state"], event["position"], event["to"]) for event in await sun.events("guest-answered")}
    assert told.keys() == {str(first), str(second)} and {to for *_, to in told.values()} == {"viewpoint", "suffolk"}
    held = await sun.dicts("SELECT participant_id, state FROM places WHERE participant_kind = 'guest'")
    assert {str(row["participant_id"]): row["state"] for row in held} == {guest_id: state for guest_id, (state, *_) in told.items()}
    assert sorted(position for state, position, _ in told.values() if state == "waiting") in ([1, 2], [1], [2])
    assert await sun.broken() == {}


BREAKAGES = {
    "NET-02 a guest place without an agreement, or without asking the host": "UPDATE outbox SET subject = 'lost' WHERE subject LIKE '%guest-requested%'",
    "NET-02 a person's id is known as a guest's": "INSERT INTO people SELECT guest_id, 1, 'Ash Wren', '{}' FROM guest_places",
}
AT_HOST = {
    "NET-02 a guest's own words with their host": "UPDATE places SET needs_words = 'My dog comes along' WHERE participant_kind = 'guest'",
    "NET-02 a guest's place of which their home does not know how it stands": "UPDATE places SET state = 'lapsed' WHERE participant_kind = 'guest'",
    "NET-02 a person's id is known as a guest's": "INSERT INTO people SELECT participant_id, 1, 'Ash Wren', '{}' FROM places",
}


@pytest.mark.parametrize("at", ["viewpoint", "sun"])
async def test_net_02_what_must_hold_is_seen_when_it_does_not(two: Region, at: str):
    await arranged(two, "breaks")
    here = two.houses[at]
    for sentence, breakage in (BREAKAGES if at == "viewpoint" else AT_HOST).items():
        assert sentence not in await here.broken()
        with contextlib.suppress(ZeroDivisionError):
            await here.do(_broken_by, breakage, sentence)
        assert sentence not in await here.broken(), "undone"


async def _broken_by(tx: Any, breakage: str, sentence: str) -> None:
    """Breaks it, looks, and undoes it."""
    await tx.execute(text(breakage))
    assert await tx.all(text(INVARIANTS[sentence])), sentence
    raise ZeroDivisionError


async def test_net_04_who_left_before_the_request_came_gets_no_place(two: Region):
    sun = two.houses["sun"]
    opportunity_id, guest_id = await sun.published(), uuid4()
    await two.listed("sun", opportunity_id)
    left = network.GuestLeft(version=2, guest_id=guest_id, opportunity_id=opportunity_id, to="sun", origin="viewpoint")
    for _ in range(2):
        await hear(sun, left, Gateway(sun))
    await request(two, opportunity_id, guest_id)
    assert await sun.dicts("SELECT id FROM places") == []
    assert await sun.broken() == {}


async def test_net_04_another_organisation_can_do_nothing_with_a_guest_that_is_not_its_own(two: Region):
    sun = two.houses["sun"]
    opportunity_id, _, place = await arranged(two, "breaks")
    await request(two, opportunity_id, place.guest_id, origin="suffolk", version=9, needs=["food"])
    await request(two, await sun.published(), place.guest_id, version=9, needs=["food"])
    facts = {"version": 9, "guest_id": place.guest_id, "opportunity_id": opportunity_id, "to": "sun", "origin": "suffolk"}
    await hear(sun, network.GuestLeft(**facts), Gateway(sun))
    await hear(sun, network.GuestAccepted(**facts), Gateway(sun))
    await hear(sun, network.GuestAccepted(**{**facts, "guest_id": uuid4()}), Gateway(sun))
    assert await sun.dicts("SELECT state FROM places") == [{"state": "taken"}]
    assert await sun.dicts("SELECT need FROM needs") == [{"need": "breaks"}]
    assert len(await sun.dicts("SELECT guest_id FROM guests")) == 1
    assert len(await sun.steps("unknown-guest-passed-over")) == 5


async def test_net_02_the_same_request_again_or_an_older_one_changes_nothing(two: Region):
    sun = two.houses["sun"]
    opportunity_id = await sun.published()
    await two.listed("sun", opportunity_id)
    guest_id = await request(two, opportunity_id, version=3, needs=["food"])
    for version in (3, 2, 1):
        await request(two, opportunity_id, guest_id, version=version, needs=["breaks"])
    assert await sun.dicts("SELECT need FROM needs") == [{"need": "food"}]
    assert await answers(two, guest_id) == [("taken", "")]
    await request(two, opportunity_id, guest_id, version=4, needs=["food", "breaks"])
    assert len(await answers(two, guest_id)) == 2


async def test_peo_03_a_guest_says_yes_to_an_offer_only_when_home_knows_that_they_may(two: Region):
    sun, viewpoint, own, whom = two.houses["sun"], two.houses["viewpoint"], someone(), guest_of("viewpoint")
    opportunity_id = await sun.published(capacity=1)
    held = await sun.do(places.take_place, opportunity_id, own, [], "")
    place_id = await ask(viewpoint, await two.listed("sun", opportunity_id), whom)
    await two.carry()
    await sun.do(places.leave_place, held, own, sun.service.settings.policy)
    await two.carry()
    card = {"version": 2, "name": "Alex", "roles": ["participant"], "age_known": False}
    await viewpoint.do(hearing.keep_person, whom.id, card)
    with pytest.raises(Refused) as refused:
        await viewpoint.do(home.accept_offer, place_id, whom)
    assert [reason.rule for reason in refused.value.reasons] == ["PEO-03"]
    await viewpoint.do(hearing.keep_person, whom.id, card | {"version": 3, "age_known": True})
    await viewpoint.do(home.accept_offer, place_id, whom)


async def test_opp_05_a_yes_that_comes_after_the_end_ends_the_offer(two: Region):
    sun, viewpoint, own, whom = two.houses["sun"], two.houses["viewpoint"], someone(), guest_of("viewpoint")
    opportunity_id = await sun.published(capacity=1)
    held = await sun.do(places.take_place, opportunity_id, own, [], "")
    place_id = await ask(viewpoint, await two.listed("sun", opportunity_id), whom)
    await two.carry()
    await sun.do(places.leave_place, held, own, sun.service.settings.policy)
    await two.carry()
    await viewpoint.do(home.accept_offer, place_id, whom)
    two.move(days=36)
    await two.carry()
    assert (await guest_place(viewpoint, place_id)).state == "lapsed"
    with pytest.raises(Refused):
        await viewpoint.do(home.accept_offer, place_id, whom)


async def test_net_02_how_to_join_is_told_while_the_place_is_taken_and_told_again_when_it_changes(two: Region):
    sun, viewpoint = two.houses["sun"], two.houses["viewpoint"]
    opportunity_id, place_id, place = await arranged(two, capacity=1)
    waiting_id = await ask(viewpoint, place.listing_id, guest_of("viewpoint"))
    await two.carry()
    assert (await guest_place(viewpoint, waiting_id)).joining == {}
    (session_id,) = await sun.session_ids(opportunity_id)
    (planned,) = await sun.dicts("SELECT starts_at, ends_at, venue FROM sessions")
    other = NewSession(planned["starts_at"], planned["ends_at"], planned["venue"], "https://video.example/other")
    await sun.do(changing.change_session, opportunity_id, session_id, other, "The room was full.", sun.service.settings.host)
    await two.carry()
    assert list((await guest_place(viewpoint, place_id)).joining.values()) == ["https://video.example/other"]


async def test_opp_11_a_correction_of_the_register_reaches_the_home_and_the_ending_waits_for_no_guests_claim(two: Region):
    sun, viewpoint = two.houses["sun"], two.houses["viewpoint"]
    opportunity_id, _, _ = await arranged(two)
    (session_id,) = await sun.session_ids(opportunity_id)
    two.move(days=36)
    ((at_host,),) = [tuple(row.values()) for row in await sun.dicts("SELECT id FROM places")]
    for minutes in (80, 90, 90):
        await sun.do(attendance.record_attendance, opportunity_id, session_id, [Entry(at_host, True, minutes)])
    await two.carry()
    assert [(event["version"], event["minutes"]) for event in await viewpoint.events("attendance-recorded")] == [(1, 80), (2, 90)]
    facts = await sun.read(ending.ending_facts, opportunity_id)
    assert facts.attended_without_claim == 0
    assert await sun.broken() == {}


async def test_net_02_staff_see_the_organisation_by_the_name_that_it_announced(two: Region):
    sun = two.houses["sun"]
    opportunity_id, _, place = await arranged(two)
    (before,) = await sun.read(queries.places_of, opportunity_id)
    assert before["name"] == f"A guest from viewpoint, {place.code}"
    announced = network.OrganisationAnnounced(
        version=1, organisation_id=new_id(), origin="viewpoint", display_name="Viewpoint", url="https://viewpoint.example"
    )
    await hear(sun, announced, None)
    (after,) = await sun.read(queries.places_of, opportunity_id)
    assert after["name"] == f"A guest from Viewpoint, {place.code}"


async def test_net_02_a_person_of_ours_and_a_guest_with_their_id_are_two(two: Region):
    """An id that another organisation writes opens nothing of ours."""
    sun = two.houses["sun"]
    opportunity_id, own = await sun.published(), await sun.person("Ash Wren")
    await two.listed("sun", opportunity_id)
    held = await sun.do(places.take_place, opportunity_id, own, [], "")
    await request(two, opportunity_id, own.id)
    left = network.GuestLeft(version=2, guest_id=own.id, opportunity_id=opportunity_id, to="sun", origin="viewpoint")
    await hear(sun, left, Gateway(sun))
    assert await sun.dicts("SELECT id, state FROM places WHERE state = 'taken'") == [{"id": held, "state": "taken"}]


async def test_opp_05_whoever_waits_is_told_so_at_home_and_here(two: Region):
    sun = two.houses["sun"]
    opportunity_id, waiting = await sun.published(capacity=1), someone()
    await sun.do(places.take_place, opportunity_id, someone(), [], "")
    await sun.do(places.take_place, opportunity_id, waiting, [], "")
    await sun.do(places.take_place, opportunity_id, someone(), [], "")
    queued = await sun.events("place-queued")
    assert [(event["version"], event["position"]) for event in queued] == [(1, 1), (1, 2)]
    assert queued[0]["participant"]["id"] == str(waiting.id)
