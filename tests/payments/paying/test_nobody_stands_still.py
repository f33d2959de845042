"""PAY-10, PAY-12: three people hold every role. Whoever made a run, fetched its file and took it out, it can be said
what became of each payment, and paid again; and nobody gets money to anybody twice, or to themselves, on their own
word."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, combinations, permutations, product
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.payments.bank_details.gateways.vault import AccountDetails
from services.payments.bank_details.use_cases import bank_details
from services.payments.paying.domain import endings
from services.payments.paying.domain.endings import ByHand
from services.payments.paying.domain.who_sends import ToSend, reasons_not_to_send
from services.payments.paying.use_cases import answers, run_files, runs, sending
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.bank_statements.support import payment_of
from tests.payments.paying.support import by_answer
from tests.payments.site import followed, step
from tests.payments.support import ACCOUNTS, PAYER, VAULT, World, person

THREE = tuple(UUID(int=number) for number in (1, 2, 3))
PARTICIPANT, FOURTH = UUID(int=4), UUID(int=5)


@dataclass(frozen=True)
class Stuck:
    """A payment that is not known to have been paid, and who approved it."""

    payment: ByHand
    approver: UUID


def subsets(people: tuple[UUID, ...]) -> Iterator[frozenset[UUID]]:
    return map(frozenset, chain.from_iterable(combinations(people, size) for size in range(1, len(people) + 1)))


def combinations_of(people: tuple[UUID, ...]) -> Iterator[Stuck]:
    """Every way in which a transfer can stand there, by who did what."""
    for payee, approver, maker in product((*people, PARTICIPANT), people, people):
        if payee in (approver, maker) or approver == maker:
            continue  # PAY-10
        facts: dict[str, Any] = {
            "method": "bank-transfer",
            "made_by": maker,
            "payee": payee,
            "finance": frozenset(people),
        }
        for sender in people:
            if sender not in (payee, approver):
                yield Stuck(ByHand(state="sent", sent_by=sender, **facts), approver)
        for fetched_by in subsets(people):
            facts |= {"fetched_by": fetched_by, "sent_by": None}
            yield Stuck(ByHand(state="made", **facts), approver)  # its file was made again
            yield from (Stuck(ByHand(state="perhaps-gone", taken_out_by=taker, **facts), approver) for taker in people)


def say(payment: ByHand, how: str, who: UUID) -> ByHand | bool:
    """True: it is known now; the payment as it stands: this word waits for another; False: it counts for nothing."""
    reasons = endings.reasons_to_leave_it_to_another if payment.state == "made" else endings.reasons_not_to_end_by_hand
    if reasons(payment, how, who):
        return False
    return replace(payment, said=payment.said | {(who, how)}) if endings.is_first_of_two(payment, how, who) else True


def ways_to_say(payment: ByHand, how: str, people: tuple[UUID, ...]) -> Iterator[tuple[UUID, ...]]:
    """By whom, one alone or one after another, it can be said."""
    for who in people:
        if say(payment, how, who) is True:
            yield (who,)
    for first, second in permutations(people, 2):
        heard = say(payment, how, first)
        if isinstance(heard, ByHand) and say(heard, how, second) is True:
            yield first, second


def may_send(stuck: Stuck, sayers: tuple[UUID, ...], sender: UUID) -> bool:
    """Again, after these said that it did not go."""
    said = sayers == (sender,)
    run = ToSend(
        "made",
        has_approved=sender == stuck.approver,
        is_paid=sender == stuck.payment.payee,
        left=1,
        changed=0,
        has_said_it_failed=said,
    )
    return not reasons_not_to_send(run)


def hows(payment: ByHand) -> tuple[str, ...]:
    return ("not-paid",) if payment.state == "made" else ("paid", "not-paid")


def test_pay_12_in_a_charity_of_three_no_payment_stands_still_whoever_made_fetched_and_took_it_out() -> None:
    played = list(combinations_of(THREE))
    assert len(played) > 300
    for stuck in played:
        for how in hows(stuck.payment):
            assert list(ways_to_say(stuck.payment, how, THREE)), (how, stuck)
        again = [
            sender
            for sayers in ways_to_say(stuck.payment, "not-paid", THREE)
            for sender in THREE
            if may_send(stuck, sayers, sender)
        ]
        assert again, stuck


def test_pay_10_nobody_says_it_of_their_own_payment_and_nobody_has_money_sent_twice_alone() -> None:
    for stuck in combinations_of(THREE):
        payment = stuck.payment
        for how in hows(payment):
            for sayers in ways_to_say(payment, how, THREE):
                assert payment.payee not in sayers, stuck
                if how == "not-paid" and len(sayers) == 1:
                    assert sayers[0] not in (payment.fetched_by if payment.state != "sent" else {payment.sent_by}), (
                        stuck
                    )
                for sender in THREE:
                    assert how == "paid" or not may_send(stuck, sayers, sender) or {*sayers, sender} > {sender}, stuck
            heard = say(payment, how, stuck.approver)
            assert not isinstance(heard, ByHand) or say(heard, how, stuck.approver) is not True, (
                "one person twice is no second person"
            )


def test_pay_12_two_together_count_only_where_nobody_is_left_who_may_say_it_alone() -> None:
    for stuck in combinations_of(THREE):
        with_a_fourth = replace(stuck.payment, finance=frozenset({*THREE, FOURTH}))
        for payment, how in product((with_a_fourth, replace(stuck.payment, finance=frozenset())), hows(stuck.payment)):
            assert all(len(sayers) == 1 for sayers in ways_to_say(payment, how, THREE)), stuck
        assert say(with_a_fourth, "not-paid", FOURTH) is True


def test_pay_12_of_two_people_one_of_whom_is_paid_nobody_is_left_and_it_is_said_so() -> None:
    for stuck in combinations_of(THREE[:2]):
        for how in hows(stuck.payment):
            left = endings.who_is_left(stuck.payment, how)
            assert (left == "nobody") == (not list(ways_to_say(stuck.payment, how, THREE[:2]))), stuck
            assert left != "nobody" or stuck.payment.payee in THREE
    one = ByHand(
        "bank-transfer",
        "perhaps-gone",
        THREE[0],
        None,
        THREE[1],
        fetched_by=frozenset({THREE[0]}),
        finance=frozenset(THREE[:2]),
    )
    assert endings.who_is_left(one, "not-paid") == "nobody"


def test_pay_12_who_took_a_run_out_may_bring_the_banks_own_word_but_not_who_fetched_the_file_that_nothing_went() -> (
    None
):
    maker, taker, fetcher = THREE
    payment = ByHand(
        "bank-transfer", "perhaps-gone", maker, None, PARTICIPANT, taken_out_by=taker, fetched_by=frozenset({fetcher})
    )
    may = {
        (who, paid): not endings.reasons_not_to_bring([payment], who, paid=paid)
        for who in (*THREE, PARTICIPANT)
        for paid in (True, False)
    }
    assert [which for which, allowed in may.items() if allowed] == [(taker, True), (taker, False), (fetcher, True)]


# On the database

_CARD = text("INSERT INTO cards (person_id, version, name, told_apart_by, finance) VALUES (:id, 1, 'Alex', '', true)")


async def holds_finance(world: World, *people: UUID) -> None:
    """All whom this charity has with that role."""
    for who in people:
        await world.write(_CARD, id=who)


async def three(world: World) -> tuple[UUID, UUID, Any]:
    trustee = person()
    await holds_finance(world, world.finance, world.second, trustee.id)
    return world.finance, world.second, trustee


async def approved(world: World, who: Any, approver: UUID) -> UUID:
    claim_id = await world.submitted(who)
    await world.approve(claim_id, approver)
    return claim_id


async def fetch(world: World, who: UUID, run_id: UUID) -> None:
    await world.do(run_files.fetch_bank_file, run_id, PAYER, VAULT, by=who)


@pytest.mark.parametrize("says", ["paid", "not-paid"])
async def test_pay_12_the_third_is_paid_one_made_it_and_the_other_took_it_back(world: World, says: str) -> None:
    anna, bert, trustee = await three(world)
    claim_id = await approved(world, trustee, bert)
    run_id = await world.run(anna)
    await fetch(world, anna, run_id)
    await world.do(runs.cancel_run, run_id, by=bert)
    payment = await payment_of(world, run_id)
    with pytest.raises(Refused, match="PAY-10"):
        await world.by_hand(run_id, payment.id, says, trustee.id)
    for _ in range(2):  # one person twice is one person
        assert await world.by_hand(run_id, payment.id, says, anna) == "said"
    assert (await payment_of(world, run_id)).settled_at is None
    assert await world.by_hand(run_id, payment.id, says, bert) != "said"
    if says == "not-paid":
        again = await world.run(anna)
        await world.do(sending.mark_sent, again, by=anna)
        await world.by_hand(again, (await payment_of(world, again)).id, "paid", bert)
    assert ((await world.claim(claim_id)).state, await world.broken()) == ("paid", {})


async def test_pay_12_who_took_it_back_brings_the_banks_answer(world: World) -> None:
    anna, bert, trustee = await three(world)
    claim_id = await approved(world, trustee, bert)
    run_id = await world.run(anna)
    await fetch(world, anna, run_id)
    await world.do(runs.cancel_run, run_id, by=bert)
    payment = await payment_of(world, run_id)
    for who in (anna, trustee.id):
        with pytest.raises(Refused):
            await by_answer(world, who, payment, "paid")
    assert (await by_answer(world, bert, payment, "paid"))["paid"] == 1
    assert ((await world.claim(claim_id)).state, await world.broken()) == ("paid", {})


async def test_pay_12_the_earlier_file_is_said_of_each_payment_so_that_nobodys_own_keeps_the_others(
    world: World,
) -> None:
    anna, bert, trustee = await three(world)
    await approved(world, trustee, bert)
    await approved(world, person(), trustee.id)
    run_id = await world.run(anna)
    for who in (anna, bert):
        await fetch(world, who, run_id)
    await world.do(runs.make_anew, run_id, by=anna)
    not_gone = [await world.do(answers.confirm_not_gone, run_id, by=who) for who in (trustee.id, anna, bert)]
    assert not_gone == [
        {"settled": 1, "waiting": 0, "left": 1},
        {"settled": 0, "waiting": 1, "left": 0},
        {"settled": 1, "waiting": 0, "left": 0},
    ]
    await fetch(world, anna, run_id)
    await world.do(sending.mark_sent, run_id, by=anna)
    for payment in await world.rows("SELECT * FROM payments WHERE run_id = :id", id=run_id):
        await world.by_hand(run_id, payment.id, "paid", bert)
    assert await world.broken() == {}


async def test_pay_12_where_somebody_is_left_who_may_say_it_alone_nobody_else_does(world: World) -> None:
    anna, bert, _ = await three(world)
    await world.approved(person())
    run_id = await world.run(anna)
    await fetch(world, anna, run_id)
    await world.do(runs.cancel_run, run_id, by=bert)
    payment = await payment_of(world, run_id)
    for who in (anna, bert):
        with pytest.raises(Refused, match="PAY-12"):
            await world.by_hand(run_id, payment.id, "not-paid", who)


async def test_pay_12_before_it_is_taken_back_the_page_says_that_nobody_would_be_left(site: World) -> None:
    payee = person(site.second)
    await holds_finance(site, site.finance, site.second)
    await approved(site, payee, new_id())
    run_id = await site.run()
    await site.fetch(run_id)
    url = f"/payments/runs/{run_id}"
    maker = site.visitor(Role.FINANCE, person_id=site.finance)
    shown = (await maker.get(f"{url}/cancel")).text
    assert (
        "1 payment, £15.00: if you do this, nobody here is left" in shown
        and "one more person with the finance role" in shown
    )
    assert (
        "nobody here is left" in (await maker.get(f"{url}/anew")).text
        and "nobody here is left" in (await maker.get(f"{url}/sent")).text
    )
    after = (await followed(maker, await step(maker, f"{url}/cancel"))).text
    assert (
        "Nobody here is left who may say what became of 1 payment" in after
        and "one more person with the finance role" in after
    )
    payment = await payment_of(site, run_id)
    assert "one more person with the finance role" in (await maker.get(f"{url}/payments/{payment.id}")).text
    await holds_finance(site, new_id())
    assert "Nobody here is left" not in (await maker.get(url)).text


async def test_pay_12_the_page_asks_two_together_and_says_what_the_other_said(site: World) -> None:
    await holds_finance(site, site.finance, site.second)
    await site.approved(person())
    run_id = await site.run()
    await site.fetch(run_id)
    url = f"/payments/runs/{run_id}"
    maker, second = (
        site.visitor(Role.FINANCE, person_id=site.finance),
        site.visitor(Role.FINANCE, person_id=site.second),
    )
    assert "Two of you then look at the account" in (await second.get(f"{url}/cancel")).text
    await step(second, f"{url}/cancel")
    assert "Two of you together may" in (await maker.get(url)).text
    assert (
        "It counts once a second person says the same here"
        in (await followed(maker, await step(maker, f"{url}/not-gone"))).text
    )
    assert "Somebody else has said what they saw" in (await second.get(url)).text
    payment = await payment_of(site, run_id)
    assert "said: “The bank did not pay it”" in (await second.get(f"{url}/payments/{payment.id}")).text
    assert "Noted: 1 payment did not go" in (await followed(second, await step(second, f"{url}/not-gone"))).text
    again = await site.run()
    await site.do(sending.mark_sent, again, by=site.finance)


async def test_pay_12_the_page_says_who_sends_what_nobody_of_two_may_send_alone(site: World) -> None:
    await holds_finance(site, site.finance, site.second)
    who = person()
    await site.approved(who)
    first = await site.sent_run()
    await site.by_hand(first, (await payment_of(site, first)).id, "not-paid")
    early = await site.run(site.second)
    await site.do(bank_details.give_details, who, AccountDetails("Alex Example", *ACCOUNTS[2]), VAULT, by=who.id)
    [details] = await site.rows("SELECT id FROM bank_details WHERE state = 'unconfirmed'")
    site.move(minutes=1)
    await site.do(bank_details.confirm_details, details.id, "in-person", by=site.finance)
    pages = [
        site.visitor(Role.FINANCE, person_id=site.finance),
        site.visitor(Role.FINANCE, person_id=site.second),
    ]
    for reader in pages:
        shown = (await reader.get(f"/payments/runs/{early}")).text
        assert "Take it back. Then one of you makes it again, and another sends it." in shown
    await site.do(runs.cancel_run, early, by=site.second)
    again = await site.run(site.second)
    confirmed, failed = [(await reader.get(f"/payments/runs/{again}")).text for reader in pages]
    assert "Two of you together may: one makes it, and another sends it." in confirmed
    assert "Say that it was sent" in confirmed and "Say that it was sent" not in failed
