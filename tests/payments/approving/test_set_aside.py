"""FB-09: what somebody wrote in a claim is set aside as a safeguarding concern, and the claim is paid as ever."""

from typing import Any
from uuid import UUID

from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval
from services.payments.claims.use_cases import looking_again
from services.payments.consumers import set_aside, words_set_aside
from shared.db import new_id
from shared.events.feedback import ConcernRaised, ConcernSettled
from tests.payments.support import World, person

WISH, ROUTE, SET_ASIDE = "He follows me home.", "From my brother's flat", "Somebody else here looks after this"


def concern(site: World, claim_id: UUID, *, version: int = 1, **ending: Any) -> Any:
    kind = ConcernSettled if ending else ConcernRaised
    who: dict[str, Any] = {"people": (new_id(),), "deputy": None, "respond_by": site.now}
    return kind(version=version, concern_id=UUID(int=9), source="claim", source_id=claim_id, **who, **ending)


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
    assert found == {"text": f"{WISH}\n{ROUTE}", "person_id": str(who.id), "reach": ""}
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
