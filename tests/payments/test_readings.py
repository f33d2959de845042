"""PRI-03: that somebody else read a person's claims or receipts is written down: who, for whom, which."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.domain.claims import LineKind
from services.payments.use_cases import claims
from shared.db import new_id
from shared.identity import Role
from tests.payments.receipt_files import receipt, saved
from tests.payments.site import Site, post
from tests.payments.support import person


async def readings(site: Site, what: str, about: UUID) -> list[Any]:
    return await site.world.rows("SELECT actor_id, acting_for, facts FROM steps WHERE what = :what AND about = :about ORDER BY at", what=what, about=about)


async def test_pri_03_a_helper_or_approver_who_reads_a_claim_leaves_a_row_and_its_owner_none(site: Site) -> None:
    who, helper, approver = person(), new_id(), new_id()
    claim_id = await site.world.submitted(who, recognition="vouchers")
    owner = await site.as_person(person_id=who.id)
    for path in ("/payments/claims", f"/payments/claims/{claim_id}"):
        assert (await owner.get(path)).status_code == 200
    assert await readings(site, "claim-read", claim_id) == [] == await readings(site, "claims-read", who.id)
    helping = await site.as_person(Role.COORDINATOR, person_id=helper, acting_for=who.id)
    for path in ("/payments/claims", f"/payments/claims/{claim_id}"):
        assert (await helping.get(path)).status_code == 200
    [read] = await readings(site, "claim-read", claim_id)
    assert (read.actor_id, read.acting_for) == (helper, who.id)
    assert len(await readings(site, "claims-read", who.id)) == 1
    deciding = await site.as_person(Role.APPROVER, person_id=approver)
    assert (await deciding.get(f"/payments/approve/{claim_id}")).status_code == 200
    assert [row.actor_id for row in await readings(site, "claim-read", claim_id)] == [helper, approver]
    stranger = await site.as_person()
    assert (await stranger.get(f"/payments/claims/{claim_id}")).status_code == 404
    assert len(await readings(site, "claim-read", claim_id)) == 2


@pytest.mark.parametrize("reader", ["owner", "helper", "approver", "stranger"])
async def test_pri_03_a_receipt_that_somebody_else_opened_is_written_down(site: Site, reader: str) -> None:
    who, other = person(), new_id()
    claim_id = await site.world.opened(who)
    owner = await site.as_person(person_id=who.id)
    line_id = await site.world.do(who.id, lambda tx: claims.add_expense(tx, claim_id, LineKind.FARE, "Bus", 250))
    await post(owner, f"/payments/claims/{claim_id}/lines/{line_id}/receipt", files={"receipt": ("r.jpg", saved(receipt(), "JPEG"), "image/jpeg")})
    receipt_id = (await site.world.row("SELECT id FROM receipts")).id
    readers = {
        "owner": (await site.as_person(person_id=who.id), 200),
        "helper": (await site.as_person(Role.COORDINATOR, person_id=other, acting_for=who.id), 200),
        "approver": (await site.as_person(Role.APPROVER, person_id=other), 200),
        "stranger": (await site.as_person(person_id=other), 404),
    }
    client, status = readers[reader]
    assert (await client.get(f"/payments/receipts/{receipt_id}")).status_code == status
    rows = await readings(site, "receipt-read", receipt_id)
    assert [(row.actor_id, row.facts["of"]) for row in rows] == ([(other, str(who.id))] if reader in ("helper", "approver") else [])
