"""NOT-08: whoever no message can reach is rung: who, by when, and when nobody need ring any more."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from services.notifications.domain.calls import is_rung_for, matters_until, overtaken_by, ring_by, said_by_change
from services.notifications.domain.messages import MESSAGES, Kind, is_for_helpers
from services.notifications.queries import told as told_reads
from services.notifications.queries.told import drafts
from services.notifications.tables import cards
from services.notifications.use_cases import calls, messages
from shared.db import new_id
from shared.events.opportunities import PlaceLapsed
from shared.events.payments import BankDetailsChanged, ClaimOwedAgain
from tests.notifications.calls import AWAY, NOON, run, to_ring
from tests.notifications.support import (
    SOON,
    Claim,
    World,
    cancelled,
    card,
    changed,
    feedback_closed,
    feedback_received,
    moved,
    need_answered,
    opportunity_closed,
    opportunity_created,
    participant,
    place_offered,
    place_queued,
    place_taken,
    session,
)
from tests.notifications.worker import Worker


async def ended(world: World) -> list[tuple[str, str]]:
    rows = await world.rows("SELECT template, settled_because FROM calls WHERE settled_at IS NOT NULL")
    return sorted((row.template, row.settled_because) for row in rows)


# --- the rules ---


def test_not_08_what_matters_is_rung_about_and_news_and_staff_s_work_are_not():
    optional = {"opportunity-closed", "session-reminder", "closing-reminder"}
    work = {name for name, message in MESSAGES.items() if message.kind in (Kind.WORK, Kind.SAFEGUARDING)}
    work |= {"roles-asked", "roles-answered", "second-step-changed"}
    assert work == {name for name, message in MESSAGES.items() if message.of_staff or not is_for_helpers(message.kind)}
    own_eyes = {name for name, message in MESSAGES.items() if message.own_eyes}
    assert {name for name in MESSAGES if not is_rung_for(name, host="sun")} == optional | work | own_eyes
    assert not is_rung_for("place-taken", host="") and is_rung_for("place-taken", host="sun")


def test_not_08_and_not_02_there_is_time_to_ring_before_it_is_too_late():
    soon = NOON + timedelta(hours=8)
    assert ring_by(
        "opportunity-changed", NOON, [NOON - timedelta(days=1), soon, soon + timedelta(days=9)]
    ) == NOON + timedelta(hours=4)
    monday, wednesday = datetime(2026, 12, 7, 17, tzinfo=UTC), datetime(2026, 12, 9, 17, tzinfo=UTC)
    assert ring_by("opportunity-cancelled", NOON, [NOON + timedelta(days=30)]) == monday
    assert ring_by("bank-details-changed", NOON, []) == monday
    assert ring_by("claim-paid", NOON, [soon]) == wednesday


def test_not_08_nobody_must_have_rung_sooner_than_they_can_ring_nor_after_it_has_begun():
    at_once, later = NOON + timedelta(minutes=3), NOON + timedelta(hours=8)
    assert NOON < ring_by("opportunity-changed", NOON, [at_once, later]) < at_once
    assert NOON < ring_by("opportunity-created", NOON, [at_once]) < at_once
    assert ring_by("opportunity-changed", NOON, [NOON + timedelta(minutes=20)]) == NOON + timedelta(minutes=15)
    assert ring_by("opportunity-created", NOON, [at_once, later]) == NOON + timedelta(hours=4), (
        "nobody who is rung about it can be at the first session"
    )


@pytest.mark.parametrize(
    ("now", "begins", "due"),
    [
        ("2026-12-03 14:00", "2026-12-04 12:00", "2026-12-03 17:00"),  # half of the time is 1am
        ("2026-12-03 20:00", "2026-12-04 14:00", "2026-12-04 09:00"),  # 5am
        ("2026-12-03 20:00", "2026-12-04 09:10", "2026-12-03 20:15"),  # before our hours begin
        ("2026-12-03 02:00", "2026-12-03 18:00", "2026-12-03 10:00"),
        ("2026-12-03 16:50", "2026-12-04 10:00", "2026-12-04 09:00"),  # too little of the day is left
        ("2026-12-04 18:00", "2026-12-07 09:30", "2026-12-07 09:00"),  # over a weekend
        ("2026-12-04 18:00", "2026-12-06 10:00", "2026-12-04 18:15"),
        ("2026-12-03 09:09", "2026-12-03 09:13", "2026-12-03 09:11"),
        ("2026-12-03 20:00", "2026-12-03 20:10", "2026-12-03 20:05"),
    ],
)
def test_not_08_a_call_is_due_in_the_hours_in_which_we_ring_where_there_are_any(now: str, begins: str, due: str):
    moment = lambda said: datetime.fromisoformat(said).replace(tzinfo=UTC)  # noqa: E731
    assert ring_by("opportunity-changed", moment(now), [moment(begins)]) == moment(due)


def test_not_08_what_came_later_overtakes_what_nobody_need_hear_any_more():
    assert "opportunity-changed" in overtaken_by(
        "opportunity-cancelled"
    ) and "opportunity-cancelled" not in overtaken_by("opportunity-cancelled")
    assert said_by_change(["time"]) == ["place", "time"] and said_by_change(["contact"]) == ["contact"]
    assert overtaken_by("place-left") == {
        "place-taken",
        "place-offered",
        "place-lapsed",
        "place-left",
        "place-queued",
        "place-refused",
        "opportunity-created",
        "opportunity-changed",
        "access-need-answered",
        "answer-shown",
    }
    assert "claim-opened" in overtaken_by("claim-submitted") and "claim-refused" not in overtaken_by("claim-paid")
    assert matters_until("place-offered", [SOON], NOON) == NOON and matters_until("claim-paid", [SOON], None) is None


# --- who is rung ---


async def test_not_08_who_has_no_address_is_to_be_rung_about_all_that_matters_and_others_are_mailed(world: World):
    amina, bola = await world.knows("Amina", **AWAY), await world.knows("Bola", reached_by_message=True)
    published = opportunity_created()
    for person in (amina, bola):
        taken, claim, item = (
            place_taken(published, person),
            Claim(published, person),
            feedback_received(published, person),
        )
        details = BankDetailsChanged(version=1, details_id=new_id(), participant=participant(person))
        agreed_in_part = claim.approved.model_copy(update={"not_agreed_pence": 300})
        await world.hear(
            published, taken, need_answered(taken), claim.opened, claim.submitted, agreed_in_part, claim.paid, details
        )
        await world.hear(item, feedback_closed(item, hear_by="in-app"))
    await world.hear(changed(published, 2, "time", sessions=moved(published, SOON + timedelta(days=1))))
    told = [
        "access-need-answered",
        "bank-details-changed",
        "claim-approved",
        "claim-paid",
        "feedback-closed",
        "opportunity-changed",
    ]
    assert await to_ring(world) == [("Amina", template) for template in told]
    await world.hear(cancelled(published, amina, bola), opportunity_closed(published, [amina, bola], 10))
    left = ["bank-details-changed", "claim-approved", "claim-paid", "feedback-closed", "opportunity-cancelled"]
    assert await to_ring(world) == [("Amina", template) for template in left], (
        "the cancellation says it all, and thanks need no call"
    )
    assert await world.broken() == {}


async def test_not_08_nobody_is_rung_twice_about_one_thing_nor_about_what_they_chose_not_to_hear(world: World):
    me = await world.knows("Amina", opted_out=["feedback"], **AWAY)
    published = opportunity_created()
    item = feedback_received(published, me)
    await world.hear(published, place_taken(published, me), item, feedback_closed(item))
    event_id = new_id()
    for _ in range(2):
        await world.hear(changed(published, 2, "place"), event_id=event_id)
    await world.hear(cancelled(published, me), cancelled(published, me))
    assert await to_ring(world) == [("Amina", "opportunity-cancelled")]


async def test_peo_04_and_not_08_in_a_pause_they_are_rung_about_a_place_they_keep_and_their_claims_and_about_no_news(
    world: World,
):
    paused = await world.knows("Pat", paused=True, **AWAY)
    published, other = opportunity_created(), opportunity_created()
    item = feedback_received(published, paused)
    await world.hear(published, other, place_offered(place_taken(other, paused), SOON), item, feedback_closed(item))
    claim = Claim(published, paused)
    await world.hear(claim.opened, claim.submitted, claim.approved, cancelled(published, paused))
    assert await to_ring(world) == [
        ("Pat", template) for template in ("claim-approved", "opportunity-cancelled", "place-offered")
    ]
    await run(world, lambda tx: tx.execute(update(cards).values(channels=["email"], reached_by_message=True)))
    await run(world, lambda tx: calls.reached(tx, [paused]))
    assert await to_ring(world) == []
    mailed = await world.rows("SELECT template FROM messages WHERE channel = 'email' ORDER BY template")
    assert [row.template for row in mailed] == ["claim-approved", "opportunity-cancelled", "place-offered"]


async def test_not_08_a_later_change_overtakes_an_earlier_one_that_is_not_true_any_more(world: World):
    me = await world.knows("Amina", **AWAY)
    published = opportunity_created()
    await world.hear(published, place_taken(published, me))
    await world.hear(changed(published, 2, "time", sessions=moved(published, SOON + timedelta(days=1))))
    await world.hear(changed(published, 3, "time", sessions=moved(published, SOON + timedelta(days=2))))
    assert await to_ring(world) == [("Amina", "opportunity-changed")] and (
        "opportunity-changed",
        "overtaken",
    ) in await ended(world)
    await world.hear(
        changed(
            published, 4, "contact", contact_role="coordinator", sessions=moved(published, SOON + timedelta(days=2))
        )
    )
    assert await to_ring(world) == [("Amina", "opportunity-changed")] * 2, "who to ask says nothing of when it is"


async def test_opp_19_a_call_about_a_cancelled_session_has_the_clock_of_that_session_alone(world: World):
    me = await world.knows("Amina", **AWAY)
    world.at(SOON)
    begins = [SOON + timedelta(hours=hours) for hours in (2, 6, 60)]
    published = opportunity_created(sessions=tuple(map(session, begins)))
    await world.hear(published, place_taken(published, me))
    first, _, last = published.sessions
    await world.hear(changed(published, 2, "time", sessions=(first, last), reason="The heating broke."))
    [call] = await world.rows("SELECT due_at FROM calls WHERE template = 'opportunity-changed'")
    assert timedelta(hours=2.5) < begins[1] - call.due_at < timedelta(hours=3.5), "half of the time to the second"
    await world.hear(changed(published, 3, "contact", sessions=(first, last), contact_role="organiser"))
    [call] = await world.rows("SELECT due_at FROM calls WHERE template = 'opportunity-changed' ORDER BY due_at LIMIT 1")
    assert call.due_at < begins[0], "whom to meet matters at every session"


async def test_not_08_a_call_has_the_clock_of_the_session_as_people_still_know_it(world: World):
    world.at(SOON - timedelta(hours=1))
    me = await world.knows(**AWAY)
    published = opportunity_created()
    await world.hear(
        published,
        place_taken(published, me),
        changed(published, 2, "time", sessions=moved(published, SOON + timedelta(days=30))),
    )
    [call] = await world.rows("SELECT due_at, matters_until FROM calls WHERE template = 'opportunity-changed'")
    assert timedelta(minutes=25) < SOON - call.due_at < timedelta(minutes=35), (
        "half of the time until the one that no longer is"
    )
    assert call.matters_until == SOON + timedelta(days=30, minutes=90)


async def test_opp_05_an_offer_that_ran_out_is_told_and_nobody_rings_about_the_offer_any_more(world: World):
    quiet, away = (
        await world.knows("Bola", channels=["email"], reached_by_message=True),
        await world.knows("Amina", **AWAY),
    )
    published = opportunity_created()
    until = world.clock.now() + timedelta(days=3)
    for person in (quiet, away):
        taken = place_taken(published, person)
        lapsed = PlaceLapsed(
            version=3, place_id=taken.place_id, opportunity_id=taken.opportunity_id, participant=taken.participant
        )
        await world.hear(published, place_queued(taken), place_offered(taken, until), lapsed)
    assert ("Bola", "place-lapsed", "email") in await world.told()
    assert await to_ring(world) == [("Amina", "place-lapsed")]
    assert await ended(world) == [("opportunity-created", "overtaken"), ("place-offered", "overtaken")]


@pytest.mark.parametrize(
    ("because", "told"), [("came-back", True), ("lost", True), ("taken-back", True), ("put-right", False)]
)
async def test_pay_12_money_that_came_back_for_reasons_of_ours_is_told_without_details(
    world: World, because: Any, told: bool
):
    me = await world.knows(channels=["email"], reached_by_message=True)
    published = opportunity_created()
    claim = Claim(published, me)
    await world.hear(
        published,
        claim.submitted,
        claim.approved,
        claim.paid,
        claim.other(ClaimOwedAgain, 5, amount_pence=2090, because=because),
    )
    assert (("Amina", "claim-owed-again", "email") in await world.told()) is told
    if told:
        [row] = await world.rows("SELECT message_id FROM messages WHERE template = 'claim-owed-again'")
        [draft] = await world.read(drafts, [row.message_id])
        assert "2090" not in str(draft.facts.get("reason")) and draft.facts["because"] == because


async def test_not_03_and_not_08_who_has_no_address_is_rung_about_what_is_new_unless_they_want_no_such_news(
    world: World,
):
    away = await world.knows("Amina", **AWAY)
    await world.knows("Bola", **AWAY, opted_out=["new-opportunities"])
    await world.knows("Cerys", channels=["email"], reached_by_message=True)
    published = opportunity_created()
    await world.hear(published)
    assert await to_ring(world) == [("Amina", "opportunity-created")]
    await world.hear(changed(published, 2, "time", sessions=moved(published, SOON + timedelta(days=1))))
    [(call, draft)] = await world.read(told_reads.what_to_tell, away)
    assert [session.starts_at for session in draft.sessions] == [SOON + timedelta(days=1)], "as it is now"
    assert call.matters_until == draft.sessions[0].ends_at
    await world.hear(cancelled(published))
    assert await to_ring(world) == [] and await ended(world) == [("opportunity-created", "overtaken")]
    assert await world.broken() == {}


async def test_not_08_nobody_is_rung_about_something_new_once_they_have_a_place_or_it_is_over(world: World):
    amina = await world.knows("Amina", **AWAY)
    await world.knows("Bola", **AWAY)
    published = opportunity_created()
    await world.hear(published, place_taken(published, amina))
    assert await to_ring(world) == [("Bola", "opportunity-created")]
    world.at(SOON + timedelta(days=1))
    await run(world, calls.settle_what_is_over)
    assert await to_ring(world) == []


# --- when nobody need ring any more ---


async def test_not_08_who_gets_an_address_is_mailed_and_no_longer_rung(world: World):
    me = await world.knows(**AWAY)
    published = opportunity_created()
    await world.hear(published, place_taken(published, me), changed(published, 2, "place"))
    await world.card(me, card(version=2, channels=["email"], reached_by_message=True))
    assert await to_ring(world) == []
    assert await ended(world) == [("opportunity-changed", "has-address"), ("opportunity-created", "overtaken")]
    assert ("Amina", "opportunity-changed", "email") in await world.told()


async def test_not_08_what_is_over_is_off_the_list_and_forgotten_after_a_while(world: World):
    me = await world.knows(**AWAY)
    published = opportunity_created()
    claim = Claim(published, me)
    await world.hear(
        published, place_taken(published, me), changed(published, 2, "place"), claim.submitted, claim.approved
    )
    await run(world, calls.settle_what_is_over)
    assert len(await to_ring(world)) == 2
    await world.stands(
        "DELETE FROM calls WHERE settled_at IS NULL",
        "UPDATE calls SET settled_because = 'told', settled_by = person_id WHERE settled_at IS NOT NULL",
    )
    world.at(SOON + timedelta(days=1))
    await run(world, calls.settle_what_is_over)
    assert await to_ring(world) == [("Amina", "claim-approved")]
    assert await ended(world) == [("opportunity-changed", "over"), ("opportunity-created", "overtaken")]
    world.at(SOON + timedelta(days=92))
    await run(world, lambda tx: calls.forget(tx, 90))
    assert await ended(world) == [] and len(await to_ring(world)) == 1


async def test_not_06_whose_mail_fails_for_good_is_rung_until_they_read_it_themselves(worker: Worker):
    me = await worker.person("Amina", channels=["email"], reached_by_message=True)
    worker.catcher.rcpt_answers["amina@people.example"] = "550 no such person"
    published = opportunity_created()
    await worker.hear(published, place_taken(published, me), changed(published, 2, "place"))
    await worker.hand_over()
    assert await to_ring(worker) == [("Amina", "opportunity-changed")]
    await worker.hand_over()
    [row] = await worker.rows(
        "SELECT message_id FROM messages WHERE template = 'opportunity-changed' AND channel = 'in-app'"
    )
    await run(worker, lambda tx: messages.mark_read(tx, row.message_id, me))
    assert await ended(worker) == [("opportunity-changed", "read")]


async def test_not_08_of_cards_from_before_it_is_asked_who_can_be_reached(worker: Worker):
    away, reads = await worker.person("Amina", channels=["in-app"]), await worker.person("Bola", channels=["in-app"])
    worker.people.cards[away] |= {"reached_by_message": False}
    worker.people.cards[reads] |= {"reached_by_message": True}
    published = opportunity_created()
    await worker.hear(
        published, place_taken(published, away), place_taken(published, reads), changed(published, 2, "place")
    )
    assert len(await to_ring(worker)) == 2, "as long as nobody knows"
    await calls.ask_who_is_reached(worker.service)
    assert await to_ring(worker) == [("Amina", "opportunity-changed")]


async def test_pri_04_what_was_to_be_said_goes_with_the_person(world: World):
    me = await world.knows(**AWAY)
    published = opportunity_created()
    await world.hear(published, place_taken(published, me), cancelled(published, me))
    await world.do_as_owner(lambda tx: tx.execute(messages.text("DELETE FROM cards WHERE person_id = :id"), {"id": me}))
    assert await world.rows("SELECT 1 FROM calls") == []
