"""NET-03: another organisation's recharges and answers, forged, repeated or inflated."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.db import new_id
from shared.events import network
from shared.reasons import NotYet
from tests.payments.network import HOME, HOST, Region
from tests.payments.recharging.support import RAISED, answers, paid_guest, raised, refused_by_host
from tests.payments.support import person

ANSWERED = "payments.recharge-answered.v1"


async def test_net_03_a_penny_more_than_agreed_is_refused_whole_and_home_bears_it(region: Region) -> None:
    _, event = await paid_guest(region)
    await refused_by_host(region, event.model_copy(update={"fee_pence": 1801}), "more-than-agreed")
    await region.carry()
    row = await region.recharge(region.home)
    assert (row.state, row.because) == ("refused", "more-than-agreed")
    accounts = ("recharge-receivable", "recharge-income", "budget-spent", "budget-free")
    assert [await region.balance(region.home, account) for account in accounts] == [0, 0, 1800, -1800]


@pytest.mark.parametrize("expenses_pence", [501, 99_999_999])
async def test_net_03_expenses_above_the_cap_are_refused(region: Region, expenses_pence: int) -> None:
    _, event = await paid_guest(region)
    await refused_by_host(region, event.model_copy(update={"expenses_pence": expenses_pence}), "more-than-agreed")


async def test_net_03_another_organisation_cannot_ask_for_a_homes_guest(region: Region) -> None:
    _, event = await paid_guest(region)
    await refused_by_host(region, event, "unknown-attendance", origin="suffolk")
    await region.hear(HOST, RAISED, event)
    assert (await answers(region))[-1] == ("accepted", "", 1800)
    told = [(row["to"], row["state"]) for row in await region.host.events("recharge-answered")]
    assert told == [("suffolk", "refused"), ("viewpoint", "accepted")]


async def test_net_03_another_guest_another_opportunity_or_our_own_person_is_refused(region: Region) -> None:
    _, event = await paid_guest(region)
    other = await region.attended(await region.shared())
    own = region.host.attendance(await region.host.opportunity(), person())
    await region.host.hear(own)
    for change in (
        {"guest_id": other.guest_id},
        {"opportunity_id": other.opportunity_id},
        {"attendance_id": other.attendance_id},
        {"attendance_id": own.attendance_id, "guest_id": own.participant.id, "opportunity_id": own.opportunity_id},
    ):
        await refused_by_host(
            region, event.model_copy(update={**change, "recharge_id": new_id()}), "unknown-attendance"
        )


async def test_net_03_who_was_not_there_is_refused(region: Region) -> None:
    guest, event = await paid_guest(region)
    await region.corrected(guest, home=False, present=False, minutes=0)
    await refused_by_host(region, event, "not-present")


async def test_net_03_what_was_never_funded_is_refused(region: Region) -> None:
    guest = await region.attended(await region.shared(funding="none"))
    forged = network.RechargeRaised(
        version=1,
        to=HOST,
        origin=HOME,
        recharge_id=new_id(),
        guest_id=guest.guest_id,
        opportunity_id=guest.opportunity_id,
        attendance_id=guest.attendance_id,
        fee_pence=1,
        expenses_pence=0,
    )
    await refused_by_host(region, forged, "not-funded")


async def test_net_03_an_attendance_that_has_not_arrived_is_waited_for(region: Region) -> None:
    _, event = await paid_guest(region)
    with pytest.raises(NotYet):
        await region.hear(HOST, RAISED, event.model_copy(update={"attendance_id": new_id()}))
    assert await region.host.rows("SELECT 1 FROM recharges") == []


async def test_net_03_a_replayed_recharge_changes_nothing_and_a_second_one_is_refused(region: Region) -> None:
    _, event = await paid_guest(region)
    for _ in range(3):
        await region.hear(HOST, RAISED, event)
    await region.hear(HOST, RAISED, event.model_copy(update={"fee_pence": 1}))
    assert await answers(region) == [("accepted", "", 1800)]
    await region.hear(HOST, RAISED, event.model_copy(update={"recharge_id": new_id(), "fee_pence": 1}))
    assert await answers(region) == [("accepted", "", 1800), ("refused", "more-than-agreed", 0)]
    assert await region.balance(region.host, "recharge-payable") == -1800


async def test_net_03_an_older_version_that_comes_late_is_left(region: Region) -> None:
    guest, first = await paid_guest(region)
    await region.corrected(guest, minutes=60)
    second = await raised(region)
    await region.hear(HOST, RAISED, second)
    await region.hear(HOST, RAISED, first)
    assert await answers(region) == [("accepted", "", 1200)]
    await region.carry()
    assert await region.totals() == (1200, 1200)


async def test_net_03_an_answer_to_an_older_version_or_from_another_organisation_is_left(region: Region) -> None:
    guest, first = await paid_guest(region)
    await region.hear(HOST, RAISED, first.model_copy(update={"fee_pence": 9999}))
    await region.corrected(guest, minutes=60)
    await region.hear(HOST, RAISED, await raised(region))
    [(_, to_first), (_, to_second)] = await region.waiting(HOST)
    for event in (
        to_first,
        to_second.model_copy(update={"origin": "suffolk"}),
        to_second.model_copy(update={"recharge_id": new_id()}),
    ):
        await region.hear(HOME, ANSWERED, event)
        assert (await region.recharge(region.home)).state == "raised"
    assert len(await region.home.rows("SELECT 1 FROM steps WHERE what = 'recharge-answer-left'")) == 3
    await region.hear(HOME, ANSWERED, to_second)
    await region.hear(
        HOME, ANSWERED, to_second.model_copy(update={"state": "refused", "because": "not-funded", "accepted_pence": 0})
    )
    assert (await region.recharge(region.home)).state == "accepted"


async def test_net_03_a_part_accepted_is_refused_at_home(region: Region) -> None:
    _, event = await paid_guest(region)
    await region.hear(HOST, RAISED, event)
    [(_, answer)] = await region.waiting(HOST)
    await region.hear(HOME, ANSWERED, answer.model_copy(update={"accepted_pence": 1799}))
    assert (await region.recharge(region.home)).state == "refused"
    assert await region.balance(region.home, "recharge-receivable") == 0


async def test_net_03_an_accepted_recharge_above_what_was_agreed_is_refused_by_the_database_itself(
    region: Region,
) -> None:
    _, event = await paid_guest(region)
    await region.hear(HOST, RAISED, event)
    with pytest.raises(IntegrityError, match="net_03_what_was_agreed"):
        await region.host.write("UPDATE recharges SET fee_pence = fee_pence + 1")
    kept = (
        "attendance_id, guest_id, opportunity_id, session_date, fee_pence, expenses_pence, most_fee_pence, "
        "most_expenses_pence, state, raised_at"
    )
    again = text(
        f"INSERT INTO recharges (id, direction, organisation, recharge_id, version, {kept})"
        f" SELECT gen_random_uuid(), direction, organisation, gen_random_uuid(), 1, {kept} FROM recharges"
    )
    for world, name in ((region.host, "net_03_accepted_once"), (region.home, "net_03_raised_once")):
        with pytest.raises(IntegrityError, match=name):
            await world.write(again)
