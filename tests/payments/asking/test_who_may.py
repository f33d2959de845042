"""PAY-10, PAY-12, PEO-05: in an organisation of one approver, one finance person and one administrator, each thing that
waits is a task for somebody who may do it, or for the administrator where nobody may. Nobody sees a task whose press
would be refused."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.notifications.domain.task_rules import TASKS
from services.notifications.domain.tasks import Addressee, Task, task_of_money
from services.notifications.domain.who_may import is_left_to_nobody, whose_turn
from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval, withdrawing
from services.payments.asking import use_cases as waits
from services.payments.bank_details.gateways.vault import AccountDetails
from services.payments.bank_details.use_cases import bank_details, copies
from services.payments.claims.use_cases import claims, looking_again
from services.payments.paying.use_cases import runs, sending
from shared.db import new_id
from shared.events import ParticipantRef
from shared.reasons import Refused
from tests.payments.bank_statements.support import payment_of
from tests.payments.support import ACCOUNTS, VAULT, World, acting, person

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ADMINISTRATOR = "the administrator"
_KINDS = {"sending": "send-run", "earlier-file": "see-to-earlier-file", "ending": "say-what-was-paid"}


class Organisation:
    """Isla approves, Jonas pays, Kezia is coordinator and administrator."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.staff: dict[UUID, list[str]] = {
            world.approver: ["approver"],
            world.finance: ["finance"],
            world.coordinator: ["coordinator", "administrator"],
        }

    async def begin(self) -> "Organisation":
        for who, roles in self.staff.items():
            await self.world.do(copies.keep_card, who, {"version": 1, "name": "Alex", "roles": roles})
        return self

    async def joined_by_second(self) -> None:
        self.staff[self.world.second] = ["finance"]
        await self.world.do(copies.keep_card, self.world.second, {"version": 1, "name": "Sam", "roles": ["finance"]})

    async def asked(self, kind: str) -> set[str]:
        """Who has a task of this kind on the first page."""
        names = {
            self.world.approver: "isla",
            self.world.finance: "jonas",
            self.world.coordinator: "kezia",
            self.world.second: "second",
        }
        found: set[str] = set()
        for each in await self.world.read(waits.what_waits):
            if each.kind == kind:
                task_kind = task_of_money(each.kind) or _KINDS[each.kind]
                role = TASKS[task_kind].audience
                task = Task(each.about, task_kind, each.about, Addressee(role=role, except_for=each.not_for), NOW)
                to = whose_turn(task, self.staff, NOW)
                theirs = {
                    names.get(who, "another")
                    for who, roles in self.staff.items()
                    if to is not None and to.includes(who, roles, NOW)
                }
                found |= theirs or {ADMINISTRATOR}
                assert bool(theirs) is not is_left_to_nobody(task, self.staff, NOW)
        return found

    async def all_asked(self) -> dict[str, set[str]]:
        kinds = {each.kind for each in await self.world.read(waits.what_waits)}
        return {kind: await self.asked(kind) for kind in kinds}


@pytest.fixture
async def organisation(world: World) -> Organisation:
    return await Organisation(world).begin()


async def cut(world: World, who: ParticipantRef) -> UUID:
    """A claim of which the approver agreed to less, and another look at it, sent."""
    claim_id = await world.submitted(who, recognition="vouchers")
    [line] = await world.lines(claim_id)
    await world.do(
        approval.approve_claim,
        claim_id,
        [Decision(line.id, line.amount_pence - 100, "Ten minutes late")],
        by=world.approver,
    )
    return UUID(str(await world.do(looking_again.ask_for_another_look, claim_id, "I was there", by=who.id)))


async def test_pay_14_who_decided_is_not_asked_to_look_again_and_where_nobody_else_is_there_the_administrator_is(
    organisation: Organisation,
) -> None:
    world, who = organisation.world, person()
    again = await cut(world, who)
    assert await organisation.asked("decision") == {ADMINISTRATOR}
    with pytest.raises(Refused, match="PAY-14"):
        await world.approve(again)
    other = new_id()
    organisation.staff[other] = ["approver"]
    assert await organisation.asked("decision") == {"another"}
    await world.approve(again, other)


