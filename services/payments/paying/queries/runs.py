"""A payment run as finance sees it (PAY-12): a page of its payments, what has changed since its file was fetched, and
what the bank said."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain import bank_reasons, leaving
from services.payments.owing.domain.leaving import TRANSFER
from services.payments.paying import tables
from services.payments.paying.domain import endings, releasing
from services.payments.paying.domain.endings import ByHand, Left
from services.payments.paying.domain.who_sends import Senders
from services.payments.paying.use_cases import paid_all_the_same, runs, sending, taken_out
from services.payments.paying.use_cases.facts import facts_of, with_their_runs
from services.payments.paying.use_cases.in_its_place import NOT_PAID, paid_again_by_its_claim
from services.payments.people import tables as people_tables
from services.payments.people.queries import names
from shared.db import Transaction, one_of
from shared.reasons import Reason

PAYMENTS_A_PAGE = 100
_QUIET = ("sealed_file", "file_key_id")


@dataclass(frozen=True, slots=True)
class RunView:
    """payments: a page of them. counts: how many there are by way and state. changed: those that can no longer
    leave, with a word why."""

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
    """How many that are still in it are in an earlier file too, which the bank may have."""
    gone: int = 0
    """How many were taken out of it and may have gone; gone_by_bank: those of them that go by bank."""
    gone_by_bank: int = 0
    out: int = 0
    """How many that are still in it are in a file or list that was fetched."""
    lines: int = 0
    """For how many a line of the account's statement waits for somebody."""
    went_out: int = 0
    """How many count as not paid, but left according to an undecided line of the account's statement."""

    def number(self, *states: str, transfers: bool | None = None) -> int:
        """How many payments are in one of these states, or all but those taken out if no state is given. transfers:
        only transfers (True) or only others (False)."""
        return sum(
            number
            for (method, state), (number, _) in self.counts.items()
            if (state in states if states else state != "cancelled")
            and (transfers is None or (method == TRANSFER) is transfers)
        )

    @property
    def pence(self) -> int:
        return sum(pence for (_, state), (_, pence) in self.counts.items() if state != "cancelled")

    @property
    def has_transfers(self) -> bool:
        return self.number(transfers=True) > 0

    @property
    def was_fetched_with_transfers(self) -> bool:
        """PAY-12: it was taken back after a bank file of it had left us, so the bank may still say something of it."""
        is_back = self.row.state == "cancelled" and self.row.fetched_at is not None
        return is_back and self.number("cancelled", transfers=True) > 0

    @property
    def nothing_leaves(self) -> bool:
        """PAY-12: it was made, and can only be taken back."""
        stays = [why for _, why in self.changed]
        return self.row.state == "made" and releasing.nothing_leaves(
            self.number("made"), stays, file_is_out=self.row.fetched_at is not None
        )

    def _to_go(self, *, transfers: bool) -> bool:
        stays = (
            sum((payment.method == TRANSFER) is transfers for payment, _ in self.changed)
            if self.row.state == "made"
            else 0
        )
        return self.number(transfers=transfers) > stays

    @property
    def has_transfers_to_go(self) -> bool:
        return self._to_go(transfers=True)

    @property
    def has_files(self) -> bool:
        """PAY-12: bank files until the run was sent; lists until it is over, as things may still be handed over."""
        return (self.row.state == "made" and not self.nothing_leaves) or (
            self.row.state == "sent" and self.has_by_hand_to_go
        )

    @property
    def has_by_hand_to_go(self) -> bool:
        if self.row.state == "sent":
            return self.number("sent", transfers=False) > 0
        return self._to_go(transfers=False)

    @property
    def has_vouchers(self) -> bool:
        return any(
            number and method == "vouchers" and state != "cancelled"
            for (method, state), (number, _) in self.counts.items()
        )

    @property
    def has_by_hand(self) -> bool:
        return self.number(transfers=False) > 0

    @property
    def what_next(self) -> str:
        """What to do before the run is marked as sent, for what it holds."""
        steps = ["give the file to the bank"] if self.has_transfers else []
        steps += ["order the vouchers"] if self.has_vouchers else []
        others = any(
            number and method not in (TRANSFER, "vouchers") and state != "cancelled"
            for (method, state), (number, _) in self.counts.items()
        )
        steps += ["get ready what is handed over"] if others else []
        return f"{', and '.join(steps)}.".capitalize()

    @staticmethod
    def stands(payment: Any) -> str:
        return owing.where_it_stands(payment)

    def why(self, payment: Any) -> str:
        """Why it did not leave, was not paid, or came back, in finance's words."""
        if payment.dropped_because:
            return releasing.WHY_IT_STAYS[payment.dropped_because]
        code = payment.reason_code or ""
        twice = _why_twice(payment)
        why = bank_reasons.BY_HAND.get(code) or bank_reasons.for_finance(code)
        bank = f"The bank says: “{payment.bank_said}”" if payment.bank_said else ""
        return ". ".join(filter(None, [why[:1].upper() + why[1:], twice, bank]))


