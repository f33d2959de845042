"""NOT-08: nobody is rung about what was done or said since, and what is read out is true on the day of the call."""

from datetime import date
from typing import Any

import pytest

from services.notifications.domain.calls import is_settled_by
from services.notifications.gateways import letters
from services.notifications.gateways.letters import Draft
from services.notifications.queries.told import what_to_tell
from shared.db import new_id
from shared.events.payments import BankDetailsChanged, BankDetailsToConfirm
from tests.notifications.calls import AWAY
from tests.notifications.support import Claim, World, opportunity_created, participant
from tests.notifications.texts import SETTINGS, words
from tests.notifications.texts import draft as draft_of


@pytest.mark.parametrize(
    ("happening", "template", "facts", "settled"),
    [
        ("claim-paid", "claim-approved", {"not_agreed_pence": 0}, True),
        ("claim-paid", "claim-approved", {"not_agreed_pence": 300}, False),
        ("claim-paid", "claim-approved", {"waiting_lines": 1}, False),
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
