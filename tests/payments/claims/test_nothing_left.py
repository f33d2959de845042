"""PAY-05, PAY-06: a claim in which nothing is left to pay ends by itself or is closed with one press; nobody is asked
to send it."""

from uuid import UUID

import pytest

from services.payments.claims.domain import sending
from services.payments.claims.domain.claims import Line, LineKind, LineState
from services.payments.claims.use_cases import claims, receipts
from shared.db import new_id
from shared.identity import Role
from tests.payments.site import followed, post
from tests.payments.support import World, person


def line(state: LineState, pence: int = 320, kind: LineKind = LineKind.FARE) -> Line:
    return Line(new_id(), kind, state, pence, pence)


@pytest.mark.parametrize(
    ("recognition", "lines", "missing"),
    [
        ("bank-transfer", [], "anything"),
        (None, [], "anything"),
        ("bank-transfer", [line(LineState.REFUSED)], "anything"),
        ("bank-transfer", [line(LineState.REFUSED), line(LineState.WAITING)], "receipt"),
        (None, [line(LineState.WAITING)], "receipt"),
        ("bank-transfer", [line(LineState.READY)], ""),
        ("bank-transfer", [line(LineState.READY, 0, LineKind.PARTICIPATION)], "anything"),
        ("award", [line(LineState.READY, 0, LineKind.PARTICIPATION)], ""),
        (None, [line(LineState.READY, 0, LineKind.PARTICIPATION)], ""),
    ],
)
def test_pay_05_what_a_claim_lacks_before_it_asks_for_anything(
    recognition: str | None, lines: list[Line], missing: str
) -> None:
    assert sending.what_is_missing(recognition, lines) == missing


async def split_off(world: World) -> tuple[UUID, UUID, UUID]:
    """The owner, a claim that holds nothing but a fare without a receipt, and that fare."""
    who = person()
    claim_id = await world.opened(who)
    line_id = UUID(await world.do(claims.add_expense, claim_id, LineKind.FARE, "Bus", 450, by=who.id))
    await world.account(who)
    await world.do(claims.choose_recognition, claim_id, "bank-transfer", by=who.id)
    await world.do(claims.submit_claim, claim_id, by=who.id)
    await world.approve(claim_id)
    return who.id, (await world.row("SELECT id FROM claims WHERE follows = :id", id=claim_id)).id, line_id


@pytest.mark.parametrize("way", ["no-receipt", "taken-out"])
async def test_pay_05_a_claim_whose_only_line_falls_away_ends_by_itself_and_can_be_opened_again(
    world: World, way: str
) -> None:
    owner, claim_id, line_id = await split_off(world)
    use_case = receipts.say_there_is_no_receipt if way == "no-receipt" else claims.remove_line
    await world.do(use_case, claim_id, line_id, by=owner)
    assert (await world.claim(claim_id)).state == "declined"
    [told] = await world.events("claim-declined", claim_id)
    assert told["because"] == "nothing-left"
    await world.do(claims.reopen_claim, claim_id, by=owner)
    if way == "no-receipt":
        await world.receipt(person(owner), claim_id, line_id)
        await world.do(claims.submit_claim, claim_id, by=owner)
        assert (await world.claim(claim_id)).state == "submitted"


async def test_pay_05_the_pages_say_that_it_has_ended_and_never_ask_to_send_it(site: World) -> None:
    owner, claim_id, line_id = await split_off(site)
    visitor, url = site.visitor(Role.PARTICIPANT, person_id=owner), f"/payments/claims/{claim_id}"
    page = (await visitor.get(url)).text
    assert "The rest of your claim" not in page
    assert "Needs a receipt" in page and "Check and send" not in page and "Ready to send" not in page
    assert "we aim to pay" not in (await visitor.get(f"{url}/check")).text
    asked = (await visitor.get(f"{url}/lines/{line_id}/no-receipt")).text
    assert "so the claim ends, too" in asked
    ended = (await followed(visitor, await visitor.post(f"{url}/lines/{line_id}/no-receipt"))).text
    assert "Not claimed" not in ended
    assert "Ended" in ended and "has ended" in ended and "Ready to send" not in ended and "You chose to" not in ended
    opened = (await followed(visitor, await post(visitor, f"{url}/reopen"))).text
    assert "Check and send" not in opened and "Close this claim" in opened and "Add the receipt" in opened
    closed = (await followed(visitor, await post(visitor, f"{url}/close"))).text
    assert "Ended" in closed and (await site.claim(claim_id)).state == "declined"


async def test_pay_06_a_claim_of_costs_alone_in_which_there_are_none_is_closed_with_one_press(site: World) -> None:
    who = person()
    claim_id = await site.opened(who, opportunity=await site.opportunity(paid=False))
    visitor, url = site.visitor(Role.PARTICIPANT, person_id=who.id), f"/payments/claims/{claim_id}"
    page = (await visitor.get(url)).text
    assert "Check and send" not in page and "Close this claim" in page and "Ready to send" not in page
    assert "has ended" in (await followed(visitor, await post(visitor, f"{url}/close"))).text
    another = await site.opened(who)
    refused = await visitor.post(f"/payments/claims/{another}/close")
    assert refused.status_code == 422 and (await site.claim(another)).state == "open"


async def test_pay_08_a_claim_that_is_closed_names_no_sum_of_nothing_and_offers_no_filling_in(site: World) -> None:
    who = person()
    claim_id = await site.opened(who)
    owner = site.visitor("participant", person_id=who.id)
    assert "We can fill it in with you" in (await owner.get(f"/payments/claims/{claim_id}")).text
    await site.do(claims.decline_claim, claim_id, by=who.id)
    await site.write("UPDATE claim_lines SET state = 'removed'")
    shown = (await owner.get(f"/payments/claims/{claim_id}")).text
    assert "Not claimed" not in shown and "We can fill it in with you" not in shown
