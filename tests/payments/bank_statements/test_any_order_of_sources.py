"""PAY-12: whoever tells that money left or came back (the account's statement, the bank's answer, people by hand), how
often, in whatever order and at one moment, it ends as if the statement alone had told it."""

import asyncio
import random
from typing import Any

import pytest

from services.payments.paying.gateways import bank_xml
from services.payments.paying.use_cases import answers
from shared.db import new_id
from shared.reasons import Refused
from tests.payments.bank_statements.test_any_order_of_lines import LIVES, Line, bring, cut, decide, position
from tests.payments.bank_statements.test_bookings import message
from tests.payments.bank_statements.test_statement_shown import sent
from tests.payments.paying.support import pain_002
from tests.payments.support import World

Word = tuple[int, str]
"""Of which payment, and how somebody other than the statement tells it."""


def words_of(chance: random.Random, lives: list[str]) -> list[Word]:
    """What is true: that one was paid, if it ever left; that it came back, if that is the last that happened."""
    words: list[Word] = []
    for whose, life in enumerate(lives):
        if life and chance.random() < 0.6:
            words.append((whose, chance.choice(["paid", "ACSC"])))
        if life.endswith("B"):
            words += [(whose, chance.choice(["came-back", "RJCT"])) for _ in range(chance.randint(0, 3))]
    return words


async def say(world: World, payments: list[Any], word: Word) -> None:
    payment, how = payments[word[0]], word[1]
    if how in ("paid", "came-back"):
        await world.by_hand(payment.run_id, payment.id, how, who=new_id())
        return
    name = await message(world, payment.run_id)
    why = "<StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>" if how == "RJCT" else ""
    line = f"<OrgnlEndToEndId>{payment.end_to_end_id}</OrgnlEndToEndId><TxSts>{how}</TxSts>{why}"
    block = f"<OrgnlPmtInfId>{name}</OrgnlPmtInfId><TxInfAndSts>{line}</TxInfAndSts>"
    data = pain_002(f"</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>{block}</OrgnlPmtInfAndSts>", message=name)
    data = data.replace(b"BANK-REJ-9", new_id().hex.encode())
    await world.do(answers.apply_answer, payment.run_id, bank_xml.read_answer(data), data, by=new_id())


async def tell(world: World, payments: list[Any], told: list[Line] | Word) -> None:
    """A statement is brought again until it is read: who brings it looks again where something changed meanwhile. A
    word that says nothing new is refused."""
    for _ in range(5):
        try:
            if isinstance(told, list):
                await bring(world, payments, told, new_id())
            else:
                await say(world, payments, told)
        except Refused:
            if isinstance(told, list):
                continue
        return
    raise AssertionError("a statement is never read")


def lives_of(chance: random.Random, number: int) -> tuple[list[str], list[Line]]:
    lives = [chance.choice(LIVES) for _ in range(number)]
    return lives, [Line(3 + 2 * day, way, whose) for whose in range(number) for day, way in enumerate(lives[whose])]


FEW = [3, 4]
"""Between them: the bank's yes and no, and every word by hand."""


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[] if seed in FEW else pytest.mark.slow) for seed in range(61)]
)
async def test_pay_12_whoever_tells_it_and_how_often_it_ends_as_the_statement_alone_tells(
    world: World, seed: int
) -> None:
    chance = random.Random(seed)
    lives, lines = lives_of(chance, 3)
    in_order = [[line] for line in sorted(lines, key=lambda line: line.day)]
    mixed: list[list[Line] | Word] = [*cut(chance, lines), *words_of(chance, lives)]
    chance.shuffle(mixed)
    ends = []
    for tellings in (in_order, mixed):
        payments, left = await sent(world, 3), list(tellings)
        while left:
            together = [left.pop(0) for _ in range(min(len(left), chance.choice([1, 1, 2])))]
            await asyncio.gather(*(tell(world, payments, told) for told in together))
            if chance.random() < 0.4:
                await decide(world, payments)
            assert await world.broken() == {}, (seed, lives, tellings)
        await decide(world, payments)
        assert await world.broken() == {}, (seed, lives, tellings)
        ends.append(await position(world, payments))
        owed = await world.rows("SELECT claim_id FROM payables WHERE state = 'owed'")
        for payment, life in zip(payments, lives, strict=True):
            out = life.count("O") - life.count("B")
            now = await world.row("SELECT state, lost_times FROM payments WHERE id = :id", id=payment.id)
            assert (now.state == "paid") + now.lost_times == out, (seed, life, tellings)
            is_owed = payment.claim_id in {row.claim_id for row in owed}
            assert is_owed == (bool(life) and out == 0), (seed, life, tellings)
        await world.write("UPDATE claims SET held = true WHERE state = 'approved'")  # the first are not paid again
    assert ends[0] == ends[1], (seed, lives, mixed)
