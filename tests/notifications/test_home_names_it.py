"""PEO-05: whatever waits for a participant stands on their first page, which never says "Nothing" meanwhile."""

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from httpx import AsyncClient

from services.notifications.app import create_app
from shared.db import new_id
from shared.events import Event
from shared.events.opportunities import OpportunityCreated, QuestionAnswered
from shared.events.payments import ClaimApproved, ClaimOpened, ClaimReturned
from shared.web.filters import day
from tests.notifications.support import (
    SOON,
    Claim,
    World,
    feedback_closed,
    feedback_received,
    need_answered,
    opportunity_created,
    participant,
    place_offered,
    place_taken,
    settings,
)
from tests.support.apps import running, signed_in

Story = Sequence[Event]
UP_TO_DATE = "Nothing. You are up to date."


@pytest_asyncio.fixture
async def client(world: World, folder: Path) -> AsyncIterator[AsyncClient]:
    async with running(create_app(settings(folder, world.database.url))) as client:
        yield client


def _offer(of: OpportunityCreated, me: UUID) -> tuple[Story, str]:
    place = place_taken(of, me)
    return [place_offered(place, SOON)], f"/opportunities/places/{place.place_id}"


def _claim(of: OpportunityCreated, me: UUID) -> tuple[Story, str]:
    claim = Claim(of, me)
    return [claim.opened], f"/payments/claims/{claim.id}"


def _receipt(of: OpportunityCreated, me: UUID) -> tuple[Story, str]:
    """The part that needs one goes on in a claim of its own, and the message of the whole has told of it."""
    whole, part = Claim(of, me), Claim(of, me)
    agreed = whole.other(ClaimApproved, 3, amount_pence=2090, waiting_pence=310, waiting_lines=1)
    told = {"because": "receipt", "waiting_pence": 310, "waiting_lines": 1, "receipt_by": SOON.date()}
    waits = part.opened.model_copy(update=told)
    assert isinstance(waits, ClaimOpened)
    return [whole.submitted, agreed, waits], f"/payments/claims/{part.id}"


def _returned(of: OpportunityCreated, me: UUID) -> tuple[Story, str]:
    claim = Claim(of, me)
    return [claim.submitted, claim.approved, claim.other(ClaimReturned, 4)], f"/payments/claims/{claim.id}"


def _words(of: OpportunityCreated, me: UUID) -> tuple[Story, str]:
    item = feedback_received(of, me)
    return [item.model_copy(update={"step": "agreement", "act_by": SOON.date()})], f"/feedback/mine/{item.item_id}"


def _answered(of: OpportunityCreated, me: UUID) -> tuple[Story, str]:
    item = feedback_received(of, me)
    return [item, feedback_closed(item)], f"/feedback/mine/{item.item_id}"


def _need(of: OpportunityCreated, me: UUID) -> tuple[Story, str]:
    place = place_taken(of, me)
    return [place, need_answered(place)], "/notifications/messages"


def _question(of: OpportunityCreated, me: UUID) -> tuple[Story, str]:
    asked = QuestionAnswered(version=2, question_id=new_id(), opportunity_id=of.opportunity_id, asker=participant(me))
    return [asked], "/notifications/messages"


@pytest.mark.parametrize("what", [_offer, _claim, _receipt, _returned, _words, _answered, _need, _question])
async def test_peo_05_the_first_page_names_what_waits_for_a_participant(
    client: AsyncClient, world: World, what: Callable[[OpportunityCreated, UUID], tuple[Story, str]]
):
    me = await world.knows("Nora", channels=["email", "in-app"], opted_out=["new-opportunities"])
    signed_in(client, "participant", person_id=me)
    published = opportunity_created()
    await world.hear(published)
    assert UP_TO_DATE in (await client.get("/")).text
    story, leads_to = what(published, me)
    await world.hear(*story)
    shown = (await client.get("/")).text.partition('id="main-content"')[2]
    assert f'href="{leads_to}"' in shown and UP_TO_DATE not in shown
    if what is _receipt:  # PAY-05: not only to check a claim
        assert "We need a receipt from you" in shown and "Check your claim" not in shown
        assert f"By {day(SOON.date())}" in shown