async def test_pay_10_a_claim_that_was_sent_is_asked_of_who_may_decide_it(organisation: Organisation) -> None:
    world = organisation.world
    await world.submitted(person(), recognition="vouchers")
    assert await organisation.all_asked() == {"decision": {"isla"}}


async def test_pay_10_ones_own_claim_and_one_that_they_helped_with_wait_for_somebody_else(
    organisation: Organisation,
) -> None:
    world = organisation.world
    await world.submitted(person(world.approver), recognition="vouchers")
    assert await organisation.asked("decision") == {ADMINISTRATOR}
    who = person()
    claim_id = await world.opened(who)
    await world.do(claims.choose_recognition, claim_id, "vouchers", by=acting(world.approver, who.id))
    await world.do(claims.submit_claim, claim_id, by=who.id)
    assert await organisation.asked("decision") == {ADMINISTRATOR}


async def test_pay_11_over_budget_the_first_approver_is_not_asked_again(organisation: Organisation) -> None:
    world = organisation.world
    claim_id = await world.submitted(
        person(), recognition="vouchers", opportunity=await world.opportunity(budget_pence=100)
    )
    assert await organisation.asked("decision") == {"isla"}
    await world.approve(claim_id)
    assert await organisation.all_asked() == {"decision": {ADMINISTRATOR}}


async def test_pay_12_from_agreed_to_paid_somebody_is_asked_at_each_step(organisation: Organisation) -> None:
    world = organisation.world
    first, second = await world.approved(person()), await world.approved(person())
    assert await organisation.all_asked() == {"release": {"jonas"}}
    run_id = await world.run()
    assert await organisation.all_asked() == {"sending": {"jonas"}}
    await world.do(sending.mark_sent, run_id, by=world.finance)
    assert await organisation.all_asked() == {"ending": {ADMINISTRATOR}}, "who sent it does not say what was paid"
    await organisation.joined_by_second()
    assert await organisation.all_asked() == {"ending": {"second"}}
    payments = {row.claim_id: row.id for row in await world.rows("SELECT id, claim_id FROM payments")}
    await world.by_hand(run_id, payments[first], "paid")
    assert await organisation.all_asked() == {"ending": {"second"}}, "one of the two is still on its way"
    await world.by_hand(run_id, payments[second], "not-paid")
    assert await organisation.all_asked() == {"release": {"jonas", "second"}}
    await world.do(withdrawing.withdraw_approval, second, "A mistake", by=world.approver)
    assert await organisation.all_asked() == {"decision": {"isla"}}


async def test_pay_09_what_its_owner_holds_waits_for_nobody_else(organisation: Organisation) -> None:
    world, who = organisation.world, person()
    claim_id = await world.approved(who)
    await world.do(claims.hold_payment, claim_id, True, by=who.id)
    assert await organisation.all_asked() == {}


async def test_pay_13_an_account_to_confirm_is_asked_of_somebody_who_is_not_needed_to_pay_into_it(
    organisation: Organisation,
) -> None:
    """The one person of finance could confirm it, and nobody could pay it then."""
    world, who = organisation.world, person()
    await world.approved(who)
    await world.do(bank_details.give_details, who, AccountDetails("Alex Example", *ACCOUNTS[2]), VAULT, by=who.id)
    assert await organisation.all_asked() == {"details": {"isla"}}
    [details] = await world.rows("SELECT id FROM bank_details WHERE state = 'unconfirmed'")
    await world.do(bank_details.confirm_details, details.id, "in-person", by=world.approver)
    assert await organisation.all_asked() == {"release": {"jonas"}}
    await world.do(sending.mark_sent, await world.run(), by=world.finance)


