"""A payment run as finance sees it (PAY-12): a page of its payments, what has changed since its file was fetched, and what the bank said."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

from services.payments import tables
from services.payments.domain import answers, releasing
from services.payments.domain.releasing import TRANSFER
from services.payments.queries.staff import names
from services.payments.use_cases import runs, taken_out
from shared.db import Transaction
from shared.reasons import Reason

PAYMENTS_A_PAGE = 100
_QUIET = ("sealed_file", "file_key_id")


@dataclass(frozen=True, slots=True)
class RunView:
    """payments: a page of them. counts: how many there are by way and state. changed: what cannot leave any more, with a word why."""

    row: Any
    payments: Sequence[Any]
    after: str | None
    """Where the next page begins."""
    names: dict[UUID, str]
    counts: dict[tuple[str, str], tuple[int, int]]
    changed: Sequence[tuple[Any, str]]
    answers: Sequence[Any]
    words: Sequence[Any]
    earlier: int = 0
    """How many that are still in it stand in an earlier file too, which the bank may have."""
    fetched_by: frozenset[UUID] = frozenset()
    gone: int = 0
    """How many were taken out of it that the bank may have paid."""
    taken_out_by: frozenset[UUID] = frozenset()
    """Who took these out."""
    went_out: int = 0
    """How many count as not paid, and went out by a line of the account's statement that nobody has decided about."""

    def number(self, *states: str, transfers: bool | None = None) -> int:
        """How many payments are in one of these states (all, but those taken out, where none is named); transfers: of these, or of all others."""
        return sum(
            number
            for (method, state), (number, _) in self.counts.items()
            if (state in states if states else state != "cancelled") and (transfers is None or (method == TRANSFER) is transfers)
        )

    @property
    def pence(self) -> int:
        return sum(pence for (_, state), (_, pence) in self.counts.items() if state != "cancelled")

    @property
    def has_transfers(self) -> bool:
        return self.number(transfers=True) > 0

    @property
    def has_vouchers(self) -> bool:
        return any(number and method == "vouchers" and state != "cancelled" for (method, state), (number, _) in self.counts.items())

    @property
    def has_by_hand(self) -> bool:
        return self.number(transfers=False) > 0

    @property
    def what_next(self) -> str:
        """What to do before the run is marked as sent: of what is in it, and nothing else."""
        steps = ["give the file to the bank"] if self.has_transfers else []
        steps += ["order the vouchers"] if self.has_vouchers else []
        others = any(number and method not in (TRANSFER, "vouchers") and state != "cancelled" for (method, state), (number, _) in self.counts.items())
        steps += ["get ready what is handed over"] if others else []
        return f"{', and '.join(steps)}.".capitalize()

    @staticmethod
    def stands(payment: Any) -> str:
        return taken_out.where_it_stands(payment)

    def why(self, payment: Any) -> str:
        """Why it did not leave, was not paid, or came back, in finance's words."""
        if payment.dropped_because:
            return releasing.WHY_IT_STAYS[payment.dropped_because]
        code = payment.reason_code or ""
        twice = "The bank made it all the same, and it was paid again: it was paid twice" if payment.paid_twice_at else ""
        why = releasing.BY_HAND.get(code) or answers.for_finance(code)
        return ". ".join(filter(None, [why[:1].upper() + why[1:], twice, f"The bank says: “{payment.bank_said}”" if payment.bank_said else ""]))


@dataclass(frozen=True, slots=True)
class MayNot:
    """What somebody of finance may not do in a run because they are paid in it, approved something of it, or the like (PAY-10).

    send: why not, in words. bring: the bank's answer. transfers, handed: say that all of these arrived. gone: say that the bank
    does not have an earlier file. took_in: they took in somebody to whom something of it is handed over.
    """

    send: Sequence[Reason]
    bring: bool
    transfers: bool
    handed: bool
    gone: bool
    took_in: bool


async def may_not(tx: Transaction, run_id: UUID, person_id: UUID) -> MayNot:
    payments = tables.payments
    yours = (payments.c.run_id == run_id) & (payments.c.participant_id == person_id)
    mine = await tx.all(select(payments).where(yours))
    stand = [(row.method == TRANSFER, taken_out.where_it_stands(row)) for row in mine]
    return MayNot(
        send=await runs.reasons_not_to_be_its_sender(tx, run_id, person_id),
        bring=any(by_bank and state in ("sent", "paid", *_GONE) for by_bank, state in stand),
        transfers=(True, "sent") in stand,
        handed=(False, "sent") in stand,
        took_in=await _took_in(tx, run_id, person_id),
        gone=await tx.first(select(payments.c.id).where(yours, taken_out.is_perhaps_gone() | taken_out.in_an_earlier_file()).limit(1)) is not None,
    )


