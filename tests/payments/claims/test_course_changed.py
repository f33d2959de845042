"""PAY-08, PAY-10, PAY-11, PAY-14, PAY-17: a claim that changes its course (declined, reopened, put right, thanked
otherwise) keeps nothing that was decided of its former one, and what an approver refused is not undone by something
that does not touch it."""

from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Any
from uuid import UUID

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval
from services.payments.claims.domain import sending
from services.payments.claims.domain.claims import ClaimState, LineKind
from services.payments.claims.use_cases import claims, undoing
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.approving.support import Register, owed, registered
from tests.payments.support import World


async def declines(register: Register, claim_id: UUID | None = None) -> None:
    about = claim_id or register.claim_id
    await register.world.do(claims.decline_claim, about, by=register.event.participant.id)


async def reopens(register: Register, claim_id: UUID | None = None) -> None:
    about = claim_id or register.claim_id
    await register.world.do(claims.reopen_claim, about, by=register.event.participant.id)


async def sends(register: Register, claim_id: UUID | None = None) -> None:
    about = claim_id or register.claim_id
    await register.world.do(claims.submit_claim, about, by=register.event.participant.id)


async def adds_a_mile(register: Register) -> None:
    await register.world.do(claims.add_miles, register.claim_id, 10, "", False, by=register.event.participant.id)


async def over_budget(world: World, **facts: Any) -> Register:
    """100 pounds, of a budget of 40, approved by one."""
    register = await registered(world, minutes=600, budget_pence=4000, **facts)
    assert (await world.approve(register.claim_id))["state"] == "second-approver"
    return register


async def changed_their_mind(register: Register) -> None:
    await declines(register)
    await reopens(register)
    await adds_a_mile(register)
    await sends(register)


# One person's two approvals (PAY-11)


async def test_pay_11_who_approved_first_does_not_approve_all_of_it_alone_after_its_owner_changed_their_mind(
    world: World,
) -> None:
    register = await over_budget(world)
    await changed_their_mind(register)
    assert [(line.state, line.approved_pence) for line in await world.lines(register.claim_id)] == [
        ("ready", None),
        ("ready", None),
    ]
    assert await world.approve(register.claim_id) == {"state": "second-approver", "pence": 10045}
    with pytest.raises(Refused, match="PAY-11"):
        await world.approve(register.claim_id)
    assert await owed(world) == 0
    assert (await world.approve(register.claim_id, new_id()))["state"] == "approved"
    assert await owed(world) == 10045


async def test_pay_10_the_recorders_limit_holds_after_the_owner_changed_their_mind(world: World) -> None:
    recorder = new_id()
    register = await over_budget(world, recorded_by=recorder)
    await changed_their_mind(register)
    with pytest.raises(Refused, match="PAY-10"):
        await world.approve(register.claim_id, recorder)


async def test_pay_08_a_fee_that_was_agreed_before_is_not_paid_as_training(world: World) -> None:
    register = await over_budget(world)
    await declines(register)
    await reopens(register)
    await world.do(claims.choose_recognition, register.claim_id, "training", by=register.event.participant.id)
    await sends(register)
    await world.approve(register.claim_id)
    assert [(way.method, way.amount_pence) for way in await world.rows("SELECT * FROM payables")] == [("training", 0)]


async def test_pay_11_limits_measure_all_that_an_approval_makes_payable(world: World) -> None:
    """Whatever left a line approved: here it is written by hand."""
    register = await registered(world, minutes=600, budget_pence=4000, recorded_by=(recorder := new_id()))
    await world.write("UPDATE claim_lines SET state = 'approved', approved_pence = amount_pence")
    for approver in (recorder, world.approver):
        with pytest.raises(Refused, match="PAY-10") if approver == recorder else nullcontext():
            assert (await world.approve(register.claim_id, approver))["state"] == "second-approver"


