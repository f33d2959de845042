"""What tests of paying share: payments of a claim, and the bank's files."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from services.payments.approving.use_cases import withdrawing
from services.payments.bank_statements.gateways.bank_csv import Columns
from services.payments.bank_statements.use_cases import bank_statements, choosing
from services.payments.claims.use_cases import claims
from services.payments.correcting.use_cases import correcting
from services.payments.paying.gateways import bank_xml
from services.payments.paying.use_cases import answers, runs, sending
from shared.db import new_id
from tests.payments.approving.support import Register, registered
from tests.payments.bank_statements.support import payment_of
from tests.payments.support import VAULT, World, brought, read_with
from tests.support.slices import crossed


async def payment(world: World, **facts: Any) -> Any:
    where = " AND ".join(f"{name} = :{name}" for name in facts) or "true"
    return await world.row(f"SELECT * FROM payments WHERE {where}", **facts)


async def send(world: World, run_id: UUID, **options: Any) -> dict[str, Any]:
    return await world.do(sending.mark_sent, run_id, **options, by=world.finance)


CAMT = """<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>S</MsgId></GrpHdr><Stmt>
<Id>1</Id>{entries}</Stmt></BkToCstmrStmt></Document>"""  # noqa: E501
ENTRY = """<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-24</Dt></BookgDt>
<NtryDtls><TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>{back}</TxDtls></NtryDtls></Ntry>"""  # noqa: E501


def camt(*entries: tuple[str, str, str, str], currency: str = "GBP") -> bytes:
    """(amount, DBIT or CRDT, reference, code of a return)"""
    made = [
        ENTRY.format(
            currency=currency,
            amount=amount,
            way=way,
            reference=reference,
            back=f"<RtrInf><Rsn><Cd>{code}</Cd></Rsn></RtrInf>" if code else "",
        )
        for amount, way, reference, code in entries
    ]
    return CAMT.format(entries="".join(made)).encode()


def pain_002(body: str, version: str = "03", message: str = "CHORUS-0000002-36CABAC7") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document '
        f'xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.{version}"><CstmrPmtStsRpt>'
        "<GrpHdr><MsgId>BANK-REJ-9</MsgId><CreDtTm>2027-03-31T15:00:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{body}</CstmrPmtStsRpt></Document>"
    ).encode()


async def out_of_a_file(world: World, how: str = "cancelled", *, minutes: int = 90) -> tuple[Register, UUID, Any]:
    """Approved, in a file that was fetched, and taken out again. Returns its register, run and payment."""
    register = await registered(world, minutes=minutes)
    await world.approve(register.claim_id)
    run_id = await world.run()
    await world.fetch(run_id)
    who = register.event.participant.id
    if how == "cancelled":
        await world.do(runs.cancel_run, run_id, by=world.finance)
    elif how == "held":
        await world.write("UPDATE claims SET held = true")  # as it could be held before
        await world.do(runs.make_anew, run_id, by=world.finance)
        await world.do(claims.hold_payment, register.claim_id, False, by=who)
    elif how == "withdrawn":
        await world.do(runs.cancel_run, run_id, by=world.finance)
        await world.do(withdrawing.withdraw_approval, register.claim_id, "A mistake", by=new_id())
    else:  # the register says less
        await register.says(minutes=20)
        await world.do(runs.make_anew, run_id, by=world.finance)
        await world.do(correcting.settle_due_corrections)
    return register, run_id, await payment_of(world, run_id)


HOWS = ("cancelled", "held", "withdrawn", "lowered")
HOW = pytest.mark.parametrize("how", HOWS)


async def message_of(world: World, run_id: UUID) -> str:
    row = await world.row("SELECT message_id FROM payment_runs WHERE id = :id", id=run_id)
    return row.message_id.removesuffix("-2")


async def by_answer(world: World, who: UUID, payment: Any, says: str) -> Any:
    message = await message_of(world, payment.run_id)
    status = (
        "<TxSts>ACSC</TxSts>"
        if says == "paid"
        else "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>"
    )
    line = f"<TxInfAndSts><OrgnlEndToEndId>{payment.end_to_end_id}</OrgnlEndToEndId>{status}</TxInfAndSts>"
    data = pain_002(
        f"</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{message}</OrgnlPmtInfId>{line}</OrgnlPmtInfAndSts>",
        message=message,
    )
    return await world.do(answers.apply_answer, payment.run_id, bank_xml.read_answer(data), data, by=who)


async def by_statement(world: World, who: UUID, payment: Any, says: str) -> Any:
    sum_ = f"{payment.amount_pence / 100:.2f}"
    data = camt((sum_, "DBIT" if says == "paid" else "CRDT", payment.end_to_end_id, ""))
    done = await world.do(brought, data, by=who)
    for entry in await world.rows("SELECT id FROM bank_entries WHERE state = 'near' AND because = 'unseen'"):
        await world.do(choosing.choose, entry.id, payment.id, VAULT, by=new_id())
    return done


async def by_whole_file(world: World, who: UUID, payment: Any, says: str) -> Any:
    if says != "paid":
        return await by_statement(world, who, payment, says)
    data = camt((f"{payment.amount_pence / 100:.2f}", "DBIT", await message_of(world, payment.run_id), ""))
    return await world.do(brought, data, by=who)


async def by_a_chosen_line(world: World, who: UUID, payment: Any, says: str) -> Any:
    sign = "-" if says == "paid" else ""
    data = f"Date,Description,Amount\n24/11/2026,A EXAMPLE returned,{sign}{payment.amount_pence / 100:.2f}\n".encode()
    asked = await world.do(bank_statements.take_statement, data, VAULT, by=who)
    await world.do(read_with, UUID(asked["map"]), Columns(0, [1], amount=2), VAULT, by=who)
    if says != "paid":
        return await by_hand(world, who, payment, says)
    entry = await world.row("SELECT id FROM bank_entries WHERE state = 'near'")
    return await world.do(choosing.choose, entry.id, payment.id, VAULT, by=who)


async def by_hand(world: World, who: UUID, payment: Any, says: str) -> Any:
    return await world.do(
        answers.end_by_hand, payment.run_id, payment.id, "paid" if says == "paid" else "not-paid", by=who
    )


WAYS: dict[str, Callable[[World, UUID, Any, str], Awaitable[Any]]] = {
    "pain.002": by_answer,
    "statement": by_statement,
    "whole file": by_whole_file,
    "chosen": by_a_chosen_line,
    "by hand": by_hand,
}
WAY = pytest.mark.parametrize("way", WAYS)
HOW_AND_WAY = pytest.mark.parametrize(("how", "way"), crossed(HOWS, WAYS))


async def approve_if_needed(world: World, claim_id: UUID) -> None:
    if (await world.claim(claim_id)).state == "submitted":
        await world.approve(claim_id)


async def waiting(world: World) -> list[int]:
    return [event["waiting"] for event in await world.events("payments-perhaps-gone")]
