"""A register that is put right (OPP-11), and the claim that it opened."""

import pytest

from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import claims
from tests.payments.support import World, person

# OPP-11 corrections


async def corrected(world: World, event, **facts) -> None:
    later = event.model_copy(update={"version": event.version + 1, **facts})
    await world.hear(later)


async def test_opp_11_a_correction_before_approval_replaces_the_line(world: World) -> None:
    who = person()
    event = world.attendance(await world.opportunity(), who)
    await world.hear(event)
    claim_id = (await world.row("SELECT id FROM claims")).id
    await world.do(claims.lower_fee, claim_id, 1300, by=who.id)
    await corrected(world, event, minutes=60)
    [line] = await world.lines(claim_id)
    assert (line.full_pence, line.amount_pence) == (1000, 1000)
    assert len(await world.rows("SELECT 1 FROM claim_lines WHERE state = 'removed'")) == 1


async def test_opp_11_an_older_version_changes_nothing(world: World) -> None:
    event = world.attendance(await world.opportunity(), person(), version=3)
    await world.hear(event)
    await world.hear(event.model_copy(update={"version": 2, "minutes": 10}))
    assert (await world.row("SELECT minutes FROM claim_lines")).minutes == 90


async def test_opp_11_not_there_after_all_refuses_the_claim_with_a_reason_and_back_again_opens_it(world: World) -> None:
    who = person()
    event = world.attendance(await world.opportunity(), who)
    await world.hear(event)
    claim_id = (await world.row("SELECT id FROM claims")).id
    await world.do(claims.add_miles, claim_id, 120, "", False, by=who.id)
    await world.do(claims.add_expense, claim_id, LineKind.FARE, "Bus", 320, by=who.id)
    await corrected(world, event, present=False, minutes=0)
    assert (await world.claim(claim_id)).state == "refused"
    assert {line.state for line in await world.lines(claim_id)} == {"refused"}
    assert len(await world.events("claim-refused", claim_id)) == 1
    await corrected(world, event.model_copy(update={"version": 2}), minutes=30)
    assert (await world.claim(claim_id)).state == "open"
    assert {(line.kind, line.state) for line in await world.lines(claim_id)} == {
        ("mileage", "ready"),
        ("fare", "waiting"),
        ("participation", "ready"),
    }


@pytest.mark.parametrize(("minutes", "owed", "overpaid"), [(120, 500, 0), (90, 0, 0)])
async def test_opp_11_a_correction_after_approval_is_kept_beside_and_what_is_owed_becomes_a_claim(
    world: World, minutes: int, owed: int, overpaid: int
) -> None:
    who = person()
    event = world.attendance(await world.opportunity(), who)
    await world.hear(event)
    claim_id = (await world.row("SELECT id FROM claims")).id
    await world.account(who)
    await world.do(claims.choose_recognition, claim_id, "bank-transfer", by=who.id)
    await world.do(claims.submit_claim, claim_id, by=who.id)
    await world.approve(claim_id)
    await corrected(world, event, minutes=minutes)
    correction = await world.row("SELECT * FROM corrections")
    assert (correction.was_minutes, correction.now_minutes, correction.owed_pence, correction.overpaid_pence) == (
        90,
        minutes,
        owed,
        overpaid,
    )
    assert [line.amount_pence for line in await world.lines(claim_id)] == [1500]
    more = await world.rows("SELECT id FROM claims WHERE follows = :id", id=claim_id)
    assert [line.amount_pence for row in more for line in await world.lines(row.id)] == ([owed] if owed else [])
    await corrected(world, event.model_copy(update={"version": 2}), minutes=minutes)
    assert len(await world.rows("SELECT 1 FROM claims")) == (2 if owed else 1)
