"""Changing and cancelling what is published (OPP-16, NOT-05): told to everyone with a place, with the reason."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.opportunities.ending.use_cases import ending
from services.opportunities.listings.domain import Change
from services.opportunities.places.use_cases import needs
from services.opportunities.places.use_cases.taking import accept_offer, leave_place, offer_freed_places, take_place
from services.opportunities.publishing.use_cases import changing
from services.opportunities.register.use_cases import attendance
from services.opportunities.register.use_cases.attendance import Entry
from services.opportunities.register.use_cases.walking_in import add_walk_in
from services.opportunities.sharing.use_cases import sharing
from services.opportunities.words.domain import Offer
from services.opportunities.writing import use_cases
from services.opportunities.writing.use_cases import NewSession
from shared.clock import day as day_in_words
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Missing, Refused
from tests.opportunities.support import World, someone
from tests.support.apps import client_of, signed_in


async def change_texts(
    here: World, opportunity_id: UUID, kind: Change = "contact", reason: str = "Jo left us.", **texts: str
) -> None:
    await here.do(changing.change_texts, opportunity_id, kind, texts, reason, here.service.settings.host)


async def move_session(
    here: World, opportunity_id: UUID, session_id: UUID, reason: str = "The room is taken.", **changed: Any
) -> None:
    (row,) = await here.dicts("SELECT starts_at, ends_at, venue, joining FROM sessions WHERE id = :id", id=session_id)
    plan = NewSession(**{**row, **changed})
    await here.do(changing.change_session, opportunity_id, session_id, plan, reason, here.service.settings.host)


async def test_opp_16_another_contact_is_said_with_the_whole_text_and_the_reason(here: World):
    opportunity_id = await here.published()
    for _ in range(2):
        await change_texts(here, opportunity_id, contact_role="development worker", contact_how="Ring 07700 900456.")
    (event,) = await here.events("opportunity-changed")
    assert (event["changed"], event["reason"], event["version"]) == (["contact"], "Jo left us.", 2)
    assert (event["contact_role"], event["title"], len(event["sessions"])) == (
        "development worker",
        "A say in the drop-in",
        1,
    )
    assert "07700" not in str(event)
    (kept,) = await here.dicts("SELECT version, changed, reason, actor_kind FROM changes")
    assert kept == {"version": 2, "changed": ["contact"], "reason": "Jo left us.", "actor_kind": "person"}
    assert await here.events("opportunity-shared") == []


async def test_opp_16_the_purpose_is_changed_with_its_own_texts_alone(here: World):
    opportunity_id = await here.published()
    await change_texts(here, opportunity_id, "purpose", title="A say in the day centre")
    (event,) = await here.events("opportunity-changed")
    assert (event["changed"], event["title"]) == (["purpose"], "A say in the day centre")
    with pytest.raises(ValueError, match="not texts of purpose"):
        await change_texts(here, opportunity_id, "purpose", contact_role="boss")


async def test_opp_16_a_session_moves_and_keeps_its_id_and_what_is_shared_is_said_again(here: World):
    opportunity_id = await here.published()
    await here.do(sharing.share, opportunity_id, Offer(), here.service.settings.host)
    (session_id,) = await here.session_ids(opportunity_id)
    starts_at = (here.now + timedelta(days=36)).replace(microsecond=0)
    for _ in range(2):
        await move_session(
            here,
            opportunity_id,
            session_id,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1),
            venue="The library",
        )
    (changed,) = await here.events("opportunity-changed")
    shared = (await here.events("opportunity-shared"))[1]
    assert changed["changed"] == shared["changed"] == ["time", "place"]
    assert changed["reason"] == shared["reason"] == "The room is taken."
    assert (changed["version"], shared["version"]) == (3, 4)
    for event in (changed, shared):
        assert (event["sessions"][0]["session_id"], event["sessions"][0]["venue"]) == (str(session_id), "The library")
    assert await here.session_ids(opportunity_id) == [session_id]
    assert await here.broken() == {}


async def test_opp_16_a_new_link_is_a_change_of_place_and_stays_out_of_every_event(here: World):
    opportunity_id = await here.published()
    (session_id,) = await here.session_ids(opportunity_id)
    await move_session(here, opportunity_id, session_id, joining="https://video.example/other-room")
    (changed,) = await here.events("opportunity-changed")
    assert changed["changed"] == ["place"]
    assert "video.example" not in str(changed)


async def test_opp_16_nothing_changes_without_a_reason_or_to_a_date_that_cannot_be(here: World):
    opportunity_id = await here.published(number=2)
    first, second = await here.session_ids(opportunity_id)
    with pytest.raises(Refused):
        await change_texts(here, opportunity_id, reason=" ", contact_role="boss")
    with pytest.raises(Refused):
        await move_session(here, opportunity_id, first, reason="", venue="There")
    with pytest.raises(Refused):
        await move_session(here, opportunity_id, first, starts_at=here.now - timedelta(days=1))
    here.move(days=35)
    with pytest.raises(Refused):
        await move_session(here, opportunity_id, first, venue="There")
    await move_session(here, opportunity_id, second, venue="There")
    with pytest.raises(Missing):
        await here.do(
            changing.change_session,
            opportunity_id,
            new_id(),
            NewSession(here.now, here.now, "There"),
            "Why",
            here.service.settings.host,
        )
    assert len(await here.events("opportunity-changed")) == 1


async def test_opp_16_a_change_that_no_longer_fits_the_network_is_refused_whole(here: World):
    opportunity_id = await here.published()
    await here.do(sharing.share, opportunity_id, Offer(), here.service.settings.host)
    with pytest.raises(Refused):
        await change_texts(here, opportunity_id, "purpose", background="x" * 5001)
    assert await here.events("opportunity-changed") == []
    assert await here.dicts("SELECT 1 FROM changes") == []


async def test_opp_16_a_drafts_texts_are_changed_as_a_draft(here: World):
    opportunity_id = await here.draft()
    with pytest.raises(Refused):
        await change_texts(here, opportunity_id, contact_role="boss")


async def test_not_05_cancelled_everyone_with_a_place_is_named_once_and_places_and_needs_end(here: World):
    opportunity_id = await here.published(capacity=1)
    taken, waiting, gone = someone(), someone(), someone()
    place_id = await here.do(take_place, opportunity_id, taken, ["easy-read"], "")
    await here.do(take_place, opportunity_id, waiting, ["breaks"], "")
    left = await here.do(take_place, opportunity_id, gone, [], "")
    await here.do(leave_place, left, gone, here.service.settings.policy)
    for _ in range(2):
        await here.do(changing.cancel, opportunity_id, "The hall burnt down.")
    (event,) = await here.events("opportunity-cancelled")
    assert [each["id"] for each in event["participants"]] == [str(taken.id), str(waiting.id)]
    assert [each["id"] for each in event["without_place"]] == [str(waiting.id)]
    assert (event["reason"], event["version"]) == ("The hall burnt down.", 2)
    states = await here.dicts("SELECT state, version, answer_by FROM places ORDER BY queue_number")
    assert [(row["state"], row["version"]) for row in states] == [("cancelled", 2), ("cancelled", 2), ("left", 2)]
    assert {row["state"] for row in await here.dicts("SELECT state FROM needs")} == {"withdrawn"}
    (left_the_list,) = await here.events("place-left")
    assert (left_the_list["participant"]["id"], left_the_list["given_back"]) == (str(gone.id), False)
    assert await here.events("opportunity-withdrawn") == []
    assert await here.broken() == {}
    with pytest.raises(Refused):
        await here.do(take_place, opportunity_id, someone(), [], "")
    with pytest.raises(Refused):
        await here.do(accept_offer, place_id, taken)
    with pytest.raises(Missing):
        await here.do(needs.change_needs, place_id, taken, ["breaks"], "")


async def test_opp_16_an_offer_ends_with_what_it_was_for_and_no_job_revives_it(here: World):
    opportunity_id, first, second = await here.published(capacity=1), someone(), someone()
    held = await here.do(take_place, opportunity_id, first, [], "")
    await here.do(take_place, opportunity_id, second, [], "")
    await here.do(leave_place, held, first, here.service.settings.policy)
    await here.do(changing.cancel, opportunity_id, "Too few people.")
    await here.do(offer_freed_places, here.service.settings.policy)
    assert [row["state"] for row in await here.dicts("SELECT state FROM places ORDER BY queue_number")] == [
        "left",
        "cancelled",
    ]
    (event,) = await here.events("opportunity-cancelled")
    assert [each["id"] for each in event["participants"]] == [str(second.id)]
    assert event["without_place"] == event["participants"], "an offer is no place"


async def test_opp_11_no_register_for_a_session_that_was_cancelled_before_it_began(here: World):
    opportunity_id, whom = await here.published(number=2), someone()
    place_id = await here.do(take_place, opportunity_id, whom, [], "")
    first, second = await here.session_ids(opportunity_id)
    here.move(days=35, minutes=1)
    await here.do(changing.cancel, opportunity_id, "The money ran out.")
    here.move(days=8)
    await here.do(attendance.record_attendance, opportunity_id, first, [Entry(place_id, True, 90)])
    with pytest.raises(Refused) as refused:
        await here.do(attendance.record_attendance, opportunity_id, second, [Entry(place_id, True, 90)])
    assert [reason.rule for reason in refused.value.reasons] == ["OPP-16"]
    with pytest.raises(Refused):
        await here.do(add_walk_in, opportunity_id, second, await here.person("Ash Wren"))
    assert len(await here.events("attendance-recorded")) == 1
    assert await here.broken() == {}


async def test_opp_16_what_is_over_or_a_draft_is_not_cancelled_and_what_is_cancelled_not_ended(here: World):
    draft, over, cancelled = await here.draft(), await here.published(in_days=30), await here.published(in_days=60)
    here.move(days=31)
    for opportunity_id in (draft, over):
        with pytest.raises(Refused):
            await here.do(changing.cancel, opportunity_id, "Why")
    with pytest.raises(Refused):
        await here.do(changing.cancel, cancelled, "  ")
    await here.do(changing.cancel, cancelled, "Why")
    for end in (ending.finish, ending.close):
        with pytest.raises(Refused):
            await here.do(end, cancelled)
    with pytest.raises(Refused):
        await change_texts(here, cancelled, contact_role="boss")


async def test_opp_16_a_draft_without_sessions_is_neither_changed_nor_cancelled(here: World):
    opportunity_id = await here.do(use_cases.start_draft, "Bare", "meeting")
    with pytest.raises(Refused):
        await here.do(changing.cancel, opportunity_id, "Why")
    with pytest.raises(Refused):
        await change_texts(here, opportunity_id, contact_role="boss")


async def test_opp_16_pages_change_a_session_the_contact_and_the_purpose(here: World):
    opportunity_id = await here.published()
    (session_id,) = await here.session_ids(opportunity_id)
    base = f"/opportunities/staff/{opportunity_id}"
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        for path in (
            f"{base}/sessions/{session_id}/change",
            f"{base}/change/contact",
            f"{base}/change/purpose",
            f"{base}/cancel",
        ):
            assert (await client.get(path)).status_code == 200, path
        day = (here.now + timedelta(days=40)).date()
        moved = {
            "day-day": day.day,
            "day-month": day.month,
            "day-year": day.year,
            "starts": "2pm",
            "ends": "4pm",
            "venue": "The library",
        }
        without = await client.post(f"{base}/sessions/{session_id}/change", data=moved)
        assert without.status_code == 422 and "Write why. Whoever has a place is told it" in without.text
        assert (
            await client.post(f"{base}/sessions/{session_id}/change", data={**moved, "reason": "A leak."})
        ).status_code == 303
        contact = {"contact_role": "manager", "contact_how": "Ring 07700 900456.", "reason": "Jo left us."}
        assert (await client.post(f"{base}/change/contact", data=contact)).status_code == 303
        assert (await client.post(f"{base}/change/purpose", data={"title": "New"})).status_code == 422
        assert (await client.get(f"{base}/change/else")).status_code == 404
        assert (await client.get(f"{base}/sessions/{new_id()}/change")).status_code == 404
        shown = (await client.get(f"/opportunities/{opportunity_id}")).text
    assert "when it is, where it is, how to join. The reason: A leak." in shown
    assert f"How to join on {day_in_words(day)} is another way now. This is of that date alone." in shown
    assert "who people can ask. The reason: Jo left us." in shown
    assert [event["changed"] for event in await here.events("opportunity-changed")] == [["time", "place"], ["contact"]]


async def test_not_05_the_page_and_the_list_say_cancelled_and_why(here: World):
    opportunity_id, whom = await here.published(), someone()
    place_id = await here.do(take_place, opportunity_id, whom, [], "")
    base = f"/opportunities/staff/{opportunity_id}"
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        assert (await client.post(f"{base}/cancel", data={"reason": ""})).status_code == 422
        for _ in range(2):
            assert (
                await client.post(f"{base}/cancel", data={"reason": "The hall <b>burnt</b> down."})
            ).status_code == 303
        assert "It was cancelled on" in (await client.get(base)).text
        assert "Cancelled" in (await client.get("/opportunities/staff")).text
        shown = (await client.get(f"/opportunities/{opportunity_id}")).text
        assert "<strong>Cancelled.</strong>" in shown and "The hall &lt;b&gt;burnt&lt;/b&gt; down." in shown
        assert "Take part" not in shown
        assert ": cancelled" in (await client.get("/opportunities")).text
        answer = (await client.get(f"/opportunities/api/opportunities/{opportunity_id}")).json()
        assert (answer["state"], answer["open"], answer["cancelled_because"]) == (
            "cancelled",
            False,
            "The hall <b>burnt</b> down.",
        )
        signed_in(client, Role.PARTICIPANT, person_id=whom.id)
        mine = (await client.get(f"/opportunities/places/{place_id}")).text
        assert "This was cancelled, so it will not happen." in mine
        assert "It was cancelled" in (await client.get("/opportunities/mine")).text
        asked = await client.get(f"/opportunities/{opportunity_id}/take-part")
        assert asked.headers["location"] == f"/opportunities/{opportunity_id}"


async def test_a_coordinator_cancels_over_json_and_others_may_not(here: World):
    opportunity_id = await here.published()
    path = f"/opportunities/api/opportunities/{opportunity_id}/cancel"
    async with client_of(here.app) as client:
        signed_in(client, Role.PARTICIPANT)
        assert (await client.post(path, json={"reason": "Why"})).status_code == 403
        signed_in(client, Role.COORDINATOR)
        assert (await client.post(path, json={"reason": " "})).status_code == 422
        for _ in range(2):
            assert (await client.post(path, json={"reason": "Why"})).json()["state"] == "cancelled"
        draft = await here.draft()
        assert (
            await client.post(f"/opportunities/api/opportunities/{draft}/cancel", json={"reason": "Why"})
        ).status_code == 422
    assert len(await here.events("opportunity-cancelled")) == 1


async def test_opp_03_opp_16_a_session_added_later_is_told_and_its_notice_counted(here: World):
    opportunity_id = await here.published()
    (first,) = await here.session_ids(opportunity_id)
    starts_at = here.now + timedelta(days=2)
    plan = NewSession(starts_at, starts_at + timedelta(hours=1), "The library")
    add = changing.add_session_later, opportunity_id, plan
    with pytest.raises(Refused):
        await here.do(*add, " ", here.service.settings.host)
    added = await here.do(*add, "People asked for one more.", here.service.settings.host)
    assert set(await here.session_ids(opportunity_id)) == {first, added}
    (changed,) = await here.events("opportunity-changed")
    assert (changed["changed"], changed["reason"]) == (["time"], "People asked for one more.")
    assert {each["session_id"] for each in changed["sessions"]} == {str(first), str(added)}
    [count] = await here.dicts("SELECT because, days_given, reason FROM notice_counts WHERE because <> 'published'")
    assert (count["because"], count["days_given"], count["reason"]) == ("added", 2, "People asked for one more.")
    assert await here.broken() == {}


async def test_opp_16_no_session_is_added_to_what_is_over_or_to_a_draft_by_this_way(here: World):
    plan = NewSession(here.now + timedelta(days=60), here.now + timedelta(days=60, hours=1), "The library")
    opportunity_id = await here.published()
    draft = await here.draft()
    here.move(days=40)
    for of_it in (opportunity_id, draft):
        with pytest.raises(Refused):
            await here.do(changing.add_session_later, of_it, plan, "Why", here.service.settings.host)
    assert await here.events("opportunity-changed") == []
