"""PAY-11, PAY-14, PAY-17: who looks at a claim again sees what it came to before, what it comes to now, who changed it, when and why."""

from uuid import UUID

from bs4 import BeautifulSoup

from services.payments.domain.deciding import Decision
from services.payments.use_cases import approval, claims, withdrawing
from shared.db import new_id
from shared.identity import Role
from tests.payments.site import Site
from tests.payments.test_withdrawing import registered


async def _named(site: Site, **people: UUID) -> None:
    from sqlalchemy import text

    for name, person_id in people.items():
        card = text("INSERT INTO cards (person_id, version, name) VALUES (:id, 1, :name)").bindparams(id=person_id, name=name.title())
        await site.world.hear(lambda tx, card=card: tx.execute(card))


async def _before(site: Site, claim_id: UUID) -> list[list[str]]:
    """The rows of what happened before, as an approver reads them, with the sums beside each other."""
    approver = await site.as_person(Role.APPROVER, person_id=new_id())
    page = BeautifulSoup((await approver.get(f"/payments/approve/{claim_id}")).text, "html.parser")
    table = page.find("div", {"aria-label": "What happened before"})
    assert table is not None, "nothing is said of what happened before"
    for label in table.find_all(class_="chorus-table__label"):
        label.decompose()
    return [[" ".join(cell.get_text(" ").split()) for cell in row.find_all("td")] for row in table.find_all("tr")[1:]]


async def test_pay_17_after_a_correction_the_approver_sees_the_earlier_sum_and_who_changed_it_and_why(site: Site) -> None:
    world, corrector = site.world, new_id()
    await _named(site, ann=world.approver, cas=corrector)
    register = await registered(world, minutes=90, recognition="vouchers", miles=10)
    await world.approve(register.claim_id)
    await register.says(minutes=60, recorded_by=corrector)
    agreed, corrected = await _before(site, register.claim_id)
    assert agreed[0].startswith("Ann ") and "23 November 2026" in agreed[0] and agreed[1:] == ["Agreed", "£19.50", "£19.50"]
    assert corrected[0].startswith("Cas ") and corrected[1:] == ["Put the register right: 1 hour 30 minutes became 1 hour", "£19.50", "£14.50"]


async def test_pay_17_after_two_corrections_upwards_the_sums_are_of_all_its_claims(site: Site) -> None:
    world, corrector = site.world, new_id()
    await _named(site, ann=world.approver, cas=corrector)
    register = await registered(world, minutes=60, recognition="vouchers")
    await world.approve(register.claim_id)
    for minutes in (90, 120):
        await register.says(minutes=minutes, recorded_by=corrector)
    sums = [row[2:] for row in await _before(site, register.claim_id)]
    assert sums == [["£10.00", "£10.00"], ["£10.00", "£15.00"], ["£15.00", "£20.00"]]


async def test_pay_11_the_second_approver_sees_what_was_asked_and_what_the_first_agreed_and_why(site: Site) -> None:
    world = site.world
    await _named(site, ann=world.approver)
    register = await registered(world, minutes=90, recognition="vouchers", budget_pence=1000)
    [line] = await world.lines(register.claim_id)
    await world.do(world.approver, lambda tx: approval.approve_claim(tx, register.claim_id, [Decision(line.id, 1200, "Ten minutes late")]))
    [agreed] = await _before(site, register.claim_id)
    assert agreed[0].startswith("Ann ")
    assert agreed[1:] == ["Agreed in part Taking part: 1 hour 30 minutes, £15.00 became £12.00: Ten minutes late", "£15.00", "£12.00"]
    await register.says(minutes=60)
    assert [row[2:] for row in await _before(site, register.claim_id)] == [["£15.00", "£12.00"], ["£12.00", "£10.00"]]


async def test_pay_14_another_look_shows_what_was_decided_before_and_why(site: Site) -> None:
    world = site.world
    await _named(site, ann=world.approver)
    refused, reduced = [await registered(world, minutes=90, recognition="vouchers") for _ in range(2)]
    await world.do(world.approver, lambda tx: approval.refuse_claim(tx, refused.claim_id, "You were asked to stay home"))
    await world.do(refused.event.participant.id, lambda tx: claims.ask_for_another_look(tx, refused.claim_id, "I was not"))
    no, again = await _before(site, refused.claim_id)
    assert no[1:] == ["Refused Taking part: 1 hour 30 minutes, £15.00 became £0.00: You were asked to stay home", "£15.00", "£0.00"]
    assert again[1:] == ["Asked for another look", "£0.00", "£15.00"]
    [line] = await world.lines(reduced.claim_id)
    await world.do(world.approver, lambda tx: approval.approve_claim(tx, reduced.claim_id, [Decision(line.id, 1200, "Late")]))
    more = UUID(await world.do(reduced.event.participant.id, lambda tx: claims.ask_for_another_look(tx, reduced.claim_id, "")))
    [earlier] = await _before(site, more)
    assert earlier[1].startswith("Agreed in part (the earlier claim)") and "Late" in earlier[1] and earlier[2:] == ["£15.00", "£12.00"]


async def test_pay_17_an_approval_taken_back_by_hand_says_who_took_it_back_and_why(site: Site) -> None:
    world = site.world
    await _named(site, fin=world.finance)
    register = await registered(world, minutes=90, recognition="vouchers")
    await world.approve(register.claim_id)
    await world.do(world.finance, lambda tx: withdrawing.withdraw_approval(tx, register.claim_id, "Paid by hand"))
    _, back = await _before(site, register.claim_id)
    assert back[0].startswith("Fin ") and back[1:] == ["Took the approval back Paid by hand", "£15.00", "£15.00"]


async def test_pay_16_a_difference_shows_the_earlier_claims_sum_and_the_new_one(site: Site) -> None:
    world = site.world
    register = await registered(world, minutes=90, recognition="vouchers")
    await world.approve(register.claim_id)
    await register.says(minutes=120)
    more = (await world.row("SELECT id FROM claims WHERE follows IS NOT NULL")).id
    _, corrected = await _before(site, more)
    assert corrected[1:] == ["Put the register right: 1 hour 30 minutes became 2 hours (the earlier claim)", "£15.00", "£20.00"]
