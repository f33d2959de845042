"""Another way to have a say than being there is paid alike (OPP-18, PAY-18)."""

from typing import Any

import pytest

from services.payments.claims.queries.claims import any_claim
from services.payments.claims.use_cases import claims
from shared.db import new_id
from shared.events import ParticipantRef
from shared.events.opportunities import ContributionRecorded, OpportunityChanged, OpportunityCreated
from shared.identity import Role
from shared.reasons import NotYet, Refused
from tests.payments.support import SESSION_DATE, World, person


def contribution(
    world: World, opportunity: OpportunityCreated, who: ParticipantRef, **facts: Any
) -> ContributionRecorded:
    values: dict[str, Any] = {
        "version": 1,
        "contribution_id": new_id(),
        "opportunity_id": opportunity.opportunity_id,
        "day": SESSION_DATE,
        "participant": who,
        "way": "post",
        "counts": True,
        "minutes": 45,
        "paid": opportunity.paid,
        "recorded_by": world.coordinator,
    }
    return ContributionRecorded(**{**values, **facts})


async def test_pay_18_a_claim_without_a_session_is_paid_by_the_same_rules(world: World):
    who, opportunity = person(), await world.opportunity()
    event = contribution(world, opportunity, who)
    for _ in range(2):
        await world.hear(event)
    (claim,) = await world.rows("SELECT id FROM claims")
    (fee,) = await world.lines(claim.id)
    assert (fee.kind, fee.minutes, fee.amount_pence) == ("participation", 45, 750)
    (opened,) = await world.events("claim-opened", claim.id)
    assert (opened["ground"], opened["session_date"]) == ("contribution", SESSION_DATE.isoformat())
    view = await world.database.read(lambda tx: any_claim(tx, claim.id))
    assert view.ground == "contribution" and view.starts_at is None and view.title == opportunity.title


async def test_pay_18_what_people_do_in_their_own_time_is_paid_although_it_has_no_session(world: World):
    who, planned = person(), await world.opportunity(mode="online")
    own = {"opportunity_id": new_id(), "kind": "survey", "sessions": (), "closes_on": SESSION_DATE}
    opportunity = planned.model_copy(update=own)
    await world.hear(opportunity, contribution(world, opportunity, who, way="written"))
    (claim,) = await world.rows("SELECT id FROM claims")
    view = await world.database.read(lambda tx: any_claim(tx, claim.id))
    (fee,) = await world.lines(claim.id)
    assert (view.title, view.starts_at, fee.minutes, fee.amount_pence) == (opportunity.title, None, 45, 750)
    later = opportunity.model_dump() | {"version": 2, "closes_on": SESSION_DATE, "title": "Evenings"}
    await world.hear(OpportunityChanged(**later, changed=("purpose",), reason="It is clearer."))
    assert (await world.database.read(lambda tx: any_claim(tx, claim.id))).title == "Evenings"
    assert await world.broken() == {}


@pytest.mark.parametrize(("minutes", "state", "pence"), [(30, "open", 500), (60, "open", 1000), (0, "refused", 0)])
async def test_pay_17_putting_it_right_changes_the_claim(world: World, minutes: int, state: str, pence: int):
    who, opportunity = person(), await world.opportunity()
    event = contribution(world, opportunity, who)
    await world.hear(event)
    await world.hear(event.model_copy(update={"version": 2, "minutes": minutes, "counts": minutes > 0}))
    (claim,) = await world.rows("SELECT id, state FROM claims")
    lines = [line.amount_pence for line in await world.lines(claim.id) if line.state == "ready"]
    assert (claim.state, sum(lines)) == (state, pence)
    assert await world.broken() == {}


async def test_pay_18_a_contribution_to_an_unknown_opportunity_waits(world: World):
    opportunity = await world.opportunity()
    with pytest.raises(NotYet):
        await world.hear(contribution(world, opportunity, person(), opportunity_id=new_id()))


@pytest.mark.parametrize(("way", "pays"), [("phone", False), ("post", False), ("voice", False), ("one-to-one", True)])
async def test_pay_02_a_journey_is_paid_for_one_to_one_alone(world: World, way: str, pays: bool):
    who = person()
    await world.hear(contribution(world, await world.opportunity(), who, way=way))
    (claim,) = await world.rows("SELECT id FROM claims")
    assert (await world.database.read(lambda tx: any_claim(tx, claim.id))).pays_travel is pays
    adding = world.do(claims.add_miles, claim.id, 20, "", False, by=who.id)
    if pays:
        assert await adding
    else:
        with pytest.raises(Refused):
            await adding


async def test_pay_10_the_limit_counts_a_persons_contributions_together(world: World):
    who, opportunity = person(), await world.opportunity()
    await world.account(who)
    opened = []
    for way in ("phone", "post"):
        event = contribution(world, opportunity, who, way=way, minutes=160)
        await world.hear(event)
        (claim,) = await world.rows("SELECT id FROM claims WHERE attendance_id = :id", id=event.contribution_id)
        await world.do(claims.choose_recognition, claim.id, "bank-transfer", by=who.id)
        await world.do(claims.submit_claim, claim.id, by=who.id)
        opened.append(claim.id)
    with pytest.raises(Refused):  # each is £26.67, and the limit is £50
        await world.approve(opened[1], world.coordinator)
    assert (await world.approve(opened[1]))["state"] == "approved"


async def test_pay_18_two_claims_of_one_day_are_told_apart_and_said_to_the_approver(site: World):
    who, opportunity = person(), await site.opportunity()
    for way in ("written", "phone"):
        await site.hear(contribution(site, opportunity, who, way=way))
    mine = (await site.visitor(Role.PARTICIPANT, person_id=who.id).get("/payments/claims")).text
    assert "you had your say in writing" in mine and "you had your say on the phone" in mine
    for row in await site.rows("SELECT id FROM claims ORDER BY id"):
        await site.do(claims.choose_recognition, row.id, "vouchers", by=who.id)
        await site.do(claims.submit_claim, row.id, by=who.id)
    asked = site.visitor(Role.APPROVER, person_id=site.approver)
    page = (await asked.get(f"/payments/approve/{row.id}")).text
    assert "There is another claim of theirs for the same work on the same day" in page
    assert "had their say on the phone" in page
