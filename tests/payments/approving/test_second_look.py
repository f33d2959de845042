"""PAY-11, PAY-14, PAY-17: who looks at a claim again sees what it came to before, what it comes to now, who changed it,
when and why."""

from uuid import UUID

from bs4 import BeautifulSoup

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval, withdrawing
from services.payments.claims.use_cases import looking_again
from shared.db import new_id
from shared.events.network import organisation_id
from shared.identity import Role
from tests.payments.approving.support import registered
from tests.payments.support import World


async def _named(site: World, **people: UUID) -> None:
    from sqlalchemy import text

    for name, person_id in people.items():
        card = text("INSERT INTO cards (person_id, version, name) VALUES (:id, 1, :name)").bindparams(
            id=person_id, name=name.title()
        )
        await site.write(card)


async def _before(site: World, claim_id: UUID) -> list[list[str]]:
    """The rows of what happened before, as an approver reads them, with the sums beside each other."""
    approver = site.visitor(Role.APPROVER, person_id=new_id())
    page = BeautifulSoup((await approver.get(f"/payments/approve/{claim_id}")).text, "html.parser")
    table = page.find("div", {"aria-label": "What happened before"})
    assert table is not None, "nothing is said of what happened before"
    for label in table.find_all(class_="chorus-table__label"):
        label.decompose()
    return [[" ".join(cell.get_text(" ").split()) for cell in row.find_all("td")] for row in table.find_all("tr")[1:]]


async def test_pay_17_after_a_correction_the_approver_sees_the_earlier_sum_and_who_changed_it_and_why(
    site: World,
) -> None:
    corrector = new_id()
    await _named(site, ann=site.approver, cas=corrector)
    register = await registered(site, minutes=90, recognition="vouchers", miles=10)
    await site.approve(register.claim_id)
    await register.says(minutes=60, recorded_by=corrector)
    agreed, corrected = await _before(site, register.claim_id)
    assert (
        agreed[0].startswith("Ann ")
        and "23 November 2026" in agreed[0]
        and agreed[1:] == ["Agreed", "£19.50", "£19.50"]
    )
    assert corrected[0].startswith("Cas ") and corrected[1:] == [
        "Put the register right: 1 hour 30 minutes became 1 hour",
        "£19.50",
        "£14.50",
    ]


async def test_opp_11_what_the_host_of_a_guests_session_put_right_is_said_to_be_the_hosts(site: World) -> None:
    register = await registered(site, minutes=90, recognition="vouchers")
    await site.write("UPDATE opportunities SET host = 'sun', host_name = 'SUN'")
    await site.approve(register.claim_id)
    await register.says(minutes=60, recorded_by=organisation_id("sun"))
    [_, corrected] = await _before(site, register.claim_id)
    assert corrected[0].startswith("SUN ") and "name not here" not in corrected[0]


async def test_pay_17_after_two_corrections_upwards_the_sums_are_of_all_its_claims(site: World) -> None:
    corrector = new_id()
    await _named(site, ann=site.approver, cas=corrector)
    register = await registered(site, minutes=60, recognition="vouchers")
    await site.approve(register.claim_id)
    for minutes in (90, 120):
        await register.says(minutes=minutes, recorded_by=corrector)
    sums = [row[2:] for row in await _before(site, register.claim_id)]
    assert sums == [["£10.00", "£10.00"], ["£10.00", "£15.00"], ["£15.00", "£20.00"]]


async def test_pay_11_the_second_approver_sees_what_was_asked_and_what_the_first_agreed_and_why(site: World) -> None:
    await _named(site, ann=site.approver)
    register = await registered(site, minutes=90, recognition="vouchers", budget_pence=1000)
    [line] = await site.lines(register.claim_id)
    await site.do(
        approval.approve_claim, register.claim_id, [Decision(line.id, 1200, "Ten minutes late")], by=site.approver
    )
    [agreed] = await _before(site, register.claim_id)
    assert agreed[0].startswith("Ann ")
    assert agreed[1:] == [
        "Agreed in part Taking part: 1 hour 30 minutes, £15.00 became £12.00: Ten minutes late",
        "£15.00",
        "£12.00",
    ]
    await register.says(minutes=60)
    assert [row[2:] for row in await _before(site, register.claim_id)] == [["£15.00", "£12.00"], ["£12.00", "£10.00"]]


async def test_pay_14_another_look_shows_what_was_decided_before_and_why(site: World) -> None:
    await _named(site, ann=site.approver)
    refused, reduced = [await registered(site, minutes=90, recognition="vouchers") for _ in range(2)]
    await site.do(approval.refuse_claim, refused.claim_id, "You were asked to stay home", by=site.approver)
    await site.do(looking_again.ask_for_another_look, refused.claim_id, "I was not", by=refused.event.participant.id)
    no, again = await _before(site, refused.claim_id)
    assert no[1:] == [
        "Refused Taking part: 1 hour 30 minutes, £15.00 became £0.00: You were asked to stay home",
        "£15.00",
        "£0.00",
    ]
    assert again[1:] == ["Asked for another look", "£0.00", "£15.00"]
    listed = (await site.visitor(Role.APPROVER, person_id=new_id()).get("/payments/approve")).text
    assert listed.count("Another look") == 1 and "New" in listed  # the other one is a first claim
    asked = site.visitor(Role.PARTICIPANT, person_id=refused.event.participant.id)
    page = (await asked.get(f"/payments/claims/{refused.claim_id}/another-look")).text
    assert "nothing here that we could look at again" in page and "<form" not in page.split("<main")[1]
    [line] = await site.lines(reduced.claim_id)
    await site.do(approval.approve_claim, reduced.claim_id, [Decision(line.id, 1200, "Late")], by=site.approver)
    more = UUID(
        await site.do(looking_again.ask_for_another_look, reduced.claim_id, "", by=reduced.event.participant.id)
    )
    [earlier] = await _before(site, more)
    assert (
        earlier[1].startswith("Agreed in part (the earlier claim)")
        and "Late" in earlier[1]
        and earlier[2:] == ["£15.00", "£12.00"]
    )


async def test_pay_17_an_approval_taken_back_by_hand_says_who_took_it_back_and_why(site: World) -> None:
    await _named(site, fin=site.finance)
    register = await registered(site, minutes=90, recognition="vouchers")
    await site.approve(register.claim_id)
    await site.do(withdrawing.withdraw_approval, register.claim_id, "Paid by hand", by=site.finance)
    _, back = await _before(site, register.claim_id)
    assert back[0].startswith("Fin ") and back[1:] == ["Took the approval back Paid by hand", "£15.00", "£15.00"]


async def test_pay_16_a_difference_shows_the_earlier_claims_sum_and_the_new_one(site: World) -> None:
    register = await registered(site, minutes=90, recognition="vouchers")
    await site.approve(register.claim_id)
    await register.says(minutes=120)
    more = (await site.row("SELECT id FROM claims WHERE follows IS NOT NULL")).id
    _, corrected = await _before(site, more)
    assert corrected[1:] == [
        "Put the register right: 1 hour 30 minutes became 2 hours (the sums of all their claims for this session)",
        "£15.00",
        "£20.00",
    ]
