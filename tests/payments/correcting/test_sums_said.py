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
