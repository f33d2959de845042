"""PAY-12: what a bank refuses because it has it already may have been paid by the first file."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.payments.claims.use_cases import claims
from services.payments.correcting.use_cases import correcting
from services.payments.owing.domain.bank_reasons import HAD_BEFORE, BankReason, says_it_was_had
from services.payments.paying.domain import answers, applying
from services.payments.paying.domain.answers import BankAnswer, Batch, SentPayment, StatusLine
from services.payments.paying.use_cases import answers as answer_use_cases
from services.payments.paying.use_cases import runs, sending
from shared.db import new_id
from shared.events.opportunities import ContributionRecorded
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.bank_statements.support import payment_of
from tests.payments.claims.test_contributions import contribution
from tests.payments.paying.support import camt
from tests.payments.site import post
from tests.payments.support import World, brought, person

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


NOT_PAID_YET = [
    BankReason("FF01", "", "This message ID has been used in a file of 28 February"),
    BankReason("NARR", "", "A file with this payment date is in our system since 28 February"),
    BankReason("AM10", "", "Message ID used in a file of 28 February"),
    BankReason("", "X77", ""),
    BankReason("AM04"),
    BankReason("AC04"),
]
"""A refusal is about one file: whatever it says, the bank may have paid an earlier one."""


async def refused(world: World, *reasons: BankReason) -> UUID:
    """The id of what is owed again after the bank refused its whole file."""
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    run = await world.row("SELECT message_id FROM payment_runs WHERE id = :id", id=run_id)
    await world.take(run_id, BankAnswer("BANK-1", run.message_id, "RJCT", reasons, [Batch(run.message_id)]))
    return (await world.row("SELECT id FROM payables WHERE claim_id = :id AND state = 'owed'", id=claim_id)).id


@pytest.mark.parametrize("reason", NOT_PAID_YET, ids=str)
async def test_pay_12_what_the_bank_refused_goes_again_only_once_somebody_looked(
    world: World, reason: BankReason
) -> None:
    payable = await refused(world, reason)
    for chosen in (None, [payable]):
        await not_before_somebody_looked(world, chosen)
    assert await world.rows("SELECT id FROM payments WHERE state = 'made'") == []
    run_id = await world.run()
    noted = await world.rows("SELECT about FROM steps WHERE what = 'account-looked-at'")
    assert [row.about for row in noted] == [run_id]


async def not_before_somebody_looked(world: World, chosen: Sequence[UUID] | None = None) -> None:
    with pytest.raises(Refused) as refused:
        await world.do(runs.make_run, chosen, by=world.finance)
    assert "Look at our account" in refused.value.reasons[0].text


async def taken_back(world: World) -> UUID:
    """A run whose file was fetched and that was taken back."""
    run_id = await world.run()
    await world.fetch(run_id)
    await world.do(runs.cancel_run, run_id, by=world.finance)
    return run_id


async def test_pay_12_what_was_taken_back_and_then_refused_is_looked_at_and_the_bank_may_still_say_more(
    site: World,
) -> None:
    await site.approved(person())
    run_id = await taken_back(site)
    run = await site.row("SELECT message_id FROM payment_runs WHERE id = :id", id=run_id)
    words = [BankReason("FF01", "", "This message ID has been used")]
    told = BankAnswer("BANK-1", run.message_id, "RJCT", words, [Batch(run.message_id)])
    assert (await site.take(run_id, told))["rejected"] == 1
    await not_before_somebody_looked(site)
    finance = site.visitor(Role.FINANCE, person_id=site.second)
    assert "Did the bank say anything else?" in (await finance.get(f"/payments/runs/{run_id}")).text


async def test_pay_12_what_a_person_says_the_bank_did_not_make_is_looked_at(world: World) -> None:
    await world.approved(person())
    run_id = await world.sent_run()
    await world.do(answer_use_cases.say_never_sent, run_id, by=world.second)
    await not_before_somebody_looked(world)


async def test_pay_12_nobody_says_that_a_run_was_never_sent_to_which_the_bank_answered(world: World) -> None:
    await world.approved(person())
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id, status="ACCP"))
    with pytest.raises(Refused):
        await world.do(answer_use_cases.say_never_sent, run_id, by=world.second)


async def test_pay_12_nobody_says_that_a_run_was_never_sent_of_which_the_account_shows_a_return(world: World) -> None:
    await world.approved(person())
    run_id = await world.sent_run()
    payment = await payment_of(world, run_id)
    await world.do(brought, camt(("15.00", "CRDT", payment.end_to_end_id, "AC04")), by=new_id())
    with pytest.raises(Refused):
        await world.do(answer_use_cases.say_never_sent, run_id, by=world.second)


async def test_pay_12_the_answer_to_a_file_made_again_is_read_though_the_first_paid_what_was_taken_out(
    world: World,
) -> None:
    who = person()
    await world.approved(who)
    stays = await world.approved(person())
    run_id = await world.run()
    await world.fetch(run_id)
    first = await world.answer(run_id)
    await world.account(who, 1)
    await world.do(runs.make_anew, run_id, by=world.finance)
    await world.do(answer_use_cases.confirm_not_gone, run_id, by=world.second)
    await world.fetch(run_id)
    await world.do(sending.mark_sent, run_id, by=world.finance)
    [gone] = await world.rows("SELECT * FROM payments WHERE state = 'cancelled'")
    [batch] = first.batches
    of_gone = [line for line in batch.lines if line.end_to_end_id == gone.end_to_end_id]
    await world.take(run_id, replace(first, status="", batches=[replace(batch, lines=of_gone)]), b"first")
    told = await world.answer(run_id)
    lines = [line for line in told.batches[0].lines if line.end_to_end_id != gone.end_to_end_id]
    told = replace(told, batches=[replace(told.batches[0], lines=lines, original_payments=1)])
    assert (await world.take(run_id, told, b"second"))["paid"] == 1
    assert (await world.claim(stays)).state == "paid"


@pytest.mark.parametrize("code", ["AM04", "AM10", "TM01", "DS02", "DT01", "MS03", "NARR", ""])
async def test_pay_12_a_refusal_after_it_was_paid_takes_nothing_back_unless_it_is_about_the_account(
    world: World, code: str
) -> None:
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id), b"first")
    told = await world.answer(run_id, rejected={claim_id: code})
    said = await world.do(answer_use_cases.apply_answer, run_id, told, b"second", by=world.second)
    assert (said["returned"], (await payment_of(world, run_id)).state) == (0, "paid")
    assert any("which was paid before" in warning for warning in said["warnings"])


@pytest.mark.parametrize("level", ["payment", "batch"])
@pytest.mark.parametrize(
    "reason",
    [
        BankReason("AC04", "", "Debtor account closed"),
        BankReason("AG01", "", "Transactions are closed to your account"),
        BankReason("", "", ""),
    ],
    ids=str,
)
def test_pay_12_what_is_said_of_our_account_or_of_the_whole_batch_says_nothing_came_back(
    reason: BankReason, level: str
) -> None:
    line = StatusLine("CH-1", "RJCT", [reason] if level == "payment" else [])
    batch = Batch("RUN-1", "RJCT", [reason if level == "batch" else BankReason()], [line])
    assert answers.read(BankAnswer("B", "RUN-1", batches=[batch]), [SentPayment("CH-1", 1500, "paid")]).outcomes == []


def test_pay_12_a_code_of_the_bank_for_the_payees_account_says_that_it_came_back() -> None:
    line = StatusLine("CH-1", "RJCT", [BankReason("AC04")])
    told = BankAnswer("B", "RUN-1", batches=[Batch("RUN-1", lines=[line])])
    assert [each.state for each in answers.read(told, [SentPayment("CH-1", 1500, "paid")]).outcomes] == ["returned"]


async def test_pay_12_the_banks_word_that_it_paid_is_looked_at_though_the_refusal_was_written_later(
    world: World,
) -> None:
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    await world.take(run_id, await world.answer(run_id, rejected={claim_id: "AM04"}), b"second upload")
    first = replace(await world.answer(run_id), written_at=world.now - timedelta(hours=1))
    said = await world.do(answer_use_cases.apply_answer, run_id, first, b"first upload", by=world.second)
    [payment] = await world.rows("SELECT end_to_end_id FROM payments")
    assert said["went_out"] == [payment.end_to_end_id]


async def test_pay_12_a_reason_of_another_batch_of_the_answer_is_read_too(world: World) -> None:
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    told = await world.answer(run_id, rejected={claim_id: "AM10"})
    words = Batch(told.batches[0].original_id, "RJCT", [BankReason("NARR", "", "This message ID was seen")])
    await world.take(run_id, replace(told, batches=[words, *told.batches]))
    assert "This message ID was seen" in (await payment_of(world, run_id)).bank_said


async def test_pay_12_finance_reads_the_banks_words_and_ticks_that_they_looked(site: World) -> None:
    payable = await refused(site, NOT_PAID_YET[0])
    finance = site.visitor(Role.FINANCE, person_id=site.finance)
    shown = (await finance.get("/payments/runs")).text
    assert "The bank wrote: “This message ID has been used in a file of 28 February”" in shown
    assert f'value="{payable}" checked' not in shown and f'value="{payable}"' in shown
    ticked = {"what": "chosen", "chosen": str(payable)}
    told = await post(finance, "/payments/runs", "/payments/runs", **ticked)
    assert told.status_code == 422 and "Look at our account at the bank first, and then tick that you did" in told.text
    assert f'value="{payable}" checked' in told.text
    assert (await post(finance, "/payments/runs", "/payments/runs", **ticked, looked="yes")).status_code == 303


@pytest.mark.parametrize("fetched_only", [False, True])
async def test_pay_12_what_is_written_down_anew_after_a_mistake_is_looked_at_before_it_is_paid(
    world: World, fetched_only: bool
) -> None:
    who, opportunity = person(), await world.opportunity()
    await world.account(who)

    async def agreed() -> ContributionRecorded:
        event = contribution(world, opportunity, who)
        await world.hear(event)
        claim = await world.row("SELECT id FROM claims WHERE attendance_id = :id", id=event.contribution_id)
        await world.do(claims.choose_recognition, claim.id, "bank-transfer", by=who.id)
        await world.do(claims.submit_claim, claim.id, by=who.id)
        await world.approve(claim.id)
        return event

    first = await agreed()
    if fetched_only:
        await taken_back(world)
    else:
        run_id = await world.sent_run()
        run = await world.row("SELECT message_id FROM payment_runs WHERE id = :id", id=run_id)
        reasons = [BankReason("AM04")]
        await world.take(run_id, BankAnswer("BANK-1", run.message_id, "RJCT", reasons, [Batch(run.message_id)]))
    await world.hear(first.model_copy(update={"version": 2, "minutes": 0, "counts": False}))
    await world.do(correcting.settle_due_corrections)
    await agreed()
    await not_before_somebody_looked(world)
    assert await world.run()


async def test_pay_12_a_first_payment_needs_no_look(world: World) -> None:
    await refused(world, BankReason("AM04"))
    await world.approved(person())
    assert await world.do(runs.make_run, by=world.finance)
