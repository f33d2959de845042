"""What the events say of a claim, so that what its owner reads is true (PAY-08, PAY-09, PAY-12, PAY-14)."""

from uuid import UUID

import pytest

from services.payments.bank_details.gateways.vault import AccountDetails
from services.payments.bank_details.use_cases import bank_details, copies
from services.payments.claims.domain.claims import LineKind
from services.payments.claims.queries import claims as claim_queries
from services.payments.claims.use_cases import claims, own_limits, records
from services.payments.register import queries as register_queries
from shared.db import Transaction, new_id
from shared.events import ParticipantRef
from shared.identity import Role
from tests.payments.paying.test_doubts import came_back
from tests.payments.site import key_of
from tests.payments.support import ACCOUNTS, VAULT, World, person


async def test_pay_12_the_rest_of_what_the_bank_paid_all_the_same_can_be_opened(world: World) -> None:
    who = person()
    claim_id = await world.approved(who)
    row = await world.claim(claim_id)

    async def work(tx: Transaction) -> None:
        attendance = await register_queries.attendance_of(tx, row.attendance_id)
        await records.open_claim(tx, attendance, follows=claim_id, because="rest", recognition="bank-transfer")

    await world.do(work)
    opened = (await world.events("claim-opened"))[-1]
    assert (opened["because"], opened["else_because"]) == ("", "rest")


async def test_pay_08_a_claim_that_was_opened_again_says_so(world: World) -> None:
    who = person()
    claim_id = await world.opened(who)
    await world.do(claims.decline_claim, claim_id, by=who.id)
    await world.do(claims.reopen_claim, claim_id, by=who.id)
    assert [event["else_because"] for event in await world.events("claim-opened", claim_id)] == ["", "reopened"]


@pytest.mark.parametrize("held", [True, False])
async def test_pay_09_an_approval_says_whether_its_owner_holds_the_payment(world: World, held: bool) -> None:
    who = person()
    claim_id = await world.submitted(who)
    if held:
        await world.do(claims.hold_payment, claim_id, True, by=who.id)
    await world.approve(claim_id)
    [approved] = await world.events("claim-approved", claim_id)
    assert approved["on_hold"] is held


async def vouchers_and_bank(world: World) -> tuple[ParticipantRef, UUID]:
    """Sent: the fee is thanked in vouchers, the fare goes to the bank."""
    who = person()
    claim_id = await world.opened(who)
    await world.account(who)
    line = UUID(await world.do(claims.add_expense, claim_id, LineKind.FARE, "Bus", 450, by=who.id))
    await world.receipt(who, claim_id, line)
    await world.do(claims.choose_recognition, claim_id, "vouchers", by=who.id)
    await world.do(claims.submit_claim, claim_id, by=who.id)
    return who, claim_id


async def test_pay_08_a_part_that_is_paid_says_what_is_still_to_come(world: World) -> None:
    _, claim_id = await vouchers_and_bank(world)
    await world.approve(claim_id)
    run_id = await world.sent_run()
    by_way = {row.method: row for row in await world.rows("SELECT * FROM payments WHERE run_id = :id", id=run_id)}
    await world.by_hand(run_id, by_way["vouchers"].id, "handed-over")
    await world.by_hand(run_id, by_way["bank-transfer"].id, "paid")
    said = await world.events("claim-paid", claim_id)
    assert [(each["recognition"], each["rest_pence"], each["rest_recognition"]) for each in said] == [
        ("vouchers", 450, "bank-transfer"),
        ("bank-transfer", 0, None),
    ]


async def test_pay_07_a_new_account_after_a_return_is_their_answer_and_the_clock_runs_while_we_owe_the_ringing(
    world: World,
) -> None:
    register = await came_back(world)
    who = register.event.participant
    assert (await world.claim(register.claim_id)).stopped_on is not None
    await world.do(bank_details.give_details, who, AccountDetails("Alex Example", *ACCOUNTS[-1]), VAULT, by=who.id)
    claim = await world.claim(register.claim_id)
    assert (claim.state, claim.stopped_on) == ("approved", None)
    assert [event["because"] for event in await world.events("claim-owed-again", claim.id)] == ["put-right"]
    with pytest.raises(Exception, match="PAY-12"):
        await world.run()  # nothing leaves before it is confirmed
    details = await world.row(
        "SELECT id FROM bank_details WHERE participant_id = :id AND state = 'unconfirmed'", id=who.id
    )
    await world.do(bank_details.confirm_details, details.id, "in-person", by=new_id())
    await world.sent_run()
    assert await world.broken() == {}


