"""Sharing with the network (NET-01, NET-03): by choice, the public text alone, in the transaction that makes it
true."""

from itertools import product
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text

from services.opportunities.answers.tables import answers
from services.opportunities.ending.use_cases import ending
from services.opportunities.places.domain.taking import place_for_newcomer
from services.opportunities.places.queries import how_full
from services.opportunities.places.tables.guests import guests
from services.opportunities.places.use_cases import taking
from services.opportunities.publishing.use_cases import changing
from services.opportunities.publishing.use_cases.publishing import publish
from services.opportunities.sharing.use_cases import sharing
from services.opportunities.words.domain import Offer
from services.opportunities.writing.tables import opportunities
from services.opportunities.writing.use_cases import write_texts
from shared.db import new_id
from shared.events import ParticipantRef
from shared.identity import Role
from shared.reasons import Missing, Refused
from tests.opportunities.support import TEXTS, World, someone
from tests.support.apps import client_of, signed_in
from tests.support.marks import press

NOTHING, COSTS = Offer(), Offer("fees-and-expenses", 2000)


async def share(here: World, opportunity_id: UUID, offer: Offer = NOTHING) -> None:
    await here.do(sharing.share, opportunity_id, offer, here.service.settings.host)


async def refresh(here: World) -> None:
    await here.do(sharing.refresh_shared, here.service.settings.host)


async def versions(here: World, opportunity_id: UUID) -> list[tuple[str, int]]:
    rows = await here.dicts(
        "SELECT subject, version FROM outbox WHERE aggregate_id = :id ORDER BY id", id=opportunity_id
    )
    return [(row["subject"].split(".")[1], row["version"]) for row in rows]


async def test_net_01_nothing_is_shared_unless_somebody_chooses_to(here: World):
    await here.published()
    await refresh(here)
    assert await here.events("opportunity-shared") == []


async def test_net_01_shared_at_once_if_it_is_published_with_its_public_text_alone(here: World):
    opportunity_id = await here.published()
    await share(here, opportunity_id, COSTS)
    (event,) = await here.events("opportunity-shared")
    settings = here.service.settings
    assert event["url"] == f"{settings.public_url}/opportunities/{opportunity_id}"
    assert (event["host_name"], event["title"], event["version"]) == (
        settings.organisation_name,
        "A say in the drop-in",
        2,
    )
    assert (event["funding"], event["expenses_cap_pence"], event["rate_pence"], event["paid"]) == (
        "fees-and-expenses",
        2000,
        1000,
        True,
    )
    assert {name: event[name] for name in TEXTS if name in event} == {
        name: TEXTS[name] for name in TEXTS if name != "contact_how"
    }
    whole = str(event)
    assert "07700 900123" not in whole
    assert "video.example" not in whole
    assert "joining" not in whole


async def test_net_01_a_draft_is_shared_when_it_is_published_and_not_before(here: World):
    opportunity_id = await here.draft()
    await share(here, opportunity_id)
    assert await here.events("opportunity-shared") == []
    await here.do(publish, opportunity_id, here.service.settings.policy, here.service.settings.host)
    assert await versions(here, opportunity_id) == [("opportunity-created", 1), ("opportunity-shared", 2)]


async def test_net_01_a_draft_that_is_too_long_to_share_is_not_published_until_it_fits_or_is_not_shared(here: World):
    opportunity_id = await here.draft()
    await share(here, opportunity_id)
    await here.do(write_texts, opportunity_id, {"background": "x" * 5001})
    with pytest.raises(Refused) as refused:
        await here.do(publish, opportunity_id, here.service.settings.policy, here.service.settings.host)
    assert [reason.field for reason in refused.value.reasons] == ["background"]
    await here.do(sharing.stop_sharing, opportunity_id)
    await here.do(publish, opportunity_id, here.service.settings.policy, here.service.settings.host)
    assert await here.events("opportunity-shared") == []
    assert await here.events("opportunity-withdrawn") == []


async def test_net_01_the_same_choice_again_changes_nothing(here: World):
    opportunity_id = await here.published()
    for _ in range(2):
        await share(here, opportunity_id, COSTS)
    for _ in range(2):
        await here.do(sharing.stop_sharing, opportunity_id)
    assert await versions(here, opportunity_id) == [
        ("opportunity-created", 1),
        ("opportunity-shared", 2),
        ("opportunity-withdrawn", 3),
    ]
    (withdrawn,) = await here.events("opportunity-withdrawn")
    assert (withdrawn["because"], withdrawn["reason"]) == ("not-shared", "")
    await share(here, opportunity_id, COSTS)
    assert (await versions(here, opportunity_id))[-1] == ("opportunity-shared", 4)


async def test_net_01_an_unpaid_one_says_no_rate(here: World):
    opportunity_id = await here.published(paid=False)
    await share(here, opportunity_id)
    (event,) = await here.events("opportunity-shared")
    assert (event["paid"], event["rate_pence"]) == (False, None)


