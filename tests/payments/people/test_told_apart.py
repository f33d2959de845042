"""Two people of one name are told apart wherever approvers and finance choose: the wrong one would be rung, approved,
or paid (PAY-10, PAY-12)."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.bank_details.use_cases import bank_details, copies
from shared.db import new_id
from shared.identity import Role
from tests.payments.support import World, person


async def known(site: World, who: UUID, by: str | None, added_by: UUID) -> None:
    said = [{"by": str(added_by), "at": site.now.isoformat()}]
    card = {"version": 1, "name": "Maya", "introductions": said, **({"told_apart_by": by} if by is not None else {})}
    await site.do(copies.keep_card, who, card)


async def test_pay_12_two_of_one_name_are_told_apart_in_each_list_of_staff(site: World) -> None:
    one, two, unsaid = person(), person(), person()
    adder = new_id()
    claims = []
    for who, by in ((one, "Maya Webb, Ely"), (two, "Maya Wood, March"), (unsaid, None)):
        await known(site, who.id, by, adder)
        claims.append(await site.submitted(who, recognition="vouchers"))
    each = ("Maya (Maya Webb, Ely)", "Maya (Maya Wood, March)", f"Maya (our number {unsaid.id.hex[-4:].upper()})")
    staff = site.visitor(Role.FINANCE, Role.APPROVER, person_id=site.finance)

    async def shows(path: str) -> None:
        text = (await staff.get(path)).text
        assert all(name in text for name in each), path

    await shows("/payments/approve")
    await shows("/payments/confirm-details")
    for claim_id in claims:
        await site.approve(claim_id)
    await shows("/payments/runs")
    for who in (one, two, unsaid):
        await site.do(bank_details.confirm_person, who.id, "in-person", by=site.coordinator)
    run_id = await site.run()
    await shows(f"/payments/runs/{run_id}")
    await shows(f"/payments/runs/{run_id}/vouchers.csv")


async def test_what_tells_people_apart_is_asked_for_until_it_is_told(
    site: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, gone, asked = new_id(), new_id(), []
    for who in (here, gone):
        await known(site, who, None, new_id())

    async def requests(subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        asked.extend(payload["person_ids"])
        return {
            "cards": {
                str(here): {
                    "version": 1,
                    "name": "Maya",
                    "roles": ["finance"],
                    "told_apart_by": "Ely",
                    "introductions": [],
                }
            }
        }

    service = site.app.state.service
    monkeypatch.setattr(service, "requests", requests)
    await copies.ask_who_introduced(service)
    rows = await site.rows("SELECT person_id, told_apart_by, finance FROM cards")
    assert {(row.person_id, row.told_apart_by, row.finance) for row in rows} == {(here, "Ely", True), (gone, "", False)}
    await copies.ask_who_introduced(service)
    assert sorted(asked) == sorted([str(here), str(gone)])