async def test_pay_13_two_of_finance_are_both_asked_to_ring(organisation: Organisation) -> None:
    world, who = organisation.world, person()
    await organisation.joined_by_second()
    await world.approved(who)
    await world.do(bank_details.give_details, who, AccountDetails("Alex Example", *ACCOUNTS[2]), VAULT, by=who.id)
    assert await organisation.all_asked() == {"details": {"jonas", "second"}}
    [details] = await world.rows("SELECT id FROM bank_details WHERE state = 'unconfirmed'")
    await world.do(bank_details.confirm_details, details.id, "in-person", by=world.second)
    assert await organisation.all_asked() == {"release": {"jonas"}}


async def test_pay_10_who_confirmed_the_account_is_not_asked_to_pay_it(organisation: Organisation) -> None:
    world, who = organisation.world, person()
    await world.approved(who)
    await world.do(bank_details.give_details, who, AccountDetails("Alex Example", *ACCOUNTS[2]), VAULT, by=who.id)
    [details] = await world.rows("SELECT id FROM bank_details WHERE state = 'unconfirmed'")
    await world.do(bank_details.confirm_details, details.id, "in-person", by=world.finance)
    assert await organisation.all_asked() == {"release": {ADMINISTRATOR}}


async def came_back_and_changed(organisation: Organisation) -> tuple[World, UUID]:
    """Jonas sent it, the second said that it came back because of the account, and its owner gave another. Returns
    the new details."""
    world, who = organisation.world, person()
    await organisation.joined_by_second()
    await world.approved(who)
    run_id = await world.sent_run()
    await world.by_hand(run_id, (await payment_of(world, run_id)).id, "not-paid-details")
    await world.do(bank_details.give_details, who, AccountDetails("Alex Example", *ACCOUNTS[2]), VAULT, by=who.id)
    [details] = await world.rows("SELECT id FROM bank_details WHERE state = 'unconfirmed'")
    return world, details.id


async def test_pay_13_new_details_are_asked_of_who_leaves_somebody_to_send_alone(organisation: Organisation) -> None:
    world, details_id = await came_back_and_changed(organisation)
    assert await organisation.all_asked() == {"details": {"second"}}
    await world.do(bank_details.confirm_details, details_id, "in-person", by=world.second)
    assert await organisation.all_asked() == {"release": {"jonas"}}
    await world.do(sending.mark_sent, await world.run(), by=world.finance)


async def test_pay_12_where_one_of_two_confirmed_and_the_other_said_it_failed_one_makes_it_and_the_other_sends_it(
    organisation: Organisation,
) -> None:
    world, details_id = await came_back_and_changed(organisation)
    await world.do(bank_details.confirm_details, details_id, "in-person", by=world.finance)
    assert await organisation.all_asked() == {"release": {"second"}}
    with pytest.raises(Refused):
        await world.run(world.finance)
    run_id = await world.run(world.second)
    assert await organisation.all_asked() == {"sending": {"jonas"}}
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(sending.mark_sent, run_id, by=world.second)
    await world.do(sending.mark_sent, run_id, by=world.finance)
    assert await organisation.asked("ending") == {"jonas", "second"}
    assert (await world.by_hand(run_id, (await payment_of(world, run_id)).id, "paid"), await world.broken()) == (
        "said",
        {},
    )


async def test_pay_12_what_one_of_two_says_after_a_run_was_made_has_it_made_again(organisation: Organisation) -> None:
    """Whoever made it knew nothing of the new account, so it is not the word of two."""
    world, who = organisation.world, person()
    await organisation.joined_by_second()
    await world.approved(who)
    first = await world.sent_run()
    await world.by_hand(first, (await payment_of(world, first)).id, "not-paid")
    run_id = await world.run(world.second)
    await world.do(bank_details.give_details, who, AccountDetails("Alex Example", *ACCOUNTS[2]), VAULT, by=who.id)
    [details] = await world.rows("SELECT id FROM bank_details WHERE state = 'unconfirmed'")
    world.clock.offset += timedelta(minutes=1)
    await world.do(bank_details.confirm_details, details.id, "in-person", by=world.finance)
    for sender in (world.finance, world.second):
        with pytest.raises(Refused):
            await world.do(sending.mark_sent, run_id, by=sender)
    [waits_] = [each for each in await world.read(waits.what_waits) if each.kind == "sending"]
    assert (waits_.nothing_leaves, waits_.not_for) == (True, frozenset())
    await world.do(runs.cancel_run, run_id, by=world.second)
    await world.do(sending.mark_sent, await world.run(world.second), by=world.finance)