async def test_net_01_nobody_shares_what_is_not_there(here: World):
    with pytest.raises(Missing):
        await share(here, new_id())


async def test_net_03_an_offer_is_raised_but_not_lowered_while_guests_have_places(here: World):
    opportunity_id = await here.published()
    await share(here, opportunity_id, Offer("fees"))
    guest = ParticipantRef(kind="guest", id=new_id(), home="viewpoint")
    known = {"home": guest.home, "guest_id": guest.id, "opportunity_id": opportunity_id, "heard_at": here.now}
    await here.do(lambda tx: tx.execute(guests.insert().values(**known)))
    place_id = await here.do(taking.take_place, opportunity_id, guest, [], "", code="G-7F3K")
    await share(here, opportunity_id, COSTS)
    with pytest.raises(Refused):
        await share(here, opportunity_id, NOTHING)
    await here.do(sharing.stop_sharing, opportunity_id)
    with pytest.raises(Refused):
        await share(here, opportunity_id, NOTHING)
    await here.do(taking.leave_place, place_id, guest, here.service.settings.policy)
    await share(here, opportunity_id, NOTHING)
    assert [event["funding"] for event in await here.events("opportunity-shared")] == [
        "fees",
        "fees-and-expenses",
        "none",
    ]


async def test_net_01_it_is_said_again_when_it_fills_up_and_when_it_has_room_again(here: World):
    opportunity_id, whom = await here.published(capacity=1), someone()
    await share(here, opportunity_id)
    await refresh(here)
    place_id = await here.do(taking.take_place, opportunity_id, whom, [], "")
    for _ in range(2):
        await refresh(here)
    await here.do(taking.leave_place, place_id, whom, here.service.settings.policy)
    await refresh(here)
    events = await here.events("opportunity-shared")
    assert [(event["version"], event["waiting_list"]) for event in events] == [(2, False), (3, True), (4, False)]
    assert all(event["changed"] == [] for event in events)


async def test_net_05_it_is_said_again_before_the_streams_forget_it_for_organisations_that_join_later(here: World):
    opportunity_id = await here.published()
    await share(here, opportunity_id)
    await here.write("UPDATE shares SET said_at = now() - interval '13 days 23 hours'")
    await refresh(here)
    assert len(await here.events("opportunity-shared")) == 1
    await here.write("UPDATE shares SET said_at = now() - interval '14 days'")
    for _ in range(2):
        await refresh(here)
    assert [event["version"] for event in await here.events("opportunity-shared")] == [2, 3]


async def test_net_01_what_is_over_or_no_longer_shared_is_not_said_again(here: World):
    over, stopped = await here.published(), await here.published()
    for opportunity_id in (over, stopped):
        await share(here, opportunity_id)
    await here.do(sharing.stop_sharing, stopped)
    await here.write("UPDATE shares SET said_at = now() - interval '15 days'")
    here.move(days=40)
    await refresh(here)
    assert len(await here.events("opportunity-shared")) == 2


@pytest.mark.parametrize("end", [ending.finish, ending.close])
async def test_net_01_finished_or_closed_it_is_withdrawn_once(here: World, end: Any):
    opportunity_id = await here.published()
    await share(here, opportunity_id)
    await here.do(ending.finish, opportunity_id)
    if end is ending.close:
        await here.do(ending.close, opportunity_id)
    (withdrawn,) = await here.events("opportunity-withdrawn")
    assert (withdrawn["because"], withdrawn["version"]) == ("closed", 4)


async def test_net_01_cancelled_it_is_withdrawn_with_the_reason_though_it_was_not_shared_any_more(here: World):
    opportunity_id = await here.published()
    await share(here, opportunity_id)
    await here.do(sharing.stop_sharing, opportunity_id)
    await here.do(changing.cancel, opportunity_id, "The hall burnt down.")
    events = await here.events("opportunity-withdrawn")
    assert [(event["because"], event["reason"]) for event in events] == [
        ("not-shared", ""),
        ("cancelled", "The hall burnt down."),
    ]
    assert await here.broken() == {}


async def test_a_coordinator_shares_over_json_and_others_may_not(here: World):
    opportunity_id = await here.published()
    path = f"/opportunities/api/opportunities/{opportunity_id}/sharing"
    async with client_of(here.app) as client:
        signed_in(client, Role.PARTICIPANT)
        assert (await client.put(path, json={"shared": True})).status_code == 403
        signed_in(client, Role.COORDINATOR)
        answer = await client.put(
            path, json={"shared": True, "funding": "fees-and-expenses", "expenses_cap_pence": 2000}
        )
        assert answer.json() == {
            "shared": True,
            "listed": True,
            "funding": "fees-and-expenses",
            "expenses_cap_pence": 2000,
        }
        refused = await client.put(path, json={"shared": True, "funding": "fees-and-expenses"})
        assert refused.status_code == 422 and "NET-03" in refused.text
        assert (await client.put(path, json={"shared": False})).json()["listed"] is False
        assert (
            await client.put(f"/opportunities/api/opportunities/{new_id()}/sharing", json={"shared": True})
        ).status_code == 404