async def test_pay_11_the_database_knows_that_one_person_is_not_two(world: World) -> None:
    register = await over_budget(world)
    one = text(
        "INSERT INTO approvals (id, claim_id, approver_id, decision, decided_at, first_approver) VALUES (:id, :about, "
        ":by, 'approved', now(), :by)"
    )
    with pytest.raises(IntegrityError, match="pay_11_two_people"):
        await world.write(one.bindparams(id=new_id(), about=register.claim_id, by=world.approver))
    await world.approve(register.claim_id, second := new_id())
    kept = await world.rows("SELECT approver_id, first_approver FROM approvals ORDER BY first_approver NULLS FIRST")
    assert [(row.approver_id, row.first_approver) for row in kept] == [(world.approver, None), (second, world.approver)]


async def _declined(register: Register) -> None:
    await declines(register)


async def _put_right(register: Register) -> None:
    await register.says(minutes=540)


async def _recorded_by_another(register: Register) -> None:
    await register.says(recorded_by=new_id())


async def _not_there(register: Register) -> None:
    await register.says(present=False, minutes=0)


async def _refused(register: Register) -> None:
    await register.world.do(approval.refuse_claim, register.claim_id, "Too much", by=new_id())


@pytest.mark.parametrize("leaves", [_declined, _put_right, _recorded_by_another, _not_there, _refused])
async def test_pay_11_whichever_way_a_claim_leaves_a_first_approval_nothing_of_it_stays(
    world: World, leaves: Callable[[Register], Awaitable[None]]
) -> None:
    register = await over_budget(world, miles=10)
    await leaves(register)
    claim = await world.claim(register.claim_id)
    assert (claim.first_approver, claim.over_budget_pence) == (None, 0)
    assert {line.approved_pence for line in await world.lines(register.claim_id)} == {None}


# Who was not there (PAY-17)


async def test_pay_17_who_was_not_there_does_not_reopen_what_they_declined(site: World) -> None:
    register = await registered(site, miles=20)
    await declines(register)
    await register.says(present=False, minutes=0)
    assert (await site.claim(register.claim_id)).state == "declined", "they chose that, and hear of no refusal"
    assert await site.events("claim-refused") == []
    with pytest.raises(Refused, match="PAY-17"):
        await reopens(register)
    owner = site.visitor("participant", person_id=register.event.participant.id)
    said = (await owner.get(f"/payments/claims/{register.claim_id}")).text
    assert "/reopen" not in said and "We have it written down that you did not take part" in said
    await register.says(present=True, minutes=60)
    assert "/reopen" in (await owner.get(f"/payments/claims/{register.claim_id}")).text
    await reopens(register)
    await sends(register)
    await site.approve(register.claim_id)
    assert await owed(site) == 1000 + 900


async def test_pay_17_a_declined_claim_that_follows_is_put_right_with_the_register_too(world: World) -> None:
    register = await registered_with_fare(world)
    await world.approve(register.claim_id)
    more = (await world.row("SELECT id FROM claims WHERE follows = :id", id=register.claim_id)).id
    await declines(register, more)
    await register.says(present=False, minutes=0)
    assert [(line.state, line.reason) for line in await world.lines(more)] == [("refused", undoing.NOT_THERE)]
    with pytest.raises(Refused, match="PAY-17"):
        await reopens(register, more)
    await register.says(present=True, minutes=90)
    await reopens(register, more)
    assert [line.state for line in await world.lines(more)] == ["waiting"]


async def registered_with_fare(world: World) -> Register:
    """A claim that was sent, with a fare that waits for its receipt."""
    register = await registered(world)
    who = register.event.participant
    await declines(register)
    await reopens(register)
    await world.do(claims.add_expense, register.claim_id, LineKind.FARE, "Bus", 540, by=who.id)
    await sends(register)
    return register


async def test_pay_17_a_declined_claim_has_the_fee_of_the_register_as_it_stands(world: World) -> None:
    register = await registered(world, minutes=90)
    await declines(register)
    await register.says(minutes=60)
    await reopens(register)
    await sends(register)
    await world.approve(register.claim_id)
    assert await owed(world) == 1000


