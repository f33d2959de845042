"""PAY-12: that money left or came back is one fact, however many tell it (the account's statement, the bank's answer,
people by hand), in whatever order and at one moment. The statement alone shows that there was more than one."""

import asyncio
import contextlib
from typing import Any
from uuid import UUID

import pytest

from services.payments.bank_statements.pages import statement_rows
from services.payments.bank_statements.pages.banks_answer import _said
from services.payments.bank_statements.use_cases import bank_statements, choosing
from services.payments.paying.gateways import bank_xml
from services.payments.paying.use_cases import answers
from shared.db import new_id
from shared.reasons import Refused
from tests.payments.bank_statements.test_bookings import BACK, OUT, lost, message, near, of, on, states
from tests.payments.bank_statements.test_paid_twice import said_and_paid_again
from tests.payments.bank_statements.test_statement_shown import sent
from tests.payments.paying.support import pain_002
from tests.payments.support import VAULT, World, as_shown, brought
from tests.support.slices import crossed


async def out_twice(world: World, payment: Any, first: int = 24) -> None:
    """Two debits, on two days; the second is noted as a loss."""
    for day in (first, first + 1):
        await world.do(brought, on(day, of(payment, OUT)), by=new_id())
    [line] = await near(world)
    assert await world.do(choosing.choose, line.id, payment.id, VAULT, by=new_id()) == "paid-twice"


async def refused_by_the_bank(world: World, payment: Any, code: str = "AC04") -> dict[str, Any]:
    name = await message(world, payment.run_id)
    line = (
        f"<TxInfAndSts><OrgnlEndToEndId>{payment.end_to_end_id}</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
        f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf></TxInfAndSts>"
    )
    block = f"</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{name}</OrgnlPmtInfId>{line}</OrgnlPmtInfAndSts>"
    data = pain_002(block, message=name).replace(b"BANK-REJ-9", str(new_id())[:35].encode())
    return await world.do(answers.apply_answer, payment.run_id, bank_xml.read_answer(data), data, by=world.second)


async def tell(world: World, payment: Any, source: str, day: int = 26) -> None:
    """Somebody tells that it came back; what is known already may be refused."""
    with contextlib.suppress(Refused):
        if source == "statement":
            await world.do(brought, on(day, of(payment, BACK), ("1.00", OUT, str(new_id())[:30])), by=new_id())
        elif source == "answer":
            await refused_by_the_bank(world, payment)
        else:
            await world.by_hand(payment.run_id, payment.id, source)


async def makes_of(world: World, data: bytes, bringer: UUID) -> tuple[UUID, list[str], list[str]]:
    """The statement, its kinds of lines, and what each line comes to, as the check page says them."""
    taken = await world.do(bank_statements.take_statement, data, VAULT, by=bringer)
    statement = UUID(taken["check"])
    shown = await world.do(bank_statements.to_check, statement, bringer, VAULT, by=bringer)
    assert shown is not None
    names = dict.fromkeys(shown.found.payees.values(), "Nia")
    rows = [statement_rows.row_of(read, shown.found.payees, names)["makes"] for read in shown.found.reads]
    return statement, [words for words, _, _ in statement_rows.kinds_of(shown.found.reads)], rows


@pytest.mark.parametrize("with_the_other", [False, True])
async def test_pay_12_the_check_page_says_whether_what_came_back_is_owed_again(
    world: World, with_the_other: bool
) -> None:
    """Its owner keeps what had counted as lost, unless that came back as well."""
    gone, again = await said_and_paid_again(world)
    await world.do(brought, on(24, of(gone, OUT), of(again, OUT)), by=new_id())
    [line] = await near(world)
    await world.do(choosing.choose, line.id, gone.id, VAULT, by=world.second)
    lines = [of(again, BACK), of(gone, BACK)] if with_the_other else [of(again, BACK)]
    statement, kinds, rows = await makes_of(world, on(26, *lines), world.second)
    said = " ".join((*kinds, *rows))
    assert ("We owe it again." in said, "we owe these again" in said) == (with_the_other, with_the_other)
    assert (said.count("that is what the person has"), "Nothing is owed but" in said) == (
        0 if with_the_other else 2,
        not with_the_other,
    )
    await world.do(as_shown, statement, by=world.second)
    claim = await world.row("SELECT state FROM claims WHERE id = :id", id=again.claim_id)
    assert (claim.state, await world.broken()) == ("approved" if with_the_other else "paid", {})


SOURCES = ("statement", "answer", "came-back", "came-back-details")


