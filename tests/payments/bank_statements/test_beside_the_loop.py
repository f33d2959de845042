"""A bank's file is read beside the event loop, whatever its size; what is too much is refused before it is held."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from services.payments.bank_statements.gateways import bank_csv, camt
from services.payments.bank_statements.use_cases import bank_statements, our_transfers, statement_lines
from services.payments.paying.gateways import bank_xml
from shared.reasons import Refused
from tests.payments.paying import support
from tests.payments.support import VAULT, World, person

WORK = [
    (camt, "read_statement"),
    (statement_lines, "match"),
    (our_transfers, "_named"),
    (statement_lines, "_read_each"),
]
FLAT = b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:%s"><%s>' + b"<a/>" * 3_000_000 + b"</%s></Document>"


def elsewhere(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, done: set[str]) -> None:
    """From now on the work fails where it holds up everybody else's requests."""
    work: Callable[..., Any] = getattr(module, name)
    loop = threading.get_ident()

    def watched(*args: Any, **more: Any) -> Any:
        assert threading.get_ident() != loop, name
        done.add(name)
        return work(*args, **more)

    monkeypatch.setattr(module, name, watched)


async def test_pay_12_a_statement_is_read_and_sorted_beside_the_event_loop(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.approved(person())
    run_id = await world.sent_run()
    payment = await world.row("SELECT end_to_end_id FROM payments WHERE run_id = :id", id=run_id)
    done: set[str] = set()
    for module, name in WORK:
        elsewhere(monkeypatch, module, name, done)
    data = support.camt(("15.00", "DBIT", payment.end_to_end_id, ""))
    given = await world.do(bank_statements.take_statement, data, VAULT, by=world.second)
    shown = await world.read(bank_statements.to_check, UUID(given["check"]), world.second, VAULT)
    assert shown and [read.what for read in shown.found.reads] == ["paid"]
    assert done == {name for _, name in WORK}


async def test_pay_12_a_csv_is_read_beside_the_event_loop(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    done: set[str] = set()
    elsewhere(monkeypatch, bank_csv, "read_table", done)
    data = b"Date,Description,Amount\n24/11/2026,Rent,-15.00\n"
    given = await world.do(bank_statements.take_statement, data, VAULT, by=world.second)
    await world.read(bank_statements.to_map, UUID(given["map"]), world.second, VAULT)
    assert done == {"read_table"}


@pytest.mark.parametrize(
    ("read", "kind", "inside"),
    [
        (camt.read_statement, b"camt.053.001.02", b"BkToCstmrStmt"),
        (bank_xml.read_answer, b"pain.002.001.03", b"CstmrPmtStsRpt"),
    ],
)
def test_pay_12_a_file_of_millions_of_elements_is_refused_before_it_is_held(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[bytes], Any], kind: bytes, inside: bytes
) -> None:
    """Twelve megabytes of nothing were 365 of memory."""
    monkeypatch.setattr(bank_xml, "xml_in", lambda _: pytest.fail("was read"))
    data = FLAT % (kind, inside, inside)
    assert len(data) < bank_xml.MOST_ANSWER_BYTES
    for each in (data, data.replace(b"<a/>", b'<a b="" />')[: bank_xml.MOST_ANSWER_BYTES]):
        with pytest.raises(Refused, match="PAY-12"):
            read(each)


def test_pay_12_an_answer_about_thousands_of_payments_is_read() -> None:
    line = (
        "<TxInfAndSts><OrgnlEndToEndId>CH-%d</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
        "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf></TxInfAndSts>"
    )
    lines = "".join(line % number for number in range(5000))
    batch = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>CHORUS-0000002</OrgnlPmtInfId>{lines}</OrgnlPmtInfAndSts>"
    assert len(bank_xml.read_answer(support.pain_002(f"</OrgnlGrpInfAndSts>{batch}")).lines) == 5000
