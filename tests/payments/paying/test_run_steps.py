"""PAY-12: what is said of a whole payment run is said on a page that first tells what it does, of how many and how
much, and what stays."""

import re
from pathlib import Path
from uuid import UUID

import pytest

from services.payments.approving.use_cases import withdrawing
from services.payments.paying.use_cases import runs, sending
from shared.db import new_id
from shared.identity import Role
from tests.payments.site import followed, key_of, step
from tests.payments.support import World, person
from tests.support.marks import MARK

STEPS = ("sent", "never-sent", "anew", "cancel", "not-gone", "confirm-rest/transfers", "confirm-rest/handed-over")


async def a_run(site: World, what: str) -> UUID:
    by = {"recognition": "vouchers"} if what.endswith("handed-over") else {}
    people = [person(), person()]
    for who in people:
        await site.approved(who, **by)
    run_id = await site.run()
    if what in ("anew", "cancel", "not-gone"):
        await site.fetch(run_id)
    if what == "not-gone":
        await site.do(runs.cancel_run, run_id, by=site.finance)
    if what == "never-sent" or what.startswith("confirm-rest"):
        await site.do(sending.mark_sent, run_id, by=site.finance)
    if what == "anew":
        await site.account(people[0], 2)  # another account than the file has
    return run_id


@pytest.mark.parametrize("what", STEPS)
async def test_pay_12_what_is_said_of_a_run_is_said_after_a_page_that_tells_what_it_does(
    site: World, what: str
) -> None:
    run_id = await a_run(site, what)
    who = site.finance if what in ("sent", "anew", "cancel") else site.second
    client, base = site.visitor(Role.FINANCE, person_id=who), f"/payments/runs/{run_id}"
    run = (await client.get(base)).text
    assert f'href="{base}/{what}"' in run and f'action="{base}/{what}"' not in run
    shown = (await client.get(f"{base}/{what}")).text
    assert "What ends" in shown and "What stays" in shown and "cannot undo" in shown
    assert "2 payments, £30.00" in shown
    before = await site.rows("SELECT id, state, settled_at FROM payments ORDER BY id")
    blind = await client.post(f"{base}/{what}", data={"idempotency_key": str(new_id())})
    assert (
        blind.status_code == 422 and await site.rows("SELECT id, state, settled_at FROM payments ORDER BY id") == before
    )
    assert (await step(client, f"{base}/{what}")).status_code == 303
    assert "nothing to say here now" in (await client.get(f"{base}/{what}")).text or what == "anew"


async def test_pay_12_nobody_says_of_more_or_less_than_they_were_shown_that_it_was_paid(site: World) -> None:
    run_id = await a_run(site, "confirm-rest/transfers")
    client, url = site.visitor(Role.FINANCE, person_id=site.second), f"/payments/runs/{run_id}/confirm-rest/transfers"
    shown = await client.get(url)
    mark = MARK.search(shown.text)
    assert mark is not None
    [first, _] = await site.rows("SELECT id FROM payments ORDER BY end_to_end_id")
    await site.by_hand(run_id, first.id, "not-paid")
    late = await client.post(url, data={"idempotency_key": key_of(shown), "mark": mark[1]})
    assert late.status_code == 422 and "has changed since you looked" in late.text and "1 payment, £15.00" in late.text
    assert [row.state for row in await site.rows("SELECT state FROM payments ORDER BY end_to_end_id")] == [
        "rejected",
        "sent",
    ]
    assert "1 payment confirmed. The person is told." in (await followed(client, await step(client, url))).text


async def test_pay_12_what_cannot_leave_is_named_on_the_page_before_a_run_is_sent(site: World) -> None:
    run_id = await a_run(site, "sent")
    [first, _] = await site.rows("SELECT claim_id FROM payments ORDER BY end_to_end_id")
    await site.do(withdrawing.withdraw_approval, first.claim_id, "We look at it again", by=new_id())
    client = site.visitor(Role.FINANCE, person_id=site.finance)
    shown = (await client.get(f"/payments/runs/{run_id}/sent")).text
    assert (
        "The time in which you can stop it: 1 payment, £15.00." in shown
        and "1 payment, £15.00, cannot leave now and stays behind. It goes back to an approver." in shown
    )
    assert "Its approval was taken back." in shown


def test_no_page_of_a_run_has_a_button_that_ends_something_at_once() -> None:
    run = Path("services/payments/paying/templates/run.html").read_text()
    posts = re.findall(r"post_button\(|action=base ~ \"/([a-z-]+)", run)
    assert posts == ["answer"]
