"""The pages on which people say where their money goes (PAY-13)."""

from shared.identity import Role
from tests.payments.site import followed, key_of, post
from tests.payments.support import World, person

WRONG_DETAILS = [
    ("089999", "66374959", "do not go together"),
    ("08999", "66374958", "6 digits"),
    ("089999", "٦٦٣٧٤٩٥٩", "do not go together"),
    ("089999", "663 74 958 1", "6 to 8 digits"),
]


async def test_pay_13_wrong_details_are_refused_and_never_shown_back(site: World) -> None:
    me = site.visitor("participant")
    url = "/payments/bank-details/change"
    for sort_code, account_number, says in WRONG_DETAILS:
        answer = await post(me, url, url, account_name="Alex", sort_code=sort_code, account_number=account_number)
        assert answer.status_code == 422 and says in answer.text, says
        assert f'value="{account_number}"' not in answer.text
    assert await site.rows("SELECT 1 FROM bank_details") == []


async def test_pay_13_digits_of_another_script_are_kept_as_the_banks_write_them(site: World) -> None:
    me = site.visitor("participant")
    url = "/payments/bank-details/change"
    await followed(me, await post(me, url, url, account_name="Alex", sort_code="٠٨٩٩٩٩", account_number="٦٦٣٧٤٩٥٨"))
    kept = await site.rows("SELECT ends_with FROM bank_details")
    assert [row.ends_with for row in kept] == ["4958"]


async def test_pay_13_a_change_waits_until_somebody_else_confirms_it(site: World) -> None:
    who = person()
    me = site.visitor(Role.PARTICIPANT, Role.FINANCE, person_id=who.id)
    url = "/payments/bank-details/change"
    first = {"account_name": "Alex", "sort_code": "089999", "account_number": "66374958"}
    await followed(me, await post(me, url, url, **first))
    claim_id = await site.opened(who)
    await followed(me, await post(me, f"/payments/claims/{claim_id}/thanks", recognition="bank-transfer"))
    await followed(me, await post(me, f"/payments/claims/{claim_id}/check", f"/payments/claims/{claim_id}/check"))
    await site.approve(claim_id)
    await followed(me, await post(me, url, url, **(first | {"sort_code": "107999", "account_number": "88837491"})))
    finance = site.visitor(Role.FINANCE, person_id=site.finance)
    assert "are not confirmed yet" in (await finance.get("/payments/runs")).text
    assert "There is nothing that you could put" in (await post(finance, "/payments/runs", "/payments/runs")).text
    details = await site.row("SELECT id FROM bank_details WHERE state = 'unconfirmed'")
    confirm = f"/payments/confirm-details/{details.id}"
    listed = (await finance.get("/payments/confirm-details")).text
    assert "ending 7491" in listed and "88837491" not in listed
    key = key_of(await finance.get("/payments/confirm-details"))
    assert "your own bank details" in (await post(me, confirm, how="in-person", idempotency_key=key)).text
    assert (await post(finance, confirm, "/payments/confirm-details", how="")).status_code == 422
    await followed(finance, await post(finance, confirm, "/payments/confirm-details", how="in-person"))
    assert (
        "You confirmed these bank details" in (await finance.get("/payments/runs")).text
    )  # PAY-10: somebody else releases it
    other = site.visitor(Role.FINANCE)
    assert (await post(other, "/payments/runs", "/payments/runs")).status_code == 303
