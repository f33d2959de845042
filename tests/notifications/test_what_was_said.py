"""NOT-08: what was said is kept as it was said."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.notifications.gateways import letters, rendering
from services.notifications.queries.told import message_of
from shared.clock import london_date
from tests.notifications.support import (
    SOON,
    Claim,
    World,
    card,
    changed,
    opportunity_closed,
    opportunity_created,
    place_left,
    place_taken,
    session,
)
from tests.notifications.texts import FACTS, SETTINGS, letter


async def read(world: World, person_id: UUID, template: str) -> str:
    [row] = await world.rows(
        "SELECT message_id FROM messages WHERE template = :template AND channel = 'in-app'", template=template
    )
    draft = await world.read(message_of, row.message_id, person_id)
    return rendering.as_text(letters.full_letter(draft, SETTINGS))


@pytest.mark.parametrize("template", ["opportunity-created", "place-taken"])
async def test_not_08_an_old_message_says_what_it_said_then(world: World, template: str):
    me = await world.knows("Amina", channels=["in-app"])
    published = opportunity_created()
    await world.hear(published, place_taken(published, me))
    before = await read(world, me, template)
    moved = session(SOON + timedelta(days=7), venue="Room 9, the mill")
    await world.hear(
        changed(published, 2, "time", title="Choosing who runs the garden", summary="Another thing.", sessions=(moved,))
    )
    assert await read(world, me, template) == before
    assert "Choosing who runs the cafe" in before and "Room 2, the library" in before and "mill" not in before


async def test_not_08_an_old_message_goes_on_greeting_somebody_by_the_name_they_had_then(world: World):
    me = await world.knows("Edie", channels=["in-app"])
    published = opportunity_created()
    await world.hear(published, place_taken(published, me))
    await world.card(me, card("Edith", version=2, channels=["in-app"]))
    assert "Hello Edie," in await read(world, me, "place-taken")
    await world.hear(changed(published, 2, "place", venue="Room 9"))
    assert "Hello Edith," in await read(world, me, "opportunity-changed")


@pytest.mark.parametrize("asked", ["waits", "answered"])
async def test_opp_07_what_the_place_said_of_the_help_they_asked_for_reaches_their_message(asked: Any, world: World):
    me = await world.knows("Amina", channels=["in-app"])
    published = opportunity_created()
    await world.hear(published, place_taken(published, me).model_copy(update={"help_asked": asked}))
    said = await read(world, me, "place-taken")
    assert "You told us what would help" in said and "Is there something that would help" not in said


async def test_opp_12_who_was_asked_already_is_not_asked_again_whether_they_want_to_stay(world: World):
    me = await world.knows("Amina", channels=["in-app"])
    published = opportunity_created()
    await world.hear(
        published,
        place_taken(published, me),
        opportunity_closed(published, [me]).model_copy(update={"asked_to_stay": True}),
    )
    asked = letter("opportunity-closed", "plain", asked_to_stay=False)
    only_then = {line.text for line in asked.body} - {
        line.text for line in letter("opportunity-closed", "plain", asked_to_stay=True).body
    }
    said = await read(world, me, "opportunity-closed")
    assert only_then and not any(line in said for line in only_then)


async def test_nothing_that_a_text_names_is_lost_on_the_way_to_it(world: World):
    """A text with a default for what it names would hide that nobody gives it."""
    me = await world.knows("Amina", channels=["in-app"])
    published = opportunity_created()
    await world.hear(published, place_taken(published, me))
    [row] = await world.rows("SELECT message_id FROM messages WHERE template = 'place-taken'")
    draft = await world.read(message_of, row.message_id, me)
    assert FACTS.keys() <= draft.facts.keys()
    assert [
        each.name for each in (Path(rendering.TEMPLATES) / "messages").glob("*.j2") if "default(" in each.read_text()
    ] == []


async def test_opp_05_who_goes_in_the_middle_of_the_last_session_is_not_told_that_they_gave_a_place_back(world: World):
    me = await world.knows("Amina", channels=["in-app"])
    published = opportunity_created()
    taken = place_taken(published, me)
    world.at(SOON + timedelta(minutes=1))
    await world.hear(published, taken, place_left(taken))
    assert "place-left" not in [row.template for row in await world.rows("SELECT template FROM messages")]


async def test_not_08_a_claims_old_message_keeps_its_last_day(world: World):
    me = await world.knows("Amina", channels=["in-app"])
    published = opportunity_created()
    claim = Claim(published, me)
    await world.hear(published, claim.submitted, claim.approved)
    before = await read(world, me, "claim-approved")
    await world.hear(
        claim.submitted.model_copy(update={"version": 9, "pay_by": claim.submitted.pay_by + timedelta(days=20)})
    )
    [row] = await world.rows("SELECT pay_by FROM claims")
    assert row.pay_by != claim.submitted.pay_by and row.pay_by > london_date(SOON) - timedelta(days=400)
    assert await read(world, me, "claim-approved") == before


async def test_not_08_what_was_true_is_kept_once_for_all_who_were_told(world: World):
    for name in ("Amina", "Bola", "Cerys"):
        await world.knows(name, channels=["email", "in-app"])
    await world.hear(opportunity_created())
    assert len(await world.rows("SELECT 1 FROM messages")) == 6
    assert len(await world.rows("SELECT 1 FROM said")) == 1
