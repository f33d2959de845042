"""PRI-03: that somebody else read a person's claims or receipts is written down: who, for whom, which."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import claims
from shared.db import new_id
from shared.identity import Role
from tests.payments.receipt_files import receipt, saved
from tests.payments.site import post
from tests.payments.support import World, person
from tests.support.apps import signed_in


async def readings(site: World, what: str, about: UUID) -> list[Any]:
    return await site.rows(
        "SELECT actor_id, acting_for, facts FROM steps WHERE what = :what AND about = :about ORDER BY at",
        what=what,
        about=about,
    )


async def test_pri_03_a_helper_or_approver_who_reads_a_claim_leaves_a_row_and_its_owner_none(site: World) -> None:
    who, helper, approver = person(), new_id(), new_id()
    claim_id = await site.submitted(who, recognition="vouchers")
    owner = site.visitor("participant", person_id=who.id)
    for path in ("/payments/claims", f"/payments/claims/{claim_id}"):
        assert (await owner.get(path)).status_code == 200
    assert await readings(site, "claim-read", claim_id) == [] == await readings(site, "claims-read", who.id)
    helping = site.visitor(Role.COORDINATOR, person_id=helper, acting_for=who.id)
    for path in ("/payments/claims", f"/payments/claims/{claim_id}"):
        assert (await helping.get(path)).status_code == 200
    [read] = await readings(site, "claim-read", claim_id)
    assert (read.actor_id, read.acting_for) == (helper, who.id)
    assert len(await readings(site, "claims-read", who.id)) == 1
    deciding = site.visitor(Role.APPROVER, person_id=approver)
    assert (await deciding.get(f"/payments/approve/{claim_id}")).status_code == 200
    assert [row.actor_id for row in await readings(site, "claim-read", claim_id)] == [helper, approver]
    stranger = site.visitor("participant")
    assert (await stranger.get(f"/payments/claims/{claim_id}")).status_code == 404
    assert len(await readings(site, "claim-read", claim_id)) == 2


@pytest.mark.parametrize("reader", ["owner", "helper", "approver", "stranger"])
async def test_pri_03_a_receipt_that_somebody_else_opened_is_written_down(site: World, reader: str) -> None:
    who, other = person(), new_id()
    claim_id = await site.opened(who)
    owner = site.visitor("participant", person_id=who.id)
    line_id = await site.do(claims.add_expense, claim_id, LineKind.FARE, "Bus", 250, by=who.id)
    await post(
        owner,
        f"/payments/claims/{claim_id}/lines/{line_id}/receipt",
        files={"receipt": ("r.jpg", saved(receipt(), "JPEG"), "image/jpeg")},
    )
    receipt_id = (await site.row("SELECT id FROM receipts")).id
    readers = {
        "owner": (site.visitor("participant", person_id=who.id), 200),
        "helper": (site.visitor(Role.COORDINATOR, person_id=other, acting_for=who.id), 200),
        "approver": (site.visitor(Role.APPROVER, person_id=other), 200),
        "stranger": (site.visitor("participant", person_id=other), 404),
    }
    client, status = readers[reader]
    assert (await client.get(f"/payments/receipts/{receipt_id}")).status_code == status
    rows = await readings(site, "receipt-read", receipt_id)
    assert [(row.actor_id, row.facts["of"]) for row in rows] == (
        [(other, str(who.id))] if reader in ("helper", "approver") else []
    )


@pytest.mark.parametrize("role", [Role.APPROVER, Role.FINANCE])
async def test_pri_03_staff_read_anothers_claim_or_receipt_after_their_second_step_alone(
    site: World, role: Role
) -> None:
    who, staff = person(), new_id()
    claim_id = await site.opened(who)
    owner = site.visitor("participant", person_id=who.id)
    line_id = await site.do(claims.add_expense, claim_id, LineKind.FARE, "Bus", 250, by=who.id)
    await post(
        owner,
        f"/payments/claims/{claim_id}/lines/{line_id}/receipt",
        files={"receipt": ("r.jpg", saved(receipt(), "JPEG"), "image/jpeg")},
    )
    receipt_id = (await site.row("SELECT id FROM receipts")).id
    api, picture = f"/payments/api/claims/{claim_id}", f"/payments/receipts/{receipt_id}"
    client = site.visitor(role, person_id=staff)
    signed_in(client, role, Role.COORDINATOR, person_id=staff, factor=False)
    refused, sent_on = await client.get(api), await client.get(picture)
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    assert refused.json()["title"] == "Confirm that it is you" and "250" not in refused.text
    assert (sent_on.status_code, sent_on.headers["location"]) == (
        303,
        f"/people/confirm?next={quote(picture, safe='')}",
    )
    assert (await client.get(f"/payments/api/claims/{new_id()}")).status_code == 403, (
        "whether there is one does not show"
    )
    assert await readings(site, "claim-read", claim_id) == [] == await readings(site, "receipt-read", receipt_id)
    signed_in(client, role, person_id=staff)
    assert (await client.get(api)).status_code == 200 == (await client.get(picture)).status_code
    assert (await client.get(f"/payments/api/claims/{new_id()}")).status_code == 404
    assert [row.actor_id for row in await readings(site, "claim-read", claim_id)] == [staff]
    signed_in(client, role, person_id=who.id, factor=False)
    assert (await client.get(api)).status_code == 200 == (await client.get(picture)).status_code, "one's own needs none"
    assert (
        len(await readings(site, "claim-read", claim_id)) == 1 == len(await readings(site, "receipt-read", receipt_id))
    )


async def test_pri_03_what_a_program_reads_of_anothers_claims_leaves_the_row_that_a_page_leaves(site: World) -> None:
    who, helper, finance = person(), new_id(), new_id()
    claim_id = await site.submitted(who, recognition="vouchers")
    paths = ("/payments/api/claims", f"/payments/api/claims/{claim_id}")
    owner = site.visitor("participant", person_id=who.id)
    assert [(await owner.get(path)).status_code for path in paths] == [200, 200]
    assert await readings(site, "claim-read", claim_id) == [] == await readings(site, "claims-read", who.id)
    helping = site.visitor(Role.COORDINATOR, person_id=helper, acting_for=who.id)
    assert [(await helping.get(path)).status_code for path in paths] == [200, 200]
    [one], [several] = await readings(site, "claim-read", claim_id), await readings(site, "claims-read", who.id)
    assert (one.actor_id, one.acting_for) == (several.actor_id, several.acting_for) == (helper, who.id)
    taking_back = site.visitor(Role.FINANCE, person_id=finance)
    assert (await taking_back.get(f"/payments/withdraw/{claim_id}")).status_code == 200
    assert [row.actor_id for row in await readings(site, "claim-read", claim_id)] == [helper, finance]


async def test_pri_03_masked_bank_details_that_somebody_else_read_are_written_down(site: World) -> None:
    who, helper, staff = person(), new_id(), new_id()
    claim_id = await site.submitted(who)
    owner = site.visitor("participant", person_id=who.id)
    for path in ("/payments/bank-details", f"/payments/claims/{claim_id}"):
        assert (await owner.get(path)).status_code == 200
    assert await readings(site, "bank-details-read", who.id) == []
    helping = site.visitor(Role.COORDINATOR, person_id=helper, acting_for=who.id)
    for number, path in enumerate(("/payments/bank-details", f"/payments/claims/{claim_id}"), start=1):
        assert "nding" in (await helping.get(path)).text
        rows = await readings(site, "bank-details-read", who.id)
        assert [(row.actor_id, row.acting_for) for row in rows] == [(helper, who.id)] * number, path
    await post(
        helping,
        "/payments/bank-details/change",
        "/payments/bank-details/change",
        account_name="A",
        sort_code="20-29-59",
        account_number="63748472",
    )
    confirming = site.visitor(Role.FINANCE, person_id=staff)
    assert "ending 8472" in (await confirming.get("/payments/confirm-details")).text
    assert [row.actor_id for row in await readings(site, "bank-details-read", who.id)] == [helper, helper, staff]


@pytest.mark.parametrize("path", ["/payments/approve", "/payments/runs", "/payments/claims", "/payments/bank-details"])
async def test_pri_03_what_is_read_while_helping_names_both_and_shows_no_bank_details_of_others(
    site: World, path: str
) -> None:
    """A queue shows names and sums, and neither bank details, needs nor contact details: it is written down what is
    opened from it."""
    helped, other, helper = person(), person(), new_id()
    claim_id = await site.submitted(other)
    await site.approved(person())
    client = site.visitor(Role.COORDINATOR, Role.APPROVER, Role.FINANCE, person_id=helper, acting_for=helped.id)
    text = (await client.get(path)).text
    ends = await site.rows("SELECT ends_with FROM bank_details")
    assert not any(row.ends_with in text for row in ends)
    assert (await client.get(f"/payments/approve/{claim_id}")).status_code == 200
    [read] = await readings(site, "claim-read", claim_id)
    assert (read.actor_id, read.acting_for) == (helper, helped.id)


async def test_pri_03_a_payment_of_a_run_shows_no_bank_details_needs_or_contact_details_so_it_leaves_no_row(
    site: World,
) -> None:
    """PRI-03 names these three; a name and a sum are none of them. Whoever fetches the file reads accounts, and leaves
    a row."""
    who = person()
    await site.approved(who)
    run_id = await site.run()
    payment = await site.row("SELECT id, bank_detail_id FROM payments")
    account = await site.row("SELECT ends_with FROM bank_details")
    reader = new_id()
    finance = site.visitor(Role.FINANCE, person_id=reader)
    for path in (f"/payments/runs/{run_id}", f"/payments/runs/{run_id}/payments/{payment.id}"):
        shown = (await finance.get(path)).text
        assert "£15.00" in shown and account.ends_with not in shown and "@" not in shown
    assert await site.rows("SELECT what FROM steps WHERE actor_id = :id", id=reader) == []