async def test_pay_12_who_brings_the_bank_s_answer_reads_that_nothing_is_owed_for_what_went_out_twice(
    world: World,
) -> None:
    [one] = await sent(world)
    await out_twice(world, one)
    shown = _said(await refused_by_the_bank(world, one))
    assert "0 sent back, 1 came back" in shown and one.end_to_end_id in shown and "nothing is owed but" in shown
    assert "ends nothing" in (await refused_by_the_bank(world, one))["warnings"][0]
    told = [
        len(await world.events(name, one.claim_id)) for name in ("claim-paid", "claim-owed-again", "claim-returned")
    ]
    assert told == [1, 0, 0]  # who has their money hears nothing


@pytest.mark.parametrize(("first", "second"), crossed(SOURCES, SOURCES))
async def test_pay_12_one_return_of_what_went_out_twice_that_two_tell_is_one(
    world: World, first: str, second: str
) -> None:
    [one] = await sent(world)
    await out_twice(world, one)
    for source in (first, second):
        await tell(world, one, source)
        assert (await states(world, one.run_id), await lost(world)) == (["paid"], 0)
        assert await world.broken() == {}
    with pytest.raises(Refused):  # nothing is owed
        await world.run()
    await world.do(brought, on(26, of(one, BACK), ("2.00", OUT, "X")), by=new_id())
    assert await states(world, one.run_id) == ["paid"]  # the statement shows that one
    await world.do(brought, on(27, of(one, BACK)), by=new_id())
    assert (await states(world, one.run_id), await near(world), await world.broken()) == (["returned"], [], {})


async def test_pay_12_what_left_again_after_it_came_back_may_be_said_to_have_come_back_again(world: World) -> None:
    [one] = await sent(world)
    await world.do(brought, on(10, of(one, OUT)), by=new_id())
    await world.do(brought, on(12, of(one, BACK)), by=new_id())
    await world.do(brought, on(14, of(one, OUT)), by=new_id())
    [line] = await near(world)
    await world.do(choosing.choose, line.id, one.id, VAULT, by=world.second)
    assert await world.by_hand(one.run_id, one.id, "came-back") == "returned"
    assert await world.broken() == {}


async def test_pay_12_a_return_told_by_hand_and_by_a_statement_at_one_moment_is_one(world: World) -> None:
    payments = await sent(world, 3)
    for number, one in enumerate(payments):
        await out_twice(world, one, 20 + 2 * number)
    bringer = new_id()
    taken = await world.do(
        bank_statements.take_statement, on(27, *(of(one, BACK) for one in payments)), VAULT, by=bringer
    )

    statement = UUID(taken["check"])

    async def press(tx: Any) -> Any:
        shown = await bank_statements.to_check(tx, statement, bringer, VAULT)
        assert shown is not None
        return await bank_statements.read_as_shown(tx, statement, shown.mark, VAULT)

    results = await asyncio.gather(
        world.do(press, by=bringer),
        *(world.do(answers.end_by_hand, one.run_id, one.id, "came-back", by=world.second) for one in payments),
        return_exceptions=True,
    )
    assert [each for each in results if isinstance(each, BaseException) and not isinstance(each, Refused)] == []
    if isinstance(results[0], Refused):  # something changed since it was shown: they look again
        await world.do(press, by=bringer)
    assert (await states(world, payments[0].run_id), await lost(world), await world.broken()) == (["paid"] * 3, 0, {})
    rows = await world.rows("SELECT lost_times, paid_twice_at FROM payments")
    assert [(row.lost_times, row.paid_twice_at) for row in rows] == [(0, None)] * 3


def with_reference(data: bytes, reference: str) -> bytes:
    return data.replace(b"<NtryDtls>", f"<AcctSvcrRef>{reference}</AcctSvcrRef><NtryDtls>".encode(), 1)


async def test_pay_12_two_debits_of_one_day_on_two_statements_are_told_apart_by_the_bank_s_own_reference(
    world: World,
) -> None:
    [one] = await sent(world)
    await world.do(brought, on(24, of(one, OUT)), by=new_id())  # without one, as another kind of statement
    for file, (reference, number) in enumerate((("SVC-1", 0), ("SVC-2", 1), ("SVC-1", 1), ("SVC-2", 1))):
        data = with_reference(on(24, of(one, OUT), ("1.00", OUT, f"X{file}")), reference)
        await world.do(brought, data, by=new_id())
        assert len(await near(world)) == number, (file, reference)
    [line] = await near(world)
    assert line.because == "twice"
    assert await world.do(choosing.choose, line.id, one.id, VAULT, by=new_id()) == "paid-twice"
    assert (await lost(world), await world.broken()) == (1500, {})
