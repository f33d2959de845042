"""FB-09: what somebody wrote in a claim is set aside as a safeguarding concern, and the claim is paid as ever."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval
from services.payments.asking.use_cases import tell
from services.payments.claims.domain.claims import LineKind
from services.payments.claims.pages.common import receipts_of
from services.payments.claims.use_cases import claims, looking_again, receipts
from services.payments.consumers import set_aside, words_set_aside
from services.payments.receipts.gateways import CleanReceipt
from shared.db import new_id
from shared.events.feedback import ConcernRaised, ConcernSettled
from shared.reasons import Refused
from tests.payments.support import World, person

WISH, ROUTE, SET_ASIDE = "He follows me home.", "From my brother's flat", "somebody else here looks after this"


def concern(
    site: World,
    claim_id: UUID,
    *,
    version: int = 1,
    marked_as: str = "",
    people: tuple[UUID, ...] = (UUID(int=7),),
    **ending: Any,
) -> Any:
    kind = ConcernSettled if ending else ConcernRaised
    who: dict[str, Any] = {"people": people, "deputy": None, "respond_by": site.now}
    return kind(
        version=version,
        concern_id=UUID(int=9),
        source="claim",
        source_id=claim_id,
        marked_as=marked_as,
        **who,
        **ending,
    )


async def page_of(site: World, path: str, *roles: str, **who: Any) -> str:
    page = await site.visitor(*roles, **who).get(path)
    assert page.status_code == 200, page.status_code
    return " ".join(page.text.split())


async def test_fb_09_the_words_of_a_claim_are_set_aside_and_its_sums_are_agreed(site: World) -> None:
    who = person()
    claim_id = await site.submitted(who, miles=12)
    await site.write("UPDATE claim_lines SET route = :route WHERE kind = 'mileage'", route=ROUTE)
    await site.write("UPDATE claims SET wish = :wish", wish=WISH)
    path, question = f"/payments/approve/{claim_id}", {"source": "claim", "id": str(claim_id), "by": str(new_id())}
    before = await page_of(site, path, "approver")
    assert WISH in before and "From my brother" in before
    assert await words_set_aside(site.service, question) == {"found": None}, "nothing that is not set aside"
    await site.hear(concern(site, claim_id))
    read = await page_of(site, path, "approver")
    assert SET_ASIDE in read and WISH not in read and "From my brother" not in read and "12 miles" in read
    helped = await page_of(site, f"/payments/claims/{claim_id}", "coordinator", acting_for=who.id)
    assert "12 miles" in helped and "From my brother" not in helped
    assert "From my brother" in await page_of(site, f"/payments/claims/{claim_id}", "participant", person_id=who.id)
    found = (await words_set_aside(site.service, question))["found"]
    assert found == {"text": f"{WISH}\n{ROUTE}", "person_id": str(who.id), "reach": "", "owed": None}
    assert question["by"] in {str(step.actor_id) for step in await site.steps("set-aside-read")}, "PRI-03"
    await site.approve(claim_id, site.approver)
    assert (await site.claim(claim_id)).state == "approved"
    await site.hear(concern(site, claim_id, version=2, returned=True))
    assert WISH in await page_of(site, path, "approver")


async def test_fb_09_another_look_at_a_claim_that_is_set_aside_is_set_aside_too(site: World) -> None:
    who = person()
    claim_id = await site.submitted(who, miles=12)
    await site.hear(concern(site, claim_id))
    fee, miles = [line.id for line in await site.lines(claim_id)]
    decided = [Decision(fee, 1500), Decision(miles, 450, "The shortest way is ten miles")]
    await site.do(approval.approve_claim, claim_id, decided, by=site.approver)
    look = UUID(await site.do(looking_again.ask_for_another_look, claim_id, WISH, by=who.id))
    read = await page_of(site, f"/payments/approve/{look}", "approver")
    assert SET_ASIDE in read and WISH not in read
    for each, kept_from in ((claim_id, look), (look, claim_id), (look, look)):
        question: dict[str, Any] = {"source": "claim", "id": str(each), "by": str(new_id())}
        assert (await words_set_aside(site.service, question))["found"]
        assert await words_set_aside(site.service, question | {"kept_from": [str(kept_from)]}) == {"found": None}


async def test_fb_09_pay_10_nobody_hides_the_words_of_their_own_claim_or_of_one_that_they_cannot_open(
    site: World,
) -> None:
    who, helper = person(), new_id()
    claim_id = await site.submitted(who, miles=12)
    await site.write("UPDATE claim_lines SET route = :route WHERE kind = 'mileage'", route=ROUTE)
    values = {"claim_id": claim_id, "person_id": helper}
    await site.write("INSERT INTO claim_helpers (claim_id, person_id) VALUES (:claim_id, :person_id)", **values)
    said = {"concern": concern(site, claim_id).model_dump(mode="json")}
    by = {"source": "claim", "id": str(claim_id), "by": str(site.approver), "roles": ["approver", "coordinator"]}
    page = f"/payments/approve/{claim_id}"
    for other in ({"by": str(who.id)}, {"by": str(helper)}, {"roles": ["coordinator"]}, {"id": str(new_id())}):
        assert await set_aside(site.service, by | other | said) == {"as": None}
    assert await set_aside(site.service, by) == {"as": "approver"}
    assert ROUTE.split("'")[0] in await page_of(site, page, "approver"), "asking sets nothing aside"
    assert await set_aside(site.service, by | said) == {"as": "approver"}
    assert ROUTE.split("'")[0] not in await page_of(site, page, "approver")


class Leads:
    """Who has the concern now, as feedback says."""

    def __init__(self, site: World, monkeypatch: pytest.MonkeyPatch, *has_it: UUID) -> None:
        self.has_it, self.away, self.asked = [list(has_it)], False, list[set[str]]()
        monkeypatch.setattr(site.service, "requests", self.answers)

    async def answers(self, subject: str, question: dict[str, Any]) -> dict[str, Any]:
        if self.away:
            raise ConnectionError("away")
        assert subject == "feedback.readers.payments"
        self.asked.append(set(question["ids"]))
        return {"has_it": {str(UUID(int=i)): [str(each) for each in has_it] for i, has_it in enumerate(self.has_it)}}


async def drove_far(site: World, who: Any) -> UUID:
    claim_id = await site.opened(who)
    await site.do(claims.add_miles, claim_id, 600, ROUTE, False, by=who.id)
    await site.account(who)
    await site.do(claims.choose_recognition, claim_id, "vouchers", by=who.id)
    await site.do(claims.submit_claim, claim_id, by=who.id)
    return claim_id


async def test_fb_09_pay_02_miles_whose_way_is_set_aside_wait_until_who_reads_it_says_that_they_are_right(
    site: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, lead, deputy = person(), new_id(), new_id()
    claim_id = await drove_far(site, who)
    leads = Leads(site, monkeypatch, lead, deputy)
    page, theirs = f"/payments/approve/{claim_id}", f"/payments/set-aside/{claim_id}"
    assert (await site.visitor("finance", person_id=lead).get(theirs)).status_code == 404, "nothing is set aside"
    await site.hear(concern(site, claim_id, marked_as="approver"))
    read = await page_of(site, page, "approver")
    assert "The miles wait" in read and "An approver set it aside" in read and ROUTE not in read
    miles = next(line.id for line in await site.lines(claim_id) if line.kind == "mileage")
    assert f"pence-{miles}" not in read and "You can decide the rest now" in read
    with pytest.raises(Refused, match="PAY-02"):
        await site.approve(claim_id, site.approver)
    for stranger in (who.id, site.approver, new_id()):
        assert (await site.visitor("approver", person_id=stranger).get(theirs)).status_code == 404
    visitor = site.visitor("finance", person_id=lead)
    shown = (await visitor.get(theirs)).text
    assert "From my brother" in shown and "The miles are right" in shown
    assert f'href="/feedback/staff/safeguarding/{UUID(int=0)}"' in shown, "it leads back to the concern"
    asked_for = {"source": "claim", "id": str(claim_id), "by": str(lead)}
    assert (await words_set_aside(site.service, asked_for))["found"]["owed"] == "yes"
    assert {str(claim_id)} in leads.asked and await site.steps("set-aside-read"), "PRI-03"
    assert (await visitor.post(theirs, data={"line_id": str(new_id())})).status_code == 404
    leads.has_it = [[lead, deputy], [deputy]]
    assert (await visitor.post(theirs, data={"line_id": str(miles)})).status_code == 404, (
        "another one is about the lead"
    )
    leads.has_it, leads.away = [[lead]], True
    refused = await visitor.post(theirs, data={"line_id": str(miles)})
    assert refused.status_code == 422 and "just now" in refused.text
    leads.away = False
    assert (await visitor.post(theirs, data={"line_id": str(miles)})).status_code == 303
    assert [step.actor_id for step in await site.steps("set-aside-answered-for")] == [lead]
    read = await page_of(site, page, "approver")
    assert "The miles wait" not in read and "says that the miles are right" in read and "From my brother" not in read
    await site.approve(claim_id, site.approver)
    assert (await site.claim(claim_id)).state == "approved"


async def test_fb_09_pay_14_only_the_miles_wait_and_the_rest_of_the_claim_is_agreed_and_paid(
    site: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, lead = person(), new_id()
    claim_id = await drove_far(site, who)
    Leads(site, monkeypatch, lead)
    await site.hear(concern(site, claim_id))
    fee = next(line for line in await site.lines(claim_id) if line.kind == "participation")
    decided = [Decision(fee.id, fee.amount_pence)]
    said = await site.do(approval.approve_claim, claim_id, decided, by=site.approver)
    assert said == {"state": "approved", "pence": fee.amount_pence}
    claim, more = await site.rows("SELECT * FROM claims ORDER BY id")
    assert (more.state, more.pay_by, more.submitted_at) == ("submitted", claim.pay_by, claim.submitted_at)
    [opened] = await site.events("claim-opened", more.id)
    assert (opened["else_because"], opened["sent"]) == ("rest", True), "its owner is asked for nothing"
    waits = [{"kind": "mileage", "pence": 2700, "agreed_pence": 0, "state": "looked-at"}]
    [approved] = await site.events("claim-approved", claim_id)
    assert opened["lines"] == approved["lines"] == waits, "what still waits has a name, and no reason"
    assert approved["session_date"] == claim.session_date.isoformat()
    theirs = await page_of(site, f"/payments/claims/{claim_id}", "participant", person_id=who.id)
    assert "The part that was not decided then is in a claim of its own" in theirs and "set aside" not in theirs
    rest = f"/payments/approve/{more.id}"
    read = await page_of(site, rest, "approver")
    assert "You cannot agree to it yet" in read and "From my brother" not in read and "Your decision" not in read
    [miles] = await site.lines(more.id)
    for tried in (list[Decision](), [Decision(miles.id, miles.amount_pence)]):
        with pytest.raises(Refused, match="PAY-02"):
            await site.do(approval.approve_claim, more.id, tried, by=site.approver)
    visitor = site.visitor("finance", person_id=lead)
    for each in (claim_id, more.id):
        assert (await visitor.get(f"/payments/set-aside/{each}")).status_code == 200
    assert (await visitor.post(f"/payments/set-aside/{more.id}", data={"line_id": str(miles.id)})).status_code == 303
    assert "From my brother" not in await page_of(site, rest, "approver")
    await site.approve(more.id, site.approver)
    assert [row.state for row in await site.rows("SELECT state FROM claims ORDER BY id")] == ["approved"] * 2


async def test_fb_09_pay_02_those_who_read_the_way_have_a_task_until_one_of_them_says_if_the_miles_are_right(
    site: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, lead = person(), new_id()
    claim_id = await drove_far(site, who)
    day = (await site.claim(claim_id)).target_day.isoformat()
    Leads(site, monkeypatch, lead)

    async def said() -> list[tuple[bool, set[str], str]]:
        await site.do(tell)
        return [
            (each["waiting"], {*each["people"]}, each["due_on"]) for each in await site.events("word-wanted", claim_id)
        ]

    assert await said() == []
    await site.hear(concern(site, claim_id, people=(who.id, lead)))
    wanted = [(True, {str(lead)}, day)]
    assert await said() == await said() == wanted, "PAY-10: not of whoever claims it"
    await site.hear(concern(site, claim_id, version=2, people=(who.id,)))
    wanted += [(True, set(), day)]
    assert await said() == wanted, "nobody may say it"
    await site.hear(concern(site, claim_id, version=3, people=(lead,)))
    wanted += [(True, {str(lead)}, day)]
    assert await said() == wanted
    miles = next(line.id for line in await site.lines(claim_id) if line.kind == "mileage")
    less = {"line_id": str(miles), "too_many": "true"}
    visitor = site.visitor("finance", person_id=lead)
    assert (await visitor.post(f"/payments/set-aside/{claim_id}", data=less)).status_code == 303
    assert "fewer miles are right" in (await visitor.get(f"/payments/set-aside/{claim_id}")).text
    assert "says that fewer miles are right" in await page_of(site, f"/payments/approve/{claim_id}", "approver")
    assert await said() == [*wanted, (False, {str(lead)}, day)]


async def test_fb_09_pay_14_another_look_at_miles_waits_whole(site: World) -> None:
    who = person()
    claim_id = await drove_far(site, who)
    fee, miles = await site.lines(claim_id)
    refused = [Decision(fee.id, 100, "Shorter"), Decision(miles.id, 0, "Too far")]
    await site.do(approval.approve_claim, claim_id, refused, by=site.approver)
    look = UUID(await site.do(looking_again.ask_for_another_look, claim_id, WISH, by=who.id))
    await site.hear(concern(site, claim_id))
    assert "Then you can decide the claim" in await page_of(site, f"/payments/approve/{look}", "approver")
    fee = next(line for line in await site.lines(look) if line.kind == "participation")
    with pytest.raises(Refused, match="PAY-02"):
        await site.do(approval.approve_claim, look, [Decision(fee.id, fee.amount_pence)], by=new_id())


async def with_receipt(site: World, who: Any, claim_id: UUID) -> tuple[UUID, UUID]:
    """A fare of £4.20 with its receipt, which is kept in the store."""
    line_id = UUID(await site.do(claims.add_expense, claim_id, LineKind.FARE, "Bus", 420, by=who.id))
    kept = receipts_of(SimpleNamespace(app=site.app)).keep(b"picture")  # pyrefly: ignore
    clean = CleanReceipt(b"picture", "image/jpeg", "a" * 64, "a" * 64, None)
    return line_id, UUID(await site.do(receipts.attach_receipt, claim_id, line_id, clean, kept, by=who.id))


async def test_fb_09_pay_10_nobody_answers_for_their_own_miles(site: World, monkeypatch: pytest.MonkeyPatch) -> None:
    who = person()
    claim_id = await drove_far(site, who)
    Leads(site, monkeypatch, who.id)
    await site.hear(concern(site, claim_id))
    miles = next(line.id for line in await site.lines(claim_id) if line.kind == "mileage")
    visitor = site.visitor("finance", person_id=who.id)
    refused = await visitor.post(f"/payments/set-aside/{claim_id}", data={"line_id": str(miles)})
    assert refused.status_code == 422 and "Somebody else must say so" in refused.text
    assert await site.rows("SELECT * FROM answered_for") == []


async def test_fb_09_pay_02_short_miles_of_a_claim_that_is_set_aside_do_not_wait(
    site: World,
) -> None:
    who = person()
    claim_id = await site.submitted(who, miles=12)
    await site.hear(concern(site, claim_id))
    read = await page_of(site, f"/payments/approve/{claim_id}", "approver")
    assert "You can decide the amounts without it" in read and "Somebody who works here set it aside" in read
    await site.approve(claim_id, site.approver)


async def test_fb_09_pay_05_a_receipt_is_set_aside_with_the_words_its_sum_is_agreed_and_the_lead_gives_it_back(
    site: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, lead = person(), new_id()
    claim_id = await site.opened(who)
    line_id, receipt_id = await with_receipt(site, who, claim_id)
    address, page = f"/payments/receipts/{receipt_id}", f"/payments/approve/{claim_id}"
    Leads(site, monkeypatch, lead)
    staff = [site.visitor("approver"), site.visitor("finance"), site.visitor("coordinator", acting_for=who.id)]
    owner, visitor = site.visitor("participant", person_id=who.id), site.visitor("operator", person_id=lead)
    assert [(await each.get(address)).status_code for each in [*staff, owner]] == [200] * 4
    await site.hear(concern(site, claim_id))
    assert [(await each.get(address)).status_code for each in [*staff, owner]] == [404, 404, 404, 200]
    read = await page_of(site, page, "approver")
    assert address not in read and "The receipt: somebody else here looks after this" in read and "£4.20" in read
    theirs = f"/payments/set-aside/{claim_id}"
    assert (await visitor.get(f"{theirs}/receipts/{receipt_id}")).status_code == 200
    assert (await staff[0].get(f"{theirs}/receipts/{receipt_id}")).status_code == 404
    assert (await visitor.get(f"{theirs}/receipts/{new_id()}")).status_code == 404
    clean = CleanReceipt(b"another", "image/jpeg", "b" * 64, "b" * 64, None)
    kept = receipts_of(SimpleNamespace(app=site.app)).keep(b"another")  # pyrefly: ignore
    receipt_id = UUID(await site.do(receipts.attach_receipt, claim_id, line_id, clean, kept, by=who.id))
    replaced, address = address, f"/payments/receipts/{receipt_id}"
    assert [(await each.get(replaced)).status_code for each in [*staff, owner]] == [404, 404, 404, 200]
    await site.account(who)
    await site.do(claims.choose_recognition, claim_id, "vouchers", by=who.id)
    await site.do(claims.submit_claim, claim_id, by=who.id)
    assert (await visitor.post(theirs, data={"line_id": str(line_id)})).status_code == 303
    assert [(await each.get(address)).status_code for each in [*staff, owner]] == [200] * 4
    assert address in await page_of(site, page, "approver")
    await site.approve(claim_id, site.approver)
