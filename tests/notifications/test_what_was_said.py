"""NOT-08: what was said is kept as it was said."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.notifications import queries
from services.notifications.gateways import letters, rendering
from shared.clock import london_date
from tests.notifications.support import SOON, Claim, World, changed, opportunity_created, place_taken, session
from tests.notifications.test_texts import SETTINGS


async def read(world: World, person_id: UUID, template: str) -> str:
    [row] = await world.rows("SELECT message_id FROM messages WHERE template = :template AND channel = 'in-app'", template=template)
    draft = await world.read(queries.message_of, row.message_id, person_id)
    return rendering.as_text(letters.full_letter(draft, SETTINGS))


@pytest.mark.parametrize("template", ["opportunity-created", "place-taken"])
async def test_not_08_an_old_message_says_what_it_said_then(world: World, template: str):
    me = await world.knows("Amina", channels=["in-app"])
    published = opportunity_created()
    await world.hear(published, place_taken(published, me))
    before = await read(world, me, template)
    moved = session(SOON + timedelta(days=7), venue="Room 9, the mill")
    await world.hear(changed(published, 2, "time", title="Choosing who runs the garden", summary="Another thing.", sessions=(moved,)))
    assert await read(world, me, template) == before
    assert "Choosing who runs the cafe" in before and "Room 2, the library" in before and "mill" not in before


async def test_not_08_a_claims_old_message_keeps_its_last_day(world: World):
    me = await world.knows("Amina", channels=["in-app"])
    published = opportunity_created()
    claim = Claim(published, me)
    await world.hear(published, claim.submitted, claim.approved)
    before = await read(world, me, "claim-approved")
    await world.hear(claim.submitted.model_copy(update={"version": 9, "pay_by": claim.submitted.pay_by + timedelta(days=20)}))
    [row] = await world.rows("SELECT pay_by FROM claims")
    assert row.pay_by != claim.submitted.pay_by and row.pay_by > london_date(SOON) - timedelta(days=400)
    assert await read(world, me, "claim-approved") == before


async def test_not_08_what_was_true_is_kept_once_for_all_who_were_told(world: World):
    for name in ("Amina", "Bola", "Cerys"):
        await world.knows(name, channels=["email", "in-app"])
    await world.hear(opportunity_created())
    assert len(await world.rows("SELECT 1 FROM messages")) == 6
    assert len(await world.rows("SELECT 1 FROM said")) == 1
