"""PAY-12: who says that a statement's line is not ours, why money came back, and what counts as not paid and went
out all the same."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.bank_statements.use_cases import choosing
from services.payments.paying.use_cases import runs, sending
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.bank_statements.support import ONE, entry, payment_of, take
from tests.payments.paying.support import camt
from tests.payments.site import followed, post, step
from tests.payments.support import VAULT, World, brought, person, read_with, seen_on_the_account

# Dismissing, and why it came back


@pytest.mark.parametrize("way", ["DBIT", "CRDT"])
@pytest.mark.parametrize("names", [True, False])
async def test_pay_12_who_made_or_sent_or_is_paid_does_not_dismiss_a_line(world: World, way: str, names: bool) -> None:
    who = person()
    await world.approved(who)
    sent = await payment_of(world, await world.sent_run())
    text = sent.end_to_end_id if names else "A EXAMPLE returned"
    data = f"Date,What,Amount\n24/11/2026,{text},{'-' if way == 'DBIT' else ''}15.00\n24/11/2026,Rent,-9.00\n".encode()
    asked = await take(world, who.id, data)
    await world.do(read_with, UUID(asked["map"]), ONE, by=who.id)
    near = await entry(world)
    for each in (world.finance, who.id):
        with pytest.raises(Refused) as refused:
            await world.do(choosing.choose, near.id, None, VAULT, by=each)
        assert "a second person must say that the line is not about it" in refused.value.reasons[0].text
    assert await world.do(choosing.choose, near.id, None, VAULT, by=world.second) == "not-ours"


async def test_pay_12_the_page_offers_nobody_to_dismiss_what_they_would_be_refused(site: World) -> None:
    url = "/payments/bank-statement"
    await site.approved(person())
    sent = await payment_of(site, await site.sent_run())
    vault = site.app.state.gateways.vault
    await site.do(brought, camt(("15.00", "CRDT", sent.end_to_end_id, "")), vault, by=site.second)
    sender, second = site.visitor(Role.FINANCE, person_id=site.finance), site.visitor(Role.FINANCE)
    bringer = site.visitor(Role.FINANCE, person_id=site.second)
    brings = (await bringer.get(url)).text
    assert "that money came back is said by somebody else. A second person decides." in brings
    assert "not-ours" not in brings and sent.end_to_end_id + ", " not in brings
    theirs, others = (await sender.get(url)).text, (await second.get(url)).text
    assert "A second person decides." in theirs and "not-ours" not in theirs
    assert "not-ours" in others and sent.end_to_end_id in others


@pytest.mark.parametrize("words", ["ACCOUNT CLOSED", "NO ACCOUNT", "unknown account", "INVALID_SORT_CODE"])
async def test_pay_12_why_money_came_back_is_read_in_the_words_of_a_csv_too(world: World, words: str) -> None:
    claim_id = await world.approved(person())
    sent = await payment_of(world, await world.sent_run())
    await take(world, world.second, camt(("15.00", "DBIT", sent.end_to_end_id, "")))
    data = f"Date,What,Amount\n26/11/2026,RETURNED {sent.end_to_end_id} {words},15.00\n27/11/2026,Rent,-9.00\n".encode()
    asked = await take(world, world.second, data)
    done = await world.do(read_with, UUID(asked["map"]), ONE, by=world.second)
    assert (done["returned"], done["waits"]) == (0, 1)  # nobody else has seen how this bank's files are read
    assert (await world.do(seen_on_the_account, by=new_id()))["returned"] == 1
    assert (await world.claim(claim_id)).state == "returned"
    assert len(await world.events("claim-returned", claim_id)) == 1
    assert (await world.row("SELECT doubted_because FROM bank_details")).doubted_because in ("AC04", "AC01", "RC01")


# It went out all the same


async def failed(world: World) -> tuple[UUID, Any]:
    """A payment that was said not to have gone out."""
    claim_id = await world.approved(person())
    run_id = await world.sent_run()
    sent = await payment_of(world, run_id)
    await world.by_hand(run_id, sent.id, "not-paid")
    return claim_id, sent


async def told(world: World, run_id: UUID) -> list[int]:
    return [event["waiting"] for event in await world.events("payments-perhaps-gone", run_id)]


async def test_pay_12_what_counts_as_not_paid_and_went_out_is_told_at_once_and_written_down(world: World) -> None:
    claim_id, sent = await failed(world)
    third = new_id()
    done = await take(world, third, camt(("15.00", "DBIT", sent.end_to_end_id, "")))
    assert (done["paid"], done["near"], done["went_out"], await told(world, sent.run_id)) == (0, 1, 1, [1])
    with pytest.raises(Refused):  # nothing of it is paid before somebody has decided
        await world.run()
    near = await entry(world)
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(choosing.choose, near.id, sent.id, VAULT, asked=False, by=third)
    with pytest.raises(Refused, match="PAY-12"):
        await world.do(choosing.choose, near.id, sent.id, VAULT, by=world.finance)
    assert await world.do(choosing.choose, near.id, sent.id, VAULT, by=third) == "paid"
    assert ((await world.claim(claim_id)).state, await told(world, sent.run_id), await world.broken()) == (
        "paid",
        [1, 0],
        {},
    )


@pytest.mark.parametrize("ends", ["sent", "paid"])
async def test_pay_12_what_was_paid_again_meanwhile_is_written_down_as_paid_twice(world: World, ends: str) -> None:
    claim_id, sent = await failed(world)
    again = await world.sent_run()
    if ends == "paid":
        await world.by_hand(again, (await payment_of(world, again)).id, "paid")
    third = new_id()
    await take(world, third, camt(("15.00", "DBIT", sent.end_to_end_id, "")))
    near = await entry(world)
    with pytest.raises(Refused, match="PAY-12"):  # a loss is two people's word
        await world.do(choosing.choose, near.id, sent.id, VAULT, by=third)
    assert await world.do(choosing.choose, near.id, sent.id, VAULT, by=world.second) == "paid-twice"
    lost = await world.row("SELECT sum(pence) AS pence FROM postings WHERE account = 'losses'")
    assert (lost.pence, (await payment_of(world, again)).state, await told(world, sent.run_id)) == (1500, ends, [1, 0])
    assert (
        await world.row("SELECT count(*) AS n FROM steps WHERE what = 'paid-twice' AND about = :id", id=claim_id)
    ).n == 1
    assert await world.broken() == {}


async def test_pay_12_a_run_that_pays_again_what_went_out_is_not_sent(world: World) -> None:
    _, sent = await failed(world)
    again = await world.run()
    await take(world, world.second, camt(("15.00", "DBIT", sent.end_to_end_id, "")))
    near = await entry(world)
    for what in (lambda tx: sending.mark_sent(tx, again), lambda tx: choosing.choose(tx, near.id, sent.id, VAULT)):
        with pytest.raises(Refused, match="PAY-12"):
            await world.do(what, by=world.finance if what.__code__.co_freevars == ("again",) else world.second)
    await world.do(runs.cancel_run, again, by=world.finance)
    assert await world.do(choosing.choose, near.id, sent.id, VAULT, by=world.second) == "paid"


async def test_pay_12_what_came_back_and_went_out_again_is_paid_and_may_come_back_again(world: World) -> None:
    claim_id = await world.approved(person())
    sent = await payment_of(world, await world.sent_run())
    for number in range(2):
        for way in ("DBIT", "CRDT"):
            data = camt(("15.00", way, sent.end_to_end_id, ""), ("1.00", "DBIT", f"X{number}", ""))
            await take(world, world.second, data.replace(b"2026-11-24", f"2026-11-{24 + number}".encode()))
            for near in await world.rows("SELECT id FROM bank_entries WHERE state = 'near'"):
                await world.do(choosing.choose, near.id, sent.id, VAULT, by=world.second)
            state = "paid" if way == "DBIT" else "returned"
            assert ((await payment_of(world, sent.run_id)).state, await world.broken()) == (state, {})
    assert len(await world.events("claim-paid", claim_id)) == 2
    old = camt(("15.00", "DBIT", sent.end_to_end_id, ""), ("15.00", "CRDT", sent.end_to_end_id, ""))
    assert (await take(world, new_id(), old))["near"] == 0


async def test_pay_12_the_pages_say_that_something_went_out_that_counts_as_not_paid(site: World) -> None:
    url = "/payments/bank-statement"
    _, sent = await failed(site)
    second = site.visitor(Role.FINANCE, person_id=site.second)
    data = camt(("15.00", "DBIT", sent.end_to_end_id, ""))
    check = (await post(second, url, url, files={"statement": ("s.xml", data, "text/xml")})).headers["location"]
    taken = await followed(second, await step(second, check))
    assert "1 went out that we count as not paid" in taken.text and sent.end_to_end_id in taken.text
    assert "Do not pay again" in (await second.get(f"/payments/runs/{sent.run_id}")).text
    line = f"{url}/lines/{(await entry(site)).id}"
    assert "Was this paid all the same?" in (await post(second, line, url, payment=str(sent.id))).text
    assert (
        "Confirmed. The person is told."
        in (await followed(second, await post(second, line, url, payment=str(sent.id), asked="true"))).text
    )
