"""PAY-12, PAY-14, PAY-16, PAY-17: whatever order things come in, an attendance is paid what its register gives, and
once."""

import contextlib
import random
from typing import Any
from uuid import UUID

import pytest

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval, withdrawing
from services.payments.bank_statements.use_cases import choosing
from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import claims, looking_again
from services.payments.correcting.use_cases import correcting
from services.payments.paying.use_cases import answers, run_files, runs, sending
from shared.db import Transaction, new_id
from shared.reasons import Missing, Refused
from tests.payments.approving.support import Register, owed, registered
from tests.payments.paying.support import camt
from tests.payments.support import PAYER, VAULT, World, brought, person

OUT = "SELECT coalesce(sum(amount_pence), 0) AS pence FROM payments WHERE state IN ('sent', 'paid')"
PERHAPS = (
    "SELECT coalesce(sum(amount_pence), 0) AS pence FROM payments WHERE state = 'cancelled' AND in_file IS NOT "
    "NULL AND settled_at IS NULL"
)
COSTS = (
    "SELECT coalesce(sum(pence), 0) AS pence FROM (SELECT least(sum(approved_pence), (SELECT full_pence FROM "
    "claim_lines WHERE id = cost)) AS pence"
    " FROM (SELECT coalesce(looks_at, id) AS cost, approved_pence FROM claim_lines WHERE state = 'approved' AND kind "
    "<> 'participation') AS lines"
    " GROUP BY cost) AS costs"
)
"""A cost and another look at it are one."""
LEFT = (
    "SELECT coalesce(sum(approved_pence), 0) AS pence FROM claim_lines JOIN claims ON claims.id = claim_id"
    " WHERE claim_lines.state = 'approved' AND kind {is_fee} 'participation' AND EXISTS (SELECT FROM payments JOIN "
    "payables ON payables.id = payable_id"
    " WHERE payments.claim_id = claims.id AND payables.state <> 'withdrawn' AND (payments.state IN ('sent', 'paid')"
    " OR (payments.state = 'made' AND in_file IS NOT NULL AND settled_at IS NULL)))"
)
"""What was agreed to of fees, or of costs, and has left: a decision, or a register that is put right, changes it no
more. It is written off once it is paid, and not before (PAY-17)."""
IN_RUN = (
    "SELECT coalesce(sum(payments.amount_pence), 0) AS pence FROM payments JOIN payables ON payables.id = payable_id "
    "AND payables.state = 'in-run'"
    " WHERE payments.state = 'made'"
)
ASKED = (
    "SELECT coalesce(sum(amount_pence), 0) AS pence FROM claim_lines JOIN claims ON claims.id = claim_id"
    " WHERE claim_lines.state = 'ready' AND kind = 'participation' AND claims.state IN ('open', 'submitted')"
)
WRITTEN = (
    "SELECT (SELECT coalesce(max(overpaid_pence), 0) FROM corrections) + (SELECT coalesce(sum(pence), 0) FROM "
    "overpayments) AS pence"
)


OWN = (
    "SELECT claims.id, coalesce(sum(coalesce(approved_pence, least(cut_to_pence, amount_pence))) FILTER (WHERE"
    " claim_lines.state IN ('ready', 'approved')), 0) AS pence, claims.state = 'declined' AND follows IS NOT NULL AS "
    "is_taken_back FROM claims LEFT JOIN claim_lines ON claim_lines.claim_id = claims.id GROUP BY claims.id"
)
CHANGES = "SELECT * FROM claim_changes WHERE what IN ('register', 'bank-paid') ORDER BY id"