def _why_twice(payment: Any) -> str:
    times = owing.times_lost(payment)
    if not times:
        return ""
    if payment.method != TRANSFER:
        return "It was handed over all the same, and given again: it was given twice"
    if payment.state != "paid":
        return "The bank made it all the same, and it was paid again: it was paid twice"
    return f"The bank made it {'twice' if times == 1 else f'{times + 1} times'}"


@dataclass(frozen=True, slots=True)
class MayNot:
    """What a member of finance may not do in a run because they are paid in it, approved something in it, or the like
    (PAY-10).

    send: why not, in words. bring: the bank's answer. transfers, handed: say that all of these arrived. took_in:
    whether they took in somebody to whom it hands something. left: who is left who may send it, if it was made.
    """

    send: Sequence[Reason]
    bring: bool
    transfers: bool
    handed: bool
    took_in: bool
    left: Senders = "alone"


async def may_not(tx: Transaction, run_id: UUID, person_id: UUID) -> MayNot:
    payments = owing_tables.payments
    yours = (payments.c.run_id == run_id) & (payments.c.participant_id == person_id)
    mine = await tx.all(select(payments).where(yours))
    stand = [(row.method == TRANSFER, owing.where_it_stands(row)) for row in mine]
    return MayNot(
        send=await sending.reasons_not_to_be_its_sender(tx, run_id, person_id),
        left=await sending.left_to_send(tx, run_id),
        bring=any(by_bank and state in ("sent", "paid", *_GONE) for by_bank, state in stand),
        transfers=(True, "sent") in stand,
        handed=(False, "sent") in stand,
        took_in=await took_in(tx, run_id, person_id),
    )


async def took_in(tx: Transaction, run_id: UUID, person_id: UUID, payment_id: UUID | None = None) -> bool:
    """PAY-10: payees of this run (or of this one payment) whom this person took in and nobody else has rung or met
    since."""
    payments, introductions = owing_tables.payments, people_tables.unconfirmed_introductions
    handed = (payments.c.run_id == run_id) & (payments.c.state == "sent") & (payments.c.method != TRANSFER)
    theirs = select(payments.c.id).join(introductions, introductions.c.person_id == payments.c.participant_id)
    theirs = theirs.where(
        handed, introductions.c.introduced_by == person_id, *([payments.c.id == payment_id] if payment_id else [])
    )
    return await tx.first(theirs.limit(1)) is not None


_GONE = (leaving.PERHAPS_GONE, leaving.SAID_NOT_GONE)


