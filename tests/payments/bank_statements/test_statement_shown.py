"""PAY-12: nothing of a statement is written down before who brought it has seen each line that counts, and money that
came back is two people's word."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.payments.bank_statements.domain.bank_lines import BankLine, files_in
from services.payments.bank_statements.gateways.bank_csv import Columns
from services.payments.bank_statements.pages import statement_rows
from services.payments.bank_statements.use_cases import bank_statements, set_aside
from services.payments.bank_statements.use_cases.statement_lines import Read
from services.payments.paying.use_cases import sending
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.bank_statements.support import payment_of
from tests.payments.paying.support import camt
from tests.payments.site import followed, post, step
from tests.payments.support import (
    ACCOUNTS,
    NOW,
    VAULT,
    World,
    as_shown,
    brought,
    person,
    read_with,
    seen_on_the_account,
)

URL, TWO = "/payments/bank-statement", Columns(0, [1], paid_out=2, paid_in=3)
HEAD = "Date,What,Paid out,Paid in\n"


def csv(*lines: str) -> bytes:
    return (HEAD + "\n".join(lines) + "\n").encode()


async def columns_by(world: World, namer: UUID, *others: UUID) -> None:
    """The columns are named by one, and seen by others."""
    for number, who in enumerate((namer, *others)):
        data = csv(f"20/11/2026,Rent {number},450.00,", "20/11/2026,Grant,,900.00")
        taken = await world.do(bank_statements.take_statement, data, VAULT, by=who)
        if "map" in taken:
            await world.do(read_with, UUID(taken["map"]), TWO, by=who)
        else:
            await world.do(as_shown, UUID(taken["check"]), by=who)


async def sent(world: World, number: int = 1) -> list[Any]:
    for each in range(number):
        world.accounts = each % len(ACCOUNTS)
        await world.approved(person())
    run_id = await world.sent_run()
    return await world.rows("SELECT * FROM payments WHERE run_id = :id ORDER BY end_to_end_id", id=run_id)


async def given(client: httpx.AsyncClient, data: bytes) -> str:
    name, kind = ("s.xml", "text/xml") if data.startswith(b"<") else ("s.csv", "text/csv")
    return (await post(client, URL, URL, files={"statement": (name, data, kind)})).headers["location"]


# What is read is shown


@pytest.mark.parametrize("kind", ["camt.053", "csv"])
async def test_pay_12_a_statement_without_doubts_is_shown_before_anything_is_written_down(
    site: World, kind: str
) -> None:
    [one, back, known] = await sent(site, 3)
    await site.by_hand(known.run_id, known.id, "paid")
    reader = site.visitor(Role.FINANCE)
    if kind == "csv":
        columns = await given(reader, csv("20/11/2026,Rent,450.00,", "20/11/2026,Grant,,900.00"))
        await step(
            reader,
            (await post(reader, columns, columns, day="0", words="1", sums="two", paid_out="2", paid_in="3")).headers[
                "location"
            ],
        )
        reader = site.visitor(Role.FINANCE)
        out = [f"24/11/2026,{each.end_to_end_id},15.00," for each in (one, back, known)]
        data = csv(*out, f"25/11/2026,{back.end_to_end_id},,15.00", "25/11/2026,Insurance,99.00,")
    else:
        out = [("15.00", "DBIT", each.end_to_end_id, "") for each in (one, back, known)]
        data = camt(*out, ("15.00", "CRDT", back.end_to_end_id, ""), ("99.00", "DBIT", "INSURANCE", ""))
    check = await given(reader, data)
    assert check.endswith("/check")
    assert [(await payment_of_id(site, each.id)).state for each in (one, back, known)] == ["sent", "sent", "paid"]
    shown = (await reader.get(check)).text
    table = re.sub(r"<[^>]+>|\s+", " ", shown)
    assert "This is what we read" in shown and one.end_to_end_id in shown and "A participant" in shown
    for words in (
        "Went out: we note these as paid",
        "Went out, as we know: nothing changes",
        "Not ours, went out",
        "Went out, as we know: " + known.end_to_end_id,
    ):
        assert words in table
    another = site.visitor(Role.FINANCE)
    assert (await another.get(check)).status_code == 422  # it is the account of the charity: for who brought it alone
    said = (await followed(reader, await step(reader, check))).text
    assert "1 line is a payment that we had down as paid or as come back: nothing changes." in said
    states = [(await payment_of_id(site, each.id)).state for each in (one, back, known)]
    assert states == ["paid", "returned" if kind == "camt.053" else "paid", "paid"]
    if kind == "csv":  # who looks is the only one who has seen these columns, but for who named them
        assert "2 paid, 0 came back" in said and "1 line needs somebody to look" in said


async def payment_of_id(world: World, payment_id: UUID) -> Any:
    return await world.row("SELECT * FROM payments WHERE id = :id", id=payment_id)


async def test_pay_12_what_is_booked_is_what_was_shown_or_nothing(world: World) -> None:
    [one, _] = await sent(world, 2)
    reader = new_id()
    data = camt(
        *(("15.00", "DBIT", each.end_to_end_id, "") for each in await world.rows("SELECT end_to_end_id FROM payments"))
    )
    statement_id = UUID((await world.do(bank_statements.take_statement, data, VAULT, by=reader))["check"])
    shown = await world.do(bank_statements.to_check, statement_id, reader, VAULT, by=reader)
    await world.by_hand(one.run_id, one.id, "not-paid")
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(bank_statements.read_as_shown, statement_id, shown.mark, VAULT, by=reader)
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(as_shown, statement_id, by=new_id())
    done = await world.do(as_shown, statement_id, by=reader)
    assert (done["paid"], done["went_out"]) == (1, 1)


async def test_pay_12_every_line_is_on_some_page_and_the_button_comes_after_the_last(
    site: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statement_rows, "ROWS_A_PAGE", 3)
    payments = await sent(site, 7)
    sender, second = (
        site.visitor(Role.FINANCE, person_id=site.finance),
        site.visitor(Role.FINANCE, person_id=site.second),
    )
    others = [("9.99", "DBIT", f"OTHER-{number}", "") for number in range(4)]
    check = await given(sender, camt(*others, *(("15.00", "DBIT", each.end_to_end_id, "") for each in payments)))
    for client, url, names, button in (
        (sender, check, [each.end_to_end_id for each in payments], "Yes, this is right"),
        (
            second,
            f"{URL}/set-aside",
            [each.end_to_end_id for each in payments],
            "I have seen these 7 lines on the account",
        ),
    ):
        found, pages, here = [], 0, url
        while True:
            shown = (await client.get(here)).text
            pages += 1
            found += [name for name in names if f"{name} to" in shown]
            assert (button in shown) is (len(found) == len(names))
            more = re.search(r'rel="next" href="([^"]+)"', shown)
            if len(found) == len(names) or more is None:
                break
            here = url + more[1].replace("&amp;", "&")
        assert (sorted(found), pages) == (names, 3)
        mark = re.search(r'name="mark" value="([0-9a-f]+)"', shown)
        key = re.search(r'name="idempotency_key" value="([0-9a-f-]+)"', shown)
        assert mark and key
        assert (await client.post(url, data={"mark": mark[1], "idempotency_key": key[1]})).status_code == 303
    assert {row.state for row in await site.rows("SELECT state FROM payments")} == {"paid"}


# The second person sees the lines


async def test_pay_12_who_confirms_set_aside_lines_confirms_those_that_they_saw(world: World) -> None:
    first, later = await sent(world, 2)
    await world.do(brought, camt(("15.00", "DBIT", first.end_to_end_id, "")), by=world.finance)
    seen = await world.do(set_aside.look_at, world.second, VAULT, by=world.second)
    assert [(read.what, [each.reference for each in read.payments]) for _, read in seen.theirs] == [
        ("paid", [first.end_to_end_id])
    ]
    await world.do(brought, camt(("15.00", "DBIT", later.end_to_end_id, "")), by=world.finance)
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(set_aside.confirm, seen.mark, VAULT, by=world.second)
    assert {row.state for row in await world.rows("SELECT state FROM payments")} == {"sent"}
    assert (await world.do(seen_on_the_account, by=world.second))["paid"] == 2


# Money that came back


async def test_pay_12_one_payment_that_comes_in_and_was_not_seen_going_out_waits_for_a_second_person(
    world: World,
) -> None:
    """Confirmed by hand; then a CSV by which it comes in: with these columns swapped, that is the payment itself."""
    await columns_by(world, world.finance, world.second)
    bringer, another = new_id(), new_id()
    [one] = await sent(world)
    await world.by_hand(one.run_id, one.id, "paid")
    taken = await world.do(
        bank_statements.take_statement, csv(f"24/11/2026,{one.end_to_end_id},,15.00"), VAULT, by=bringer
    )
    done = await world.do(as_shown, UUID(taken["check"]), by=bringer)
    assert (done["returned"], done["waits"], (await payment_of_id(world, one.id)).state) == (0, 1, "paid")
    assert await world.do(seen_on_the_account, by=bringer) == {"paid": 0, "returned": 0, "stay": 1}
    assert await world.do(seen_on_the_account, by=world.finance) == {
        "paid": 0,
        "returned": 0,
        "stay": 1,
    }  # they sent it
    assert await world.do(seen_on_the_account, by=another) == {"paid": 0, "returned": 1, "stay": 0}
    assert (await payment_of_id(world, one.id)).state == "returned"


async def test_pay_12_money_that_an_earlier_statement_shows_going_out_comes_back_on_one_word_if_two_saw_the_columns(
    world: World,
) -> None:
    await columns_by(world, new_id(), world.second)
    [one, other] = await sent(world, 2)
    reader = new_id()
    await world.do(brought, camt(*(("15.00", "DBIT", each.end_to_end_id, "") for each in (one, other))), by=reader)
    world.move(days=14)
    late = csv(f"07/12/2026,{one.end_to_end_id},,15.00")
    taken = await world.do(bank_statements.take_statement, late, VAULT, by=reader)
    assert (await world.do(as_shown, UUID(taken["check"]), by=reader))["returned"] == 1
    late = csv(f"08/12/2026,{other.end_to_end_id},,15.00")
    taken = await world.do(bank_statements.take_statement, late, VAULT, by=world.second)
    done = await world.do(
        as_shown, UUID(taken["check"]), by=world.second
    )  # the one who has ever looked, but for who named them
    assert (done["returned"], done["waits"]) == (0, 1)
    assert (await world.do(seen_on_the_account, by=new_id()))["returned"] == 1


@pytest.mark.parametrize("payee", ["a participant", "the trustee"])
async def test_pay_12_what_came_back_does_not_stand_still_in_a_charity_of_two_and_a_trustee(
    world: World, payee: str
) -> None:
    """The first makes and sends runs and named the columns, the second brings what the bank says; each may be needed
    again."""
    first, second, trustee = new_id(), new_id(), new_id()
    who = person(trustee) if payee == "the trustee" else person()
    claim_id = await world.submitted(who)
    await world.approve(claim_id, second)
    run_id = await world.run(first)
    await world.do(sending.mark_sent, run_id, by=first)
    await columns_by(world, first)
    payment = await payment_of(world, run_id)
    data = csv(f"24/11/2026,{payment.end_to_end_id},15.00,", f"26/11/2026,{payment.end_to_end_id},,15.00")
    taken = await world.do(bank_statements.take_statement, data, VAULT, by=second)
    assert (await world.do(as_shown, UUID(taken["check"]), by=second))["waits"] == 2  # who sent it named the columns
    assert await world.do(seen_on_the_account, by=first) == {"paid": 0, "returned": 0, "stay": 2}
    assert await world.do(seen_on_the_account, by=second) == {
        "paid": 1,
        "returned": 0,
        "stay": 1,
    }  # it came back: not on their word alone
    by_trustee = await world.do(seen_on_the_account, by=trustee)
    if payee == "the trustee":
        assert by_trustee == {"paid": 0, "returned": 0, "stay": 1}
        await world.by_hand(run_id, payment.id, "came-back", second)  # on the payment's own page
        assert await world.do(seen_on_the_account, by=second) == {"paid": 0, "returned": 0, "stay": 0}
    else:
        assert by_trustee == {"paid": 0, "returned": 1, "stay": 0}
    again = await world.run(first)
    await world.do(sending.mark_sent, again, by=first)
    assert (await world.broken(), (await payment_of(world, again)).state) == ({}, "sent")


async def test_pay_12_the_same_whole_file_twice_in_a_statement_is_looked_at_and_once_paid_is_known(
    world: World,
) -> None:
    payments = await sent(world, 2)
    message = (await world.row("SELECT message_id FROM payment_runs")).message_id
    reader = new_id()
    done = await world.do(brought, camt(("30.00", "DBIT", message, ""), ("30.00", "DBIT", message, "")), by=reader)
    assert (done["paid"], done["near"], done["known"], len(payments)) == (2, 1, 0, 2)
    done = await world.do(brought, camt(("30.00", "DBIT", message, ""), ("1.00", "DBIT", "X", "")), by=reader)
    assert (done["paid"], done["near"], done["known"], done["others"]) == (0, 0, 1, 1)


FIRST, SECOND = "CHORUS-0000004-FD412D7B", "CHORUS-0000004-FD412D7B-2"


@pytest.mark.parametrize(
    ("text", "ours", "named"),
    [
        (f"{FIRST} 4 PAYMENTS", {FIRST}, {FIRST}),
        (f"{FIRST}/4", {FIRST}, {FIRST}),
        (f"BULK {FIRST}  4 ITEMS", {FIRST}, {FIRST}),
        (f"{FIRST} 45.00", {FIRST}, {FIRST}),
        (f"{FIRST}-4 ITEMS", {FIRST}, {FIRST}),
        (SECOND, {FIRST, SECOND}, {SECOND}),
        (f"{SECOND} 3 ITEMS", {FIRST, SECOND}, {SECOND}),
        ("chorus 0000004 fd412d7b 2", {FIRST, SECOND}, {FIRST, SECOND}),
        (f"{FIRST} 4 ITEMS", {FIRST, SECOND}, {FIRST}),
        ("CHORUS-0000005-FD412D7B 4 ITEMS", {FIRST}, set()),
    ],
)
def test_pay_12_a_number_after_a_files_name_may_be_how_many_payments_it_holds(
    text: str, ours: set[str], named: set[str]
) -> None:
    assert files_in(text, ours) == named


@pytest.mark.parametrize("how_many", [" 2 PAYMENTS", "/2", " 2 ITEMS"])
async def test_pay_12_a_whole_file_with_a_count_after_its_name_is_all_of_its_payments(
    world: World, how_many: str
) -> None:
    await sent(world, 2)
    message = (await world.row("SELECT message_id FROM payment_runs")).message_id
    done = await world.do(brought, camt(("30.00", "DBIT", message + how_many, "")), by=new_id())
    assert (done["paid"], done["near"], done["others"]) == (2, 0, 0)


def test_pay_12_a_line_of_many_payments_names_nobody_and_says_how_many() -> None:
    read = Read(BankLine(NOW.date(), -6000, "BATCH"), "paid", [None] * 4)  # type: ignore[list-item]
    assert (
        statement_rows.payees_of([read], {}) == []
        and "4 payments that left together" in statement_rows.row_of(read, {}, {})["makes"]
    )