async def _took_in(tx: Transaction, run_id: UUID, person_id: UUID, payment_id: UUID | None = None) -> bool:
    """PAY-10: payee of this run (or of this payment of it) who was taken in by this person, and whom nobody else has rung or met since."""
    payments, introductions = tables.payments, tables.unconfirmed_introductions
    handed = (payments.c.run_id == run_id) & (payments.c.state == "sent") & (payments.c.method != TRANSFER)
    theirs = select(payments.c.id).join(introductions, introductions.c.person_id == payments.c.participant_id)
    theirs = theirs.where(handed, introductions.c.introduced_by == person_id, *([payments.c.id == payment_id] if payment_id else []))
    return await tx.first(theirs.limit(1)) is not None


async def took_in_its_payee(tx: Transaction, run_id: UUID, payment_id: UUID, person_id: UUID) -> bool:
    return await _took_in(tx, run_id, person_id, payment_id)


_GONE = (releasing.PERHAPS_GONE, releasing.SAID_NOT_GONE)


async def run(tx: Transaction, run_id: UUID, after: str | None = None) -> RunView:
    table, payments = tables.payment_runs, tables.payments
    columns = [column for column in table.c if column.name not in _QUIET]
    row = await tx.one(select(*columns, table.c.sealed_file.is_not(None).label("has_file")).where(table.c.id == run_id))
    mine = select(payments).where(payments.c.run_id == run_id).order_by(payments.c.end_to_end_id)
    if after is not None:
        mine = mine.where(payments.c.end_to_end_id > after)
    found = await tx.all(mine.limit(PAYMENTS_A_PAGE + 1))
    shown = found[:PAYMENTS_A_PAGE]
    changed = await _changed(tx, row) if row.state == "made" else []
    people = [payment.participant_id for payment in [*shown, *(payment for payment, _ in changed)]]
    return RunView(
        row=row,
        payments=shown,
        after=shown[-1].end_to_end_id if len(found) > PAYMENTS_A_PAGE else None,
        names=await names(tx, people),
        counts=await _counts(tx, run_id),
        changed=changed,
        answers=await tx.all(select(tables.bank_answers).where(tables.bank_answers.c.run_id == run_id).order_by(tables.bank_answers.c.taken_at)),
        words=await _words(tx, run_id, shown),
        earlier=await taken_out.how_many_in_an_earlier_file(tx, run_id),
        went_out=await taken_out.how_many_went_out(tx, run_id),
        fetched_by=await taken_out.fetched_by(tx, run_id),
        **await _gone(tx, run_id),
    )


async def _gone(tx: Transaction, run_id: UUID) -> dict[str, Any]:
    payments = tables.payments
    who = func.array_agg(payments.c.taken_out_by.distinct()).label("who")
    row = await tx.one(select(func.count().label("number"), who).where(payments.c.run_id == run_id, taken_out.is_perhaps_gone()))
    return {"gone": row.number, "taken_out_by": frozenset(row.who or ()) - {None}}


async def _counts(tx: Transaction, run_id: UUID) -> dict[tuple[str, str], tuple[int, int]]:
    payments = tables.payments
    sums = func.count().label("number"), func.sum(payments.c.amount_pence).label("pence")
    rows = await tx.all(select(payments.c.method, payments.c.state, *sums).where(payments.c.run_id == run_id).group_by(payments.c.method, payments.c.state))
    return {(row.method, row.state): (row.number, row.pence) for row in rows}


async def _changed(tx: Transaction, run: Row[Any]) -> list[tuple[Any, str]]:
    found = await tx.all(runs.made_payments(run.id))
    return [(payment, why) for payment in found if (why := runs.why_it_stays(payment, file_is_out=run.fetched_at is not None))]


async def _words(tx: Transaction, run_id: UUID, shown: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """What the bank said of the file and its batches, and of the payments on this page that it did not simply pay; the newest first."""
    words, payments = tables.bank_words, tables.payments
    here = words.c.payment_id.is_(None) | runs.ids_in(words.c.payment_id, [payment.id for payment in shown])
    return await tx.all(
        select(words, payments.c.end_to_end_id)
        .join(payments, payments.c.id == words.c.payment_id, isouter=True)
        .where(words.c.run_id == run_id, here)
        .order_by(words.c.created_at.desc(), payments.c.end_to_end_id.nulls_first())
    )


async def payment(tx: Transaction, run_id: UUID, payment_id: UUID) -> tuple[Row[Any], str]:
    """One payment of a run, with its run's number, and whom it pays."""
    payments, table = tables.payments, tables.payment_runs
    row = await tx.one(
        select(payments, table.c.number)
        .join(table, table.c.id == payments.c.run_id)
        .where(payments.c.id == payment_id, payments.c.run_id == run_id, (payments.c.state != "cancelled") | payments.c.in_file.is_not(None))
    )
    return row, (await names(tx, [row.participant_id]))[row.participant_id]
