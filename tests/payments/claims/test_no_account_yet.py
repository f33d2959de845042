"""PAY-05, PAY-13: who takes vouchers, and whose only cost waits for its receipt, sends the claim without a bank
account; the account is asked for when the receipt comes."""

from uuid import UUID

import pytest

from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import claims
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.site import followed, post
from tests.payments.support import World, person


async def test_pay_13_vouchers_go_without_an_account_while_a_fare_waits_for_its_receipt(site: World) -> None:
    who = person()
    claim_id = await site.chosen(who)
    line_id = UUID(await site.do(claims.add_expense, claim_id, LineKind.FARE, "Bus", 450, by=who.id))
    visitor, url = site.visitor(Role.PARTICIPANT, person_id=who.id), f"/payments/claims/{claim_id}"
    assert "Tell us" not in (await visitor.get(url)).text
    assert "bank account yet" not in (await visitor.get(f"{url}/check")).text
    sent = await followed(visitor, await post(visitor, f"{url}/check", f"{url}/check"))
    assert "We have your claim" in sent.text
    assert (await site.claim(claim_id)).state == "submitted"
    assert "tell us that first" in (await visitor.get(f"{url}/lines/{line_id}/receipt")).text
    with pytest.raises(Refused, match="PAY-13"):
        await site.receipt(who, claim_id, line_id)
    await site.account(who)
    await site.receipt(who, claim_id, line_id)
    assert [row.state for row in await site.lines(claim_id)] == ["ready", "ready"]
