"""Payment runs (PAY-12): made once, sent once, ended by the bank's answer. Rows are locked in the order run, payables, payments, claims."""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text, update

from services.payments import tables
from services.payments.domain import banking, deciding
from services.payments.domain.banking import BankAnswer, Outcome, SentPayment
from services.payments.domain.claims import ClaimState
from services.payments.gateways import bank_files
from services.payments.gateways.bank_files import Payer, RunFile, Transfer
from services.payments.gateways.vault import Sealed, Vault
from services.payments.use_cases import ledger, recharges, records
from services.payments.use_cases.claims import refuse
from shared.db import Transaction, new_id
from shared.events.payments import ClaimPaid, ClaimReturned
from shared.messaging import steps
from shared.reasons import Missing, Reason, Refused

_ONE_RUN_AT_A_TIME = text("SELECT pg_advisory_xact_lock(12)")
TRANSFER = "bank-transfer"


# Making


async def make_run(tx: Transaction, payer: Payer, vault: Vault) -> str:
    """PAY-12: everything that is approved, in no live run, and the maker's to release. Returns the run's id.

    The bank file is made here, once, and kept sealed: whoever fetches it again gets the same bytes.
    """
    maker = _person(tx)
    await tx.execute(_ONE_RUN_AT_A_TIME)
    payables = [payable for payable in await _owed(tx) if not await reasons_to_wait(tx, payable, maker)]
    if not payables:
        raise Refused([Reason("PAY-12", "There is nothing that you could put into a payment run now.")])
    number = await tx.scalar(select(func.coalesce(func.max(tables.payment_runs.c.number), 0) + 1))
    run_id = new_id()
    message_id = f"CHORUS-{number:07d}-{run_id.hex[-8:].upper()}"
    run = tables.payment_runs
    await tx.execute(insert(run).values(id=run_id, number=number, state="made", made_by=maker, made_at=tx.now, message_id=message_id))
    for position, payable in enumerate(payables, start=1):
        await _add_payment(tx, run_id, banking.end_to_end_id(number, position), payable)
    await _seal_bank_file(tx, run_id, message_id, payer, vault)
    pence = sum(payable.amount_pence for payable in payables)
    await steps.add(tx, "payment-run-made", about=run_id, number=number, payments=len(payables), pence=pence)
    return str(run_id)


def _person(tx: Transaction) -> UUID:
    if tx.actor.id is None:
        raise ValueError("only a person makes a payment run")
    return tx.actor.id


async def _owed(tx: Transaction) -> Sequence[Row[Any]]:
    """What we owe and have not sent, oldest clock first; locked."""
    payables, claims = tables.payables, tables.claims
    return await tx.all(
        select(payables, claims.c.held, claims.c.correction_due)
        .join(claims, claims.c.id == payables.c.claim_id)
        .where(payables.c.state == "owed", claims.c.state.in_([ClaimState.APPROVED, ClaimState.RETURNED]))
        .order_by(claims.c.pay_by, payables.c.id)
        .with_for_update()
    )


async def reasons_to_wait(tx: Transaction, payable: Row[Any], releaser: UUID) -> list[Reason]:
    """PAY-09, PAY-10, PAY-13: why this payable can't go into a run that releaser makes. payable has its claim's held and correction_due."""
    approvals = tables.approvals
    approvers = await tx.all(select(approvals.c.approver_id).where(approvals.c.claim_id == payable.claim_id, approvals.c.decision == "approved"))
    details = await current_details(tx, payable.participant_id)
    to_release = deciding.ToRelease(
        method=payable.method,
        approvers=frozenset(row.approver_id for row in approvers),
        claimant=payable.participant_id,
        held=payable.held,
        correction_due=payable.correction_due,
        bank_details="none" if details is None else details.state,
        introducers=await records.introducers_of(tx, payable.participant_id),
        confirmed_by=details.confirmed_by if details else None,
    )
    return deciding.reasons_not_to_release(to_release, releaser)


async def current_details(tx: Transaction, person_id: UUID) -> Row[Any] | None:
    details = tables.bank_details
    return await tx.first(select(details).where(details.c.participant_id == person_id, details.c.state != "replaced"))