async def test_pay_07_no_page_says_a_day_of_what_its_owner_holds(site: World) -> None:
    who = person()
    claim_id = await site.submitted(who)
    owner, approver, finance = (
        site.visitor("participant", person_id=who.id),
        site.visitor(Role.APPROVER),
        site.visitor(Role.FINANCE),
    )
    await site.do(claims.hold_payment, claim_id, True, by=who.id)
    mine, queue, one = f"/payments/claims/{claim_id}", "/payments/approve", f"/payments/approve/{claim_id}"
    assert "We aim to pay you by" not in (await owner.get(mine)).text
    for path in (queue, one):
        text = (await approver.get(path)).text
        assert "No day now: the person holds it" in text, path
    assert "The person asked us to hold this payment" in (await approver.get(one)).text
    await site.approve(claim_id)
    assert "We will pay" not in (await owner.get(mine)).text and "Agreed, and held" in (await owner.get(mine)).text
    runs_page = (await finance.get("/payments/runs")).text
    assert "Nothing is waiting to be paid" in runs_page and "its owner holds it" in runs_page
    assert [event["waiting"] for event in await site.events("claim-to-pay", claim_id)] == [False]
    await site.do(claims.hold_payment, claim_id, False, by=who.id)
    assert [event["waiting"] for event in await site.events("claim-to-pay", claim_id)] == [False, True]
    text = (await owner.get(mine)).text
    assert "Agreed. We aim to pay it by Monday 30 November 2026. The last day is" in text and "on its way" not in text
    await site.sent_run()
    assert "Agreed, payment on its way" in (await owner.get(mine)).text


async def test_pay_08_the_check_page_says_each_way_with_its_sum_and_the_lines_say_what_is_paid(site: World) -> None:
    who, claim_id = await vouchers_and_bank(site)
    owner = site.visitor("participant", person_id=who.id)
    text = (await owner.get(f"/payments/claims/{claim_id}/check")).text
    assert "in vouchers." in text and "£4.50 to your bank." in text
    await site.approve(claim_id)
    run_id = await site.sent_run()
    voucher = await site.row("SELECT id FROM payments WHERE run_id = :id AND method = 'vouchers'", id=run_id)
    await site.by_hand(run_id, voucher.id, "handed-over")
    text = (await owner.get(f"/payments/claims/{claim_id}")).text
    assert "£4.50 is still to come, into your bank." in text
    assert [line.is_paid for line in (await site.read(claim_queries.any_claim, claim_id)).lines] == [True, False]


async def test_pay_02_no_page_of_an_online_session_asks_for_travel(site: World) -> None:
    who = person()
    claim_id = await site.opened(who, opportunity=await site.opportunity(mode="online"))
    owner = site.visitor("participant", person_id=who.id)
    assert "Add your travel" not in (await owner.get(f"/payments/claims/{claim_id}")).text
    for path in ("miles", "fare"):
        text = (await owner.get(f"/payments/claims/{claim_id}/{path}")).text
        assert "This was online" in text and "<form" not in text.split("<main")[1]


async def test_pay_13_a_mistake_in_one_number_is_answered_by_a_page_of_its_own_without_either(site: World) -> None:
    who = person()
    claim_id = await site.opened(who)
    me = site.visitor("participant", person_id=who.id)
    url = f"/payments/bank-details/change?claim={claim_id}"
    fields = {"idempotency_key": key_of(await me.get(url)), "claim": str(claim_id), "account_name": "Alex Example"}
    sent = await me.post(
        url,
        data={**fields, "sort_code": "08999", "account_number": ACCOUNTS[0][1]},
        headers={"sec-fetch-mode": "navigate"},
    )
    assert sent.status_code == 303
    text = (await me.get(sent.headers["location"])).text
    assert "Type both again" in text and ACCOUNTS[0][1] not in text and "08999" not in text and "Alex Example" in text
    assert "Sort code" in text and f'href="/payments/claims/{claim_id}"' in text and "There is a problem" in text
    named = await me.post(
        url,
        data={**fields, "account_name": "66374958", "sort_code": "1", "account_number": "2"},
        headers={"sec-fetch-mode": "navigate"},
    )
    assert "66374958" not in (await me.get(named.headers["location"])).text