class Life:
    """One attendance, and everybody who does something with its claims; what they do is chosen at random, and much of
    it is refused."""

    def __init__(self, world: World, register: Register, seed: int) -> None:
        self.world, self.register, self.chance = world, register, random.Random(seed)
        self.who = register.event.participant.id
        self.told: list[str] = []

    async def step(self) -> None:
        """Something that is not refused."""
        for _ in range(40):
            what = self.chance.choice(ACTS)
            with contextlib.suppress(Refused, Missing):
                await getattr(self, what)()
                self.told.append(what)
                return

    async def any_of(self, sql: str) -> Any:
        found = await self.world.rows(sql)
        if not found:
            raise Refused([])
        return self.chance.choice(found)

    async def claim(self) -> UUID:
        return (await self.any_of("SELECT id FROM claims ORDER BY created_at")).id

    async def run_id(self) -> UUID:
        """The newest, or any: two may be at the bank at once."""
        newest = "SELECT id FROM payment_runs ORDER BY number DESC LIMIT 1"
        return (
            await self.any_of(newest if self.chance.random() < 0.5 else "SELECT id FROM payment_runs ORDER BY number")
        ).id

    # The register, and who decides

    async def correct(self) -> None:
        await self.says(minutes=self.chance.choice([20, 20, 60, 90, 90, 120]), present=self.chance.random() < 0.9)

    async def slip(self) -> None:
        """A wrong figure in the register, put right at once."""
        said = self.register.event
        await self.says(minutes=self.chance.choice([0, 20, 60]), present=self.chance.random() < 0.7)
        await self.says(minutes=said.minutes, present=said.present)

    async def says(self, **facts: Any) -> None:
        """PAY-14, PAY-17: what owner and approver read of a correction are the sums before and after it: of all claims
        together beside the minutes, and otherwise of the one claim."""
        before, known = await self.world.rows(OWN), {row.id for row in await self.world.rows(CHANGES)}
        await self.register.says(**facts)
        after = await self.world.rows(OWN)
        found: dict[tuple[bool, UUID], list[tuple[int, int]]] = {}
        for row in await self.world.rows(CHANGES):
            if row.id not in known:
                key = row.was_minutes is not None, row.claim_id
                found.setdefault(key, []).append((row.was_pence, row.now_pence))
        for (of_all, claim_id), sums in found.items():
            was, now = [
                sum(row.pence for row in rows if (not row.is_taken_back if of_all else row.id == claim_id))
                for rows in (before, after)
            ]
            ends = [was, *(pence for pair in sums for pence in pair), now]
            assert ends[::2] == ends[1::2], (ends, of_all, self.told)

    async def decide(self, share: float) -> None:
        claim_id = await self.claim()
        lines = [line for line in await self.world.lines(claim_id) if line.state == "ready"]
        decisions = [
            Decision(line.id, round(line.amount_pence * share), "" if share == 1 else "A break") for line in lines
        ]
        await self.world.do(approval.approve_claim, claim_id, decisions, by=new_id())

    async def approve(self) -> None:
        await self.decide(1)

    async def reduce(self) -> None:
        await self.decide(self.chance.choice([0, 0.3, 0.5]))

    async def withdraw(self) -> None:
        claim_id = await self.claim()
        await self.world.do(withdrawing.withdraw_approval, claim_id, "A mistake", by=new_id())

    async def look(self) -> None:
        claim_id = await self.claim()
        await self.world.do(looking_again.ask_for_another_look, claim_id, "", by=self.who)

    async def submit(self) -> None:
        claim_id = await self.claim()
        await self.world.do(claims.submit_claim, claim_id, by=self.who)

    # Finance

    async def pay(self) -> None:
        payable = await self.any_of("SELECT id FROM payables WHERE state = 'owed' ORDER BY id")
        chosen = None if self.chance.random() < 0.5 else [payable.id]
        await self.world.do(runs.make_run, chosen, by=new_id())

    async def fetch(self) -> None:
        run_id = await self.run_id()
        await self.world.do(run_files.fetch_bank_file, run_id, PAYER, VAULT, by=new_id())

    async def send(self) -> None:
        run_id, knows = await self.run_id(), self.chance.random() < 0.3
        await self.world.do(sending.mark_sent, run_id, knows_of_changes=knows, by=new_id())

    async def take_back(self) -> None:
        run_id = await self.run_id()
        await self.world.do(runs.cancel_run, run_id, by=new_id())

    async def make_anew(self) -> None:
        run_id = await self.run_id()
        await self.world.do(runs.make_anew, run_id, by=new_id())

    async def say(self) -> None:
        """Of any payment, by hand."""
        payment = await self.any_of("SELECT id, run_id FROM payments ORDER BY id")
        await self.world.by_hand(
            payment.run_id, payment.id, self.chance.choice(["paid", "paid", "not-paid", "came-back"]), new_id()
        )

    async def not_gone(self) -> None:
        run_id = await self.run_id()
        await self.world.do(answers.confirm_not_gone, run_id, by=new_id())

    # The bank

    async def bank_pays(self) -> None:
        """What stood in a file, whatever we think of it now: the account's statement says so, and somebody looks at
        what is not certain."""
        sql = "SELECT * FROM payments WHERE state = 'sent' OR in_file IS NOT NULL ORDER BY id"
        payment = await self.any_of(sql)
        data = camt((f"{payment.amount_pence / 100:.2f}", "DBIT", payment.end_to_end_id, ""))
        await self.world.do(brought, data, by=new_id())

    async def bank_sends_back(self) -> None:
        """Out and in on one statement, and then the half of it that shows it going out, once more."""
        payment = await self.any_of("SELECT * FROM payments WHERE state IN ('sent', 'paid') ORDER BY id")
        pence = f"{payment.amount_pence / 100:.2f}"
        out, back = (pence, "DBIT", payment.end_to_end_id, ""), (pence, "CRDT", payment.end_to_end_id, "")
        await self.world.do(brought, camt(out, back), by=new_id())
        await self.world.do(brought, camt(out), by=new_id())

    async def choose(self) -> None:
        entry = await self.any_of("SELECT id FROM bank_entries WHERE state = 'near' ORDER BY id")
        payment = await self.any_of("SELECT id FROM payments WHERE state <> 'made' ORDER BY id")
        await self.world.do(choosing.choose, entry.id, payment.id, VAULT, by=new_id())