async def _add_payment(tx: Transaction, run_id: UUID, end_to_end_id: str, payable: Row[Any]) -> None:
    details = await current_details(tx, payable.participant_id) if payable.method == TRANSFER else None
    payment_id = new_id()
    await tx.execute(update(tables.payables).where(tables.payables.c.id == payable.id).values(state="in-run"))
    await tx.execute(
        insert(tables.payments).values(
            id=payment_id,
            run_id=run_id,
            payable_id=payable.id,
            claim_id=payable.claim_id,
            participant_kind=payable.participant_kind,
            participant_id=payable.participant_id,
            participant_home=payable.participant_home,
            method=payable.method,
            amount_pence=payable.amount_pence,
            state="made",
            end_to_end_id=end_to_end_id,
            bank_detail_id=details.id if details else None,
        )
    )
    await steps.add(tx, "put-into-payment-run", about=payable.claim_id, run_id=run_id, payment_id=payment_id, pence=payable.amount_pence, method=payable.method)


async def _seal_bank_file(tx: Transaction, run_id: UUID, message_id: str, payer: Payer, vault: Vault) -> None:
    run = await tx.one(select(tables.payment_runs).where(tables.payment_runs.c.id == run_id))
    file = await _run_file(tx, run, payer, vault)
    if not file.transfers:
        return
    sealed = vault.seal(bank_files.pain_001(file).encode(), run_id)
    values = {"file_key_id": sealed.key_id, "sealed_file": sealed.content}
    await tx.execute(update(tables.payment_runs).where(tables.payment_runs.c.id == run_id).values(**values))


async def _run_file(tx: Transaction, run: Row[Any], payer: Payer, vault: Vault) -> RunFile:
    """Opens the bank details of everyone in the run; each reading is a step (PRI-03)."""
    payments, details = tables.payments, tables.bank_details
    rows = await tx.all(
        select(payments, details.c.key_id, details.c.sealed)
        .join(details, details.c.id == payments.c.bank_detail_id)
        .where(payments.c.run_id == run.id)
        .order_by(payments.c.end_to_end_id)
    )
    transfers = []
    for row in rows:
        account = vault.open_details(Sealed(row.key_id, row.sealed), row.bank_detail_id)
        transfers.append(Transfer(row.end_to_end_id, row.amount_pence, account))
        await steps.add(tx, "bank-details-read", about=row.claim_id, details_id=row.bank_detail_id, run_id=run.id)
    return RunFile(run.message_id, run.made_at, tx.today, f"Thanks {run.number}", payer, transfers)


# Fetching the files


async def fetch_bank_file(tx: Transaction, run_id: UUID, vault: Vault) -> str:
    """The pain.001 as it was made. Reading it is reading bank details, so it is a step."""
    run = await tx.one(select(tables.payment_runs).where(tables.payment_runs.c.id == run_id))
    if run.sealed_file is None:
        raise Missing
    await _note_reading(tx, run_id, "bank-file-fetched")
    return vault.open(Sealed(run.file_key_id, run.sealed_file), run_id).decode()


async def fetch_bank_csv(tx: Transaction, run_id: UUID, payer: Payer, vault: Vault) -> str:
    """The same payments as plain columns."""
    run = await tx.one(select(tables.payment_runs).where(tables.payment_runs.c.id == run_id))
    file = await _run_file(tx, run, payer, vault)
    if not file.transfers:
        raise Missing
    await _note_reading(tx, run_id, "bank-csv-fetched")
    return bank_files.bank_csv(file)


async def _note_reading(tx: Transaction, run_id: UUID, what: str) -> None:
    await steps.add(tx, what, about=run_id)
    claims = await tx.all(select(tables.payments.c.claim_id).where(tables.payments.c.run_id == run_id, tables.payments.c.method == TRANSFER).distinct())
    for row in claims:
        await steps.add(tx, what, about=row.claim_id, run_id=run_id)


# Sending


