"""Why something of a claim is not paid, as whoever rings its owner reads it out (NOT-08, PAY-14)."""

from typing import Any
from uuid import UUID

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval
from services.payments.consumers import words_to_read_out
from shared.db import new_id
from tests.payments.support import World, person


async def read_out(
    site: World, owner: UUID, event: str, claim_id: UUID, by: UUID | None = None, *, in_mail: bool = False
) -> Any:
    told = [{"event": event, "about": str(claim_id)}]
    question = {"by": str(by or new_id()), "person_id": str(owner), "told": told, "in_mail": in_mail}
    return (await words_to_read_out(site.service, question))["words"].get(f"{event}/{claim_id}")


async def test_not_08_the_reasons_for_what_is_not_paid_are_read_out_and_who_read_them_is_written_down(site: World):
    who, reader = person(), new_id()
    claim_id = await site.submitted(who, miles=12)
    await site.write("UPDATE claim_lines SET route = 'Home to the hub' WHERE kind = 'mileage'")
    fee, miles = [line.id for line in await site.lines(claim_id)]
    decided = [Decision(fee, 1500), Decision(miles, 450, "The shortest way is ten miles")]
    await site.do(approval.approve_claim, claim_id, decided, by=site.approver)
    words = await read_out(site, who.id, "claim-approved", claim_id, reader)
    assert words == ["Car, 12 miles: £4.50 of £5.40 agreed. The shortest way is ten miles."]
    assert "hub" not in str(words), "nothing of where"
    [read] = await site.rows("SELECT actor_id FROM steps WHERE what = 'claim-read'")
    assert read.actor_id == reader
    assert await read_out(site, new_id(), "claim-approved", claim_id) is None, "nobody else's"
    assert await read_out(site, who.id, "claim-paid", claim_id) is None, "which says all of it itself"


async def test_pay_14_the_reason_goes_into_their_mail_without_words_of_their_own(site: World):
    who = person()
    claim_id = await site.submitted(who)
    await site.write("UPDATE claim_lines SET kind = 'other', what = 'Taxi to my sister'")
    [line] = await site.lines(claim_id)
    decided = [Decision(line.id, 0, "The policy pays for the bus")]
    await site.do(approval.approve_claim, claim_id, decided, by=site.approver)
    mailed = await read_out(site, who.id, "claim-refused", claim_id, by=who.id, in_mail=True)
    assert mailed == ["A cost, £15.00: not paid. The policy pays for the bus."]
    assert not await site.steps("claim-read"), "nobody else has read it"