async def run(tx: Transaction, run_id: UUID, after: str | None = None) -> RunView:
    table, payments = owing_tables.payment_runs, owing_tables.payments
    columns = [column for column in table.c if column.name not in _QUIET]
    row = await tx.one(select(*columns, table.c.sealed_file.is_not(None).label("has_file")).where(table.c.id == run_id))
    mine = select(payments).where(payments.c.run_id == run_id).order_by(payments.c.end_to_end_id)
    if after is not None:
        mine = mine.where(payments.c.end_to_end_id > after)
    found = await tx.all(mine.limit(PAYMENTS_A_PAGE + 1))
    shown = found[:PAYMENTS_A_PAGE]
    changed = await _changed(tx, row) if row.state == "made" else []
    people = [payment.participant_id for payment in [*shown, *(payment for payment, _ in changed)]]
    people += [row.sent_by] if row.sent_by else []
    return RunView(
        row=row,
        payments=shown,
        after=shown[-1].end_to_end_id if len(found) > PAYMENTS_A_PAGE else None,
        names=await names(tx, people),
        counts=await _counts(tx, run_id),
        changed=changed,
        answers=await tx.all(
            select(tables.bank_answers)
            .where(tables.bank_answers.c.run_id == run_id)
            .order_by(tables.bank_answers.c.taken_at)
        ),
        words=await _words(tx, run_id, shown),
        earlier=await taken_out.how_many_in_an_earlier_file(tx, run_id),
        lines=await taken_out.how_many_with_a_line(tx, run_id),
        went_out=await taken_out.how_many_went_out(tx, run_id),
        out=await tx.scalar(
            select(func.count())
            .select_from(payments)
            .where(payments.c.run_id == run_id, payments.c.state == "made", owing.may_have_left())
        ),
        gone=await taken_out.how_many_perhaps_gone(tx, run_id),
        gone_by_bank=await taken_out.how_many_perhaps_gone(tx, run_id, payments.c.method == TRANSFER),
    )


async def _counts(tx: Transaction, run_id: UUID) -> dict[tuple[str, str], tuple[int, int]]:
    payments = owing_tables.payments
    sums = func.count().label("number"), func.sum(payments.c.amount_pence).label("pence")
    rows = await tx.all(
        select(payments.c.method, payments.c.state, *sums)
        .where(payments.c.run_id == run_id)
        .group_by(payments.c.method, payments.c.state)
    )
    return {(row.method, row.state): (row.number, row.pence) for row in rows}


async def _changed(tx: Transaction, run: Row[Any]) -> list[tuple[Any, str]]:
    found = await tx.all(runs.made_payments(run.id))
    return [
        (payment, why)
        for payment in found
        if (why := runs.why_it_stays(payment, file_is_out=run.fetched_at is not None))
    ]


