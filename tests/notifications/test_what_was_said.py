"""NOT-08: what was said is kept as it was said."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.notifications import queries
from services.notifications.gateways import letters, rendering
from shared.clock import london_date
from tests.notifications.support import SOON, Claim, House, changed, opportunity_created, place_taken, session
from tests.notifications.test_texts import SETTINGS


async def read(house: House, person_id: UUID, template: str) -> str:
    [row] = await house.rows("SELECT message_id FROM messages WHERE template = :template AND channel = 'in-app'", template=template)
    draft = await house.database.read(lambda tx: queries.message_of(tx, row.message_id, person_id))
    return rendering.as_text(letters.full_letter(draft, SETTINGS))


@pytest.mark.parametrize("template", ["opportunity-created", "place-taken"])
async def test_not_08_an_old_message_says_what_it_said_then(house: House, template: str):
    me = await house.knows("Amina", channels=["in-app"])
    published = opportunity_created()
    await house.hears(published, place_taken(published, me))
    before = await read(house, me, template)
    moved = session(SOON + timedelta(days=7), venue="Room 9, the mill")
    await house.hears(changed(published, 2, "time", title="Choosing who runs the garden", summary="Another thing.", sessions=(moved,)))
    assert await read(house, me, template) == before
    assert "Choosing who runs the cafe" in before and "Room 2, the library" in before and "mill" not in before


async def test_not_08_a_claims_old_message_keeps_its_last_day(house: House):
    me = await house.knows("Amina", channels=["in-app"])
    published = opportunity_created()
    claim = Claim(published, me)
    await house.hears(published, claim.submitted, claim.approved)
    before = await read(house, me, "claim-approved")
    await house.hears(claim.submitted.model_copy(update={"version": 9, "pay_by": claim.submitted.pay_by + timedelta(days=20)}))
    [row] = await house.rows("SELECT pay_by FROM claims")
    assert row.pay_by != claim.submitted.pay_by and row.pay_by > london_date(SOON) - timedelta(days=400)
    assert await read(house, me, "claim-approved") == before


async def test_not_08_what_was_true_is_kept_once_for_all_who_were_told(house: House):
    for name in ("Amina", "Bola", "Cerys"):
        await house.knows(name, channels=["email", "in-app"])
    await house.hears(opportunity_created())
    assert len(await house.rows("SELECT 1 FROM messages")) == 6
    assert len(await house.rows("SELECT 1 FROM said")) == 1
