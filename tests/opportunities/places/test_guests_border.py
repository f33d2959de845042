"""What another organisation may say of a guest, and what it may not; what leaves us and what stays (NET-02, NET-04)."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from services.opportunities.consumers import answer_gateway
from services.opportunities.people.use_cases import copies
from services.opportunities.places.domain.guests import AGREEMENT
from services.opportunities.places.use_cases import home, taking
from shared.events import network
from shared.reasons import Missing, NotYet, Refused
from tests.opportunities.border import SealedContents, arranged, two_organisations  # noqa: F401
from tests.opportunities.support import World, rules, someone
from tests.opportunities.two_organisations import Region, ask, guest_of, guest_place, hear

ANSWER = {"reason": "", "needs": [], "joining": [], "duty_number": ""}


def answered(place: Any, version: int, state: str, **more: Any) -> network.GuestAnswered:
    facts = {
        "guest_id": place.guest_id,
        "opportunity_id": place.host_opportunity_id,
        "to": "viewpoint",
        "position": None,
        "answer_by": None,
        "origin": "sun",
    }
    return network.GuestAnswered.model_validate({"version": version, "state": state, **facts, **more})


async def hear_answer(here: World, event: network.GuestAnswered, content: dict[str, Any] = ANSWER) -> None:
    await hear(here, event, SealedContents(here, (event.origin, event.guest_id, event.version, content)))


async def test_net_04_another_organisation_cannot_answer_for_the_host(two: Region):
    viewpoint = two.organisations["viewpoint"]
    _, place_id, place = await arranged(two)
    await hear_answer(viewpoint, answered(place, 9, "lapsed", origin="suffolk"))
    await hear_answer(viewpoint, answered(place, 9, "lapsed", opportunity_id=uuid4()))
    assert (await guest_place(viewpoint, place_id)).state == "taken"
    assert [step.facts["origin"] for step in await viewpoint.steps("guest-of-another-passed-over")] == [
        "suffolk",
        "sun",
    ]


async def test_net_04_an_answer_is_read_with_its_own_organisations_letter(two: Region):
    viewpoint = two.organisations["viewpoint"]
    _, place_id, place = await arranged(two)
    with pytest.raises(NotYet):
        await hear(
            viewpoint, answered(place, 9, "lapsed"), SealedContents(viewpoint, ("suffolk", place.guest_id, 9, ANSWER))
        )
    with pytest.raises(NotYet):
        await hear(
            viewpoint, answered(place, 9, "lapsed"), SealedContents(viewpoint, ("sun", place.guest_id, 8, ANSWER))
        )
    letters = [
        ("sun", {**ANSWER, "duty_number": "07700 900555"}),
        ("suffolk", {**ANSWER, "duty_number": "07700 900666"}),
    ]
    await hear(
        viewpoint,
        answered(place, 9, "taken"),
        SealedContents(viewpoint, *((origin, place.guest_id, 9, content) for origin, content in letters)),
    )
    assert (await guest_place(viewpoint, place_id)).duty_number == "07700 900555"


async def test_net_02_an_answer_that_makes_no_sense_changes_nothing(two: Region):
    viewpoint = two.organisations["viewpoint"]
    _, place_id, place = await arranged(two)
    for event in (answered(place, 9, "waiting"), answered(place, 9, "offered")):
        with pytest.raises(ValueError, match="an answer without"):
            await hear_answer(viewpoint, event)
    with pytest.raises(ValidationError):
        await hear_answer(viewpoint, answered(place, 9, "taken"), {**ANSWER, "duty_number": "<script>"})
    assert await guest_place(viewpoint, place_id) == place


async def test_opp_07_a_host_answers_what_was_asked_and_asks_for_nothing_in_anyones_name(two: Region):
    viewpoint = two.organisations["viewpoint"]
    _, _, place = await arranged(two, "breaks")
    content = {
        **ANSWER,
        "needs": [
            {"need": "travel", "state": "promised", "reason": ""},
            {"need": "breaks", "state": "not-met", "reason": ""},
        ],
    }
    await hear_answer(viewpoint, answered(place, 9, "taken"), content)
    assert await viewpoint.dicts("SELECT need, state FROM guest_needs") == [{"need": "breaks", "state": "not-met"}]
    [told] = await viewpoint.events("access-need-answered")
    assert told["not_met"] is True
    assert len(await viewpoint.events("place-taken")) == 1


def attended(place: Any, session_id: UUID, version: int = 1, **more: Any) -> network.GuestAttended:
    facts = {
        "attendance_id": uuid4(),
        "guest_id": place.guest_id,
        "opportunity_id": place.host_opportunity_id,
        "session_id": session_id,
    }
    said = {"session_date": "2026-12-27", "present": True, "minutes": 80, "planned_minutes": 1440, "paid": False}
    return network.GuestAttended.model_validate(
        {"version": version, "to": "viewpoint", "origin": "sun", **facts, **said, **more}
    )


async def test_opp_11_a_hosts_line_opens_one_attendance_and_later_ones_correct_it(two: Region):
    viewpoint = two.organisations["viewpoint"]
    opportunity_id, place_id, place = await arranged(two)
    (session_id,) = await two.organisations["sun"].session_ids(opportunity_id)
    first = attended(place, session_id)
    for line in (
        first,
        first,
        first.model_copy(update={"version": 3, "minutes": 60}),
        first.model_copy(update={"version": 2, "minutes": 70}),
    ):
        await hear(viewpoint, line, None)
    told = await viewpoint.events("attendance-recorded")
    assert [(event["version"], event["minutes"]) for event in told] == [(1, 80), (3, 60)]
    assert (told[0]["planned_minutes"], told[0]["paid"]) == (90, True), "as advertised, whatever the register says"
    assert told[0]["place_id"] == str(place_id)
    assert told[0]["session_id"] == str(network.local_id("sun", session_id))
    assert (told[0]["host_attendance_id"], told[0]["host_opportunity_id"]) == (
        str(first.attendance_id),
        str(opportunity_id),
    )
    assert await viewpoint.broken() == {}


async def test_opp_11_a_register_cannot_make_up_sessions_people_or_hours(two: Region):
    viewpoint = two.organisations["viewpoint"]
    opportunity_id, _, place = await arranged(two)
    (session_id,) = await two.organisations["sun"].session_ids(opportunity_id)
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
    viewpoint, whom = two.organisations["viewpoint"], guest_of("viewpoint")
    listing_id = await two.listed("sun", await two.organisations["sun"].published())
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
    viewpoint = two.organisations["viewpoint"]
    listing_id = await two.listed("sun", await two.organisations["sun"].published())
    for agreed in ("", "2020-01"):
        with pytest.raises(Refused) as refused:
            await ask(viewpoint, listing_id, guest_of("viewpoint"), agreed=agreed)
        assert rules(refused.value.reasons) == ["NET-02"]
    assert await viewpoint.dicts("SELECT id FROM guest_places") == [] == await viewpoint.events("guest-requested")
    await ask(viewpoint, listing_id, guest_of("viewpoint"))
    ((agreed_to, agreed_at),) = [
        (row["agreed_to"], row["agreed_at"])
        for row in await viewpoint.dicts("SELECT agreed_to, agreed_at FROM guest_places")
    ]
    assert agreed_to == AGREEMENT and abs(agreed_at - viewpoint.now) < timedelta(minutes=5)


async def test_net_02_a_code_that_is_taken_is_made_anew(two: Region, monkeypatch: pytest.MonkeyPatch):
    viewpoint = two.organisations["viewpoint"]
    listing_id = await two.listed("sun", await two.organisations["sun"].published())
    letters = iter("7777" + "7777" + "7778")
    monkeypatch.setattr("services.opportunities.places.use_cases.home.secrets.choice", lambda _: next(letters))
    codes = [
        (await guest_place(viewpoint, await ask(viewpoint, listing_id, guest_of("viewpoint")))).code for _ in range(2)
    ]
    assert codes == ["G-7777", "G-7778"]


async def test_net_02_what_leaves_says_nothing_of_who_it_is(two: Region):
    viewpoint, sun = two.organisations["viewpoint"], two.organisations["sun"]
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
    at_host = str(
        [await sun.dicts(f"SELECT * FROM {table}") for table in ("places", "needs", "guests", "outbox", "steps")]
    )
    for secret in (str(place.participant_id), place.participant_id.hex, str(place_id)):
        assert secret not in at_host


async def test_net_02_the_letter_has_what_is_ticked_now_and_nothing_once_they_have_left(two: Region):
    viewpoint = two.organisations["viewpoint"]
    _, place_id, place = await arranged(two, "easy-read", "breaks")
    whom = guest_of("viewpoint").model_copy(update={"id": place.participant_id})
    asked = {"name": "guest-requested", "ids": [str(place.guest_id), str(uuid4())]}
    (letter,) = (await answer_gateway(viewpoint.service, asked))["contents"].values()
    assert letter["content"] == {"code": place.code, "needs": ["easy-read", "breaks"], "duty_number": "07700 900101"}
    await viewpoint.do(home.leave_place, place_id, whom)
    (letter,) = (await answer_gateway(viewpoint.service, asked))["contents"].values()
    assert letter["content"]["needs"] == []


async def test_someone_elses_guest_place_is_not_there(two: Region):
    viewpoint = two.organisations["viewpoint"]
    _, place_id, _ = await arranged(two)
    for use_case, *arguments in ((home.leave_place,), (home.accept_offer,), (home.change_needs, ["food"])):
        with pytest.raises(Missing):
            await viewpoint.do(use_case, place_id, guest_of("viewpoint"), *arguments)


async def test_peo_03_a_guest_says_yes_to_an_offer_only_when_home_knows_that_they_may(two: Region):
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
    card = {"version": 2, "name": "Alex", "roles": ["participant"], "age_known": False}
    await viewpoint.do(copies.keep_card, whom.id, card)
    with pytest.raises(Refused) as refused:
        await viewpoint.do(home.accept_offer, place_id, whom)
    assert [reason.rule for reason in refused.value.reasons] == ["PEO-03"]
    await viewpoint.do(copies.keep_card, whom.id, card | {"version": 3, "age_known": True})
    await viewpoint.do(home.accept_offer, place_id, whom)


async def test_opp_05_whoever_waits_is_told_so_at_home_and_here(two: Region):
    sun = two.organisations["sun"]
    opportunity_id, waiting = await sun.published(capacity=1), someone()
    await sun.do(taking.take_place, opportunity_id, someone(), [], "")
    await sun.do(taking.take_place, opportunity_id, waiting, [], "")
    await sun.do(taking.take_place, opportunity_id, someone(), [], "")
    queued = await sun.events("place-queued")
    assert [(event["version"], event["position"]) for event in queued] == [(1, 1), (1, 2)]
    assert queued[0]["participant"]["id"] == str(waiting.id)
