"""PAY-12: a statement that is read the wrong way round pays nobody twice, and what its columns mean is two people's
word."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.bank_statements.domain import bank_lines, reading
from services.payments.bank_statements.gateways import bank_csv
from services.payments.bank_statements.gateways.bank_csv import Columns
from services.payments.bank_statements.gateways.days import day_of
from services.payments.bank_statements.use_cases import bank_statements, choosing
from services.payments.paying.use_cases import sending
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.bank_statements.support import ONE, entry, payment_of, take
from tests.payments.paying.support import camt
from tests.payments.site import followed, post
from tests.payments.support import VAULT, World, as_shown, person, read_with, seen_on_the_account

TWO, SWAPPED = Columns(0, [1], paid_out=2, paid_in=3), Columns(0, [1], paid_out=3, paid_in=2)


async def named(world: World, who: UUID, data: bytes, columns: Columns) -> UUID:
    statement_id = UUID((await take(world, who, data))["map"])
    await world.do(bank_statements.name_columns, statement_id, columns, VAULT, by=who)
    return statement_id


# Nobody saw it go out


@pytest.mark.parametrize("kind", ["csv", "camt.053"])
async def test_pay_12_money_that_comes_in_before_anybody_saw_it_go_out_makes_nothing_payable(
    world: World, kind: str
) -> None:
    """The bank of this CSV writes no sign: each line reads as money that came in."""
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    sent = await payment_of(world, run_id)
    if kind == "csv":
        data = f"Date,Description,Amount\n24/11/2026,{sent.end_to_end_id} COL TEST,15.00\n".encode()
        asked = await take(world, world.second, data)
        done = await world.do(read_with, UUID(asked["map"]), ONE, by=world.second)
    else:
        done = await take(world, world.second, camt(("15.00", "CRDT", sent.end_to_end_id, "")))
    assert (done["paid"], done["returned"], done["near"]) == (0, 0, 1)
    assert ((await payment_of(world, run_id)).state, (await world.claim(claim_id)).state) == ("sent", "approved")
    with pytest.raises(Refused):
        await world.run()
    near = await entry(world)
    assert near.because == "unseen"
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(choosing.choose, near.id, sent.id, VAULT, by=world.finance)
    for who, has_read in (
        (world.second, True),
        (new_id(), False),
    ):  # who brought it, and another who has not read what it means
        with pytest.raises(Refused, match="PAY-12"):
            await world.do(choosing.choose, near.id, sent.id, VAULT, asked=has_read, by=who)
    await take(world, world.second, camt(("15.00", "DBIT", sent.end_to_end_id, "")))
    # It went out, so that the bank's own word counts; a CSV may be read the wrong way, and a second person looks.
    ends = ("paid", "paid") if kind == "csv" else ("returned", "approved")
    assert ((await payment_of(world, run_id)).state, (await world.claim(claim_id)).state) == ends


async def test_pay_12_a_payment_that_was_seen_paid_comes_back_at_once(world: World) -> None:
    await world.approved(person())
    run_id = await world.sent_run()
    reference = (await payment_of(world, run_id)).end_to_end_id
    await take(world, world.second, camt(("15.00", "DBIT", reference, "")))
    assert (await take(world, world.second, camt(("15.00", "CRDT", reference, ""))))["returned"] == 1


async def test_pay_12_sums_without_a_minus_are_shown_as_they_are_read_and_asked_about(site: World) -> None:
    url = "/payments/bank-statement"
    await site.approved(person())
    run_id = await site.sent_run()
    data = (
        f"Date,Description,Amount\n24/11/2026,{(await payment_of(site, run_id)).end_to_end_id} COL TEST,15.00\n"
    ).encode()
    second = site.visitor(Role.FINANCE, person_id=site.second)
    columns = (await post(second, url, url, files={"statement": ("s.csv", data, "text/csv")})).headers["location"]
    assert "checked" not in (await second.get(columns)).text.split('name="sums"')[1].split("</fieldset>")[0]
    check = (await post(second, columns, columns, day="0", words="1", sums="one", amount="2")).headers["location"]
    shown = (await second.get(check)).text
    assert (
        "Does your bank write what went out without a minus?" in shown
        and "£15.00 came in" in shown
        and "almost surely read the wrong way" in shown
    )
    check = (await post(second, columns, columns, day="0", words="1", sums="one-positive", amount="2")).headers[
        "location"
    ]
    shown = (await second.get(check)).text
    assert "£15.00 went out" in shown and "wrong way" not in shown
    mark = shown.split('name="mark" value="')[1].split('"')[0]
    assert "1 paid, 0 came back" in (await followed(second, await post(second, check, check, mark=mark))).text
    assert (await payment_of(site, run_id)).state == "paid"


async def test_pay_12_a_statement_by_which_all_that_we_sent_lately_comes_in_is_not_read(world: World) -> None:
    for _ in range(2):
        await world.approved(person())
    await world.sent_run()
    rows = await world.rows("SELECT end_to_end_id FROM payments")
    data = "\n".join(["Date,What,Out,In", *(f"24/11/2026,{row.end_to_end_id},15.00," for row in rows)]).encode()
    statement_id = await named(world, world.second, data, SWAPPED)
    with pytest.raises(Refused) as refused:
        await world.do(as_shown, statement_id, by=world.second)
    assert "read the wrong way round" in refused.value.reasons[0].text
    assert (await world.do(read_with, statement_id, TWO, by=world.second))["paid"] == 2


# What the columns may mean


@pytest.mark.parametrize(
    ("head", "row", "found"),
    [
        ("Date,Description,Amount", "24/11/2026,X,15.00", {"amount": 2, "sums": None}),
        ("Date,Description,Amount", "24/11/2026,X,-15.00", {"amount": 2, "sums": "one"}),
        (
            "Date,Description,Amount debited,Amount credited,Balance",
            "24/11/2026,X,15.00,,9.00",
            {"paid_out": 2, "paid_in": 3, "amount": None, "sums": "two"},
        ),
        ("Transaction Date,Details,Value,Balance", "24/11/2026,X,15.00,9.00", {"amount": 2, "sums": None}),
        ("Date,Details,Withdrawn,Deposited", "24/11/2026,X,15.00,", {"paid_out": 2, "paid_in": 3, "sums": "two"}),
        ("Date,Details,DR,CR", "24/11/2026,X,15.00,", {"paid_out": 2, "paid_in": 3, "sums": "two"}),
        ("Date,Details,Money out,Money in", "24/11/2026,X,15.00,", {"paid_out": 2, "paid_in": 3, "sums": "two"}),
        ("Date,Details,Amount,Other", "24/11/2026,X,-15.00,15.00", {"amount": None, "sums": None}),
        ("Date,Details,Debit,Haben", "24/11/2026,X,-15.00,15.00", {"amount": None, "sums": None}),
    ],
)
def test_pay_12_what_the_sums_mean_is_suggested_only_where_it_is_plain(
    head: str, row: str, found: dict[str, Any]
) -> None:
    suggested = bank_csv.suggested(bank_csv.read_table(f"{head}\n{row}\n".encode()))
    assert {name: suggested[name] for name in found} == found


# Two people's word

HARMLESS = b"Date,What,Paid out,Paid in\n20/11/2026,Rent,450.00,\n20/11/2026,Grant,,900.00\n"


async def test_pay_12_columns_that_one_person_named_are_shown_to_the_next_before_anything_is_read(world: World) -> None:
    """Named the wrong way round on a harmless statement, so that an honest one would say that the money came back."""
    await world.approved(person())
    run_id = await world.sent_run()
    sent = await payment_of(world, run_id)
    statement_id = await named(world, world.finance, HARMLESS, SWAPPED)
    await world.do(as_shown, statement_id, by=world.finance)
    honest = f"Date,What,Paid out,Paid in\n24/11/2026,{sent.end_to_end_id},15.00,\n".encode()
    asked = await take(world, world.second, honest)
    assert set(asked) == {"check"} and (await payment_of(world, run_id)).state == "sent"
    shown = await world.do(bank_statements.to_check, UUID(asked["check"]), world.second, VAULT, by=world.second)
    assert [read.line.pence for read in shown.found.reads] == [1500] and not shown.seen_by_two
    assert shown.named_by_another  # so the page does not say that nobody else has seen them
    done = await world.do(read_with, UUID(asked["check"]), TWO, by=world.second)
    assert done["paid"] == 1


async def test_pay_12_what_two_people_have_seen_of_the_columns_stands_until_they_change(world: World) -> None:
    statement_id = await named(world, world.finance, HARMLESS, TWO)
    await world.do(as_shown, statement_id, by=world.finance)
    again = await take(world, world.finance, HARMLESS + b"21/11/2026,Rent,1.00,\n")
    await world.do(as_shown, UUID(again["check"]), by=world.finance)
    theirs = await take(world, world.second, HARMLESS + b"22/11/2026,Rent,1.00,\n")
    await world.do(as_shown, UUID(theirs["check"]), by=world.second)
    assert (await world.row("SELECT chosen_by, confirmed_by FROM statement_columns")) == (world.finance, world.second)
    third = new_id()
    asked = await take(world, third, HARMLESS + b"23/11/2026,Rent,1.00,\n")
    shown = await world.do(bank_statements.to_check, UUID(asked["check"]), third, VAULT, by=third)
    assert shown.seen_by_two and not shown.doubts
    await world.do(bank_statements.forget_columns, by=world.finance)
    changed = await named(world, world.finance, HARMLESS + b"24/11/2026,Rent,1.00,\n", SWAPPED)
    await world.do(as_shown, changed, by=world.finance)
    assert set(await take(world, world.second, HARMLESS + b"25/11/2026,Rent,1.00,\n")) == {"check"}


async def test_pay_12_columns_that_change_while_somebody_looks_are_looked_at_again(world: World) -> None:
    first = await named(world, world.finance, HARMLESS, TWO)
    theirs = UUID((await take(world, world.second, HARMLESS + b"22/11/2026,Rent,1.00,\n"))["check"])
    shown = await world.do(bank_statements.to_check, theirs, world.second, VAULT, by=world.second)
    await world.do(bank_statements.name_columns, first, SWAPPED, VAULT, by=world.finance)
    with pytest.raises(Refused) as refused:
        await world.do(bank_statements.read_as_shown, theirs, shown.mark, VAULT, by=world.second)
    assert "has changed since you looked" in refused.value.reasons[0].text


async def test_pay_12_who_named_the_columns_said_what_is_read_with_them(world: World) -> None:
    """They made and sent the run: lines about it wait for a second person, whoever brought the statement."""
    await world.approved(person())
    run_id = await world.sent_run()
    sent = await payment_of(world, run_id)
    await named(world, world.finance, HARMLESS, TWO)
    asked = await take(
        world, world.second, f"Date,What,Paid out,Paid in\n24/11/2026,{sent.end_to_end_id},15.00,\n".encode()
    )
    done = await world.do(as_shown, UUID(asked["check"]), by=world.second)
    assert (done["paid"], (await entry(world)).because) == (0, "own")
    assert (await world.do(seen_on_the_account, by=world.second))["paid"] == 1


@pytest.mark.parametrize("seen", ["before", "line"])
async def test_pay_12_who_named_the_columns_by_which_money_came_back_sends_it_again_only_if_another_saw_the_line(
    world: World, seen: str
) -> None:
    await world.approved(person())
    sent = await payment_of(world, await world.sent_run())
    namer, bringer = new_id(), new_id()
    await named(world, namer, HARMLESS + b"21/11/2026,Rent,1.00,\n", TWO)
    data = (
        f"Date,What,Paid out,Paid in\n24/11/2026,{sent.end_to_end_id},15.00,\n25/11/2026,{sent.end_to_end_id},,15.00\n"
    ).encode()
    if seen == "before":
        earlier = await take(world, world.second, HARMLESS)
        await world.do(as_shown, UUID(earlier["check"]), by=world.second)
    asked = await take(world, bringer, data)
    done = await world.do(as_shown, UUID(asked["check"]), by=bringer)
    assert (done["paid"], done["returned"]) == (1, 1 if seen == "before" else 0)
    if seen == "line":
        assert (await world.do(seen_on_the_account, by=world.second))["returned"] == 1
    again = await world.run(world.finance)
    for who in (bringer, namer if seen == "before" else world.second):
        with pytest.raises(Refused) as refused:
            await world.do(sending.mark_sent, again, by=who)
        assert "You said that an earlier payment here did not arrive" in refused.value.reasons[0].text
    await world.do(sending.mark_sent, again, by=world.finance if seen == "before" else namer)


def test_pay_12_one_payment_that_comes_in_is_doubted_and_several_are_not_read() -> None:
    ours = [
        bank_lines.OfOurs(new_id(), f"CH0000001-000{number}", "M", 1500, "sent", day_of("23/11/2026"))
        for number in (1, 2)
    ]
    day = day_of("24/11/2026")
    assert day
    lines = [bank_lines.BankLine(day, 1500, payment.reference) for payment in ours]
    assert reading.doubts_of_reading(lines[:1], ours, by_minus=False) and not reading.reasons_not_to_read(
        lines[:1], ours
    )
    assert reading.reasons_not_to_read(lines, ours)


def test_pay_12_what_came_back_does_not_hide_that_the_rest_is_read_the_wrong_way_round() -> None:
    """Swapped columns: three that went out come in, and the one that came back goes out."""
    sent_on, day = day_of("23/11/2026"), day_of("24/11/2026")
    assert sent_on and day
    ours = [
        bank_lines.OfOurs(new_id(), f"CH0000001-000{number}", "M", 1500, "paid", sent_on) for number in (1, 2, 3, 4)
    ]
    came_back, *went = ours
    swapped = [bank_lines.BankLine(day, 1500, payment.reference) for payment in went] + [
        bank_lines.BankLine(day, -1500, came_back.reference)
    ]
    assert reading.doubts_of_reading(swapped, ours, by_minus=False) and reading.reasons_not_to_read(swapped, ours)
    both_ways = [bank_lines.BankLine(day, pence, payment.reference) for payment in ours for pence in (-1500, 1500)]
    assert not reading.doubts_of_reading(both_ways, ours, by_minus=False) and not reading.reasons_not_to_read(
        both_ways, ours
    )