async def mark_sent(tx: Transaction, run_id: UUID) -> str:
    """PAY-10, PAY-12: the file went to the bank, or the vouchers were ordered. Returns the run's state."""
    sender = _person(tx)
    run = await records.locked(tx, tables.payment_runs, run_id)
    if run.state != "made":
        raise Refused([Reason("PAY-12", "This payment run was sent before. Nothing was changed.")])
    payments = await _locked_payments(tx, run_id, "made")
    approvals = tables.approvals
    approved = select(approvals.c.id).where(
        approvals.c.approver_id == sender, approvals.c.decision == "approved", approvals.c.claim_id.in_([payment.claim_id for payment in payments])
    )
    if await tx.first(approved):
        raise Refused([Reason("PAY-10", "You approved a claim in this run, so somebody else must send it.")])
    for payment in payments:
        if sender in await records.introducers_of(tx, payment.participant_id):
            raise Refused([Reason("PAY-10", deciding.YOU_TOOK_THEM_IN)])
    vouched = select(tables.payments.c.id).join(tables.bank_details, tables.bank_details.c.id == tables.payments.c.bank_detail_id)
    if await tx.first(vouched.where(tables.payments.c.run_id == run_id, tables.payments.c.state == "made", tables.bank_details.c.confirmed_by == sender)):
        raise Refused([Reason("PAY-10", "You confirmed bank details in this run, so somebody else must send it.")])
    payables = tables.payables
    withdrawn = select(payables.c.id).where(payables.c.id.in_([payment.payable_id for payment in payments]), payables.c.state == "withdrawn")
    if await tx.first(withdrawn):
        raise Refused([Reason("PAY-17", "An approval in this run was taken back. Take the run back, and make another.")])
    await tx.execute(update(tables.payments).where(tables.payments.c.run_id == run_id, tables.payments.c.state == "made").values(state="sent"))
    await tx.execute(update(tables.payment_runs).where(tables.payment_runs.c.id == run_id).values(state="sent", sent_by=sender, sent_at=tx.now))
    for payment in payments:
        claim = await records.locked_claim(tx, payment.claim_id)
        await ledger.enter_sent(tx, claim, payment)
        await steps.add(tx, "payment-sent", about=claim.id, run_id=run_id, payment_id=payment.id, pence=payment.amount_pence)
    await steps.add(tx, "payment-run-sent", about=run_id)
    return "sent"


async def cancel_run(tx: Transaction, run_id: UUID) -> None:
    """PAY-12: a run that was made and never sent is taken back; what was in it can go into another."""
    run = await records.locked(tx, tables.payment_runs, run_id)
    if run.state != "made":
        raise Refused([Reason("PAY-12", "This payment run was sent, so it cannot be taken back.")])
    for payment in await _locked_payments(tx, run_id, "made"):
        await tx.execute(update(tables.payables).where(tables.payables.c.id == payment.payable_id, tables.payables.c.state == "in-run").values(state="owed"))
        await steps.add(tx, "taken-out-of-payment-run", about=payment.claim_id, run_id=run_id, payment_id=payment.id)
    await tx.execute(update(tables.payments).where(tables.payments.c.run_id == run_id).values(state="cancelled", ended_at=tx.now))
    await tx.execute(update(tables.payment_runs).where(tables.payment_runs.c.id == run_id).values(state="cancelled"))
    await steps.add(tx, "payment-run-cancelled", about=run_id)


async def _locked_payments(tx: Transaction, run_id: UUID, state: str) -> Sequence[Row[Any]]:
    payments = tables.payments
    return await tx.all(select(payments).where(payments.c.run_id == run_id, payments.c.state == state).order_by(payments.c.id).with_for_update())


# Ending


async def apply_answer(tx: Transaction, run_id: UUID, answer: BankAnswer, data: bytes) -> dict[str, Any]:
    """PAY-12: the bank's answer ends payments. The same file again changes nothing and says what it did the first time."""
    taker = _person(tx)
    run = await records.locked(tx, tables.payment_runs, run_id)
    digest = hashlib.sha256(data).hexdigest()
    before = await tx.first(select(tables.bank_answers).where(tables.bank_answers.c.run_id == run_id, tables.bank_answers.c.sha256 == digest))
    if before is not None:
        return {"paid": before.paid, "rejected": before.rejected, "again": True}
    if run.state == "made":
        raise Refused([Reason("PAY-12", "Say first that this run was sent to the bank.", "answer")])
    payments = tables.payments
    rows = await tx.all(select(payments).where(payments.c.run_id == run_id, payments.c.method == TRANSFER).order_by(payments.c.id).with_for_update())
    sent = [SentPayment(row.end_to_end_id, row.amount_pence, row.state) for row in rows]
    refuse(banking.reasons_not_to_apply(answer, run.message_id, sent))
    ended = banking.outcomes(answer, sent)
    by_id = {row.end_to_end_id: row for row in rows}
    for outcome in ended:
        await _end(tx, run, by_id[outcome.end_to_end_id], outcome)
    paid = sum(outcome.state == "paid" for outcome in ended)
    counts = {"paid": paid, "rejected": len(ended) - paid}
    await tx.execute(
        insert(tables.bank_answers).values(id=new_id(), run_id=run_id, sha256=digest, message_id=answer.message_id, taken_by=taker, taken_at=tx.now, **counts)
    )
    await steps.add(tx, "bank-answer-taken", about=run_id, paid=paid, rejected=len(ended) - paid)
    await _end_run(tx, run)
    return {**counts, "again": False}


