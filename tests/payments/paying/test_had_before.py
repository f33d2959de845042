"""PAY-12: what a bank refuses because it has it already may have been paid by the first file."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from services.payments.owing.domain.bank_reasons import HAD_BEFORE, BankReason, says_it_was_had
from services.payments.paying.domain import answers, applying
from services.payments.paying.domain.answers import BankAnswer, Batch, SentPayment, StatusLine
from services.payments.paying.use_cases import runs
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.site import post
from tests.payments.support import World, person

WORDS = [
    BankReason("NARR", "", "Duplicate file"),
    BankReason("", "DUPL-77", ""),
    BankReason("FF01", "", "DuplicateSubmission"),
    BankReason("MS03", "", "This file was already received on 3 March"),
    BankReason("NARR", "", "Batch previously submitted"),
    BankReason("NARR", "", "This reference was used before."),
    BankReason("NARR", "", "Message id already exists"),
    BankReason("FF01", "", "File previously loaded"),
    BankReason("NARR", "", "MsgId not unique"),
    BankReason("NARR", "DUP", ""),
    BankReason("NARR", "", "Payment already executed"),
    BankReason("NARR", "", "Identical file exists"),
    BankReason("NARR", "", "Repeated submission"),
    BankReason("NARR", "", "File loaded twice"),
    BankReason("NARR", "", "already \N{NO-BREAK SPACE} received"),
    BankReason("FF01", "", "DU01"),
    BankReason("FF01", "", "[AM05]"),
]
NOT_HAD = [
    BankReason("AC04"),
    BankReason("NARR", "", "Account already closed"),
    BankReason("NARR", "", "Sent back to the payer"),
    BankReason("AM04", "", "Not enough money"),
    BankReason("BE01", "", "The name is not identical"),
    BankReason("TM01", "", "Must be received before 15:30"),
    BankReason("NARR", "", "Not submitted before the cut-off"),
    BankReason("AC04", "", "Account exists already, closed on 1 February"),
    BankReason("AC01", "", "Account number not unique"),
    BankReason("AM04", "", "Insufficient funds: other payments already executed"),
    BankReason("AM14", "", "Daily limit already used"),
    BankReason("NARR", "", "New payee, not paid before"),
    BankReason("NARR", "", "Not previously known to us"),
    BankReason("NARR", "", "No duplicate found; account closed"),
    BankReason("NARR", "", "Returned unpaid, M Duplessis, account closed"),
    BankReason("NARR", "", "Second payment for March"),
    BankReason(),
]


def payments(state: str) -> list[SentPayment]:
    return [SentPayment("CH-1", 1500, state), SentPayment("CH-2", 1700, state)]


def at(level: str, *reasons: BankReason, status: str = "RJCT") -> BankAnswer:
    """Refused in one word, of the file, of its batch, or of each payment."""
    of: dict[str, tuple[str, Sequence[BankReason]]] = {level: (status, reasons)}
    none: tuple[str, Sequence[BankReason]] = ("", ())
    lines = [StatusLine(f"CH-{number}", *of.get("payment", none)) for number in (1, 2)]
    return BankAnswer("B", "RUN-1", *of.get("file", none), [Batch("RUN-1", *of.get("batch", none), lines)])


@pytest.mark.parametrize("reason", [*map(BankReason, sorted(HAD_BEFORE)), *WORDS], ids=str)
@pytest.mark.parametrize("level", ["file", "batch", "payment"])
@pytest.mark.parametrize("state", ["sent", "perhaps-gone", "paid"])
def test_pay_12_a_refused_duplicate_ends_nothing_and_is_said(reason: BankReason, level: str, state: str) -> None:
    told, ours = at(level, reason), payments(state)
    assert applying.reasons_not_to_apply(told, ["RUN-1"], ours) == []
    reading = answers.read(told, ours)
    assert (reading.outcomes, reading.pending) == ([], 2 if state == "sent" else 0)
    assert any("has that already" in warning and "CH-1, CH-2" in warning for warning in reading.warnings)


def test_pay_12_a_duplicate_counts_beside_whatever_reason_else() -> None:
    for told in (
        at("payment", BankReason("AC04"), BankReason("DU03")),
        BankAnswer("B", "RUN-1", "RJCT", [BankReason("DU01")], [Batch("RUN-1", "", [BankReason("AM04")])]),
        at("file", BankReason("DUPL"), status="CANC"),
    ):
        assert answers.read(told, payments("sent")).outcomes == []


def test_pay_12_the_answer_to_the_first_file_counts_after_a_refused_duplicate() -> None:
    reading = answers.read(at("file", status="ACSC"), payments("sent"))
    assert [outcome.state for outcome in reading.outcomes] == ["paid", "paid"]


@pytest.mark.parametrize("reason", NOT_HAD, ids=str)
def test_pay_12_any_other_reason_ends_what_it_refuses(reason: BankReason) -> None:
    assert not says_it_was_had(reason)
    assert {outcome.state for outcome in answers.read(at("payment", reason), payments("sent")).outcomes} == {"rejected"}


UNCLEAR = [
    BankReason("FF01", "", "This message ID has been used in a file of 28 February"),
    BankReason("FF01", "", "We already have this file"),
    BankReason("FF10", "", "Doppelte Datei"),
    BankReason("FF01"),
    BankReason("", "X77", ""),
    BankReason("MS03"),
    BankReason("AM04", "", "Duplicate of a file of 28 February"),
    BankReason("NARR", "", "A file with this payment date is in our system since 28 February"),
    BankReason("NARR", "", "Signature belongs to the file of 28 February"),
    BankReason("AM10", "", "Message ID used in a file of 28 February"),
]
"""What a bank may say of what it has already, in words or codes that no list holds."""


async def refused(world: World, *reasons: BankReason) -> UUID:
    """The id of what is owed again after the bank refused its whole file."""
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    run = await world.row("SELECT message_id FROM payment_runs WHERE id = :id", id=run_id)
    await world.take(run_id, BankAnswer("BANK-1", run.message_id, "RJCT", reasons, [Batch(run.message_id)]))
    return (await world.row("SELECT id FROM payables WHERE claim_id = :id AND state = 'owed'", id=claim_id)).id


@pytest.mark.parametrize("reason", UNCLEAR, ids=str)
async def test_pay_12_what_the_bank_did_not_clearly_refuse_goes_again_only_once_somebody_looked(
    world: World, reason: BankReason
) -> None:
    payable = await refused(world, reason)
    for chosen in (None, [payable]):
        with pytest.raises(Refused):
            await world.do(runs.make_run, chosen, by=world.finance)
    assert await world.rows("SELECT id FROM payments WHERE state = 'made'") == []
    run_id = await world.do(runs.make_run, [payable], looked=True, by=world.finance)
    noted = await world.rows("SELECT about FROM steps WHERE what = 'account-looked-at'")
    assert [str(row.about) for row in noted] == [run_id]


@pytest.mark.parametrize("reason", [BankReason("AM04"), BankReason("DS02"), BankReason("TM01")], ids=str)
async def test_pay_12_what_the_bank_clearly_refused_goes_again_with_everything_else(
    world: World, reason: BankReason
) -> None:
    await refused(world, reason)
    assert await world.do(runs.make_run, by=world.finance)


async def test_pay_12_finance_reads_the_banks_words_and_ticks_that_they_looked(site: World) -> None:
    payable = await refused(site, UNCLEAR[0])
    finance = site.visitor(Role.FINANCE, person_id=site.finance)
    shown = (await finance.get("/payments/runs")).text
    assert "The bank wrote: “This message ID has been used in a file of 28 February”" in shown
    assert f'value="{payable}" checked' not in shown and f'value="{payable}"' in shown
    ticked = {"what": "chosen", "chosen": str(payable)}
    told = await post(finance, "/payments/runs", "/payments/runs", **ticked)
    assert told.status_code == 422 and "Look at our account at the bank first, and then tick that you did" in told.text
    assert f'value="{payable}" checked' in told.text
    assert (await post(finance, "/payments/runs", "/payments/runs", **ticked, looked="yes")).status_code == 303


async def test_pay_12_one_unclear_reason_beside_a_clear_one_is_looked_at_and_read(world: World) -> None:
    payable = await refused(world, BankReason("NARR", "", "This message ID was seen"), BankReason("AM10"))
    with pytest.raises(Refused):
        await world.do(runs.make_run, [payable], by=world.finance)
    assert (await world.row("SELECT bank_said FROM payments")).bank_said == "This message ID was seen"


async def test_pay_12_what_was_confirmed_and_then_refused_in_words_is_looked_at(world: World) -> None:
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id), b"first")
    told = await world.answer(run_id, rejected={claim_id: "NARR"})
    [line] = told.batches[0].lines
    line = replace(line, reasons=[BankReason("NARR", "", "This message ID has been used in a file of 28 February")])
    await world.take(run_id, replace(told, batches=[replace(told.batches[0], lines=[line])]), b"second")
    [payable] = await world.rows("SELECT id FROM payables WHERE state = 'owed'")
    with pytest.raises(Refused):
        await world.do(runs.make_run, [payable.id], by=world.finance)
    assert await world.do(runs.make_run, [payable.id], looked=True, by=world.finance)