async def test_pay_12_what_is_perhaps_gone_is_asked_of_who_may_say_what_became_of_it(
    organisation: Organisation,
) -> None:
    world = organisation.world
    await world.approved(person())
    run_id = await world.run()
    await world.fetch(run_id)
    await world.do(runs.cancel_run, run_id, by=world.finance)
    assert await organisation.all_asked() == {"perhaps-gone": {ADMINISTRATOR}}
    await organisation.joined_by_second()
    assert await organisation.all_asked() == {"perhaps-gone": {"second"}}
    await world.by_hand(run_id, (await payment_of(world, run_id)).id, "not-paid")
    assert await organisation.asked("release") == {"jonas", "second"}


async def test_pay_12_a_file_made_anew_waits_for_a_word_on_the_earlier_one_before_it_is_sent(
    organisation: Organisation,
) -> None:
    world = organisation.world
    await world.approved(person())
    run_id = await world.run()
    await world.fetch(run_id)
    await world.do(runs.make_anew, run_id, by=world.finance)
    assert await organisation.all_asked() == {"earlier-file": {ADMINISTRATOR}}
    await organisation.joined_by_second()
    assert await organisation.all_asked() == {"earlier-file": {"second"}}


async def test_pay_10_a_run_that_its_reader_may_not_send_is_asked_of_another(organisation: Organisation) -> None:
    world, who = organisation.world, person()
    await organisation.joined_by_second()
    await world.approved(who)
    run_id = await world.run()
    await world.do(bank_details.give_details, who, AccountDetails("Alex Example", *ACCOUNTS[2]), VAULT, by=who.id)
    [details] = await world.rows("SELECT id FROM bank_details WHERE state = 'unconfirmed'")
    await world.do(bank_details.confirm_details, details.id, "in-person", by=world.second)
    assert await organisation.asked("sending") == {"jonas"}
    with pytest.raises(Refused):
        await world.do(sending.mark_sent, run_id, by=world.second)


async def test_peo_05_it_is_said_whenever_it_changes_and_no_more_often(organisation: Organisation) -> None:
    world, who = organisation.world, person()
    claim_id = await world.submitted(who, recognition="vouchers")
    said: Callable[[], Awaitable[list[Any]]] = lambda: world.events("money-waits")  # noqa: E731
    await world.do(waits.tell)
    await world.do(waits.tell)
    [first] = await said()
    assert (first["kind"], first["waiting"], set(first["not_for"])) == ("decision", True, {str(who.id)})
    await world.approve(claim_id)
    await world.do(waits.tell)
    after = [(each["kind"], each["waiting"]) for each in (await said())[1:]]
    assert sorted(after) == [("decision", False), ("release", True)]
    versions = [each["version"] for each in await said()]
    assert versions == sorted(set(versions))
    run_id = await world.run()
    await world.do(waits.tell)
    last = (await said())[-2:]
    assert {(each["kind"], each["number"]) for each in last} >= {("sending", 1)} and run_id is not None


async def test_pay_12_a_run_of_which_nothing_can_leave_is_to_be_taken_back(world: World) -> None:
    """And of a claim whose account waits for a call nobody in finance is asked to pay anything."""
    organisation = await Organisation(world).begin()
    who = person()
    await world.approved(who)
    assert await organisation.asked("release") == {"jonas"}
    run_id = await world.run()

    async def sendings() -> list[bool]:
        return [each.nothing_leaves for each in await world.read(waits.what_waits) if each.kind == "sending"]

    assert await sendings() == [False]
    await world.account(who, 1)
    assert await sendings() == [True]
    await world.do(runs.make_anew, run_id, by=world.finance)  # all of it stays behind, and the run is empty
    assert await sendings() == [True] and await organisation.asked("release") == set()
    await world.do(runs.cancel_run, run_id, by=world.finance)
    assert await sendings() == [] and await organisation.asked("release") == set()
