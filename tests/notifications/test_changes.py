"""Listings of other organisations, changes, cancellations, the waiting list: what people hear, on real PostgreSQL."""

import itertools
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import icalendar
import pytest

from services.notifications import queries
from services.notifications.gateways import letters, rendering, task_lines
from services.notifications.use_cases import reminders
from shared.db import new_id
from shared.events import Event, ParticipantRef, network
from shared.events.opportunities import PlaceLapsed
from shared.events.payments import (
    BankDetailsChanged,
    BankDetailsToConfirm,
    MoneyWaits,
    PaymentsPerhapsGone,
    PersonToConfirm,
    StatementAnswered,
    StatementIssued,
)
from shared.messaging.handling import Unfit
from shared.reasons import NotYet
from tests.notifications.support import (
    SOON,
    Claim,
    World,
    cancelled,
    changed,
    feedback_received,
    listing,
    moved,
    need_answered,
    opportunity_closed,
    opportunity_created,
    participant,
    place_left,
    place_offered,
    place_queued,
    place_refused,
    place_taken,
    session,
)
from tests.notifications.test_addressees import seen_by
from tests.notifications.texts import SETTINGS
from tests.support.slices import seeds

QUIET: dict[str, Any] = {"opted_out": ["new-opportunities"]}
LATER = SOON + timedelta(days=3, hours=2)


async def mails(world: World, template: str) -> list[letters.Draft]:
    rows = await world.rows("SELECT message_id FROM messages WHERE template = :template AND channel = 'email' ORDER BY message_id", template=template)
    return await world.read(queries.drafts, [row.message_id for row in rows])


async def words(world: World, template: str) -> str:
    [draft] = await mails(world, template)
    return rendering.as_text(letters.letter(draft, SETTINGS, by_mail=True))


async def entries(world: World, template: str) -> list[tuple[str, datetime, str, int]]:
    """(UID, start, status, sequence) of what a calendar gets."""
    [draft] = await mails(world, template)
    file = letters.calendar_of(draft, SETTINGS)
    assert file is not None
    found = icalendar.Calendar.from_ical(file.content).walk("VEVENT")
    return [(str(event["UID"]), event.decoded("DTSTART"), str(event["STATUS"]), int(str(event["SEQUENCE"]))) for event in found]


async def reminded(world: World) -> list[tuple[str, str, str]]:
    for _ in range(2):
        await world.do(reminders.remind)
    return [told for told in await world.told() if told[1] == "session-reminder"]


# --- listings ---


async def test_net_02_the_news_of_a_listing_names_who_holds_it(world: World):
    await world.knows()
    await world.hear(listing())
    assert "SUN is holding this. You can take part through us. Nobody there learns your name." in (await words(world, "opportunity-created"))


async def test_net_02_a_host_without_a_name_is_called_by_its_short_one(world: World):
    await world.knows()
    await world.hear(listing(host_name=""))
    assert "sun is holding this" in (await words(world, "opportunity-created"))


async def test_net_02_our_own_news_is_as_it_was(world: World):
    await world.knows()
    await world.hear(opportunity_created())
    assert "is holding this" not in (await words(world, "opportunity-created"))


async def test_net_02_what_is_next_says_who_holds_it(world: World):
    person = await world.knows(**QUIET)
    theirs = listing()
    await world.hear(theirs, place_taken(theirs, person))
    [coming] = await world.read(queries.what_is_next, person)
    assert coming.host == "SUN"


# --- changes ---


async def test_opp_16_everyone_with_a_place_or_waiting_for_one_hears_what_changed_once(world: World):
    held, waiting, left, refused, _ = [await world.knows(name, **QUIET) for name in ("Amina", "Bola", "Cerys", "Dai", "Efe")]
    published = opportunity_created()
    places = {person: place_taken(published, person) for person in (held, waiting, left, refused)}
    await world.hear(published, places[held], place_queued(places[waiting]), places[left], place_left(places[left]))
    await world.hear(place_queued(places[refused]), place_refused(places[refused]))
    change, event_id = changed(published, 2, "time", sessions=moved(published, LATER)), new_id()
    for _ in range(2):
        await world.hear(change, event_id=event_id)
    await world.hear(change)
    assert [told for told in await world.told() if told[1] == "opportunity-changed"] == [
        ("Amina", "opportunity-changed", "email"),
        ("Bola", "opportunity-changed", "email"),
    ]
    drafts = {draft.name: draft for draft in await mails(world, "opportunity-changed")}
    assert drafts["Amina"].has_place and not drafts["Bola"].has_place
    assert await world.broken() == {}


