"""PAY-12, PAY-10: what the bank says is brought by somebody; nobody has money sent twice, or an unpaid person hidden,
on their own word."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from services.payments.approving.use_cases import withdrawing
from services.payments.bank_statements.gateways.bank_csv import Columns
from services.payments.bank_statements.use_cases import bank_statements, choosing
from services.payments.claims.use_cases import claims
from services.payments.paying.domain import endings
from services.payments.paying.domain.endings import ByHand
from services.payments.paying.gateways import bank_xml
from services.payments.paying.use_cases import answers, sending
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.bank_statements.support import payment_of
from tests.payments.paying.support import camt, pain_002
from tests.payments.site import followed, post, step
from tests.payments.support import VAULT, World, brought, person, read_with, seen_on_the_account

Bring = Callable[[World, UUID, UUID, str], Awaitable[Any]]
"""(world, who brings it, the run, "paid" or "failed")"""


async def by_pain_002(world: World, who: UUID, run_id: UUID, says: str) -> None:
    run = await world.row("SELECT message_id FROM payment_runs WHERE id = :id", id=run_id)
    status, reason = ("ACSC", "") if says == "paid" else ("RJCT", "<StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>")
    line = f"<TxInfAndSts><OrgnlEndToEndId>{(await payment_of(world, run_id)).end_to_end_id}</OrgnlEndToEndId><TxSts>{status}</TxSts>{reason}</TxInfAndSts>"  # noqa: E501
    block = f"</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{run.message_id}</OrgnlPmtInfId>{line}</OrgnlPmtInfAndSts>"  # noqa: E501
    data = pain_002(block, message=run.message_id)
    await world.do(answers.apply_answer, run_id, bank_xml.read_answer(data), data, by=who)


async def by_camt_053(world: World, who: UUID, run_id: UUID, says: str) -> dict[str, Any]:
    reference = (await payment_of(world, run_id)).end_to_end_id
    data = camt(("15.00", "DBIT" if says == "paid" else "CRDT", reference, ""))
    return await and_choose(world, who, run_id, await world.do(brought, data, by=who))


async def and_choose(world: World, who: UUID, run_id: UUID, done: dict[str, Any]) -> dict[str, Any]:
    """Money that came in before anybody saw it go out is asked about: somebody else than who brought the statement says
    that it did."""
    payment = await payment_of(world, run_id)
    for entry in await world.rows("SELECT id FROM bank_entries WHERE state = 'near' AND because = 'unseen'"):
        if who not in (world.finance, payment.participant_id):
            await world.do(choosing.choose, entry.id, payment.id, VAULT, by=new_id())
    return done


async def by_csv(world: World, who: UUID, run_id: UUID, says: str) -> dict[str, Any]:
    reference = (await payment_of(world, run_id)).end_to_end_id
    data = f"Date,Description,Amount\n24/11/2026,{reference},{'-' if says == 'paid' else ''}15.00\n".encode()
    asked = await world.do(bank_statements.take_statement, data, VAULT, by=who)
    return await and_choose(
        world, who, run_id, await world.do(read_with, UUID(asked["map"]), Columns(0, [1], amount=2), VAULT, by=who)
    )


async def by_a_chosen_line(world: World, who: UUID, run_id: UUID, says: str) -> None:
    sign = "-" if says == "paid" else ""
    data = f"Date,Description,Amount\n24/11/2026,A EXAMPLE returned,{sign}15.00\n".encode()
    asked = await world.do(bank_statements.take_statement, data, VAULT, by=who)
    await world.do(read_with, UUID(asked["map"]), Columns(0, [1], amount=2), VAULT, by=who)
    entry, payment = (
        await world.row("SELECT id FROM bank_entries WHERE state = 'near'"),
        await payment_of(world, run_id),
    )
    chooser = who if says == "paid" or who in (world.finance, payment.participant_id) else new_id()
    await world.do(choosing.choose, entry.id, payment.id, VAULT, by=chooser)


async def by_hand(world: World, who: UUID, run_id: UUID, says: str) -> None:
    await world.by_hand(run_id, (await payment_of(world, run_id)).id, "paid" if says == "paid" else "not-paid", who)


WAYS: dict[str, Bring] = {
    "pain.002": by_pain_002,
    "camt.053": by_camt_053,
    "csv": by_csv,
    "chosen": by_a_chosen_line,
    "by hand": by_hand,
}
EACH = pytest.mark.parametrize("way", WAYS)


# Not twice


@EACH
async def test_pay_12_who_said_that_money_did_not_arrive_does_not_send_it_again(world: World, way: str) -> None:
    claim_id = await world.approved(person())
    await WAYS[way](world, world.second, await world.sent_run(), "failed")
    assert (await world.claim(claim_id)).state == "approved"
    again = await world.run(world.finance)
    with pytest.raises(Refused) as refused:
        await world.do(sending.mark_sent, again, by=world.second)
    assert "You said that an earlier payment here did not arrive" in refused.value.reasons[0].text
    await world.do(sending.mark_sent, again, by=world.finance)


async def test_pay_12_nor_after_the_approval_was_taken_back_and_given_again(world: World) -> None:
    """A new payable, the same money."""
    claim_id = await world.approved(person())
    await by_hand(world, world.second, await world.sent_run(), "failed")
    await world.do(withdrawing.withdraw_approval, claim_id, "We look at it again", by=new_id())
    await world.approve(claim_id)
    again = await world.run(world.finance)
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(sending.mark_sent, again, by=world.second)


async def test_pay_12_who_gave_the_statement_from_which_another_chose_does_not_send_it_again(world: World) -> None:
    await world.approved(person())
    run_id, giver, chooser = await world.sent_run(), new_id(), world.second
    data = b"Date,Description,Amount\n24/11/2026,A EXAMPLE returned,15.00\n"
    asked = await world.do(bank_statements.take_statement, data, VAULT, by=giver)
    await world.do(read_with, UUID(asked["map"]), Columns(0, [1], amount=2), VAULT, by=giver)
    entry, payment = await world.row("SELECT id FROM bank_entries"), await payment_of(world, run_id)
    await world.do(choosing.choose, entry.id, payment.id, VAULT, by=chooser)
    again = await world.run(world.finance)
    for who in (giver, chooser):
        with pytest.raises(Refused, match="PAY-12"):
            await world.do(sending.mark_sent, again, by=who)
    await world.do(sending.mark_sent, again, by=world.finance)


@EACH
async def test_pay_12_a_payee_does_not_say_that_their_own_money_failed(world: World, way: str) -> None:
    who = person()
    claim_id = await world.approved(who)
    run_id = await world.sent_run()
    await refused_or_set_aside(world, way, who.id, run_id, "failed")
    assert ((await world.claim(claim_id)).state, (await payment_of(world, run_id)).state) == ("approved", "sent")


async def refused_or_set_aside(world: World, way: str, who: UUID, run_id: UUID, says: str) -> None:
    """A statement may be brought: it is about others' payments too. But the lines about one's own wait."""
    if way in ("camt.053", "csv"):
        done = await WAYS[way](world, who, run_id, says)
        assert (done["paid"], done["returned"], done["near"]) == (0, 0, 1)
        assert (await world.row("SELECT because FROM bank_entries")).because == ("own" if says == "paid" else "unseen")
        return
    with pytest.raises(Refused):
        await WAYS[way](world, who, run_id, says)


# Not hidden


@EACH
@pytest.mark.parametrize("says", ["paid", "failed"])
async def test_pay_12_who_sent_a_run_cannot_alone_say_how_it_ended(world: World, way: str, says: str) -> None:
    """A forged file that says "paid" would hide somebody who was not."""
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    await refused_or_set_aside(world, way, world.finance, run_id, says)
    assert ((await world.claim(claim_id)).state, (await payment_of(world, run_id)).state) == ("approved", "sent")
    assert await world.events("claim-paid", claim_id) == []


@pytest.mark.parametrize("way", ["camt.053", "csv"])
async def test_pay_12_a_second_person_confirms_what_the_sender_brought(world: World, way: str) -> None:
    """A small charity in which one person alone sees the account does not stand still."""
    claim_id = await world.approved(person())
    await WAYS[way](world, world.finance, await world.sent_run(), "paid")
    assert await world.do(seen_on_the_account, by=world.finance) == {"paid": 0, "returned": 0, "stay": 1}
    assert await world.do(seen_on_the_account, by=world.second) == {"paid": 1, "returned": 0, "stay": 0}
    assert (await world.claim(claim_id)).state == "paid"
    assert (await world.row("SELECT state, decided_by FROM bank_entries")) == ("chosen", world.second)
    assert await world.do(seen_on_the_account, by=world.second) == {"paid": 0, "returned": 0, "stay": 0}


async def test_pay_12_the_same_statement_brought_by_a_second_person_shows_them_the_lines_first(world: World) -> None:
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    await by_camt_053(world, world.finance, run_id, "paid")
    assert (await by_camt_053(world, world.finance, run_id, "paid"))["again"]
    assert (await world.claim(claim_id)).state == "approved"
    assert (await by_camt_053(world, world.second, run_id, "paid")) == {"again": True, "waits": 1}
    assert (await world.claim(claim_id)).state == "approved"


async def test_pay_12_what_was_confirmed_by_hand_meanwhile_is_no_second_payment(world: World) -> None:
    await world.approved(person())
    run_id = await world.sent_run()
    await by_camt_053(world, world.finance, run_id, "paid")
    await by_hand(world, world.second, run_id, "paid")
    assert (await world.do(seen_on_the_account, by=new_id()))["paid"] == 0
    assert (await world.row("SELECT state FROM bank_entries")).state == "chosen"


async def test_pay_12_a_file_booked_as_a_whole_waits_for_the_second_person_whole(world: World) -> None:
    for _ in range(2):
        await world.approved(person())
    run_id = await world.sent_run()
    message = (await world.row("SELECT message_id FROM payment_runs WHERE id = :id", id=run_id)).message_id
    data = camt(("30.00", "DBIT", message, ""))
    done = await world.do(brought, data, by=world.finance)
    assert (done["paid"], done["near"]) == (0, 1)
    assert (await world.do(seen_on_the_account, by=world.second))["paid"] == 2
    assert (await world.row("SELECT state FROM payment_runs")).state == "confirmed"


async def test_pay_12_who_names_the_columns_is_who_brought_the_file(world: World) -> None:
    """Columns turned around would make "paid" of "came in"."""
    data = b"Date,Description,Amount\n24/11/2026,Rent,-15.00\n"
    asked = await world.do(bank_statements.take_statement, data, VAULT, by=world.second)
    naming = UUID(asked["map"]), Columns(0, [1], amount=2)
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(read_with, *naming, VAULT, by=world.finance)
    assert (await world.do(bank_statements.take_statement, data, VAULT, by=world.finance))["map"] == asked["map"]
    await world.do(read_with, *naming, VAULT, by=world.finance)


@pytest.mark.parametrize("who", ["made_by", "sent_by", "payee"])
def test_pay_12_the_banks_word_is_brought_by_none_who_made_sent_or_is_paid(who: str) -> None:
    people = {name: new_id() for name in ("made_by", "sent_by", "payee", "another")}
    others = ByHand("bank-transfer", "sent", new_id(), new_id(), new_id())
    payment = ByHand("bank-transfer", "sent", people["made_by"], people["sent_by"], people["payee"])
    assert endings.reasons_not_to_bring([others, payment], people[who])
    assert endings.reasons_not_to_bring([others, payment], people["another"]) == []


async def test_pay_12_a_returned_claim_that_is_put_right_is_sent_by_another_too(world: World) -> None:
    who = person()
    claim_id = await world.approved(who)
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id, rejected={claim_id: "AC04"}))
    await world.do(claims.answer_return, claim_id, by=who.id)
    again = await world.run(world.finance)
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(sending.mark_sent, again, by=world.second)


# Pages


async def test_pay_12_the_page_of_a_statement_lets_a_second_person_confirm(site: World) -> None:
    await site.approved(person())
    run_id = await site.sent_run()
    reference, url = (await payment_of(site, run_id)).end_to_end_id, "/payments/bank-statement"
    sender, second = (
        site.visitor(Role.FINANCE, person_id=site.finance),
        site.visitor(Role.FINANCE, person_id=site.second),
    )
    data = camt(("15.00", "DBIT", reference, ""))
    check = (await post(sender, url, url, files={"statement": ("s.xml", data, "text/xml")})).headers["location"]
    taken = await followed(sender, await step(sender, check))
    assert (
        "0 paid, 0 came back. 1 line needs somebody to look" in taken.text
        and "wait for a second person: 1" in taken.text
    )
    aside = f"{url}/set-aside"
    theirs = (await sender.get(aside)).text
    assert "No line waits for you" in theirs and "1 line waits for somebody else" in theirs and reference not in theirs
    shown = (await second.get(aside)).text
    assert reference in shown and "I have seen this line on the account" in shown and "£15.00 went out" in shown
    blind = await second.post(aside, data={"idempotency_key": str(new_id())})
    assert blind.status_code == 422 and (await payment_of(site, run_id)).state == "sent"
    confirmed = await followed(second, await step(second, aside))
    assert "Confirmed: 1 paid" in confirmed.text and "wait for a second person" not in confirmed.text
