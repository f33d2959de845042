"""Who decides, confirms or settles what somebody else can change meanwhile does it of what their page showed, and of
nothing else."""

import re
from collections.abc import AsyncIterator, Callable
from uuid import UUID

import httpx
import pytest_asyncio

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval
from services.payments.bank_details.gateways.vault import AccountDetails
from services.payments.bank_details.use_cases import bank_details
from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import claims, receipts
from services.payments.receipts.gateways import CleanReceipt
from shared.db import new_id
from shared.events import ParticipantRef
from shared.identity import Role
from tests.payments.bank_details.test_introductions import details_id_of, give, hear_card
from tests.payments.network import HOST, Region
from tests.payments.recharging.test_statements_of_others import ISSUED, forged
from tests.payments.site import key_of
from tests.payments.support import ACCOUNTS, VAULT, World, acting, person, world_on
from tests.support.marks import CHANGED, mark_of


@pytest_asyncio.fixture
async def at_host(site: World, service_database: Callable[[str], str]) -> AsyncIterator[Region]:
    """The site is the host's; the home organisation is a database elsewhere."""
    async with world_on(service_database("payments")) as home:
        yield Region(site, home)


async def sent(client: httpx.AsyncClient, shown: httpx.Response, url: str, **more: str) -> httpx.Response:
    """The form of a page that was opened before."""
    typed = dict(re.findall(r'name="((?:pence|over_seen)[^"]*)"[^>]*value="([0-9.]+)"', shown.text))
    return await client.post(url, data={"idempotency_key": key_of(shown), **typed, **mark_of(shown, url), **more})


def is_refused(answer: httpx.Response) -> bool:
    return answer.status_code == 422 and CHANGED in answer.text


async def test_pay_11_a_second_approver_has_seen_that_it_is_over_budget_and_what_is_left(site: World) -> None:
    claim_id = await site.submitted(person(), minutes=270, opportunity=await site.opportunity(budget_pence=2000))
    [line] = await site.decisions(claim_id)
    url = f"/payments/approve/{claim_id}"
    second = site.visitor(Role.APPROVER)
    open_page = await second.get(url)
    assert "the budget would be" not in open_page.text
    less = [Decision(line.line_id, 3000, "Three hours")]
    first = await site.do(approval.approve_claim, claim_id, less, by=site.approver)
    assert first["state"] == "second-approver"
    late = await sent(second, open_page, url)
    assert (
        is_refused(late)
        and "With this claim the budget would be £10.00 over" in late.text
        and "Approve £30.00" in late.text
    )
    assert is_refused(await sent(second, open_page, f"{url}/refuse", reason="Too much"))
    assert is_refused(await second.post(url, data={"idempotency_key": key_of(open_page)})), "nor has who sends no mark"
    unsaid = await sent(second, late, url, over_seen="0")
    assert unsaid.status_code == 422 and "£10.00 over" in unsaid.text
    assert (await sent(second, await second.get(url), url)).status_code == 303
    assert (await site.claim(claim_id)).state == "approved"


async def attach(world: World, who: ParticipantRef, claim_id: UUID, line_id: UUID, sha256: str) -> None:
    clean = CleanReceipt(b"picture", "image/jpeg", sha256, sha256, None)
    await world.do(receipts.attach_receipt, claim_id, line_id, clean, new_id().hex, by=who.id)


async def test_pay_13_an_approver_has_seen_the_receipt_that_they_approve(site: World) -> None:
    for who, sha256 in ((person(), "a" * 64), (person(), "b" * 64)):
        claim_id = await site.chosen(who)
        await site.account(who)
        line_id = UUID(
            await site.do(
                lambda tx, about=claim_id: claims.add_expense(tx, about, LineKind.FARE, "Bus", 900), by=who.id
            )
        )
        await attach(site, who, claim_id, line_id, sha256)
        await site.do(lambda tx, about=claim_id: claims.submit_claim(tx, about), by=who.id)
    url = f"/payments/approve/{claim_id}"
    approver = site.visitor(Role.APPROVER)
    open_page = await approver.get(url)
    assert "looks like another one" not in open_page.text
    await attach(site, who, claim_id, line_id, "a" * 64)
    late = await sent(approver, open_page, url)
    assert is_refused(late) and "looks like another one" in late.text
    assert (await site.claim(claim_id)).state == "submitted"
    assert (await sent(approver, await approver.get(url), url)).status_code == 303


async def test_pay_06_who_sends_a_claim_has_seen_what_is_in_it(site: World) -> None:
    """Somebody who helps adds a cost while its owner looks at the page from which it is sent."""
    who = person()
    claim_id = await site.chosen(who)
    await site.account(who)
    url = f"/payments/claims/{claim_id}/check"
    owner = site.visitor("participant", person_id=who.id)
    open_page = await owner.get(url)
    await site.do(claims.add_miles, claim_id, 120, "", False, by=who.id)
    late = await sent(owner, open_page, url)
    assert is_refused(late) and "£5.40" in late.text
    assert (await site.claim(claim_id)).state == "open"
    assert (await sent(owner, await owner.get(url), url)).status_code == 303


