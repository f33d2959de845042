"""NOT-08: nobody is rung about what was done or said since, and what is read out is true on the day of the call."""

from datetime import date
from typing import Any

import pytest

from services.notifications.domain.calls import is_settled_by, no_longer_true
from services.notifications.gateways import letters
from services.notifications.gateways.letters import Draft
from services.notifications.queries.told import what_to_tell
from shared.db import new_id
from shared.events.payments import BankDetailsChanged, BankDetailsToConfirm
from tests.notifications.calls import AWAY, to_ring
from tests.notifications.support import (
    Claim,
    World,
    changed,
    feedback_closed,
    feedback_received,
    need_answered,
    opportunity_created,
    participant,
    place_left,
    place_taken,
)
from tests.notifications.texts import SETTINGS, words
from tests.notifications.texts import draft as draft_of


@pytest.mark.parametrize(
    ("happening", "template", "facts", "settled"),
    [
        ("claim-paid", "claim-approved", {"not_agreed_pence": 0}, True),
        ("claim-paid", "claim-approved", {"not_agreed_pence": 300}, False),
        ("claim-paid", "claim-approved", {"waiting_lines": 1}, False),
        ("claim-paid", "claim-approved", {"lines": [{"state": "looked-at"}]}, False),
        ("claim-paid", "claim-approved", {"lines": [{"state": "agreed"}]}, True),
        ("claim-paid-in-part", "claim-approved", {}, False),
        ("claim-paid", "claim-refused", {}, False),
        ("details-done", "bank-details-changed", {"first": True}, True),
        ("details-done", "bank-details-changed", {"set_aside": True}, False),
        ("details-wait", "bank-details-changed", {}, False),
    ],
)
def test_not_08_what_was_done_since_settles_what_says_nothing_else(
    happening: str, template: str, facts: dict[str, Any], settled: bool
):
    assert is_settled_by(happening, template, facts) is settled


@pytest.mark.parametrize("not_agreed", [0, 300])
async def test_not_08_what_is_read_out_is_not_what_came_first_once_it_is_done(world: World, not_agreed: int):
    me, details_id = await world.knows(**AWAY), new_id()
    published = opportunity_created()
    claim = Claim(published, me)
    about = {"details_id": details_id, "participant": participant(me)}
    waits = BankDetailsToConfirm(version=1, waiting=True, confirm_by=date(2026, 12, 9), **about)
    agreed = claim.approved.model_copy(update={"details_wait": True, "not_agreed_pence": not_agreed})
    await world.hear(published, BankDetailsChanged(version=1, first=True, **about), waits, claim.submitted, agreed)

    async def to_say() -> list[Draft]:
        return [draft for _, draft in await world.read(what_to_tell, me) if draft.template != "opportunity-created"]

    news = await to_say()
    assert {draft.template for draft in news} == {"bank-details-changed", "claim-approved"}
    assert all(draft.facts["details_wait"] for draft in news if draft.template == "claim-approved")
    await world.hear(waits.model_copy(update={"version": 2, "waiting": False}))
    [draft] = await to_say()
    assert (draft.template, draft.facts["details_wait"]) == ("claim-approved", False)
    await world.hear(claim.paid)
    left = {draft.template for draft in await to_say()}
    assert left == ({"claim-paid", "claim-approved"} if not_agreed else {"claim-paid"})
    assert await world.broken() == {}


@pytest.mark.parametrize(
    ("facts", "claim", "today", "otherwise"),
    [
        ({"aim_by": date(2026, 12, 7), "pay_by": date(2026, 12, 12)}, ("approved", False), 8, {"aim_by": None}),
        ({"aim_by": date(2026, 12, 7)}, ("approved", False), 7, {}),
        ({"aim_by": date(2026, 12, 7), "pay_by": None}, ("paid", False), 1, {"aim_by": None, "is_paid": True}),
        ({"on_hold": True}, ("approved", True), 1, {}),
        ({"on_hold": True}, ("approved", False), 1, {"on_hold": False}),
        ({"details_wait": True}, ("paid", False), 1, {"details_wait": False, "is_paid": True}),
    ],
)
def test_not_08_no_day_that_is_over_and_no_hold_that_was_let_go_is_read_out(
    facts: dict[str, Any], claim: tuple[str, bool], today: int, otherwise: dict[str, Any]
):
    now = no_longer_true(facts, *claim, {"call", "details"}, date(2026, 12, today))
    before = {
        "is_paid": False,
        "person_waits": False,
        "details_wait": False,
        "asks_details": False,
        "waits_for_bank": False,
    } | facts
    others = {name: value for name, value in now.items() if before.get(name) != value}
    assert others == otherwise


async def test_not_08_what_was_to_be_said_of_a_place_is_over_once_they_have_left_it(world: World):
    me = await world.knows(**AWAY)
    published = opportunity_created()
    place = place_taken(published, me)
    await world.hear(published, place, changed(published, 2, "contact"), need_answered(place, 2))

    async def to_say() -> set[str]:
        return {draft.template for _, draft in await world.read(what_to_tell, me)}

    assert await to_say() >= {"opportunity-changed", "access-need-answered"}
    await world.hear(place_left(place, 3))
    assert not await to_say() & {"opportunity-changed", "access-need-answered", "place-taken"}


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_not_08_whoever_is_on_the_phone_is_not_asked_if_we_have_no_number(version: str):
    facts = {"not_agreed_pence": 0, "waiting_lines": 0, "waiting_pence": 0}
    for template, more in (
        ("claim-approved", facts | {"details_wait": True}),
        ("claim-approved", facts | {"person_waits": True}),
        ("bank-details-changed", {"first": True}),
    ):
        said = letters.letter(draft_of(template, version, **more), SETTINGS, by_mail=False, by_phone=True)
        assert "no number" not in words(list(said.body))


async def test_fb_04_and_not_08_of_two_answers_to_one_feedback_only_the_later_is_rung_about(world: World):
    me = await world.knows("Amina", **AWAY)
    item = feedback_received(None, me)
    await world.hear(item, feedback_closed(item, "joined"))
    await world.hear(feedback_closed(item, "joined", version=3))  # the one that speaks for it was answered
    assert await to_ring(world) == [("Amina", "feedback-closed")]
    await world.hear(feedback_closed(item, "joined", version=2))  # an earlier one that comes late changes nothing
    assert await to_ring(world) == [("Amina", "feedback-closed")]
    await world.hear(item.model_copy(update={"version": 4}))
    assert await to_ring(world) == [], "it waits again, so there is no answer to tell of"


async def test_fb_09_and_not_08_an_answer_stays_to_be_told_until_a_concern_about_it_was_dealt_with(world: World):
    me = await world.knows("Amina", **AWAY)
    item = feedback_received(None, me)
    moved = feedback_closed(item, "safeguarding", version=3)
    await world.hear(item, feedback_closed(item), moved)
    assert await to_ring(world) == [("Amina", "feedback-closed")], "if it is no concern, the answer stands"
    await world.hear(moved.model_copy(update={"version": 4, "dealt_with": True}))
    assert await to_ring(world) == []
