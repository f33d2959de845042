"""PAY-13: who says that they rang the number that we already had was shown it, and there was one to ring."""

from typing import Any
from uuid import UUID

import pytest

from services.payments.bank_details.domain import confirming
from services.payments.bank_details.domain.confirming import NumberSeen, ToConfirm
from services.payments.bank_details.use_cases import bank_details, copies
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.site import post
from tests.payments.support import World, person

PAGE = "/payments/confirm-details"


@pytest.mark.parametrize(
    ("number", "says"), [("held", None), ("none", "no telephone number"), ("not-looked-at", "Show the number")]
)
def test_pay_13_nobody_rang_a_number_that_nobody_holds_or_that_they_did_not_open(
    number: NumberSeen, says: str | None
) -> None:
    waiting = ToConfirm("unconfirmed", new_id(), None)
    for found in (
        confirming.reasons_not_to_confirm_details(waiting, "rang-known-number", new_id(), number),
        confirming.reasons_not_to_confirm_person(
            frozenset({new_id()}), new_id(), "rang-known-number", new_id(), number
        ),
    ):
        assert [reason.rule for reason in found] == ([] if says is None else ["PAY-13"])
        assert says is None or says in found[0].text
    assert confirming.reasons_not_to_confirm_details(waiting, "in-person", new_id(), number) == []


def holds(site: World, monkeypatch: pytest.MonkeyPatch, phone: str) -> None:
    async def requests(subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        return {"cards": {payload["person_ids"][0]: {"phone": phone}}}

    monkeypatch.setattr(site.app.state.service, "requests", requests)


@pytest.mark.parametrize("phone", ["", "07700 900001"])
async def test_pay_13_i_rang_is_said_by_who_was_shown_a_number(
    site: World, monkeypatch: pytest.MonkeyPatch, phone: str
) -> None:
    who = person()
    await site.account(who, 0)
    await site.account(who, 1)
    details_id: UUID = (await site.row("SELECT id FROM bank_details WHERE state = 'unconfirmed'")).id
    holds(site, monkeypatch, phone)
    url = f"{PAGE}/{details_id}"
    looks, another = site.visitor(Role.FINANCE), site.visitor(Role.FINANCE)
    assert "I rang" not in (await looks.get(PAGE)).text
    shown = (await looks.post(f"{url}/number", data={"person": str(who.id)})).text
    assert ("I rang" in shown, "Nobody answered" in shown) == (bool(phone), bool(phone))
    assert ("We hold no telephone number" in shown) == (not phone)
    for visitor in (another, *([] if phone else [looks])):
        refused = await post(visitor, url, PAGE, how="rang-known-number")
        assert refused.status_code == 422 and "confirmed" not in await _states(site)
        assert (await post(visitor, f"{url}/unanswered", PAGE)).status_code == 422
    done = await post(looks, url, PAGE, how="rang-known-number" if phone else "in-person")
    assert done.status_code == 303 and "confirmed" in await _states(site)


async def _states(site: World) -> list[str]:
    return [row.state for row in await site.rows("SELECT state FROM bank_details")]


async def test_pay_13_a_number_that_was_opened_before_somebody_entered_another_counts_no_more(world: World) -> None:
    who, taker, rings = person(), new_id(), new_id()
    card = {"version": 1, "name": "Alex", "roles": [], "introductions": [{"by": str(taker), "at": str(world.now)}]}
    await world.do(copies.keep_card, who.id, card)
    await world.submitted(who, recognition="vouchers")
    await world.do(bank_details.note_number_shown, who.id, is_held=True, by=rings)
    world.move(minutes=5)
    again = {"version": 2, "introductions": [{"by": str(taker), "at": str(world.now)}]}
    await world.do(copies.keep_card, who.id, card | again)
    with pytest.raises(Refused, match="PAY-13"):
        await world.do(bank_details.confirm_person, who.id, "rang-known-number", by=rings)
    world.move(minutes=5)
    await world.do(bank_details.note_number_shown, who.id, is_held=True, by=rings)
    await world.do(bank_details.confirm_person, who.id, "rang-known-number", by=rings)