async def test_opp_16_a_change_shows_the_old_and_the_new_time_and_moves_the_calendar_entry(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    await world.hear(published, place_taken(published, person))
    await world.hear(changed(published, 2, "time", sessions=moved(published, LATER)))
    text = await words(world, "opportunity-changed")
    assert "Thursday 31 December 2026, 10:30am" in text and "Sunday 3 January 2027, 12:30pm" in text and "The room was not free." in text
    [(uid, before, _, first)], [(same, after, status, second)] = [await entries(world, name) for name in ("place-taken", "opportunity-changed")]
    assert (uid, status, after) == (same, "CONFIRMED", LATER)
    assert first < second and before == SOON  # an old message keeps what it said (NOT-08); the higher number wins in a calendar


async def test_opp_16_an_older_change_keeps_what_it_said_when_a_newer_one_has_come(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    await world.hear(published, place_taken(published, person), changed(published, 2, "time", sessions=moved(published, LATER)))
    said = await words(world, "opportunity-changed")
    await world.hear(changed(published, 3, "time", sessions=moved(published, LATER + timedelta(days=1))))
    first, second = await mails(world, "opportunity-changed")
    assert rendering.as_text(letters.letter(first, SETTINGS, by_mail=True)) == said
    assert second.sessions[0].starts_at == LATER + timedelta(days=1) and second.facts["were"][0].starts_at == LATER
    assert first.sequence < second.sequence


async def test_opp_16_a_session_that_is_gone_leaves_the_calendar(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created(sessions=(session(SOON), session(SOON + timedelta(days=7))))
    await world.hear(published, place_taken(published, person), changed(published, 2, "time", sessions=published.sessions[:1]))
    assert [(start, status) for _, start, status, _ in await entries(world, "opportunity-changed")] == [
        (SOON, "CONFIRMED"),
        (SOON + timedelta(days=7), "CANCELLED"),
    ]


async def test_opp_16_facts_that_matter_to_nobodys_place_are_kept_and_not_told(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    await world.hear(published, place_taken(published, person), changed(published, 2, reason="", funding="fees"))
    assert [template for _, template, _ in await world.told()] == ["place-taken"]


async def test_opp_16_a_change_that_we_never_heard_of_is_told_with_the_next(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    await world.hear(published, place_taken(published, person), changed(published, 3, "contact", sessions=moved(published, LATER), contact_role="coordinator"))
    assert (await mails(world, "opportunity-changed"))[0].facts["changed"] == ["time", "contact"]


async def test_opp_16_a_change_of_what_is_over_is_no_message(world: World):
    person = await world.knows(**QUIET)
    begun = datetime.now(UTC) - timedelta(hours=3)
    published = opportunity_created(sessions=(session(begun),))
    await world.hear(published, place_taken(published, person), changed(published, 2, "contact", contact_role="coordinator"))
    assert await world.told() == []


@pytest.mark.parametrize("card", [{"opted_out": ["places", "new-opportunities"]}, {"channels": []}, {"paused": True}])
async def test_not_05_changes_and_cancellations_reach_everyone_with_a_place_whatever_they_switched_off(world: World, card: dict[str, Any]):
    person = await world.knows("Amina", **QUIET | card)
    published = opportunity_created()
    await world.hear(published, place_taken(published, person), changed(published, 2, "time", sessions=moved(published, LATER)), cancelled(published, person))
    assert {template for _, template, _ in await world.told()} == {"place-taken", "opportunity-changed", "opportunity-cancelled"}
    assert await world.broken() == {}


async def test_not_05_reminders_follow_the_new_time_and_none_comes_at_the_old_one(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    await world.hear(published, place_taken(published, person), changed(published, 2, "time", sessions=moved(published, LATER)))
    world.at(SOON - timedelta(days=1))
    assert await reminded(world) == []
    world.at(LATER - timedelta(days=1))
    assert await reminded(world) == [("Amina", "session-reminder", "email")]
    assert await world.broken() == {}


async def test_not_05_who_was_reminded_of_the_old_time_is_reminded_of_the_new_one(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    await world.hear(published, place_taken(published, person))
    world.at(SOON - timedelta(days=1))
    assert len(await reminded(world)) == 1
    await world.hear(changed(published, 2, "time", sessions=moved(published, LATER)))
    world.at(LATER - timedelta(days=1))
    assert len(await reminded(world)) == 2
    assert await world.broken() == {}


# --- cancellations ---


async def test_not_05_a_cancellation_reaches_those_with_a_place_those_who_wait_and_those_who_asked(world: World):
    held, waiting, asked, left, _ = [await world.knows(name, **QUIET) for name in ("Amina", "Bola", "Cerys", "Dai", "Efe")]
    published = listing()
    places = {person: place_taken(published, person) for person in (held, waiting, left)}
    await world.hear(published, places[held], place_queued(places[waiting]), places[left], place_left(places[left]))
    await world.hear(cancelled(published, held, asked))
    told = [told for told in await world.told() if told[1] == "opportunity-cancelled"]
    assert [name for name, _, _ in told] == ["Amina", "Bola", "Cerys"]
    assert await world.broken() == {}


async def test_not_02_a_cancellation_that_is_said_again_is_not_told_again_but_reaches_who_was_missing(world: World):
    amina, bola = await world.knows("Amina", **QUIET), await world.knows("Bola", **QUIET)
    published = opportunity_created()
    await world.hear(published, cancelled(published, amina), cancelled(published, amina, bola, version=10))
    assert [name for name, _, _ in await world.told()] == ["Amina", "Bola"]
    assert await world.broken() == {}


async def test_not_05_a_cancellation_gives_its_reason_and_takes_the_date_out_of_the_calendar(world: World):
    person = await world.knows(**QUIET)
    published = listing()
    await world.hear(published, place_taken(published, person), changed(published, 2, "time", sessions=moved(published, LATER)), cancelled(published, person))
    text = await words(world, "opportunity-cancelled")
    assert "SUN had to cancel it" in text and "Too few people could come." in text and "Sunday 3 January 2027" in text
    [(uid, _, _, before)], [(same, start, status, sequence)] = [await entries(world, name) for name in ("opportunity-changed", "opportunity-cancelled")]
    assert (same, start, status) == (uid, LATER, "CANCELLED") and sequence > before


async def test_not_05_nobody_is_reminded_of_what_is_cancelled_and_it_is_not_what_is_next(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    await world.hear(published, place_taken(published, person), cancelled(published, person))
    world.at(SOON - timedelta(days=1))
    assert await reminded(world) == []
    assert await world.read(queries.what_is_next, person) == []


async def test_not_05_nobody_is_reminded_of_a_session_that_finishing_took_out(world: World):
    person = await world.knows(**QUIET)
    first, second = session(SOON), session(LATER)
    published = opportunity_created(sessions=(first, second))
    await world.hear(published, place_taken(published, person))
    world.at(SOON - timedelta(days=1))
    assert len(await reminded(world)) == 1
    await world.hear(changed(published, 2, "time", sessions=(first,)))
    world.at(LATER - timedelta(days=1))
    assert len(await reminded(world)) == 1
    assert [each.starts_at for each in await world.read(queries.what_is_next, person)] == []


async def test_peo_05_an_offer_of_what_is_cancelled_needs_no_answer_whichever_comes_first(world: World):
    first, second = await world.knows("Amina", **QUIET), await world.knows("Bola", **QUIET)
    published = opportunity_created()
    taken = [place_taken(published, person) for person in (first, second)]
    until = datetime.now(UTC) + timedelta(days=3)
    await world.hear(published, place_offered(taken[0], until))
    assert await world.open_tasks() == {"answer-offer"}
    await world.hear(cancelled(published, first, second), place_offered(taken[1], until))
    assert await world.open_tasks() == set()
    assert ("Bola", "place-offered", "email") not in await world.told()
    assert await world.broken() == {}


async def test_of_what_is_cancelled_people_hear_that_and_nothing_more(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    taken = place_taken(published, person)
    await world.hear(published, cancelled(published, person))
    await world.hear(taken, need_answered(taken, 2), place_left(taken, 3), changed(published, 10, "time", sessions=moved(published, LATER)))
    await world.hear(place_queued(place_taken(published, person)), place_refused(place_taken(published, person)))
    assert [template for _, template, _ in await world.told()] == ["opportunity-cancelled"]


# --- the waiting list, and no place ---


async def test_opp_05_who_begins_to_wait_hears_their_number_once(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    taken = place_taken(published, person)
    await world.hear(published, place_queued(taken, position=2), place_queued(taken, 2, position=1), place_queued(taken, position=2))
    assert await world.told() == [("Amina", "place-queued", "email")]
    assert "You are number 2 on the list." in (await words(world, "place-queued"))


async def test_opp_05_who_waits_again_after_an_offer_ran_out_is_told_again(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    taken = place_taken(published, person)
    lapsed = PlaceLapsed(version=3, place_id=taken.place_id, opportunity_id=taken.opportunity_id, participant=taken.participant)
    await world.hear(published, place_queued(taken), place_offered(taken, datetime.now(UTC) + timedelta(days=3)), lapsed, place_queued(taken, 4, position=5))
    assert [template for _, template, _ in await world.told()] == ["place-lapsed", "place-offered", "place-queued", "place-queued"]


async def test_opp_05_who_waited_until_it_ended_is_told_so_and_of_no_offer_or_next_person(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    taken = place_taken(published, person)
    over = PlaceLapsed(version=2, place_id=taken.place_id, opportunity_id=taken.opportunity_id, participant=taken.participant, over=True)
    await world.hear(published, place_queued(taken), over)
    said = await words(world, "place-lapsed")
    assert "It is over now" in said and not any(each in said for each in ("offered you", "next person", "ask for a place", "Ask for a place"))


async def test_opp_05_that_someone_waited_is_not_told_once_they_have_a_place(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    taken = place_taken(published, person, version=3)
    await world.hear(published, taken, place_queued(taken))
    assert [template for _, template, _ in await world.told()] == ["place-taken"]
    assert [(row.held, row.waiting) for row in await world.rows("SELECT held, waiting FROM places")] == [(True, False)]


async def test_who_gets_no_place_is_told_so_and_need_not_answer_any_more(world: World):
    person = await world.knows(**QUIET)
    published = listing()
    taken = place_taken(published, person)
    await world.hear(published, place_offered(taken, datetime.now(UTC) + timedelta(days=3)), place_refused(taken, 3))
    assert await world.open_tasks() == set()
    text = await words(world, "place-refused")
    assert "SUN could not give you one" in text and f"/opportunities/places/{taken.place_id}" in text


async def test_a_guest_of_ours_hears_none_of_it_from_us(world: World):
    published = opportunity_created()
    taken = place_taken(published, new_id(), kind="guest")
    until = datetime.now(UTC) + timedelta(days=3)
    await world.hear(published, place_queued(taken), place_offered(taken, until), place_refused(taken, 3))
    await world.hear(place_taken(published, new_id(), kind="guest"), changed(published, 2, "time", sessions=moved(published, LATER)), cancelled(published))
    assert await world.told() == []
    assert await world.broken() == {}


# --- any order, with repeats (NOT-02) ---


async def test_a_cancellation_waits_for_the_publication(world: World):
    person = await world.knows(**QUIET)
    published = opportunity_created()
    with pytest.raises(NotYet):
        await world.hear(cancelled(published, person))
    await world.hear(published, cancelled(published, person), published)
    assert [template for _, template, _ in await world.told()] == ["opportunity-cancelled"]


async def test_not_03_a_change_that_comes_before_the_publication_is_kept_and_is_no_loss_of_news(world: World):
    await world.knows()
    published = opportunity_created()
    await world.hear(changed(published, 2, "time", sessions=moved(published, LATER)))
    assert await world.told() == []
    await world.hear(published, published)
    assert await world.told() == [("Amina", "opportunity-created", "email")]
    assert (await mails(world, "opportunity-created"))[0].sessions[0].starts_at == LATER


async def test_not_03_what_is_cancelled_or_closed_is_no_news(world: World):
    published, other = opportunity_created(), opportunity_created()
    late = await world.knows("Amina", **QUIET)
    await world.hear(changed(published, 2), cancelled(published, late), changed(other, 2), opportunity_closed(other, []))
    await world.knows("Bola")
    await world.hear(published, other)
    assert await world.told() == [("Amina", "opportunity-cancelled", "email")]


@pytest.mark.parametrize("seed", seeds(8, quick=2))
async def test_not_02_in_any_order_with_repeats_everyone_hears_of_the_end_once(world: World, seed: int):
    """Each event comes twice, in any order; what must wait for another is heard when that has come."""
    amina, bola = await world.knows("Amina", **QUIET), await world.knows("Bola", **QUIET)
    published = opportunity_created()
    mine, waiting = place_taken(published, amina), place_taken(published, bola)
    until = datetime.now(UTC) + timedelta(days=3)
    story: list[Event] = [
        published,
        mine,
        place_queued(waiting),
        changed(published, 2, "time", sessions=moved(published, LATER)),
        place_offered(waiting, until),
        cancelled(published, amina, bola, version=3),
    ]
    to_come = [(new_id(), event) for event in story] * 2
    random.Random(seed).shuffle(to_come)
    heard: set[Any] = set()
    for round_ in itertools.count():
        assert round_ < 20
        left = []
        for event_id, event in to_come:
            if event_id in heard:
                continue  # the inbox stops it
            try:
                await world.hear(event, event_id=event_id)
                heard.add(event_id)
            except NotYet:
                left.append((event_id, event))
        to_come = left
        if not left:
            break
    told = await world.told()
    assert len(told) == len(set(told))
    assert [name for name, template, _ in told if template == "opportunity-cancelled"] == ["Amina", "Bola"]
    assert await world.open_tasks() == set()
    [row] = await world.rows("SELECT version, cancelled FROM opportunities")
    assert tuple(row) == (3, True)
    assert await world.broken() == {}


# --- bank details (PAY-13) ---


@pytest.mark.parametrize("card", [{}, {"channels": ["in-app"]}, {"channels": []}, {"paused": True}, {"opted_out": ["account", "claims"]}])
async def test_pay_13_that_bank_details_were_changed_is_told_everywhere_whatever_they_chose(world: World, card: dict[str, Any]):
    person = await world.knows(**card)
    event = BankDetailsChanged(version=1, details_id=new_id(), participant=participant(person))
    event_id = new_id()
    for _ in range(2):
        await world.hear(event, event_id=event_id)
    assert await world.told() == [("Amina", "bank-details-changed", "email"), ("Amina", "bank-details-changed", "in-app")]
    assert "Was it not you?" in (await words(world, "bank-details-changed"))
    assert await world.broken() == {}


# --- what waits for finance and coordinators ---


def statement(statement_id: UUID, to: str = "sun") -> StatementIssued:
    return StatementIssued(version=1, to=to, statement_id=statement_id, month="2026-11", lines=(), total_pence=1500)


def answered(statement_id: UUID, state: Any, version: int, origin: str = "sun") -> network.StatementAnswered:
    return network.StatementAnswered(version=version, to="test", statement_id=statement_id, state=state, lines=(), total_pence=1000, origin=origin)


async def test_net_03_a_statement_that_the_host_counts_differently_waits_for_finance(world: World):
    statement_id = new_id()
    with pytest.raises(NotYet):
        await world.hear(answered(statement_id, "differs", 2))
    await world.hear(statement(statement_id), statement(statement_id))
    with pytest.raises(Unfit):
        await world.hear(answered(statement_id, "differs", 9, origin="suf"))
    assert await world.open_tasks() == set()
    await world.hear(answered(statement_id, "differs", 2))
    assert await world.open_tasks() == {"look-at-statement"}
    await world.hear(answered(statement_id, "agreed", 3), answered(statement_id, "differs", 2))
    assert await world.open_tasks() == set()
    assert await world.broken() == {}


async def test_net_03_what_we_agreed_to_owe_waits_for_finance_until_it_is_paid(world: World):
    ours = {"to": "viewpoint", "statement_id": new_id(), "lines": (), "total_pence": 1500}
    await world.hear(StatementAnswered(version=1, state="agreed", **ours))
    assert await world.open_tasks() == {"pay-statement"}
    await world.hear(StatementAnswered(version=2, state="settled", **ours))
    assert await world.open_tasks() == set()


async def test_fb_02_a_coordinator_is_not_asked_to_answer_what_the_host_answers_until_it_is_ours(world: World):
    theirs = listing()
    item = feedback_received(theirs, None).model_copy(update={"waiting_for": "provider"})
    with pytest.raises(NotYet):
        await world.hear(item)
    await world.hear(theirs, item)
    assert await world.open_tasks() == set()
    await world.hear(item.model_copy(update={"waiting_for": "us", "version": 2}))
    assert await world.open_tasks() == {"answer-feedback"}


async def test_pay_13_finance_is_asked_to_confirm_details_until_it_is_done(world: World):
    owner, entered_by, confirm_by = await world.knows("Amina"), new_id(), date(2026, 12, 3)
    waits = BankDetailsToConfirm(
        version=1,
        details_id=new_id(),
        participant=ParticipantRef(kind="person", id=owner, home="sun"),
        waiting=True,
        confirm_by=confirm_by,
        not_for=(entered_by,),
    )
    await world.hear(waits, waits)
    [task] = await world.rows("SELECT kind, audience_role, due_on FROM tasks")
    assert (task.kind, task.audience_role, task.due_on) == ("confirm-details", "finance", confirm_by)
    assert await seen_by(world, new_id(), "finance") == [waits.details_id]
    for nobody in (owner, entered_by):
        assert await seen_by(world, nobody, "finance") == []
    await world.hear(waits.model_copy(update={"version": 2, "waiting": False}))
    assert await world.open_tasks() == set()
    assert await world.broken() == {}


async def test_pay_13_approvers_are_asked_where_finance_is_one_person_who_entered_the_details(world: World):
    owner, finance, approver = await world.knows("Amina"), await world.knows("Bola", roles=["finance"]), await world.knows("Cy", roles=["approver"])
    participant = ParticipantRef(kind="person", id=owner, home="sun")
    waits = BankDetailsToConfirm(version=1, details_id=new_id(), participant=participant, waiting=True, confirm_by=date(2026, 12, 3), not_for=(finance,))
    await world.hear(waits)
    assert await seen_by(world, approver, "approver") == [waits.details_id]
    await world.hear(waits.model_copy(update={"version": 2, "waiting": False}))
    assert await world.open_tasks() == set()


async def test_pay_13_the_owner_is_asked_for_details_that_were_wrong_and_who_entered_them_hears_of_it(world: World):
    owner, helper = await world.knows("Amina"), await world.knows("Bola", roles=["coordinator"])
    participant = ParticipantRef(kind="person", id=owner, home="sun")
    await world.hear(BankDetailsChanged(version=2, details_id=new_id(), participant=participant, set_aside=True, entered_by=helper))
    told = await world.told()
    assert {("Amina", "bank-details-changed", "in-app"), ("Bola", "bank-details-changed", "in-app")} <= set(told)


@pytest.mark.parametrize("finance_is_who_took_them_in", [False, True])
async def test_pay_10_somebody_is_asked_to_ring_a_person_whom_one_of_us_added(world: World, finance_is_who_took_them_in: bool):
    owner, finance, approver = await world.knows("Amina"), await world.knows("Bola", roles=["finance"]), await world.knows("Cy", roles=["approver"])
    participant, day = ParticipantRef(kind="person", id=owner, home="sun"), date(2026, 12, 3)
    taker = finance if finance_is_who_took_them_in else new_id()
    waits = PersonToConfirm(version=1, person_id=owner, participant=participant, waiting=True, confirm_by=day, not_for=(taker,))
    await world.hear(waits, waits)
    [task] = await world.rows("SELECT kind, audience_role, due_on FROM tasks")
    assert (task.kind, task.audience_role, task.due_on) == ("confirm-person", "finance", day)
    assert await seen_by(world, finance, "finance") == ([] if finance_is_who_took_them_in else [owner])
    assert await seen_by(world, approver, "approver") == ([owner] if finance_is_who_took_them_in else [])
    await world.hear(waits.model_copy(update={"version": 2, "waiting": False}))
    assert await world.open_tasks() == set()
    assert await world.broken() == {}


async def test_pay_10_who_may_not_do_what_waits_does_not_see_it_nor_does_anybody_while_nobody_can(world: World):
    owner, isla, jonas = await world.knows("Amina"), await world.knows("Isla", roles=["approver"]), await world.knows("Jonas", roles=["finance"])
    claim = Claim(opportunity_created(), owner)
    await world.hear(opportunity_created(opportunity_id=claim.facts["opportunity_id"]), claim.submitted)
    assert await seen_by(world, isla, "approver") == [claim.id]
    limit = MoneyWaits(version=7, kind="decision", about=claim.id, waiting=True, not_for=(isla,))
    await world.hear(limit, limit.model_copy(update={"version": 6, "not_for": ()}))
    assert await seen_by(world, isla, "approver") == []
    assert await seen_by(world, new_id(), "approver") == [claim.id]
    await world.hear(claim.approved)
    assert await seen_by(world, jonas, "finance") == [claim.id]
    await world.hear(MoneyWaits(version=8, kind="release", about=claim.id, waiting=False))
    assert await seen_by(world, jonas, "finance") == []
    await world.hear(MoneyWaits(version=9, kind="release", about=claim.id, waiting=True))
    assert await seen_by(world, jonas, "finance") == [claim.id]
    assert await world.broken() == {}


async def test_pay_12_a_payment_run_is_a_task_of_finance_until_it_is_sent_and_until_its_payments_ended(world: World):
    run, jonas, sam = new_id(), await world.knows("Jonas", roles=["finance"]), await world.knows("Sam", roles=["finance"])
    made = MoneyWaits(version=1, kind="sending", about=run, waiting=True, number=3, due_on=date(2026, 12, 3))
    await world.hear(made, made)
    [task] = await world.read(queries.tasks_for, jonas, {"finance"})
    assert (task_lines.words(task), task.due_on) == ("Payment run 3 is made: send it", date(2026, 12, 3))
    await world.hear(made.model_copy(update={"version": 2, "waiting": False}))
    await world.hear(MoneyWaits(version=3, kind="ending", about=run, waiting=True, number=3, not_for=(jonas,)))
    assert await seen_by(world, jonas, "finance") == []
    [task] = await world.read(queries.tasks_for, sam, {"finance"})
    assert task_lines.words(task) == "Payment run 3 was sent: say what was paid"
    await world.hear(MoneyWaits(version=4, kind="ending", about=run, waiting=False, number=3))
    assert await world.open_tasks() == set() and await world.broken() == {}


async def test_pay_12_finance_is_asked_to_look_at_the_account_until_it_is_known_what_the_bank_paid(world: World):
    run_id, look_by = new_id(), date(2026, 12, 3)
    events = [PaymentsPerhapsGone(version=version, run_id=run_id, waiting=waiting, look_by=look_by) for version, waiting in ((1, 2), (2, 1), (3, 0))]
    await world.hear(events[0], events[0])
    assert await world.open_tasks() == {"look-for-payments"}
    [task] = await world.rows("SELECT audience_role, due_on, about FROM tasks")
    assert (task.audience_role, task.due_on, task.about) == ("finance", look_by, run_id)
    await world.hear(events[2], events[1])
    assert await world.open_tasks() == set()
    assert await world.broken() == {}
