"""Every page of payments opens for every role, whatever it shows, and shows no placeholder. One database with a claim,
run, statement and line in each state that people bring them to."""

import itertools
import re
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval, withdrawing
from services.payments.bank_details.gateways.vault import AccountDetails
from services.payments.bank_details.use_cases import bank_details
from services.payments.bank_statements.use_cases import bank_statements
from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import claims
from services.payments.paying.use_cases import runs, sending
from shared.db import new_id
from shared.identity import Role
from tests.payments.bank_statements.test_bookings import BACK, OUT, of, on
from tests.payments.support import ACCOUNTS, World, brought, person

UNRENDERED = re.compile(r"\{\{|\{%|>\s*None\s*<|\bUndefined\b|\bNone\b[.,:]|[( ]None[) ]")
OF_ID = {
    "claim_id": "SELECT id AS claim_id FROM claims",
    "line_id": "SELECT claim_id, id AS line_id FROM claim_lines",
    "run_id": "SELECT id AS run_id FROM payment_runs",
    "payment_id": "SELECT run_id, id AS payment_id FROM payments",
    "statement_id": "SELECT id AS statement_id FROM bank_statements",
    "details_id": "SELECT id AS details_id FROM bank_details",
    "receipt_id": "SELECT receipt_id FROM claim_lines WHERE receipt_id IS NOT NULL",
}
"""Whatever the widest of a path's ids belongs to gives them all."""


async def fill(site: World) -> None:
    vault = site.app.state.gateways.vault
    vouchers: dict[str, Any] = {"recognition": "vouchers"}
    await site.opened(person())
    fare = person()
    open_ = await site.chosen(fare)
    await site.do(claims.add_expense, open_, LineKind.FARE, "Bus", 250, by=fare.id)
    await site.submitted(person(), **vouchers)
    declined = person()
    await site.do(claims.decline_claim, await site.opened(declined), by=declined.id)
    refused = await site.submitted(person(), **vouchers)
    said = [Decision(line.id, 0, "You were paid for this before.") for line in await site.lines(refused)]
    await site.do(approval.approve_claim, refused, said, by=site.approver)
    withdrawn = await site.approved(person(), **vouchers)
    await site.do(withdrawing.withdraw_approval, withdrawn, "A mistake", by=new_id())
    await site.submitted(person(), minutes=600, planned_minutes=600, **vouchers)
    held = person()
    await site.do(claims.hold_payment, await site.approved(held, **vouchers), True, by=held.id)
    # Runs: taken back after its list was fetched, over in every way, on its way, and made
    for _ in range(2):
        await site.approved(person(), **vouchers)
    taken_back = await site.run()
    await site.write("UPDATE payments SET in_file = 1, file_fetched_at = now() WHERE run_id = :id", id=taken_back)
    await site.do(runs.cancel_run, taken_back, by=site.finance)
    for how in ("lost", "handed-over", "taken-back"):
        await site.approved(person(), **vouchers)
        it = await sent(site)
        await site.by_hand(it.run_id, it.id, "handed-over" if how == "taken-back" else how)
        if how == "taken-back":
            await site.by_hand(it.run_id, it.id, how)
    for how in ("", "paid", "not-paid", "not-paid-details", "came-back-details", "came-back"):
        who = person()
        claim_id = await site.opened(who)
        await site.do(claims.choose_recognition, claim_id, "bank-transfer", by=who.id)
        await give(site, who, vault)
        await site.do(claims.submit_claim, claim_id, by=who.id)
        await site.approve(claim_id)
        it = await sent(site)
        if how.startswith("came-back"):
            await site.by_hand(it.run_id, it.id, "paid")
        if how:
            await site.by_hand(it.run_id, it.id, how)
            if how == "not-paid":  # its line waits for somebody
                await site.do(brought, on(24, of(it, OUT)), vault, by=new_id())
    await site.approved(person(), **vouchers)
    await site.run()
    # Statements: with columns to name, to look at, and read, with lines that wait
    await site.do(
        brought, on(25, ("15.00", BACK, "A EXAMPLE RETURNED"), ("15.00", OUT, "A EXAMPLE")), vault, by=new_id()
    )
    csv = b"Date,Description,Amount\n24/11/2026,A EXAMPLE,-15.00\n"
    await site.do(bank_statements.take_statement, csv, vault, by=site.second)
    await site.do(bank_statements.take_statement, on(27, ("1.00", OUT, "X")), vault, by=site.second)


async def give(site: World, who: Any, vault: Any) -> None:
    details = AccountDetails("Alex Example", *ACCOUNTS[0])
    await site.do(bank_details.give_details, who, details, vault, by=who.id)


async def sent(site: World) -> Any:
    newest = await site.row("SELECT id FROM payables WHERE state = 'owed' ORDER BY created_at DESC, id DESC LIMIT 1")
    run_id = UUID(await site.do(runs.make_run, [newest.id], looked=True, by=site.finance))
    await site.do(sending.mark_sent, run_id, by=site.finance)
    return await site.row("SELECT * FROM payments WHERE run_id = :id", id=run_id)


def wrong_with(url: str, role: str, response: httpx.Response) -> list[str]:
    is_page = response.headers.get("content-type", "").startswith("text/html")
    text = (
        re.sub(r"(?s)<(script|style).*?</\1>|<option value=\"\">None</option>", " ", response.text) if is_page else ""
    )
    found = UNRENDERED.search(text)
    if response.status_code >= 500:
        return [f"{role} {url}: {response.status_code}"]
    return [f"{role} {url}: {text[max(found.start() - 60, 0) : found.end() + 30]}"] if found else []


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_every_page_of_payments_opens_for_every_role_whatever_it_shows(site: World) -> None:
    await fill(site)
    finance = site.visitor(Role.FINANCE, person_id=site.second)
    visitors = {str(role): site.visitor(role) for role in Role} | {"finance": finance, "nobody": site.visitor()}
    owners: dict[Any, httpx.AsyncClient] = {}
    of_claim = {row.id: row.participant_id for row in await site.rows("SELECT id, participant_id FROM claims")}
    rows_of = {name: await site.rows(sql) for name, sql in OF_ID.items()}
    wrong: list[str] = []
    opened = 0
    for route in iter_route_contexts(site.app.routes):
        path = str(route.path)
        if not isinstance(route.original_route, APIRoute) or "GET" not in (route.methods or ()) or "/health/" in path:
            continue
        names = re.findall(r"\{(\w+)\}", path)
        widest = next((name for name in ("line_id", "payment_id", *OF_ID) if name in names), None)
        rows = [row._asdict() for row in rows_of[widest]] if widest else [{}]
        for number, (row, what) in enumerate(itertools.product(rows, ("transfers", "handed-over"))):
            if what == "handed-over" and "what" not in names:
                continue
            url = path.format(**{name: row.get(name, what) for name in names})
            claim_id = row.get("claim_id")
            who = dict(visitors) if number == 0 else {"finance": finance}
            if claim_id:
                owner = of_claim[claim_id]
                who["owner"] = owners.setdefault(owner, site.visitor("participant", person_id=owner))
            for role, client in who.items():
                wrong += wrong_with(url, role, await client.get(url))
                opened += 1
    assert (wrong, opened > 300) == ([], True), opened
