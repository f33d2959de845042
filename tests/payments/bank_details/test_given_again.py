"""PAY-13: only somebody's truly first account needs no call. Whatever became of an earlier one, another is a change:
its owner is told by another channel, somebody rings or meets them, and no payment goes before."""

from importlib import import_module
from typing import Any

import pytest

from services.payments.bank_details.domain import confirming
from services.payments.bank_details.gateways.vault import AccountDetails
from services.payments.bank_details.use_cases import bank_details
from shared.db import new_id
from shared.identity import Role
from tests.payments.bank_details.test_confirming import is_owed_to
from tests.payments.bank_details.test_wanted_details import set_aside
from tests.payments.site import post
from tests.payments.support import ACCOUNTS, VAULT, World, acting, person

GIVEN_AFTER_WRONG = import_module("services.payments.migrations.versions.0045_given_after_wrong")


@pytest.mark.parametrize(
    ("current", "had", "account", "changes"),
    [
        (None, False, b"a", False),
        (None, True, b"a", True),
        ((b"a", "confirmed"), True, b"a", False),
        ((b"a", "confirmed"), True, b"b", True),
        ((b"a", "unconfirmed"), True, b"a", True),
    ],
)
def test_pay_13_only_ones_truly_first_details_change_nothing(
    current: tuple[bytes, str] | None, had: bool, account: bytes, changes: bool
) -> None:
    before = None if current is None else confirming.Current(*current)
    assert confirming.changes_earlier_details(account, before, had_any=had) is changes


async def given(world: World, who: Any, number: int, by: Any = None) -> str:
    details = AccountDetails("Alex Example", *ACCOUNTS[number])
    return await world.do(bank_details.give_details, who, details, VAULT, by=by or who.id)


async def details_changed(world: World) -> list[tuple[bool, bool]]:
    return [(each["set_aside"], each["first"]) for each in await world.events("bank-details-changed")]


@pytest.mark.parametrize("number", [0, 1, 2], ids=["the first again", "the wrong one again", "a third"])
@pytest.mark.parametrize("entered", ["by themselves", "by a helper"])
async def test_pay_13_after_details_were_set_aside_any_account_waits_for_a_call_and_its_owner_is_told(
    world: World, number: int, entered: str
) -> None:
    who = person()
    claim_id = await world.approved(who)
    await set_aside(world, who)
    by = who.id if entered == "by themselves" else acting(new_id(), who.id)
    assert await given(world, who, number, by) == "unconfirmed"
    assert (await details_changed(world)) == [(False, False), (True, False), (False, False)]
    assert not await is_owed_to(world, who.id, world.finance)
    waits = [(each["details_id"], each["waiting"]) for each in await world.events("bank-details-to-confirm")]
    details = await world.row("SELECT id FROM bank_details WHERE state = 'unconfirmed'")
    assert (str(details.id), True) in waits
    await world.do(bank_details.confirm_details, details.id, "in-person", by=world.coordinator)
    assert await is_owed_to(world, who.id, world.finance)
    assert (await world.claim(claim_id)).stopped_on is None
    assert await world.broken() == {}


async def test_pay_13_details_set_aside_twice_still_make_the_next_a_change(world: World) -> None:
    who = person()
    await given(world, who, 0)
    for number in (1, 2, 0):
        assert await given(world, who, number) == "unconfirmed"
        waiting = await world.row("SELECT id FROM bank_details WHERE state = 'unconfirmed'")
        await world.do(bank_details.set_details_aside, waiting.id, by=world.second)


async def test_pay_13_pages_say_that_details_given_after_others_were_wrong_are_checked(site: World) -> None:
    who = person()
    await site.approved(who)
    await set_aside(site, who)
    visitor = site.visitor(Role.PARTICIPANT, person_id=who.id)
    sort_code, number = ACCOUNTS[2]
    url = "/payments/bank-details/change"
    typed = {"account_name": "Alex Example", "sort_code": sort_code, "account_number": number}
    done = await post(visitor, url, url, **typed)
    assert done.status_code == 303
    page = (await visitor.get("/payments/bank-details")).text
    assert "Before we pay into this account we check with you" in page
    listed = (await site.visitor(Role.FINANCE).get("/payments/confirm-details")).text
    assert number[-4:] in listed and "There are no bank details to confirm" not in listed


async def test_pay_13_what_a_program_before_took_without_a_call_after_a_set_aside_waits_for_one_now(
    world: World,
) -> None:
    who, other = person(), person()
    await world.approved(who)
    await set_aside(world, who)
    await given(world, who, 2)
    await given(world, other, 0)
    await world.write("UPDATE bank_details SET state = 'confirmed', confirm_by = NULL WHERE state = 'unconfirmed'")
    assert await world.broken() != {}
    await world.write(GIVEN_AFTER_WRONG.LET_WAIT)
    assert await world.broken() == {}
    [waits] = await world.rows("SELECT participant_id FROM bank_details WHERE state = 'unconfirmed'")
    assert waits.participant_id == who.id and not await is_owed_to(world, who.id, world.finance)
    before = len(await world.events("bank-details-to-confirm"))
    await world.do(bank_details.ask_to_confirm)
    assert len(await world.events("bank-details-to-confirm")) == before + 1


async def test_pay_13_details_checked_after_a_set_aside_stay_checked_over_an_upgrade(world: World) -> None:
    who = person()
    await given(world, who, 0)
    await set_aside(world, who)
    await given(world, who, 2)
    [waits] = await world.rows("SELECT id FROM bank_details WHERE state = 'unconfirmed'")
    await world.do(bank_details.confirm_details, waits.id, "in-person", by=world.second)
    renamed = AccountDetails("Alex Sample", *ACCOUNTS[2])  # the same account, so nobody need ring again
    assert await world.do(bank_details.give_details, who, renamed, VAULT, by=who.id) == "confirmed"
    await world.write(GIVEN_AFTER_WRONG.LET_WAIT)
    assert await world.rows("SELECT 1 FROM bank_details WHERE state = 'unconfirmed'") == []
    assert await world.broken() == {}
