"""PAY-12: whatever the bank has booked of our payments, cut into whatever files and brought in whatever order, comes to
the same in the end: where each payment stands, what is lost, the ledger, and what people were told."""

import random
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from services.payments.bank_statements.use_cases import choosing, statement_ends
from shared.db import new_id
from shared.reasons import Refused
from tests.payments.bank_statements.test_bookings import message
from tests.payments.bank_statements.test_paid_twice import near
from tests.payments.bank_statements.test_statement_shown import sent
from tests.payments.paying.support import CAMT, ENTRY
from tests.payments.support import VAULT, World, brought, seen_on_the_account

LIVES = ["", "O", "O", "OB", "OO", "OOB", "OBO", "OBOB", "OOBB", "OOO"]
"""What the bank does with one payment, day after day: O goes out, B comes back."""
SAID = ["", "", "not-paid", "paid"]
"""What somebody said of it by hand before any statement came."""


@dataclass(frozen=True)
class Line:
    """whose: a payment's place in the run; None: the whole file."""

    day: int
    way: str
    whose: int | None


def lines_of(chance: random.Random, number: int) -> list[Line]:
    """No day has two bookings of one payment and way."""
    lines = [Line(3 + 2 * step, way, whose) for whose in range(number) for step, way in enumerate(chance.choice(LIVES))]
    if chance.random() < 0.4:
        lines.append(Line(2, "O", None))
        if chance.random() < 0.4:
            lines.append(Line(20, "B", None))
    return lines


def cut(chance: random.Random, lines: list[Line]) -> list[list[Line]]:
    """Into files in whatever order; some lines stand in two of them."""
    shown = [*lines, *(line for line in lines if chance.random() < 0.3)]
    files: list[list[Line]] = [[] for _ in range(chance.randint(1, max(len(shown), 1)))]
    for line in shown:
        file = chance.choice(files)
        if line not in file:
            file.append(line)
    chance.shuffle(files)
    return [file for file in files if file]


async def bring(world: World, payments: list[Any], file: list[Line], who: UUID) -> None:
    entries = ""
    name = await message(world, payments[0].run_id)
    for line in file:
        of = payments if line.whose is None else [payments[line.whose]]
        amount = f"{sum(each.amount_pence for each in of) / 100:.2f}"
        reference = name if line.whose is None else of[0].end_to_end_id
        way = "DBIT" if line.way == "O" else "CRDT"
        entry = ENTRY.format(currency="GBP", amount=amount, way=way, reference=reference, back="")
        entries += entry.replace("2026-11-24", f"2026-11-{line.day:02}")
    await world.do(brought, CAMT.format(entries=f"<!-- {new_id()} -->{entries}").encode(), by=who)


async def decide(world: World, payments: list[Any]) -> None:
    """Two people who saw the account say what each line that waits is, until nothing waits."""
    for _ in range(40):
        await world.do(statement_ends.settle_what_is_known, VAULT)
        await world.do(seen_on_the_account, by=new_id())
        waiting = await world.rows(
            "SELECT entry_id, bookings.payment_id FROM bank_bookings AS bookings JOIN bank_entries ON bank_entries.id"
            " = entry_id WHERE bookings.state = 'waits' ORDER BY went_out DESC, bookings.day, bookings.id"
        )
        if not waiting:
            assert await near(world) == []
            return
        for each in waiting:
            try:
                await world.do(choosing.choose, each.entry_id, each.payment_id, VAULT, by=new_id())
                break
            except Refused:
                continue
        else:
            raise AssertionError(f"nobody can decide: {waiting}")


async def position(world: World, payments: list[Any]) -> list[Any]:
    found = []
    for payment in payments:
        now = await world.row("SELECT * FROM payments WHERE id = :id", id=payment.id)
        accounts = await world.rows(
            "SELECT account, sum(pence) AS pence FROM postings JOIN journal ON journal.id = journal_id"
            " WHERE claim_id = :id GROUP BY account HAVING sum(pence) <> 0 ORDER BY account",
            id=payment.claim_id,
        )
        booked = await world.rows(
            "SELECT went_out, day, state FROM bank_bookings WHERE payment_id = :id ORDER BY day, went_out",
            id=payment.id,
        )
        told = (
            len(await world.events("claim-paid", payment.claim_id)),
            len(await world.events("claim-owed-again", payment.claim_id)),
        )
        is_out = now.state == "paid"
        assert told[0] - told[1] == is_out, (told, now.state)
        found.append((now.state in ("rejected", "returned"), now.state, now.lost_times, accounts, booked))
    return [(is_back, "back" if is_back else state, *rest) for is_back, state, *rest in found]


FEW = [2, 3]
"""Between them: payments that are never booked, go out once and three times, come back once and twice; the whole file
out and back; a word by hand of either kind."""


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[] if seed in FEW else pytest.mark.slow) for seed in range(61)]
)
async def test_pay_12_whatever_order_lines_come_in_they_end_in_the_same(world: World, seed: int) -> None:
    chance = random.Random(seed)
    lines = lines_of(chance, 3)
    said = [chance.choice(SAID) for _ in range(3)]
    ends = []
    for files in ([[line] for line in sorted(lines, key=lambda line: (line.day, line.way != "O"))], cut(chance, lines)):
        payments = await sent(world, 3)
        for payment, how in zip(payments, said, strict=True):
            if how:
                await world.by_hand(payment.run_id, payment.id, how)
        for file in files:
            await bring(world, payments, file, new_id())
        await decide(world, payments)
        assert await world.broken() == {}, (seed, lines, said, files)
        ends.append(await position(world, payments))
        await world.write("UPDATE claims SET held = true WHERE state = 'approved'")  # the first are not paid again
    assert ends[0] == ends[1], (seed, lines, said)
