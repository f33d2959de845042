"""PAY-12: neither shape of statement is read with a day that no bank can have booked on."""

from uuid import UUID

import pytest

from services.payments.bank_statements.use_cases import bank_statements
from shared.reasons import Refused
from tests.payments.bank_statements.support import ONE
from tests.payments.paying.support import camt
from tests.payments.support import VAULT, World, person, read_with


async def test_pay_12_a_csv_of_a_day_to_come_pays_nothing(world: World) -> None:
    await world.approved(person())
    run_id = await world.sent_run()
    [payment] = await world.rows("SELECT * FROM payments WHERE run_id = :id", id=run_id)
    data = f"Date,Words,Amount\n29/11/2037,{payment.end_to_end_id},-15.00\n".encode()
    taken = await world.do(bank_statements.take_statement, data, VAULT, by=world.second)
    with pytest.raises(Refused) as refused:
        await world.do(read_with, UUID(taken["map"]), ONE, by=world.second)
    assert "29 November 2037, which is still to come" in refused.value.reasons[0].text
    assert (await world.row("SELECT state FROM payments WHERE run_id = :id", id=run_id)).state == "sent"


async def test_pay_12_a_camt_053_of_a_day_to_come_is_not_taken(world: World) -> None:
    data = camt(("15.00", "DBIT", "CH0000001-0001", "")).replace(b"2026-11", b"2037-11")
    assert b"2037-11" in data
    with pytest.raises(Refused):
        await world.do(bank_statements.take_statement, data, VAULT, by=world.second)