async def test_pay_09_their_own_limit_is_a_question_and_no_error(site: World) -> None:
    who = person()
    claim_id = await site.chosen(who)
    me = site.visitor("participant", person_id=who.id)
    await site.do(own_limits.set_own_limit, who.id, "week", 2000, by=who.id)
    asked = await me.post(f"/payments/claims/{claim_id}/miles", data={"miles": "20"})
    assert (
        "There is a problem" not in asked.text
        and "With this you would be paid" in asked.text
        and "Your limit is £20.00" in asked.text
    )
    assert (
        "Add it anyway" in asked.text
        and "Leave it out" in asked.text
        and 'name="miles" value="20"' in asked.text
        and "Take a lower fee" in asked.text
    )
    assert (
        await me.post(f"/payments/claims/{claim_id}/miles", data={"miles": "20", "anyway": "yes"})
    ).status_code == 303


async def test_pay_07_no_list_of_staff_says_a_day_while_the_clock_stands_still(site: World) -> None:
    """The bank sent one back, and one is held: the list to pay, the list to confirm and the API say why there is no
    day, as the claim's page does."""
    adder, who = new_id(), person()
    claim_id = await site.approved(who)
    run_id = await site.sent_run()
    await site.take(run_id, await site.answer(run_id, rejected={claim_id: "AC04"}))
    another = await site.approved(who, recognition="vouchers")
    await site.do(claims.hold_payment, another, True, by=who.id)
    said = [{"by": str(adder), "at": site.now.isoformat()}]
    await site.do(copies.keep_card, who.id, {"version": 1, "name": "Alex", "introductions": said})
    staff = site.visitor(Role.FINANCE, Role.APPROVER)
    assert "When their money is due: no day now: the person " in (await staff.get("/payments/confirm-details")).text
    for held, because, stands in ((claim_id, "asked", "returned"), (another, "held", "held")):
        answer = (await staff.get(f"/payments/api/claims/{held}")).json()
        assert (answer["pay_by"], answer["target_day"], answer["no_day_because"], answer["shown_state"]) == (
            None,
            None,
            because,
            stands,
        )
    await site.do(claims.hold_payment, another, False, by=who.id)
    assert "We aim to pay them by " in (await staff.get("/payments/confirm-details")).text
    await site.write("UPDATE claims SET stopped_on = :day WHERE id = :id", day=site.clock.today(), id=another)
    assert "No day now: the person is asked something" in (await staff.get("/payments/runs")).text


async def test_pay_07_staff_read_the_day_that_the_person_was_promised_and_are_given_the_soonest_first(
    site: World,
) -> None:
    """Of two claims the one with the sooner aim stands first, whatever their last days."""
    first, second = [await site.submitted(person()) for _ in range(2)]
    await site.write("UPDATE claims SET target_day = '2026-11-26', pay_by = '2026-12-20' WHERE id = :id", id=second)
    queue = (await site.visitor(Role.APPROVER).get("/payments/approve")).text
    assert queue.index(str(second)) < queue.index(str(first))
    assert "Thursday 26 November 2026<br>Last day: Sunday 20 December 2026" in queue
    for claim_id in (first, second):
        await site.approve(claim_id)
    runs_page = (await site.visitor(Role.FINANCE).get("/payments/runs")).text
    assert "Thursday 26 November 2026<br>Last day: Sunday 20 December 2026" in runs_page
    assert runs_page.index("Thursday 26 November 2026") < runs_page.index("Monday 30 November 2026")
    [told] = await site.events("claim-submitted", first)
    assert (told["aim_by"], told["pay_by"]) == ("2026-11-30", "2026-12-07")


@pytest.mark.parametrize("agreed", [False, True])
async def test_pay_07_a_claim_whose_last_day_has_passed_says_that_it_is_late(site: World, agreed: bool) -> None:
    who = person()
    claim_id = await (site.approved if agreed else site.submitted)(who, recognition="vouchers")
    pages = site.visitor(Role.PARTICIPANT, person_id=who.id)
    assert "This is late" not in (await pages.get(f"/payments/claims/{claim_id}")).text
    site.move(days=15)
    page = (await pages.get(f"/payments/claims/{claim_id}")).text
    assert "This is late, and we are sorry. The last day was" in page and "The last day is" not in page