async def test_net_03_what_is_marked_as_paid_is_what_finance_read_and_paid(site: World, at_host: Region) -> None:
    shared = await at_host.shared()
    for _ in range(2):
        await at_host.paid(await at_host.attended(shared))
    await at_host.carry()
    await at_host.month_ends()
    finance = site.visitor(Role.FINANCE)
    url = f"/payments/recharges/statements/{(await at_host.statement(at_host.host)).id}"
    open_page = await finance.get(f"{url}/paid")
    assert "£36.00" in open_page.text
    first = (await at_host.home.rows("SELECT recharge_id AS id FROM recharges ORDER BY recharge_id"))[0].id
    issued = (await at_host.statement(at_host.home)).statement_id
    await at_host.hear(HOST, ISSUED, forged((first, 1800), version=2, statement_id=issued))
    late = await sent(finance, open_page, f"{url}/paid")
    assert is_refused(late) and "£18.00" in late.text and await at_host.balance(at_host.host, "bank") == 0
    assert (await sent(finance, await finance.get(f"{url}/paid"), f"{url}/paid")).status_code == 303
    assert await at_host.balance(at_host.host, "bank") == -1800


async def test_net_03_no_button_of_a_statement_is_pressed_on_figures_that_were_not_read(
    site: World, at_host: Region
) -> None:
    """As home: the host's answer may have changed them."""
    elsewhere = Region(at_host.home, site)
    await elsewhere.paid(await elsewhere.attended(await elsewhere.shared()))
    await elsewhere.carry()
    await elsewhere.month_ends()
    finance = site.visitor(Role.FINANCE)
    url = f"/payments/recharges/statements/{(await elsewhere.statement(site)).id}"
    key = key_of(await finance.get(f"{url}/received"))
    for what in ("received", "take-theirs", "ask-again"):
        for mark in ({}, {"mark": "0" * 32}):
            assert is_refused(await finance.post(f"{url}/{what}", data={"idempotency_key": key, **mark})), what


async def test_pay_10_who_rang_somebody_has_not_confirmed_what_was_entered_since(site: World) -> None:
    who, taker = person(), new_id()
    added = site.now
    await hear_card(site, who.id, 1, (taker, added))
    await site.submitted(who, recognition="vouchers")
    finance, page = site.visitor(Role.FINANCE), "/payments/confirm-details"
    url = f"{page}/people/{who.id}"
    open_page = await finance.get(page)
    site.move(minutes=5)
    await hear_card(site, who.id, 2, (taker, site.now))
    late = await sent(finance, open_page, url, how="in-person")
    assert is_refused(late) and await site.rows("SELECT 1 FROM confirmed_people") == []
    assert is_refused(await finance.post(url, data={"idempotency_key": key_of(open_page), "how": "in-person"}))
    assert (await sent(finance, await finance.get(page), url, how="in-person")).status_code == 303


async def test_pay_13_details_are_confirmed_of_who_was_rung_as_they_were_known(site: World) -> None:
    who, taker = person(), new_id()
    added = site.now
    await hear_card(site, who.id, 1, (taker, added))
    assert await give(site, who) == "unconfirmed"
    finance, page = site.visitor(Role.FINANCE), "/payments/confirm-details"
    url = f"{page}/{await details_id_of(site, who)}"
    open_page = await finance.get(page)
    site.move(minutes=5)
    await hear_card(site, who.id, 2, (taker, added), (new_id(), site.now))
    assert is_refused(await sent(finance, open_page, url, how="in-person"))
    assert (await sent(finance, await finance.get(page), url, how="in-person")).status_code == 303


async def test_pay_13_details_that_are_wrong_are_set_aside_as_they_were_shown(site: World) -> None:
    """Or nobody answered. What was entered meanwhile is neither; and whoever entered them for somebody hears that they
    are wrong."""
    who, helper = person(), new_id()
    details = AccountDetails("Alex Example", *ACCOUNTS[0])
    await site.do(bank_details.give_details, who, details, VAULT, by=acting(helper, who.id))
    page = "/payments/confirm-details"
    old = f"{page}/{await details_id_of(site, who)}"
    assert f"{old}/wrong" not in (await site.visitor(Role.FINANCE, person_id=helper).get(page)).text
    rings = new_id()
    finance = site.visitor(Role.FINANCE, person_id=rings)
    open_page = await finance.get(page)
    assert is_refused(await finance.post(f"{old}/unanswered", data={"idempotency_key": key_of(open_page)}))
    await site.do(bank_details.note_number_shown, await details_id_of(site, who), is_held=True, by=rings)
    open_page = await finance.get(page)
    assert (await sent(finance, open_page, f"{old}/unanswered")).status_code == 303
    open_page = await finance.get(page)
    assert "nobody answered" in open_page.text
    asks = await finance.get(f"{old}/wrong")
    assert f'action="{old}/wrong"' not in open_page.text and "What ends" in asks.text and "What stays" in asks.text
    await hear_card(site, who.id, 1, (new_id(), site.now))
    assert is_refused(await sent(finance, asks, f"{old}/wrong"))
    assert is_refused(await sent(finance, open_page, f"{old}/unanswered"))
    asks = await finance.get(f"{old}/wrong")
    assert (await sent(finance, asks, f"{old}/wrong")).status_code == 303
    assert (await finance.get(f"{old}/wrong")).status_code == 404
    assert "There are no bank details to confirm" in (await finance.get(page)).text
    row = await site.row("SELECT state, set_aside_by FROM bank_details")
    assert row.state == "replaced" and row.set_aside_by is not None
    [asked, done] = await site.events("bank-details-to-confirm")
    assert (asked["waiting"], done["waiting"]) == (True, False)
    [told] = [each for each in await site.events("bank-details-changed") if not each["first"]]
    assert (told["set_aside"], told["entered_by"]) == (True, str(helper))
    assert {row.what for row in await site.rows("SELECT what FROM steps WHERE about = :id", id=who.id)} >= {
        "call-not-answered",
        "bank-details-set-aside",
    }
    await site.do(bank_details.give_details, who, details, VAULT, by=who.id)
    assert (await site.row("SELECT count(*) AS n FROM bank_details WHERE state <> 'replaced'")).n == 1