def test_pay_17_sending_asks_whether_the_person_was_there() -> None:
    to_send = sending.ToSend(ClaimState.OPEN, "vouchers", None, [], has_bank_details=False, was_there=False)
    assert sending.reasons_not_to_submit(to_send) == [sending.NOT_IN_THE_REGISTER]
    assert sending.reasons_not_to_reopen(ClaimState.DECLINED, was_there=False) == [sending.NOT_IN_THE_REGISTER]
    assert sending.reasons_not_to_reopen(ClaimState.DECLINED, was_there=True) == []
    assert all(
        sending.reasons_not_to_reopen(state, was_there=True) for state in ClaimState if state is not ClaimState.DECLINED
    )


# What was refused (PAY-14)


async def cut(site: World, *, budget_pence: int | None = None) -> tuple[Register, UUID]:
    """15 pounds, and a fare of 5.40 of which an approver agreed to 3."""
    register = await registered(site, minutes=90, recognition="vouchers", budget_pence=budget_pence)
    who = register.event.participant
    await declines(register)
    await reopens(register)
    line_id = UUID(await site.do(claims.add_expense, register.claim_id, LineKind.FARE, "Bus", 540, by=who.id))
    await site.receipt(who, register.claim_id, line_id)
    await sends(register)
    decided = [
        Decision(line.id, 300, "One way only") if line.id == line_id else Decision(line.id, 1500)
        for line in await site.lines(register.claim_id)
    ]
    await site.do(approval.approve_claim, register.claim_id, decided, by=site.approver)
    return register, line_id


def filled_in(page: BeautifulSoup, action: str) -> dict[str, str]:
    """What a form would send as it is shown."""
    return {str(field["name"]): str(field.get("value", "")) for field in page.select(f'form[action="{action}"] input')}


@pytest.mark.parametrize("budget_pence", [None, 1000], ids=["approved", "approved by one of two"])
async def test_pay_14_what_was_refused_of_a_fare_stays_refused_when_the_register_is_put_right(
    site: World, budget_pence: int | None
) -> None:
    register, line_id = await cut(site, budget_pence=budget_pence)
    await register.says(minutes=60)
    owner = site.visitor("participant", person_id=register.event.participant.id)
    said = " ".join(
        BeautifulSoup((await owner.get(f"/payments/claims/{register.claim_id}")).text, "html.parser")
        .get_text(" ")
        .split()
    )
    assert "Before, this came to £18.00. Then it came to £13.00." in said
    assert "Agreed in part before £5.40 was asked for. One way only We are looking at it again." in said
    approver = site.visitor(Role.APPROVER, person_id=new_id())
    page = BeautifulSoup((await approver.get(f"/payments/approve/{register.claim_id}")).text, "html.parser")
    fields = filled_in(page, f"/payments/approve/{register.claim_id}")
    assert [fields[f"{name}-{line_id}"] for name in ("pence", "reason")] == ["3.00", "One way only"]
    assert "Asked for: £5.40. Agreed before: £3.00" in page.get_text(" ")
    assert (await approver.post(f"/payments/approve/{register.claim_id}", data=fields)).status_code == 303
    if budget_pence is not None:
        await site.approve(register.claim_id, new_id())
    assert await owed(site) == 1300, "as the page showed it, unchanged"
    [fare] = [line for line in await site.lines(register.claim_id) if line.id == line_id]
    assert (fare.amount_pence, fare.approved_pence, fare.reason, fare.cut_to_pence) == (540, 300, "One way only", None)