ACTS = ["correct"] * 3 + ["approve"] * 4 + ["reduce"] * 2 + ["look"] * 3 + ["submit"] * 2 + ["withdraw"]
ACTS += (
    ["pay"] * 3
    + ["fetch"] * 3
    + ["send"] * 2
    + ["take_back"] * 2
    + ["make_anew", "say", "say", "not_gone", "bank_pays", "bank_pays", "choose"]
)
ACTS += ["slip", "bank_sends_back"]


async def life_of(world: World, seed: int, miles: int, fare: int) -> Life:
    if not fare:
        return Life(world, await registered(world, minutes=90, miles=miles), seed)
    who = person()
    event = world.attendance(await world.opportunity(), who, minutes=90)
    await world.hear(event)
    claim_id = (await world.row("SELECT id FROM claims")).id
    await world.account(who, 0)
    line_id = UUID(await world.do(claims.add_expense, claim_id, LineKind.FARE, "Train", fare, by=who.id))
    await world.receipt(who, claim_id, line_id)
    await world.do(claims.choose_recognition, claim_id, "bank-transfer", by=who.id)
    await world.do(claims.submit_claim, claim_id, by=who.id)
    return Life(world, Register(world, event, claim_id), seed)


async def can_go(tx: Transaction) -> int:
    """Pence that a run could take now, or that stand in one."""
    owed_now = await tx.all(runs.owed(with_held=True))
    return sum(row.amount_pence for row in owed_now if row.perhaps_gone_in is None and not row.correction_due)


LIVES = [(0, 0, 28), (10, 0, 116), (0, 1000, 1)]
SLOW = [
    pytest.param(miles, fare, seed, marks=pytest.mark.slow)
    for miles, fare in ((0, 0), (10, 0), (0, 1000))
    for seed in (1, 3, *range(20, 41))
]


@pytest.mark.parametrize(("miles", "fare", "seed"), [*LIVES, *(each for each in SLOW if each.values not in LIVES)])
async def test_pay_12_whatever_order_things_come_in_no_more_goes_than_the_register_gives(
    world: World, seed: int, miles: int, fare: int
) -> None:
    """What can go comes, with what went, is on its way or may be at the bank, to what the register gives and to the
    costs at most; what was paid too much all the same, because the bank paid what had been taken out or a register was
    put right since, is written down."""
    life = await life_of(world, seed, miles, fare)
    for _ in range(25):
        await life.step()
        await world.do(correcting.settle_due_corrections)
        said = life.register.event
        fee = -(-said.minutes * 1000 // 60) if said.present else 0
        out, perhaps, costs, in_run, written = [
            (await world.row(sql)).pence for sql in (OUT, PERHAPS, COSTS, IN_RUN, WRITTEN)
        ]
        fees_left, costs_left = [(await world.row(LEFT.format(is_fee=which))).pence for which in ("=", "<>")]
        too_much = max(written, max(fees_left - fee, 0) + max(costs_left - costs, 0))
        can = await world.read(can_go)
        if can:
            assert out + perhaps + in_run + can <= fee + costs + too_much, (seed, life.told)
        if fare:
            assert costs <= fare, (seed, life.told)
        if not miles and not fare:
            assert await owed(world) + (await world.row(ASKED)).pence <= max(fee, out + in_run), (seed, life.told)
        assert await world.broken() == {}, (seed, life.told)
