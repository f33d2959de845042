"""PAY-14, PAY-17: the sums before and after a correction, as its owner and whoever decides it next read them."""

from uuid import UUID

import pytest
from bs4 import BeautifulSoup

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval
from services.payments.claims.use_cases import looking_again
from shared.db import new_id
from shared.identity import Role
from tests.payments.approving.support import Register, registered
from tests.payments.support import World


async def looked_at(site: World, agreed: int) -> tuple[Register, UUID]:
    """£20.00 asked for, of which a part was agreed; a look at the rest that was sent."""
    register = await registered(site, minutes=120)
    [fee] = await site.lines(register.claim_id)
    await site.do(approval.approve_claim, register.claim_id, [Decision(fee.id, agreed, "A break")], by=site.approver)
    look = await site.do(
        looking_again.ask_for_another_look, register.claim_id, "No break", by=register.event.participant.id
    )
    return register, UUID(look)


async def _read(site: World, role: Role, who: UUID, path: str) -> str:
    answer = await site.visitor(role, person_id=who).get(path)
    assert answer.status_code == 200
    return " ".join(BeautifulSoup(answer.text, "html.parser").get_text(" ").split())


async def as_owner(site: World, register: Register, claim_id: UUID) -> str:
    return await _read(site, Role.PARTICIPANT, register.event.participant.id, f"/payments/claims/{claim_id}")


async def as_approver(site: World, claim_id: UUID) -> str:
    return await _read(site, Role.APPROVER, new_id(), f"/payments/approve/{claim_id}")


@pytest.mark.parametrize(("agreed", "minutes", "now"), [(1200, 67, "£11.17"), (1500, 70, "£11.67")])
async def test_pay_17_a_look_that_the_correction_ends_is_in_no_sum_after_it(
    site: World, agreed: int, minutes: int, now: str
) -> None:
    register, _ = await looked_at(site, agreed)
    await register.says(minutes=minutes)
    said = await as_owner(site, register, register.claim_id)
    assert f"Before, your claims for this came to £20.00 in all. Then they came to {now}." in said
    assert f"(the sums of all their claims for this session) £20.00 {now}" in (
        await as_approver(site, register.claim_id)
    ).replace("Before £", "£").replace("After £", "£")


async def test_pay_14_a_look_that_goes_on_says_its_own_sums_and_the_time_that_the_register_gives(site: World) -> None:
    register, look = await looked_at(site, 1200)
    await register.says(minutes=100)
    said = await as_owner(site, register, look)
    assert "Before, this came to £8.00. Then it came to £4.67." in said
    assert "Taking part: 1 hour 40 minutes" in said and "2 hours" not in said
    read = (await as_approver(site, look)).replace("Before £", "£").replace("After £", "£")
    assert "(the sums of all their claims for this session) £20.00 £16.67" in read
    assert "Put the register right £8.00 £4.67" in read


async def test_pay_14_a_look_that_asks_for_less_than_the_register_gives_says_its_time_too(site: World) -> None:
    register, look = await looked_at(site, 1500)
    await register.says(minutes=150)
    assert "Taking part: 2 hours 30 minutes" in await as_owner(site, register, look)


@pytest.mark.parametrize("miles", [0, 10], ids=["a fee alone", "with miles"])
async def test_pay_17_who_was_not_there_after_all_hears_once_that_nothing_is_paid(world: World, miles: int) -> None:
    """They were told first that we look at it again, and by when it reaches them."""
    register = await registered(world, miles=miles)
    await world.approve(register.claim_id)
    await register.says(present=False, minutes=0)
    assert await world.events("claim-withdrawn", register.claim_id) == []
    [told] = await world.events("claim-refused", register.claim_id)
    assert (told["because"], told["was_agreed"], told["first_claim_pence"]) == ("register", True, 0)


async def test_pay_17_of_what_only_refused_lines_are_left_its_owner_hears_once_that_nothing_is_paid(
    world: World,
) -> None:
    register = await registered(world, miles=10)
    fee, miles = await world.lines(register.claim_id)
    decided = [Decision(fee.id, fee.amount_pence), Decision(miles.id, 0, "You came with somebody")]
    await world.do(approval.approve_claim, register.claim_id, decided, by=world.approver)
    await register.says(paid=False)
    assert await world.events("claim-withdrawn", register.claim_id) == []
    [told] = await world.events("claim-refused", register.claim_id)
    assert (told["because"], told["was_agreed"]) == ("register", True)


@pytest.mark.parametrize("look_was_agreed", [False, True])
async def test_pay_17_who_hears_that_a_look_is_not_paid_hears_what_their_first_claim_comes_to(
    world: World, look_was_agreed: bool
) -> None:
    register, look = await looked_at(world, 1200)
    if look_was_agreed:
        await world.approve(look, new_id())
    await register.says(minutes=67)
    [told] = await world.events("claim-refused", look)
    assert (told["first_claim_pence"], told["was_agreed"]) == (1117, look_was_agreed)
    assert await world.events("claim-withdrawn", look) == []
    [again] = await world.events("claim-withdrawn", register.claim_id)
    assert (again["amount_pence"], again["in_part"]) == (1200, False)
