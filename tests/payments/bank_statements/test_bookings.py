"""PAY-12: what the bank has booked of a payment is kept, each booking once; where a payment stands follows from all of
it, whatever order the statements come in."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.bank_statements.domain import matching
from services.payments.bank_statements.use_cases import choosing, statement_ends
from services.payments.paying.pages.runs import choices_of
from services.payments.paying.queries import runs as run_queries
from services.payments.paying.use_cases import answers, runs
from shared.db import new_id
from shared.reasons import Refused
from tests.payments.bank_statements.support import payment_of
from tests.payments.bank_statements.test_paid_twice import LOST, near, said_and_paid_again
from tests.payments.bank_statements.test_statement_shown import sent
from tests.payments.paying.support import by_answer, camt
from tests.payments.support import VAULT, World, brought, person

OUT, BACK = "DBIT", "CRDT"


def on(day: int, *entries: tuple[str, str, str], code: str = "") -> bytes:
    """A statement of one day of November: (sum, way, reference)."""
    data = camt(*((amount, way, reference, code) for amount, way, reference in entries))
    return data.replace(b"2026-11-24", f"2026-11-{day:02}".encode())


def of(payment: Any, way: str) -> tuple[str, str, str]:
    return f"{payment.amount_pence / 100:.2f}", way, payment.end_to_end_id


async def lost(world: World) -> int:
    return (await world.row(LOST)).pence


async def states(world: World, run_id: UUID) -> list[str]:
    rows = await world.rows("SELECT state FROM payments WHERE run_id = :id ORDER BY end_to_end_id", id=run_id)
    return [row.state for row in rows]


async def message(world: World, run_id: UUID) -> str:
    return (await world.row("SELECT message_id FROM payment_runs WHERE id = :id", id=run_id)).message_id


# Paid twice


@pytest.mark.parametrize("method", ["bank-transfer", "vouchers"])
@pytest.mark.parametrize("state", ["sent", "paid", "perhaps-gone", "said-not-gone"])
def test_pay_12_no_choice_says_that_anything_is_owed_where_another_payment_stands_in_its_place(
    method: str, state: str
) -> None:
    hints = [hint for *_, hint in choices_of(method, state, is_owed_again=False)]
    assert hints and not any("run" in hint or "check" in hint for hint in hints)
    owed = [hint for *_, hint in choices_of(method, state)]
    assert any("run" in hint for hint in owed) == (state != "said-not-gone") and len(owed) == len(hints)


@pytest.mark.parametrize("files", ["one by one", "in one"])
async def test_pay_12_a_booking_on_another_day_is_a_second_one_and_lost_by_two_words(world: World, files: str) -> None:
    [one] = await sent(world)
    bringer = new_id()
    if files == "in one":
        both = on(24, of(one, OUT)).replace(b"</Stmt>", b"") + b""
        extra = on(25, of(one, OUT)).split(b"<Id>1</Id>")[1]
        await world.do(brought, both.split(b"</BkToCstmrStmt>")[0] + extra, by=bringer)
    else:
        for day in (24, 25):
            await world.do(brought, on(day, of(one, OUT)), by=bringer)
    assert (await states(world, one.run_id), await lost(world)) == (["paid"], 0)
    [line] = await near(world)
    assert line.because == "twice"
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(choosing.choose, line.id, one.id, VAULT, by=bringer)
    assert await world.do(choosing.choose, line.id, one.id, VAULT, by=world.second) == "paid-twice"
    assert (await states(world, one.run_id), await lost(world), await near(world)) == (["paid"], 1500, [])
    again = await world.do(brought, on(25, of(one, OUT), ("1.00", OUT, "X")), by=bringer)
    assert (again["known"], again["near"]) == (1, 0)
    back = await world.do(brought, on(27, of(one, BACK)), by=bringer)
    assert (back["returned"], await states(world, one.run_id), await lost(world)) == (0, ["paid"], 0)
    assert (await world.do(brought, on(28, of(one, BACK)), by=bringer))["returned"] == 1
    assert await states(world, one.run_id) == ["returned"] and await world.broken() == {}


async def test_pay_12_what_was_noted_as_paid_twice_and_comes_back_is_lost_no_more(world: World) -> None:
    gone, _ = await said_and_paid_again(world)
    await world.do(brought, on(24, of(gone, OUT)), by=new_id())
    [line] = await near(world)
    await world.do(choosing.choose, line.id, gone.id, VAULT, by=world.second)
    assert await lost(world) == 1500
    await world.do(brought, on(26, of(gone, BACK)), by=world.second)
    assert (await lost(world), (await world.row("SELECT paid_twice_at FROM payments WHERE id = :id", id=gone.id))) == (
        0,
        (None,),
    )
    bank = "SELECT -sum(pence) AS pence FROM postings JOIN journal ON journal.id = journal_id WHERE payment_id = :id"
    assert (await world.row(bank + " AND account = 'bank'", id=gone.id)).pence == 0
    assert await world.broken() == {}


@pytest.mark.parametrize("how", ["by a statement", "by hand", "with the other"])
async def test_pay_12_when_what_was_paid_again_comes_back_what_was_lost_pays_and_nothing_is_owed(
    world: World, how: str
) -> None:
    gone, again = await said_and_paid_again(world)
    await world.do(brought, on(24, of(gone, OUT), of(again, OUT)), by=new_id())
    [line] = await near(world)
    await world.do(choosing.choose, line.id, gone.id, VAULT, by=world.second)
    assert await lost(world) == 1500
    assert not await world.read(run_queries.is_owed_again, again.id)  # as its page says before anybody presses
    if how == "by hand":
        said = await world.do(answers.end_by_hand, again.run_id, again.id, "came-back", by=world.second)
        assert said == "other-pays"
    else:
        both = [of(again, BACK), of(gone, BACK)] if how == "with the other" else [of(again, BACK)]
        await world.do(brought, on(26, *both), by=world.second)
    is_owed = how == "with the other"
    owed_again = await world.events("claim-owed-again", again.claim_id)
    assert len(owed_again) == is_owed  # who has what was lost hears nothing of what came back
    heard = [event["heard_before"] for event in await world.events("claim-paid", again.claim_id)]
    assert heard == ([False] if is_owed else [False, True])  # nor a second time that they are paid
    assert (await states(world, gone.run_id), await states(world, again.run_id), await lost(world)) == (
        ["cancelled"] if is_owed else ["paid"],
        ["returned"],
        0,
    )
    claim = await world.row("SELECT state FROM claims WHERE id = :id", id=again.claim_id)
    assert claim.state == ("approved" if is_owed else "paid")
    await world.do(statement_ends.settle_what_is_known, VAULT)
    assert (await near(world), await world.broken()) == ([], {})
    if not is_owed:
        await world.do(brought, on(27, of(gone, BACK)), by=world.second)
        assert (await states(world, gone.run_id), await lost(world)) == (["returned"], 0)
        assert await world.broken() == {}


async def test_pay_12_what_came_back_by_hand_of_what_went_out_twice_is_lost_no_more(world: World) -> None:
    [one] = await sent(world)
    for day in (24, 25):
        await world.do(brought, on(day, of(one, OUT)), by=new_id())
    [line] = await near(world)
    assert await world.read(run_queries.is_owed_again, one.id)
    await world.do(choosing.choose, line.id, one.id, VAULT, by=world.second)
    assert not await world.read(run_queries.is_owed_again, one.id)
    said = await world.do(answers.end_by_hand, one.run_id, one.id, "came-back", by=world.second)
    assert (said, await states(world, one.run_id), await lost(world)) == ("loss-back", ["paid"], 0)
    again = await world.do(brought, on(27, of(one, BACK)), by=world.second)
    assert (again["known"], await states(world, one.run_id), await near(world)) == (1, ["paid"], [])
    with pytest.raises(Refused, match="PAY-12"):  # one return is known, and a statement alone shows another
        await world.do(answers.end_by_hand, one.run_id, one.id, "came-back", by=world.second)
    await world.do(brought, on(28, of(one, BACK)), by=world.second)
    assert (await states(world, one.run_id), await world.broken()) == (["returned"], {})


# Out and back, in whatever order


@pytest.mark.parametrize("order", ["out, back", "back, out", "both"])
async def test_pay_12_money_that_went_out_and_came_back_is_owed_again_in_whatever_order(
    world: World, order: str
) -> None:
    [one] = await sent(world)
    bringer = new_id()
    files = {"out": on(24, of(one, OUT)), "back": on(26, of(one, BACK)), "both": on(24, of(one, OUT), of(one, BACK))}
    for name in order.split(", "):
        await world.do(brought, files[name], by=bringer)
    assert (await states(world, one.run_id), await near(world)) == (["returned"], [])
    assert len(await world.events("claim-paid")) == 1
    assert len(await world.events("claim-owed-again")) == 1
    await world.run()
    assert await world.broken() == {}


@pytest.mark.parametrize("files", ["back, out", "both"])
async def test_pay_12_what_came_back_before_it_went_out_again_is_out(world: World, files: str) -> None:
    """The bank tried twice, and the statement of the first time is brought last."""
    [one] = await sent(world)
    out, back = on(25, of(one, OUT)), on(24, of(one, BACK))
    both = back.split(b"</Stmt>")[0] + out.split(b"<Id>1</Id>")[1]
    for data in ([back, out], [both])[files == "both"]:
        await world.do(brought, data, by=world.second)
    assert (await states(world, one.run_id), [each.because for each in await near(world)]) == (["paid"], ["unseen"])
    assert await world.events("claim-owed-again") == []
    await world.do(brought, on(23, of(one, OUT)), by=world.second)
    assert (await states(world, one.run_id), await near(world)) == (["paid"], [])
    assert await world.broken() == {}


async def test_pay_12_a_statement_of_something_else_ends_nothing_that_waits(world: World) -> None:
    [one] = await sent(world)
    await world.do(brought, on(24, of(one, BACK)), by=world.second)
    await by_answer(world, world.second, one, "paid")
    await world.do(brought, on(25, ("15.00", BACK, "ROOM HIRE INVOICE 12")), by=world.second)
    assert (await states(world, one.run_id), len(await near(world))) == (["paid"], 1)
    assert await world.events("claim-owed-again") == []


@pytest.mark.parametrize("word", ["pain.002", "by hand"])
@pytest.mark.parametrize("files", ["one by one", "in one", "back first"])
async def test_pay_12_what_was_not_paid_and_went_out_and_came_back_needs_nobody(
    world: World, word: str, files: str
) -> None:
    [one] = await sent(world)
    if word == "pain.002":
        await by_answer(world, world.second, one, "not paid")
    else:
        await world.by_hand(one.run_id, one.id, "not-paid")
    both = [on(24, of(one, OUT)), on(26, of(one, BACK))]
    if files == "in one":
        both = [on(24, of(one, OUT), of(one, BACK))]
    for data in reversed(both) if files == "back first" else both:
        await world.do(brought, data, by=world.second)
    assert (await states(world, one.run_id), await near(world)) == (["rejected"], [])
    assert await world.events("claim-paid") == []
    told = [event["waiting"] for event in await world.events("payments-perhaps-gone", one.run_id)]
    assert told == ([1, 0] if files == "one by one" else [])
    await world.run()


# Whole files


async def test_pay_12_a_whole_file_of_which_one_was_said_not_to_be_paid_pays_the_others(world: World) -> None:
    first, *others = await sent(world, 4)
    run_id, bringer = first.run_id, new_id()
    await world.by_hand(run_id, first.id, "not-paid")
    again = await world.sent_run()
    done = await world.do(brought, on(24, ("60.00", OUT, await message(world, run_id))), by=bringer)
    assert (done["paid"], done["went_out"], await states(world, run_id)) == (3, 1, ["rejected", *["paid"] * 3])
    [line] = await near(world)
    for other in (others[0], await payment_of(world, again)):
        with pytest.raises(Refused, match="PAY-12"):
            await world.do(choosing.choose, line.id, other.id, VAULT, by=world.second)
    assert await world.do(choosing.choose, line.id, first.id, VAULT, by=world.finance) == "paid-twice"
    assert (await lost(world), await near(world), await world.broken()) == (1500, [], {})


async def test_pay_12_a_whole_file_without_what_was_refused_pays_the_rest(world: World) -> None:
    first, *_ = await sent(world, 3)
    await world.by_hand(first.run_id, first.id, "not-paid")
    done = await world.do(brought, on(24, ("30.00", OUT, await message(world, first.run_id))), by=world.second)
    assert (done["paid"], await states(world, first.run_id)) == (2, ["rejected", "paid", "paid"])


@pytest.mark.parametrize("names", ["the file", "its payments"])
async def test_pay_12_a_whole_file_of_which_one_was_said_to_be_paid_pays_the_rest(world: World, names: str) -> None:
    first, second = await sent(world, 2)
    await world.by_hand(first.run_id, first.id, "paid")
    text = f"{first.end_to_end_id} {second.end_to_end_id}"
    text = await message(world, first.run_id) if names == "the file" else text
    done = await world.do(brought, on(24, ("30.00", OUT, text)), by=world.second)
    assert (done["paid"], done["near"], await states(world, first.run_id)) == (1, 0, ["paid", "paid"])


async def test_pay_12_a_whole_file_that_comes_back_comes_back_in_all_its_payments(world: World) -> None:
    first, _ = await sent(world, 2)
    name = await message(world, first.run_id)
    for way, day in ((OUT, 24), (BACK, 26)):
        done = await world.do(brought, on(day, ("30.00", way, name)), by=world.second)
    assert (done["returned"], await states(world, first.run_id)) == (2, ["returned", "returned"])
    assert await world.broken() == {}


@pytest.mark.parametrize("way", [OUT, BACK])
async def test_pay_12_a_line_that_names_a_file_and_has_another_sum_is_looked_at(world: World, way: str) -> None:
    first, _ = await sent(world, 2)
    done = await world.do(brought, on(24, ("31.00", way, await message(world, first.run_id))), by=world.second)
    assert (done["near"], done["others"], (await near(world))[0].because) == (1, 0, "file")
    if way == OUT:
        with pytest.raises(Refused, match="PAY-12"):
            await world.do(answers.end_by_hand, first.run_id, first.id, "not-paid", by=new_id())
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(choosing.choose, (await near(world))[0].id, None, VAULT, by=world.second)
    data = on(24, ("31.00", way, await message(world, first.run_id)), ("1.00", OUT, "X"))
    again = await world.do(brought, data, by=world.second)
    assert again["near"] == 1 and len(await near(world)) == 1


async def test_pay_12_what_a_person_says_later_settles_what_waits(world: World) -> None:
    """It went out by a line that a second person has to see; somebody says by hand that it was paid."""
    [one] = await sent(world)
    await world.do(brought, on(24, of(one, OUT)), by=world.finance)
    await world.by_hand(one.run_id, one.id, "paid")
    await world.do(statement_ends.settle_what_is_known, VAULT)
    assert (await near(world), (await world.row("SELECT state FROM bank_bookings")).state) == ([], "counts")


async def test_pay_12_a_line_of_a_file_that_fits_by_now_and_was_shown_again_waits_no_more(world: World) -> None:
    """First the line did not fit; the bank said since that one was not paid, and another file shows the line again."""
    first, *_ = await sent(world, 3)
    line = ("30.00", OUT, await message(world, first.run_id))
    await world.do(brought, on(24, line), by=world.second)
    assert [each.because for each in await near(world)] == ["file"]
    await by_answer(world, world.second, first, "not paid")
    await world.do(brought, on(24, line, ("1.00", OUT, "X")), by=world.second)
    await world.do(statement_ends.settle_what_is_known, VAULT)
    assert (await near(world), await states(world, first.run_id)) == ([], ["rejected", "paid", "paid"])


@pytest.mark.parametrize("why", ["reversal", "several"])
async def test_pay_12_a_line_of_which_somebody_said_what_it_is_is_not_asked_about_again(world: World, why: str) -> None:
    first, second = await sent(world, 2)
    await world.do(brought, on(23, of(first, OUT)), by=world.second)
    await world.do(brought, on(24, of(first, BACK)), by=world.second)

    def shown(*more: tuple[str, str, str]) -> bytes:
        if why == "several":
            return on(25, ("15.00", OUT, f"{first.end_to_end_id} {second.end_to_end_id}"), *more)
        entry = on(25, of(first, OUT), *more)
        return entry.replace(b"<CdtDbtInd>DBIT</CdtDbtInd>", b"<CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd>", 1)

    await world.do(brought, shown(), by=world.second)
    [line] = await near(world)
    assert line.because == why
    assert await world.do(choosing.choose, line.id, first.id, VAULT, by=world.second) == "paid"
    again = await world.do(brought, shown(("1.00", OUT, "X")), by=world.second)
    assert (await near(world), await lost(world), await states(world, first.run_id)) == ([], 0, ["paid", "sent"])
    assert again["paid"] == 0 and await world.broken() == {}


def test_pay_12_why_a_line_is_kept_says_whether_it_books_anything() -> None:
    """Lines that book nothing before somebody has chosen wait for another reason than bookings do."""
    assert set(matching.UNRESOLVED).isdisjoint((*matching.WAITS, "own"))


@pytest.mark.parametrize("files", ["one by one", "in one"])
async def test_pay_12_two_files_of_a_run_on_one_day_are_two_bookings(world: World, files: str) -> None:
    first, _ = await sent(world, 2)
    name = await message(world, first.run_id)
    await world.write("UPDATE payments SET in_file = 2 WHERE run_id = :id", id=first.run_id)
    lines = [("30.00", OUT, name), ("30.00", OUT, f"{name}-2")]
    for shown in [lines] if files == "in one" else [lines[:1], lines[1:], [*lines, ("1.00", OUT, "X")]]:
        await world.do(brought, on(24, *shown), by=world.second)
    assert (await states(world, first.run_id), [each.because for each in await near(world)]) == (
        ["paid", "paid"],
        ["twice"],
    )


async def test_pay_12_what_was_taken_back_before_its_file_was_fetched_and_went_out_can_be_said(world: World) -> None:
    await world.approved(person())
    run_id = await world.run()
    one = await payment_of(world, run_id)
    await world.do(brought, on(24, of(one, OUT)), by=world.second)
    assert [each.because for each in await near(world)] == ["state"]
    await world.do(runs.cancel_run, run_id, by=world.finance)
    await world.do(statement_ends.settle_what_is_known, VAULT)
    [line] = await near(world)
    assert line.because == "went-out"
    assert await world.do(choosing.choose, line.id, one.id, VAULT, by=world.second) == "paid"
    assert (await states(world, run_id), await near(world), await world.broken()) == (["paid"], [], {})
