"""The files of a payment run (PAY-12): made from what is true when the first of them is fetched, and the same from
then on for whoever fetches them."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from services.payments.bank_details.domain.bank_text import LONGEST_NAME, fits_bank_text
from services.payments.bank_details.gateways.vault import AccountDetails, Sealed, Vault
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain.leaving import TRANSFER
from services.payments.paying.domain import releasing
from services.payments.paying.domain.handing import ALL_HANDED
from services.payments.paying.gateways import bank_files
from services.payments.paying.gateways.bank_files import Payer, RunFile, Transfer
from services.payments.paying.use_cases import runs, taken_out
from services.payments.rows import locked
from shared.db import Transaction
from shared.messaging import steps
from shared.reasons import Missing, refuse


async def fetch_bank_file(tx: Transaction, run_id: UUID, payer: Payer, vault: Vault) -> str:
    """The pain.001. Fetching it means reading bank details, so it is a step. Raises Missing if nothing goes through
    the bank."""
    run = await _ready(tx, run_id, payer, vault, transfers=True)
    if run.sealed_file is None:
        raise Missing
    await _note_fetching(tx, run_id, "bank-file-fetched")
    return vault.open(Sealed(run.file_key_id, run.sealed_file), run_id).decode()


async def fetch_bank_csv(tx: Transaction, run_id: UUID, payer: Payer, vault: Vault) -> str:
    """The same payments as plain columns."""
    run = await _ready(tx, run_id, payer, vault, transfers=True)
    file = _file(run, payer, tx.today, await _transfers(tx, run_id, vault))
    if not file.transfers:
        raise Missing
    await _note_fetching(tx, run_id, "bank-csv-fetched")
    return bank_files.bank_csv(file)


async def fetch_list(tx: Transaction, run_id: UUID, payer: Payer, vault: Vault) -> Sequence[Row[Any]]:
    """The list of what is handed over: vouchers to order, cash, cheques and other thanks. Whoever has the list may
    order or hand over what is on it, so it counts as a bank file does (PAY-12). Once the run was sent, it holds what
    is still to be handed over. Each with when the run was sent, and by whom."""
    run = await _ready(tx, run_id, payer, vault, transfers=False)
    payments, table = owing_tables.payments, owing_tables.payment_runs
    made = (payments.c.run_id == run_id) & (payments.c.method != TRANSFER) & (payments.c.state == "made")
    newly = made & payments.c.in_file.is_distinct_from(run.file_number)
    await tx.execute(
        update(payments)
        .where(newly)
        .values(in_file=run.file_number, file_fetched_at=tx.now, settled_at=None, settled_by=None)
    )
    await steps.add(tx, "voucher-list-fetched", about=run_id)
    rows = await tx.all(
        select(payments, table.c.sent_at, table.c.sent_by)
        .join(table, table.c.id == payments.c.run_id)
        .where(_to_hand_over(run_id))
        .order_by(payments.c.end_to_end_id)
    )
    refuse([] if rows else [ALL_HANDED])
    return rows


def _to_hand_over(run_id: UUID) -> Any:
    payments = owing_tables.payments
    return (payments.c.run_id == run_id) & (payments.c.method != TRANSFER) & payments.c.state.in_(["made", "sent"])


async def who_is_on_the_list(tx: Transaction, run_id: UUID) -> list[UUID]:
    """Whose vouchers, cash or other thanks are in this run."""
    people = select(owing_tables.payments.c.participant_id).where(_to_hand_over(run_id)).distinct()
    return [row.participant_id for row in await tx.all(people)]


async def note_contacts_read(tx: Transaction, people: Sequence[UUID], run_id: UUID) -> None:
    """PRI-03: whoever fetches the list reads how these people are reached."""
    await steps.add_all(tx, "contact-details-read", [(person, {"run_id": run_id}) for person in people])


async def _ready(tx: Transaction, run_id: UUID, payer: Payer, vault: Vault, *, transfers: bool) -> Row[Any]:
    """The run, locked, with its file. PAY-13: fetching the first list or file fixes what is in the run and which
    accounts it pays; a file that is out of date is not given out again. PAY-12: nor is a bank file, once the run was
    sent. The list is: what is on it may still have to be handed over."""
    run = await locked(tx, owing_tables.payment_runs, run_id)
    if run.state == "cancelled":
        refuse(releasing.RUN_TAKEN_BACK)
    if run.state == "confirmed":
        refuse(releasing.RUN_IS_OVER)
    if run.state == "sent" and transfers:
        refuse(releasing.RUN_WAS_SENT)
    if run.state != "made":
        return run
    if await taken_out.how_many_went_out(tx, run_id, owing_tables.payments.c.state == "made"):
        refuse(releasing.THE_BANK_HAS_IT)
    refuse(releasing.reasons_to_wait_for_a_word(await taken_out.how_many_in_an_earlier_file(tx, run_id)))
    if run.fetched_at is None:
        found = [
            payment for payment in await tx.all(runs.made_payments(run_id)) if (payment.method == TRANSFER) is transfers
        ]
        stays = sum(bool(runs.why_it_stays(payment, file_is_out=False)) for payment in found)
        refuse(releasing.reasons_not_to_give_out(len(found), stays, transfers=transfers))
        return await _make_file(tx, run, payer, vault)
    if any(runs.why_it_stays(payment, file_is_out=True) for payment in await tx.all(runs.made_payments(run_id))):
        refuse(releasing.CHANGED_SINCE_FETCHED)
    return run


async def _make_file(tx: Transaction, run: Row[Any], payer: Payer, vault: Vault) -> Row[Any]:
    await runs.look_again(tx, run.id)
    opened = await _opened(tx, run.id, vault)
    nameless = {row.id for row, account in opened if not fits_bank_text(account.name, LONGEST_NAME)}
    await runs.drop_out(tx, run.id, [(row, "name") for row, _ in opened if row.id in nameless])
    transfers = [_transfer(row, account) for row, account in opened if row.id not in nameless]
    values: dict[str, Any] = {"fetched_at": tx.now}
    if transfers:
        payments = owing_tables.payments
        mine = (payments.c.run_id == run.id) & (payments.c.state == "made") & (payments.c.method == TRANSFER)
        await tx.execute(
            update(payments)
            .where(mine)
            .values(in_file=run.file_number, file_fetched_at=tx.now, settled_at=None, settled_by=None)
        )
        content = await asyncio.to_thread(bank_files.pain_001, _file(run, payer, tx.today, transfers))
        sealed = vault.seal(content.encode(), run.id)
        values |= {"file_key_id": sealed.key_id, "sealed_file": sealed.content}
    table = owing_tables.payment_runs
    return await tx.one(update(table).where(table.c.id == run.id).values(**values).returning(table))


def _file(run: Row[Any], payer: Payer, pay_on: Any, transfers: Sequence[Transfer]) -> RunFile:
    return RunFile(run.message_id, run.made_at, pay_on, f"Thanks {run.number}", payer, transfers)


def _transfer(row: Row[Any], account: AccountDetails) -> Transfer:
    return Transfer(row.end_to_end_id, row.amount_pence, account)


async def _transfers(tx: Transaction, run_id: UUID, vault: Vault) -> list[Transfer]:
    return [_transfer(row, account) for row, account in await _opened(tx, run_id, vault)]


async def _opened(tx: Transaction, run_id: UUID, vault: Vault) -> list[tuple[Row[Any], AccountDetails]]:
    """The bank details of everyone in the run; each reading is a step (PRI-03)."""
    payments, details = owing_tables.payments, owing_tables.bank_details
    rows = await tx.all(
        select(payments, details.c.key_id, details.c.sealed)
        .join(details, details.c.id == payments.c.bank_detail_id)
        .where(payments.c.run_id == run_id, payments.c.state != "cancelled")
        .order_by(payments.c.end_to_end_id)
    )
    await steps.add_all(
        tx, "bank-details-read", [(row.claim_id, {"details_id": row.bank_detail_id, "run_id": run_id}) for row in rows]
    )
    return [(row, vault.open_details(Sealed(row.key_id, row.sealed), row.bank_detail_id)) for row in rows]


async def _note_fetching(tx: Transaction, run_id: UUID, what: str) -> None:
    payments = owing_tables.payments
    await steps.add(tx, what, about=run_id)
    mine = (payments.c.run_id == run_id) & (payments.c.method == TRANSFER) & (payments.c.state != "cancelled")
    claims = await tx.all(select(payments.c.claim_id).where(mine).distinct())
    await steps.add_all(tx, what, [(row.claim_id, {"run_id": run_id}) for row in claims])
