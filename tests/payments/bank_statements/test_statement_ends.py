"""PRI-04, PAY-12: a statement that nobody confirmed does not stay, and a line that is known by now waits for nobody."""

from uuid import UUID

import pytest

from services.payments.bank_statements.use_cases import bank_statements, statement_ends
from shared.identity import Role
from shared.reasons import Missing, Refused
from tests.payments.bank_statements.support import payment_of
from tests.payments.bank_statements.test_statement_shown import URL, columns_by, csv, given, sent
from tests.payments.paying.support import camt
from tests.payments.site import followed, post
from tests.payments.support import VAULT, World, brought, person

RENT = csv("20/11/2026,Rent,450.00,", "20/11/2026,Grant,,900.00")


async def bring(world: World, who: UUID) -> UUID:
    taken = await world.do(bank_statements.take_statement, RENT, VAULT, by=who)
    return UUID(taken["map"])


async def test_pri_04_who_brought_a_statement_throws_it_away_after_a_page_that_says_what_ends(site: World) -> None:
    finance, other = [site.visitor(Role.FINANCE, person_id=who) for who in (site.finance, site.second)]
    await given(finance, RENT)
    statement = await site.row("SELECT id FROM bank_statements")
    page = f"{URL}/{statement.id}/throw-away"
    listed = (await finance.get(URL)).text
    assert page in listed and "We delete a file 14 days after you brought it" in listed
    asked = (await finance.get(page)).text
    assert "What ends" in asked and "What stays" in asked
    assert (await other.get(page)).status_code == 422
    done = await followed(finance, await post(finance, page, page))
    assert "The file is deleted. Nothing was written down." in done.text
    assert await site.rows("SELECT 1 FROM bank_statements") == []
    assert (await finance.get(page)).status_code == 404
    await given(finance, RENT)  # the same file again begins again
    assert len(await site.rows("SELECT 1 FROM bank_statements WHERE state = 'to-map'")) == 1


async def test_pay_12_files_that_wait_are_told_apart_by_name_days_and_sums(site: World) -> None:
    finance = site.visitor(Role.FINANCE, person_id=site.finance)
    await given(finance, RENT)
    await given(finance, camt(("45.00", "DBIT", "BULK", ""), ("1.00", "CRDT", "X", "")))
    listed = " ".join((await finance.get(URL)).text.split())
    assert "“s.csv”, brought on" in listed  # nobody has said yet what its columns mean
    assert "“s.xml” (Tuesday 24 November 2026; 2 lines; £45.00 went out, £1.00 came in), brought on" in listed
    kept = [row.holds["name"] for row in await site.rows("SELECT holds FROM bank_statements ORDER BY id")]
    assert kept == ["s.csv", "s.xml"]


async def test_pri_04_nobody_throws_away_what_another_brought_or_what_was_read(world: World) -> None:
    statement_id = await bring(world, world.finance)
    with pytest.raises(Refused):
        await world.do(statement_ends.throw_away, statement_id, by=world.second)
    await columns_by(world, world.finance, world.second)
    read = await world.row("SELECT id FROM bank_statements WHERE state = 'read' LIMIT 1")
    with pytest.raises(Missing):
        await world.do(statement_ends.throw_away, read.id, by=world.finance)
    of_it = f"WHERE id = '{read.id}'"
    await world.stands(
        f"DELETE FROM bank_statements {of_it}",
        f"UPDATE bank_statements SET state = 'to-map', sealed_file = '' {of_it}",
        f"UPDATE bank_statements SET given_by = gen_random_uuid() {of_it}",
    )


async def test_pri_04_a_statement_that_nobody_confirmed_goes_by_itself(world: World) -> None:
    await columns_by(world, world.finance)
    await world.do(bank_statements.take_statement, csv("21/11/2026,Heating,40.00,"), VAULT, by=world.finance)
    world.move(days=14)
    await world.do(statement_ends.forget_unread, 14)
    assert len(await world.rows("SELECT 1 FROM bank_statements")) == 2
    world.move(minutes=1)
    await world.do(statement_ends.forget_unread, 14)
    assert [row.state for row in await world.rows("SELECT state FROM bank_statements")] == ["read"]
    assert len(await world.rows("SELECT 1 FROM steps WHERE what = 'bank-statement-forgotten'")) == 1


@pytest.mark.parametrize("said", ["not-paid", "paid"])
async def test_pay_12_money_that_came_in_unseen_waits_for_nobody_once_it_is_said_by_hand(
    world: World, said: str
) -> None:
    [payment] = await sent(world)
    await world.do(brought, camt(("15.00", "CRDT", payment.end_to_end_id, "")), by=world.second)
    assert (await world.row("SELECT because FROM bank_entries")).because == "unseen"
    await world.do(statement_ends.settle_what_is_known, VAULT)
    assert (await world.row("SELECT state FROM bank_entries")).state == "near"
    await world.by_hand(payment.run_id, payment.id, said)
    await world.do(statement_ends.settle_what_is_known, VAULT)
    entry = await world.row("SELECT state, payment_id, decided_by FROM bank_entries")
    if said == "paid":  # did it come back? somebody still looks
        assert entry.state == "near"
    else:
        assert (entry.state, entry.payment_id, entry.decided_by) == ("chosen", payment.id, world.second)


@pytest.mark.parametrize("code", ["AC04", ""])
async def test_pay_12_of_a_payment_that_one_statement_shows_going_out_and_coming_back_only_that_is_told(
    world: World, code: str
) -> None:
    claim_id = await world.approved(person())
    payment = await payment_of(world, await world.sent_run())
    out, back = (payment.end_to_end_id, ""), (payment.end_to_end_id, code or "MS03")
    await world.do(brought, camt(("15.00", "DBIT", *out), ("15.00", "CRDT", *back)), by=world.second)
    [paid] = await world.events("claim-paid", claim_id)
    assert paid["heard_before"] and (await world.claim(claim_id)).state == ("returned" if code else "approved")
    [told] = [event for name in ("returned", "owed-again") for event in await world.events(f"claim-{name}", claim_id)]
    assert told["version"] > paid["version"] and await world.broken() == {}
    run_id = await world.sent_run() if not code else None
    if run_id:
        await world.take(run_id, await world.answer(run_id))
        assert [event["heard_before"] for event in await world.events("claim-paid", claim_id)] == [True, False]