async def test_pay_14_a_fare_that_was_refused_whole_stays_so_through_any_register(world: World) -> None:
    register = await registered(world, miles=10)
    fee, miles = await world.lines(register.claim_id)
    refused = [Decision(fee.id, fee.amount_pence), Decision(miles.id, 0, "You came with somebody")]
    await world.do(approval.approve_claim, register.claim_id, refused, by=world.approver)
    await register.says(minutes=60)
    assert [(line.state, line.reason) for line in await world.lines(register.claim_id) if line.id == miles.id] == [
        ("refused", "You came with somebody")
    ]
    await register.says(present=False, minutes=0)
    await register.says(present=True, minutes=60)
    assert [(line.state, line.reason) for line in await world.lines(register.claim_id) if line.id == miles.id] == [
        ("refused", "You came with somebody")
    ]


async def test_pay_14_what_an_approver_refused_is_not_open_again_because_the_register_went_back_and_forth(
    world: World,
) -> None:
    register = await registered(world)
    await world.do(approval.refuse_claim, register.claim_id, "You stayed at home", by=world.approver)
    await register.says(present=False, minutes=0)
    await register.says(present=True, minutes=90)
    assert (await world.claim(register.claim_id)).state == "refused"
    assert [(line.state, line.reason) for line in await world.lines(register.claim_id)] == [
        ("refused", "You stayed at home")
    ]


async def test_pay_14_who_thinks_again_is_decided_from_the_start_and_the_approver_reads_why(site: World) -> None:
    register, line_id = await cut(site, budget_pence=1000)
    await declines(register)
    await reopens(register)
    assert {(line.state, line.cut_to_pence) for line in await site.lines(register.claim_id)} == {("ready", None)}
    await sends(register)
    approver = site.visitor(Role.APPROVER, person_id=new_id())
    page = BeautifulSoup((await approver.get(f"/payments/approve/{register.claim_id}")).text, "html.parser")
    said = " ".join(page.get_text(" ").split())
    assert "Bus, £5.40 became £3.00: One way only" in said and "Chose to take nothing, then changed their mind" in said
    assert filled_in(page, f"/payments/approve/{register.claim_id}")[f"pence-{line_id}"] == "5.40"


async def test_pay_17_a_register_that_changes_no_minutes_leaves_what_was_said_of_the_fee(world: World) -> None:
    register = await registered(world, minutes=90, budget_pence=1000)
    [fee] = await world.lines(register.claim_id)
    await world.do(approval.approve_claim, register.claim_id, [Decision(fee.id, 1200, "Late")], by=world.approver)
    await register.says(recorded_by=new_id())
    [same] = await world.lines(register.claim_id)
    assert (same.id, same.state, same.cut_to_pence, same.cut_because) == (fee.id, "ready", 1200, "Late")
    await register.says(minutes=60)
    [other] = await world.lines(register.claim_id)
    assert (other.amount_pence, other.cut_to_pence) == (1000, None)


async def test_pay_17_a_claim_of_which_only_refused_lines_are_left_is_refused(world: World) -> None:
    register = await registered(world, miles=10)
    fee, miles = await world.lines(register.claim_id)
    refused = [Decision(fee.id, fee.amount_pence), Decision(miles.id, 0, "You came with somebody")]
    await world.do(approval.approve_claim, register.claim_id, refused, by=world.approver)
    await register.says(paid=False)
    claim = await world.claim(register.claim_id)
    assert (claim.state, claim.refused_because, claim.withdrawn_because) == ("refused", None, undoing.REGISTER.in_part)


async def test_pay_14_a_claim_opens_for_owner_and_helper_where_what_it_came_to_before_is_not_known(site: World) -> None:
    """Of what was done before sums were kept, they may be missing."""
    register = await registered(site)
    owner = register.event.participant.id
    await site.write(
        "INSERT INTO claim_changes (id, claim_id, what, changed_at, now_pence)"
        " VALUES (:id, :claim, 'register', now(), 5)",
        id=new_id(),
        claim=register.claim_id,
    )
    for visitor in (site.visitor(Role.PARTICIPANT, person_id=owner), site.visitor(Role.COORDINATOR, acting_for=owner)):
        answer = await visitor.get(f"/payments/claims/{register.claim_id}")
        assert answer.status_code == 200 and "was put right on" not in answer.text