async def _words(tx: Transaction, run_id: UUID, shown: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """What the bank said of the file and its batches, and of payments on this page that it did not simply pay; the
    newest first."""
    words, payments = tables.bank_words, owing_tables.payments
    here = words.c.payment_id.is_(None) | one_of(words.c.payment_id, [payment.id for payment in shown])
    return await tx.all(
        select(words, payments.c.end_to_end_id)
        .join(payments, payments.c.id == words.c.payment_id, isouter=True)
        .where(words.c.run_id == run_id, here)
        .order_by(words.c.created_at.desc(), payments.c.end_to_end_id.nulls_first())
    )


# Who may say how a payment ended (PAY-10, PAY-12)


@dataclass(frozen=True, slots=True)
class Standing:
    """What one person may say about a run's payments. theirs: those about which they may say something. gone: how
    many perhaps paid by an earlier file they may say were not. together: how many take two people, of whom they may
    be one; heard: for how many of these somebody else has spoken; differ: of how many two said different things.
    nobody: how many nobody is left to speak about; nobody_brings: nor may anybody bring what the bank says."""

    theirs: frozenset[UUID]
    gone: int
    together: int
    heard: int
    differ: int
    nobody: int
    nobody_brings: bool


async def standing(tx: Transaction, run_id: UUID, person_id: UUID) -> Standing:
    payments = owing_tables.payments
    open_ = (
        payments.c.state.in_(["sent", "paid"])
        | ((payments.c.state == "cancelled") & payments.c.in_file.is_not(None))
        | (payments.c.state.in_(["rejected", "returned"]) & (payments.c.method != TRANSFER))
        | taken_out.in_an_earlier_file()
    )
    facts = await _facts_of(tx, await tx.all(with_their_runs((payments.c.run_id == run_id) & open_)))
    words = {payment_id: endings.what_can_be_said(each) for payment_id, each in facts.items()}
    theirs = {
        of
        for of, each in facts.items()
        if any(not endings.reasons_to_leave_it_to_another(each, how, person_id) for how in words[of])
    }
    waiting = {of: each for of, each in facts.items() if each.state not in endings.KNOWN}
    together = {of for of, each in waiting.items() if endings.says_it_with_another(each, words[of][-1], person_id)}
    return Standing(
        frozenset(of for of in theirs if facts[of].state != "made"),
        gone=sum(
            "not-paid" in words[of] and not endings.reasons_to_leave_it_to_another(facts[of], "not-paid", person_id)
            for of in theirs
        ),
        together=len(together),
        heard=sum(not endings.is_first_of_two(facts[of], words[of][-1], person_id) for of in together),
        differ=sum(endings.words_differ(facts[of]) for of in together),
        nobody_brings=endings.nobody_brings([each for each in waiting.values() if each.method == TRANSFER]),
        nobody=sum(endings.who_is_left(each, words[of][-1]) == "nobody" for of, each in waiting.items()),
    )


async def _facts_of(tx: Transaction, rows: Sequence[Row[Any]]) -> dict[UUID, ByHand]:
    """By id; includes how a payment that somebody said did not go, or was lost, was paid again since."""
    facts = {row.id: facts_of(row) for row in rows}
    not_paid = [row for row in rows if facts[row.id].state in NOT_PAID | {leaving.SAID_NOT_GONE}]
    again = await paid_again_by_its_claim(tx, not_paid)
    return {of: replace(each, paid_again=again.get(of, "")) for of, each in facts.items()}


async def left_after(tx: Transaction, run_id: UUID, what: str, person_id: UUID) -> dict[Left, list[Row[Any]]]:
    """PAY-12: who would be left to say how each payment ended if this person did this: "sent", "anew" or "cancel"."""
    payments = owing_tables.payments
    mine = (payments.c.run_id == run_id) & (payments.c.state == "made")
    left: dict[Left, list[Row[Any]]] = {"one": [], "two": [], "nobody": []}
    if what not in ("sent", "anew", "cancel"):
        return left
    for row in await tx.all(with_their_runs(mine if what == "sent" else mine & owing.may_have_left())):
        facts = facts_of(row)
        if what == "sent":
            facts = replace(facts, state="sent", sent_by=person_id)
        elif what == "cancel":
            facts = replace(facts, state=leaving.PERHAPS_GONE, taken_out_by=person_id)
        else:
            facts = replace(facts, fetched_by=facts.fetched_by | {person_id})
        left[endings.who_is_left(facts, endings.what_can_be_said(facts)[-1])].append(row)
    return left


async def word_on(
    tx: Transaction, run_id: UUID, payment_id: UUID, person_id: UUID
) -> tuple[ByHand, Sequence[Row[Any]]]:
    """One payment as its rules read it, and what others said of it that waits for a second person."""
    row = await tx.one(
        with_their_runs((owing_tables.payments.c.id == payment_id) & (owing_tables.payments.c.run_id == run_id))
    )
    words = tables.words_by_hand
    waiting = (
        (words.c.payment_id == payment_id) & (words.c.in_file == (row.in_file or 0)) & (words.c.said_by != person_id)
    )
    return (await _facts_of(tx, [row]))[row.id], await tx.all(select(words).where(waiting).order_by(words.c.said_at))


async def is_owed_again(tx: Transaction, payment_id: UUID) -> bool:
    """PAY-12: as paid_all_the_same.is_owed_again(), of one payment."""
    row = await tx.one(with_their_runs(owing_tables.payments.c.id == payment_id))
    return await paid_all_the_same.is_owed_again(tx, row)


async def payment(tx: Transaction, run_id: UUID, payment_id: UUID) -> tuple[Row[Any], str]:
    """One payment of a run, with its run's number and its payee."""
    payments, table = owing_tables.payments, owing_tables.payment_runs
    row = await tx.one(
        select(payments, table.c.number)
        .join(table, table.c.id == payments.c.run_id)
        .where(
            payments.c.id == payment_id,
            payments.c.run_id == run_id,
            (payments.c.state != "cancelled") | payments.c.in_file.is_not(None),
        )
    )
    return row, (await names(tx, [row.participant_id]))[row.participant_id]


async def how_many_near(tx: Transaction) -> int:
    return await tx.scalar(
        select(func.count()).select_from(owing_tables.bank_entries).where(owing_tables.bank_entries.c.state == "near")
    )