async def confirm_by_hand(tx: Transaction, run_id: UUID, payment_id: UUID) -> str:
    """PAY-12: vouchers, cash, a cheque or other thanks were handed over or sent. Returns the payment's state."""
    run = await records.locked(tx, tables.payment_runs, run_id)
    payment = await records.locked(tx, tables.payments, payment_id)
    if payment.run_id != run_id or payment.method == TRANSFER:
        raise Missing
    if payment.state == "made":
        raise Refused([Reason("PAY-12", "Say first that this run was sent.")])
    if payment.state != "sent":
        raise Refused([Reason("PAY-12", "This was confirmed before. Nothing was changed.")])
    await _end(tx, run, payment, Outcome(payment.end_to_end_id, "paid"))
    await _end_run(tx, run)
    return "paid"


async def _end(tx: Transaction, run: Row[Any], payment: Row[Any], outcome: Outcome) -> None:
    """One payment ends. The run and the payment are locked, and the payment was sent."""
    payments, payables = tables.payments, tables.payables
    ended = await tx.execute(
        update(payments)
        .where(payments.c.id == payment.id, payments.c.state == "sent")
        .values(state=outcome.state, reason_code=outcome.reason_code or None, ended_at=tx.now)
    )
    if ended.rowcount != 1:
        raise Refused([Reason("PAY-12", "This payment had ended before. Nothing was changed.")])
    claim = await records.locked_claim(tx, payment.claim_id)
    if outcome.state == "paid":
        await tx.execute(update(payables).where(payables.c.id == payment.payable_id).values(state="paid", reason_code=None))
        await _paid(tx, run, claim, payment)
    else:
        await _rejected(tx, run, claim, payment, outcome.reason_code)


async def _paid(tx: Transaction, run: Row[Any], claim: Row[Any], payment: Row[Any]) -> None:
    await ledger.enter_confirmed(tx, claim, payment)
    state = deciding.claim_state_after_payment(await _other_payables(tx, claim, payment))
    row = await records.save_claim(tx, claim, state=state)
    await records.publish(tx, ClaimPaid, row, amount_pence=payment.amount_pence, recognition=payment.method, payment_run_id=run.id)
    await steps.add(tx, "claim-paid", about=claim.id, run_id=run.id, payment_id=payment.id, pence=payment.amount_pence, method=payment.method)
    await recharges.raise_recharge(tx, claim.attendance_id)


async def _rejected(tx: Transaction, run: Row[Any], claim: Row[Any], payment: Row[Any], code: str) -> None:
    """PAY-12: back to the claim with a reason. What is ours to mend can go into the next run; the rest waits for the person (PAY-07)."""
    payables = tables.payables
    ours = banking.is_ours_to_mend(code)
    state = "owed" if ours else "returned"
    await tx.execute(update(payables).where(payables.c.id == payment.payable_id).values(state=state, reason_code=code))
    await ledger.reverse_sent(tx, claim, payment)
    await steps.add(tx, "payment-rejected", about=claim.id, run_id=run.id, payment_id=payment.id, code=code)
    if ours:
        await records.save_claim(tx, claim)
        return
    row = await records.save_claim(tx, claim, state=ClaimState.RETURNED, stopped_on=claim.stopped_on or tx.today)
    await records.publish(tx, ClaimReturned, row)


async def _other_payables(tx: Transaction, claim: Row[Any], payment: Row[Any]) -> list[str]:
    payables = tables.payables
    rows = await tx.all(select(payables.c.state).where(payables.c.claim_id == claim.id, payables.c.id != payment.payable_id))
    return [row.state for row in rows]


async def _end_run(tx: Transaction, run: Row[Any]) -> None:
    """PAY-12: a run is confirmed when none of its payments is on its way."""
    payments = tables.payments
    if await tx.first(select(payments.c.id).where(payments.c.run_id == run.id, payments.c.state == "sent").limit(1)) is None:
        await tx.execute(update(tables.payment_runs).where(tables.payment_runs.c.id == run.id).values(state="confirmed"))
        await steps.add(tx, "payment-run-confirmed", about=run.id)
