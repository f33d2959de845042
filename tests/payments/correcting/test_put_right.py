"""PAY-14, PAY-17: what a claim's owner is told when the register was put right, in each state of their claim, and the
way on."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.approving.use_cases import approval, withdrawing
from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import claims, looking_again, undoing
from shared.db import new_id
from shared.reasons import Refused
from tests.payments.approving.support import Register, owed, registered
from tests.payments.support import World

AGREED = "We had agreed to this"
MORE = "SELECT id, state FROM claims WHERE follows IS NOT NULL ORDER BY id"


async def with_more(world: World) -> tuple[Register, UUID]:
    """A claim of 15 pounds that was agreed, and the claim of 5 for what a correction added."""
    register = await registered(world, minutes=90, recognition="vouchers")
    await world.approve(register.claim_id)
    await register.says(minutes=120)
    return register, (await world.row(MORE)).id


async def words(site: World, register: Register, claim_id: UUID) -> str:
    owner = site.visitor("participant", person_id=register.event.participant.id)
    answer = await owner.get(f"/payments/claims/{claim_id}")
    assert answer.status_code == 200
    return " ".join(answer.text.split())


async def _sent(world: World, register: Register, more: UUID) -> None:
    await world.do(claims.submit_claim, more, by=register.event.participant.id)


async def _agreed(world: World, register: Register, more: UUID) -> None:
    await _sent(world, register, more)
    await world.approve(more)


async def _half_agreed(world: World, register: Register, more: UUID) -> None:
    await _sent(world, register, more)
    await world.write(_set_state(more, world.approver))


def _set_state(claim_id: UUID, approver: UUID) -> Any:
    from sqlalchemy import text

    second = "UPDATE claims SET state = 'second-approver', first_approver = :by WHERE id = :id"
    return text(second).bindparams(by=approver, id=claim_id)


async def _withdrawn(world: World, register: Register, more: UUID) -> None:
    await _agreed(world, register, more)
    await world.do(withdrawing.withdraw_approval, more, "You left at noon", by=world.finance)


async def _nothing(world: World, register: Register, more: UUID) -> None:
    """Never sent."""


@pytest.mark.parametrize(
    ("before", "agreed", "reason"),
    [
        (_nothing, False, ""),
        (_sent, False, ""),
        (_half_agreed, False, ""),
        (_agreed, True, "took that back.</p>"),
        (_withdrawn, True, "The reason: You left at noon"),
    ],
    ids=["never sent", "never agreed", "one of two agreed", "agreed and corrected", "agreed and withdrawn"],
)
async def test_pay_17_a_claim_for_a_difference_that_the_register_takes_back_says_what_is_true(
    site: World, before: Any, agreed: bool, reason: str
) -> None:
    register, more = await with_more(site)
    await before(site, register, more)
    await register.says(minutes=60)
    said = await words(site, register, more)
    assert "Nothing of this claim is to be paid. " + undoing.REGISTER.elsewhere in said
    assert "beside each line" not in said and "so we look at your claim again" not in said
    assert (AGREED in said) is agreed and reason in said
    assert f'href="/payments/claims/{register.claim_id}"' in said and "If what we wrote down is wrong" in said
    assert "look again" not in said, "there is no line left to look at"
    with pytest.raises(Refused) as refused:
        await site.do(looking_again.ask_for_another_look, more, "", by=register.event.participant.id)
    assert "nothing in this claim that we could look at again" in refused.value.reasons[0].text
    first = await words(site, register, register.claim_id)
    assert "there is more for you" not in first
    [told] = await site.events("claim-refused", more)
    assert (told["because"], told["was_agreed"]) == ("register", agreed)


@pytest.mark.parametrize("before", [_nothing, _sent, _agreed], ids=["never sent", "never agreed", "agreed"])
async def test_pay_14_what_was_refused_beside_a_fee_that_the_register_takes_back_can_be_looked_at_again(
    site: World, before: Any
) -> None:
    register, more = await with_more(site)
    who = register.event.participant
    line_id = UUID(await site.do(claims.add_expense, more, LineKind.OTHER, "Parking", 300, by=who.id))
    await site.receipt(who, more, line_id)
    await before(site, register, more)
    if before is not _agreed:
        await register.says(minutes=60)
        assert (await site.claim(more)).state in ("open", "submitted"), "the parking goes on"
        if before is _nothing:
            await _sent(site, register, more)
        await site.do(approval.refuse_claim, more, "No car park there", by=site.approver)
    else:
        await register.says(minutes=60)
        await site.do(approval.refuse_claim, more, "No car park there", by=new_id())
    said = await words(site, register, more)
    assert "The reason is beside each line" in said and "ask us to look again" in said
    await site.do(looking_again.ask_for_another_look, more, "There is one", by=who.id)
    assert (await site.claim(more)).state == "submitted"
    await site.approve(more, new_id())
    assert [line.approved_pence for line in await site.lines(more)] == [300]


async def test_pay_14_a_line_that_lost_its_day_can_be_looked_at_after_the_register_took_the_fee(world: World) -> None:
    """The claim was marked as looked at twice, though nobody had looked at all."""
    register, more = await with_more(world)
    await register.says(minutes=60)
    assert not (await world.claim(more)).looked_again


@pytest.mark.parametrize("miles", [0, 10], ids=["a fee alone", "with miles"])
@pytest.mark.parametrize("agreed", [False, True])
async def test_pay_17_who_was_not_there_is_told_so_and_what_to_do(site: World, agreed: bool, miles: int) -> None:
    register = await registered(site, minutes=90, recognition="vouchers", miles=miles)
    if agreed:
        await site.approve(register.claim_id)
    await register.says(present=False, minutes=0)
    assert await site.events("claim-withdrawn", register.claim_id) == [], "one mail, of the refusal"
    said = await words(site, register, register.claim_id)
    assert "Nothing of this claim is to be paid. " + undoing.NOT_THERE in said
    assert (AGREED in said) is agreed and "so we look at your claim again" not in said
    assert "another-look" not in said
    with pytest.raises(Refused) as refused:
        await site.do(looking_again.ask_for_another_look, register.claim_id, "", by=register.event.participant.id)
    assert "ask us to put it right" in refused.value.reasons[0].text
    await register.says(present=True, minutes=90)
    assert (await site.claim(register.claim_id)).state == "open"
    assert "Nothing of this claim is to be paid" not in await words(site, register, register.claim_id)


async def test_pay_17_who_was_not_there_has_nothing_paid_in_a_claim_that_follows_either(world: World) -> None:
    """A fare in a claim that follows the first stayed agreed, and could be paid."""
    register, more = await with_more(world)
    await _with_late_fare(world, register)
    await register.says(present=False, minutes=0)
    assert (await world.claim(more)).state == "refused"
    assert await owed(world) == 0
    await register.says(present=True, minutes=90)
    assert (await world.claim(more)).state == "open"
    assert [line.state for line in await world.lines(more)] == ["ready"]


async def _with_late_fare(world: World, register: Register) -> None:
    who = register.event.participant
    more = (await world.row(MORE)).id
    line_id = UUID(await world.do(claims.add_expense, more, LineKind.FARE, "Bus", 320, by=who.id))
    await world.receipt(who, more, line_id)
    await world.do(claims.lower_fee, more, 0, by=who.id)
    await _agreed(world, register, more)


async def test_pay_02_an_approver_reads_that_another_claim_of_the_same_session_has_miles_already(site: World) -> None:
    register = await registered(site, miles=12, recognition="vouchers")
    await site.approve(register.claim_id)
    await register.says(minutes=120)
    more, approver = (await site.row(MORE)).id, site.visitor("approver")
    assert "has 12 miles already" not in (await approver.get(f"/payments/approve/{more}")).text
    await site.do(claims.add_miles, more, 125, "", False, by=register.event.participant.id)
    await _sent(site, register, more)
    shown = (await approver.get(f"/payments/approve/{more}")).text
    assert "Another claim of theirs for this session has 12 miles already." in shown


@pytest.mark.parametrize("state", ["doubted", "confirmed"])
async def test_pay_07_no_day_is_promised_between_two_approvers_where_details_come_first(
    site: World, state: str
) -> None:
    register = await registered(site)
    claim_id, whom = register.claim_id, register.event.participant.id
    await site.write("UPDATE claim_lines SET state = 'approved', approved_pence = amount_pence")
    await site.write(_set_state(claim_id, site.approver))
    if state == "doubted":
        await site.write("UPDATE bank_details SET doubted_because = 'AC04'")
    shown = (await site.visitor("participant", person_id=whom).get(f"/payments/claims/{claim_id}")).text
    assert ("We aim to pay you by" in shown) == (state == "confirmed")
