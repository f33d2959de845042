"""PAY-10, PAY-13, PEO-02: whoever had a hand in how a person is reached, or in what is claimed for them, is not who
lets their money go."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert

from services.payments import tables
from services.payments.approving import domain as deciding
from services.payments.approving.domain import ToApprove
from services.payments.bank_details.domain import confirming
from services.payments.bank_details.use_cases import bank_details, copies
from services.payments.claims.domain.claims import ClaimState
from services.payments.claims.use_cases import claims
from services.payments.paying.use_cases import answers, run_files, runs, sending
from shared.db import Transaction, new_id
from shared.events.opportunities import AttendanceRecorded
from shared.reasons import Refused
from tests.payments.bank_details.test_confirming import details, is_owed_to
from tests.payments.support import PAYER, VAULT, World, acting, person

OFFERED = [{"name": name, "holds_from": date(2026, 1, 1), "value": 1} for name in ("offers_cash", "offers_cheque")]


async def hear_card(world: World, who: UUID, version: int, *introductions: tuple[UUID, datetime]) -> None:
    said = [{"by": str(by), "at": at.isoformat()} for by, at in introductions]
    await world.do(copies.keep_card, who, {"version": version, "name": "Alex", "introductions": said})


async def give(world: World, who: Any, number: int = 0) -> str:
    """As whoever is signed in as them."""
    return await world.do(bank_details.give_details, who, details(number), VAULT, by=who.id)


async def details_id_of(world: World, who: Any) -> UUID:
    return (
        await world.row("SELECT id FROM bank_details WHERE participant_id = :id AND state <> 'replaced'", id=who.id)
    ).id


async def test_pay_13_details_given_through_a_sign_in_that_somebody_else_entered_wait_like_a_helpers(
    world: World,
) -> None:
    """A coordinator enters a mailbox of their own as the first address of somebody whom they help, and signs in with
    it."""
    who, y, x = person(), new_id(), new_id()
    added = world.now
    await hear_card(world, who.id, 1, (y, added))
    world.move(days=1)
    await hear_card(world, who.id, 2, (y, added), (x, world.now))
    world.move(minutes=5)
    assert await give(world, who) == "unconfirmed"
    claim_id = await world.submitted(who)
    await world.approve(claim_id)
    assert not await is_owed_to(world, who.id, world.finance)
    details_id = await details_id_of(world, who)
    for somebody in (who.id, x, y):
        with pytest.raises(Refused):
            await world.do(bank_details.confirm_details, details_id, "in-person", by=somebody)
    world.move(minutes=5)
    await world.do(bank_details.confirm_details, details_id, "in-person", by=world.coordinator)
    assert await is_owed_to(world, who.id, world.finance)


async def test_pay_13_nor_are_they_taken_at_once_where_the_news_of_it_comes_late(world: World) -> None:
    who, x = person(), new_id()
    await hear_card(world, who.id, 1)
    entered = world.now
    world.move(minutes=1)
    assert await give(world, who) == "confirmed"
    claim_id = await world.submitted(who)
    await world.approve(claim_id)
    run_id = await world.run()
    world.move(minutes=1)
    await hear_card(world, who.id, 2, (x, entered))
    with pytest.raises(Refused, match="PAY-12"):  # nothing in it can leave
        await world.do(sending.mark_sent, run_id, by=world.finance)
    assert (
        await world.row("SELECT state FROM bank_details WHERE participant_id = :id", id=who.id)
    ).state == "unconfirmed"


async def test_pay_13_details_that_were_there_before_somebody_else_changed_a_number_stand(world: World) -> None:
    who, x = person(), new_id()
    await hear_card(world, who.id, 1)
    assert await give(world, who) == "confirmed"
    world.move(days=1)
    await hear_card(world, who.id, 2, (x, world.now))
    await world.approve(await world.submitted(who))
    assert not await is_owed_to(world, who.id, x)
    assert await is_owed_to(world, who.id, world.finance)


async def test_pay_10_a_confirmation_covers_only_what_was_there_when_it_was_made(world: World) -> None:
    """Y's introduction was confirmed in person; then X entered the first address."""
    who, y, x = person(), new_id(), new_id()
    added = world.now
    await hear_card(world, who.id, 1, (y, added))
    world.move(days=1)
    await world.do(bank_details.confirm_person, who.id, "in-person", by=world.coordinator)
    world.move(days=1)
    await hear_card(world, who.id, 2, (y, added), (x, world.now))
    world.move(minutes=5)
    claim_id = await world.submitted(who, recognition="vouchers")
    with pytest.raises(Refused, match="PAY-10"):
        await world.approve(claim_id, x)
    await world.approve(claim_id)
    for somebody in (x, y, world.finance):
        assert not await is_owed_to(world, who.id, somebody), "nobody has rung or met them since x entered it"
    await world.do(bank_details.confirm_person, who.id, "in-person", by=world.coordinator)
    for somebody in (x, y, world.finance):
        assert await is_owed_to(world, who.id, somebody), (
            "who took them in was confirmed by another, and did nothing since"
        )