async def test_net_01_the_page_looks_for_contact_details_in_answers_and_venues_too(here: World):
    opportunity_id = await here.published()
    path = f"/opportunities/staff/{opportunity_id}/share"
    of = {"question_id": new_id(), "opportunity_id": opportunity_id, "shown_at": here.now}
    words = {"question": "May I bring my dog?", "answer": "I rang +44 7700 900777: yes."}
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        assert "There seems to be" not in (await client.get(path)).text
        await here.write(insert(answers).values(id=new_id(), **of, **words))
        assert "in: answers to questions. It would be shared too." in (await client.get(path)).text
        await here.write("UPDATE sessions SET venue = 'The hall, 01632 960001'")
        assert "in: places of the sessions, answers to questions." in (await client.get(path)).text


async def test_a_coordinator_shares_on_the_page_and_reads_what_leaves(here: World):
    opportunity_id = await here.published(expected="Ring Jo on 07700 900123.")
    path = f"/opportunities/staff/{opportunity_id}/share"
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        asked = await client.get(path)
        assert "We share the text of the public page, with the answers" in asked.text
        assert (
            "There seems to be a telephone number or an email address in: text about what people will do." in asked.text
        )
        wrong = await client.post(path, data={"share": "true", "funding": "fees-and-expenses", "expenses_cap": ""})
        assert wrong.status_code == 422 and "at most" in wrong.text
        silly = await client.post(
            path, data={"share": "true", "funding": "fees-and-expenses", "expenses_cap": "1000.01"}
        )
        assert silly.status_code == 422 and "Enter £1,000 or less" in silly.text and 'value="1000.01"' in silly.text
        for without in (
            {"funding": "fees", "expenses_cap": "35.00"},
            {"share": "true", "funding": "fees-and-expenses", "expenses_cap": "twelve"},
        ):
            kept = await client.post(path, data=without)
            assert kept.status_code == 422 and f'value="{without["expenses_cap"]}"' in kept.text
        nothing_said = await client.post(path, data={})
        assert nothing_said.status_code == 422
        assert (
            await client.post(path, data={"share": "true", "funding": "fees-and-expenses", "expenses_cap": "20"})
        ).status_code == 303
        shown = await client.get(f"/opportunities/staff/{opportunity_id}")
        assert "Shared" in shown.text and "£20.00 a guest and session" in shown.text
        again = await client.get(path)
        assert 'value="20.00"' in again.text
        assert (
            await client.post(path, data={"share": "false", "funding": "none", "expenses_cap": "7"})
        ).status_code == 303
    assert len(await here.events("opportunity-shared")) == len(await here.events("opportunity-withdrawn")) == 1


async def test_a_draft_shows_the_choice_on_its_task_list(here: World):
    opportunity_id = await here.draft()
    async with client_of(here.app) as client:
        signed_in(client, Role.COORDINATOR)
        assert "Share with the network" in (await client.get(f"/opportunities/staff/{opportunity_id}")).text
        assert (
            await client.post(f"/opportunities/staff/{opportunity_id}/share", data={"share": "true", "funding": "none"})
        ).status_code == 303
        assert (
            await press(
                client,
                f"/opportunities/staff/{opportunity_id}/publish",
                f"/opportunities/staff/{opportunity_id}/publish",
            )
        ).status_code == 303
    assert len(await here.events("opportunity-shared")) == 1


async def test_net_01_whether_it_is_full_is_the_same_in_sql_as_in_the_rule(here: World):
    """However many have, were offered or wait for a place: what the network is told of is what the rule says of it."""
    for capacity, taken, offered, waiting in product((None, 1, 2), (0, 1, 2, 3), (0, 1), (0, 1, 2)):
        opportunity_id = await here.published(capacity=capacity)
        await share(here, opportunity_id)
        states = ["taken"] * taken + ["offered"] * offered + ["waiting"] * waiting + ["left", "lapsed"]
        await here.do(lambda tx, id=opportunity_id, states=states: tx.execute(_PLACES, {"id": id, "states": states}))
    await refresh(here)
    said = await here.dicts("SELECT opportunity_id, said_waiting_list AS said FROM shares")
    assert len(said) == 72
    for row in said:
        opportunity = await here.read(
            lambda tx, id=row["opportunity_id"]: tx.one(select(opportunities).where(opportunities.c.id == id))
        )
        full = await here.read(how_full.fullness_of, opportunity)
        assert row["said"] == (place_for_newcomer(full) == "waiting"), full


_PLACES = text("""
INSERT INTO places (id, version, opportunity_id, participant_kind, participant_id, participant_home, state,
  queue_number, answer_by, created_at,
                    changed_at, actor_kind)
SELECT gen_random_uuid(), 1, :id, 'person', gen_random_uuid(), 'test', state, number,
       CASE WHEN state = 'offered' THEN now() + interval '3 days' END, now(), now(), 'system'
  FROM unnest(CAST(:states AS text[])) WITH ORDINALITY AS given (state, number)
""")