@pytest.mark.parametrize("way", ["vouchers", "cash", "cheque", "training", "bank-transfer"])
async def test_pay_10_nothing_leaves_in_any_way_to_somebody_whom_only_who_added_them_has_met(
    world: World, way: str
) -> None:
    """Two people added by one coordinator, £120 each, and no bank details that anybody would have to ring about."""
    await offers(world)
    who, adder = person(), new_id()
    await hear_card(world, who.id, 1, (adder, world.now))
    world.move(minutes=5)
    claim_id = await world.submitted(who, recognition=way, minutes=720, planned_minutes=720)
    await world.approve(claim_id)
    for somebody in (adder, world.coordinator, world.finance):
        assert not await is_owed_to(world, who.id, somebody)
    if way == "bank-transfer":
        details_id = await details_id_of(world, who)
        await world.do(bank_details.confirm_details, details_id, "in-person", by=world.coordinator)
    else:
        await world.do(bank_details.confirm_person, who.id, "in-person", by=world.coordinator)
    assert await is_owed_to(world, who.id, world.finance)


async def offers(world: World) -> None:
    """That the organisation gives cash and cheques too."""

    async def add(tx: Transaction) -> None:
        await tx.execute(insert(tables.rates), OFFERED)

    await world.do(add)


@pytest.mark.parametrize("fetched", [False, True])
async def test_pay_10_vouchers_stay_behind_where_somebody_enters_an_address_after_the_run_was_made(
    world: World, fetched: bool
) -> None:
    who, another, x = person(), person(), new_id()
    await hear_card(world, who.id, 1)
    await world.approved(who, recognition="vouchers")
    await world.approved(another, recognition="vouchers")
    run_id = await world.run()
    if fetched:
        await world.do(run_files.fetch_list, run_id, PAYER, VAULT, by=world.finance)
    await hear_card(world, who.id, 2, (x, world.now))
    if fetched:
        for knows in (False, True):
            with pytest.raises(Refused):
                await world.do(sending.mark_sent, run_id, knows_of_changes=knows, by=world.finance)
        await world.do(runs.make_anew, run_id, by=world.finance)
        await world.do(answers.confirm_not_gone, run_id, by=world.second)  # nobody ordered from the list before
    await world.do(sending.mark_sent, run_id, by=world.finance)
    rows = await world.rows("SELECT participant_id, state, dropped_because FROM payments")
    assert {(row.participant_id, row.state, row.dropped_because) for row in rows} == {
        (who.id, "cancelled", "person"),
        (another.id, "sent", None),
    }


@pytest.mark.parametrize("again", ["address", "details"])
async def test_pay_10_whoever_has_a_hand_in_it_again_is_confirmed_again(world: World, again: str) -> None:
    who, x = person(), new_id()
    await hear_card(world, who.id, 1, (x, world.now))
    world.move(days=1)
    await world.do(bank_details.confirm_person, who.id, "in-person", by=world.coordinator)
    world.move(days=1)
    if again == "address":
        await hear_card(world, who.id, 2, (x, world.now))
    else:
        await world.do(bank_details.give_details, who, details(), VAULT, by=acting(x, who.id))
    claim_id = await world.submitted(who, recognition="vouchers")
    with pytest.raises(Refused, match="PAY-10"):
        await world.approve(claim_id, x)


async def test_pay_10_a_confirmation_covers_nothing_that_was_heard_of_after_it(world: World) -> None:
    """The news was on its way while somebody rang."""
    who, y, x = person(), new_id(), new_id()
    added = world.now
    await hear_card(world, who.id, 1, (y, added))
    world.move(days=1)
    entered = world.now
    world.move(minutes=1)
    await world.do(bank_details.confirm_person, who.id, "in-person", by=world.coordinator)
    world.move(minutes=1)
    await hear_card(world, who.id, 2, (y, added), (x, entered))
    claim_id = await world.submitted(who, recognition="vouchers")
    with pytest.raises(Refused, match="PAY-10"):
        await world.approve(claim_id, x)


async def test_pay_10_where_all_of_a_few_had_a_hand_in_it_money_does_not_stand_still(world: World) -> None:
    """A charity of two and one trustee: each took part in how somebody is reached. Nobody clears themselves; together
    they can."""
    who, anna, bert, trustee = person(), new_id(), new_id(), new_id()
    now = world.now
    await hear_card(world, who.id, 1, (anna, now), (bert, now), (trustee, now))
    await give(world, who)
    details_id = await details_id_of(world, who)
    with pytest.raises(Refused, match="PAY-10"):
        await world.do(bank_details.confirm_details, details_id, "in-person", by=bert)
    await world.do(bank_details.confirm_person, who.id, "in-person", by=anna)
    with pytest.raises(Refused, match="PAY-10"):
        await world.do(bank_details.confirm_details, details_id, "in-person", by=anna)
    await world.do(bank_details.confirm_details, details_id, "in-person", by=bert)
    claim_id = await world.submitted(who)
    await world.approve(claim_id, anna)
    assert await is_owed_to(world, who.id, trustee)
    assert not await is_owed_to(world, who.id, anna)
    assert not await is_owed_to(world, who.id, bert)


def test_pay_10_who_alone_had_a_hand_in_it_does_not_confirm_the_person() -> None:
    who, x, y = new_id(), new_id(), new_id()
    assert confirming.reasons_not_to_confirm_person(frozenset({x}), who, "in-person", x)
    assert not confirming.reasons_not_to_confirm_person(frozenset({x, y}), who, "in-person", x)
    assert not confirming.reasons_not_to_confirm_person(frozenset({x}), who, "in-person", y)


# The limit above which whoever recorded it does not approve (PAY-10, PAY-17)


async def register(world: World, event: AttendanceRecorded, version: int, minutes: int) -> None:
    changed = event.model_copy(update={"version": version, "minutes": minutes})
    await world.hear(changed)


async def test_pay_10_pay_17_the_limit_is_not_passed_in_slices_of_one_attendance(world: World) -> None:
    """270 minutes are £45.00; the register is then put right to 540."""
    who, opportunity = person(), await world.opportunity()
    event = world.attendance(opportunity, who, minutes=270, planned_minutes=270)
    await world.hear(event)
    first = (await world.row("SELECT id FROM claims")).id
    await send(world, who, first)
    await world.approve(first, world.coordinator)
    await register(world, event, 2, 540)
    more = (await world.row("SELECT id FROM claims WHERE follows = :id", id=first)).id
    await send(world, who, more)
    with pytest.raises(Refused, match="PAY-10"):
        await world.approve(more, world.coordinator)
    await world.approve(more)


async def send(world: World, who: Any, claim_id: UUID) -> None:
    await world.do(claims.choose_recognition, claim_id, "vouchers", by=who.id)
    await world.do(claims.submit_claim, claim_id, by=who.id)


def test_pay_10_what_is_claimed_beside_it_counts_and_refusing_needs_no_limit() -> None:
    recorder = new_id()
    facts: dict[str, Any] = {
        "claimant": new_id(),
        "helpers": frozenset(),
        "recorders": frozenset({recorder}),
        "approver_limit_pence": 5000,
    }
    facts |= {"state": ClaimState.SUBMITTED, "over_budget_pence": 0}
    assert deciding.reasons_not_to_approve(ToApprove(**facts, amount_pence=4500, beside_pence=501), recorder)
    assert not deciding.reasons_not_to_approve(ToApprove(**facts, amount_pence=4500, beside_pence=500), recorder)
    assert not deciding.reasons_not_to_approve(ToApprove(**facts, amount_pence=0, beside_pence=9000), recorder)
    assert not deciding.reasons_not_to_approve(ToApprove(**facts, amount_pence=4500, beside_pence=9000), new_id())
