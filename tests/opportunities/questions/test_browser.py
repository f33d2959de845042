"""Asking us, and answering, in the real browser at two widths; and the staff pages that say who is told."""

import os
from typing import Any

import pytest

from services.opportunities.people.use_cases import copies
from services.opportunities.places.use_cases import taking
from services.opportunities.questions import use_cases
from shared.db import new_id
from shared.events.notifications import AnswerMailed
from tests.opportunities.finding.test_browser import Visitor, sign_in, sound
from tests.opportunities.support import someone, world_of
from tests.support.browser import AT_BOTH_WIDTHS, IN_ONE_LOOP, browser, serving, visitor  # noqa: F401

pytestmark = IN_ONE_LOOP


async def kept_as(page: Any, name: str, width: int) -> None:
    if kept := os.environ.get("CHORUS_PICTURES"):
        await page.screenshot(path=f"{kept}/{name}-{width}.png", full_page=True)


@pytest.mark.slow
@AT_BOTH_WIDTHS
async def test_opp_22_asking_and_answering_has_no_fault(
    width: int, folder: Any, service_database: Any, visitor: Visitor
):
    here = world_of(folder, service_database("opportunities"))
    opportunity_id = await here.published()
    for is_reached in (True, False):
        person_id = new_id()
        card = {
            "version": 1,
            "name": "Alex",
            "roles": ["participant"],
            "age_known": True,
            "reached_by_message": is_reached,
        }
        await here.do(copies.keep_card, person_id, card)
        await here.do(taking.take_place, opportunity_id, someone(person_id), [], "")
    question_id = await here.do(use_cases.ask, opportunity_id, "Is there a lift?", asker=None, reach="07700 900123")
    async with serving(here.app) as address:
        page = await visitor(width)
        await page.goto(f"{address}/opportunities/{opportunity_id}")
        await page.get_by_role("link", name="Ask us about this").click()
        await page.get_by_role("button", name="Send my question").click()
        await sound(page)
        await kept_as(page, "ask", width)
        await page.get_by_label("What would you like to know?").fill("May I bring my dog?")
        await page.get_by_label("How can we answer you?").fill("07700 900124")
        await page.get_by_role("button", name="Send my question").click()
        await sound(page)
        await sign_in(page, address, "participant")
        await page.goto(f"{address}/opportunities/{opportunity_id}/ask")
        await page.get_by_label("What would you like to know?").fill("How long are the breaks?")
        await page.get_by_role("button", name="Send my question").click()
        await page.get_by_role("heading", name="You asked us").wait_for()
        await sound(page)
        await kept_as(page, "asked", width)
        await sign_in(page, address, "coordinator")
        staff = "/opportunities/staff"
        by_mail = await here.do(
            use_cases.ask, opportunity_id, "Is there a loop?", asker=None, reach="amina@people.example"
        )
        lost = await here.do(use_cases.ask, opportunity_id, "Is there tea?", asker=None, reach="bo@people.example")
        await here.do(use_cases.answer, lost, "Yes, there is.", "here")
        await here.do(use_cases.hear_mailed, AnswerMailed(version=2, question_id=lost, outcome="failed"))
        asking = (f"{staff}/questions/{by_mail}", f"{staff}/questions/{lost}", f"{staff}/questions/{lost}/give-up")
        for path in (
            f"{staff}/questions",
            f"{staff}/questions/{question_id}",
            *asking,
            f"{staff}/{opportunity_id}/cancel",
            f"{staff}/{opportunity_id}/close",
        ):
            answer = await page.goto(address + path)
            assert answer and answer.status == 200, path
            await sound(page)
            named = {
                str(by_mail): "question-by-mail",
                str(lost): "question-lost",
                str(question_id): "question-by-phone",
            }
            await kept_as(page, named.get(path.split("/")[-1], path.split("/")[-1]), width)
        await page.goto(f"{address}{staff}/questions/{question_id}")
        await page.get_by_role("button", name="I have told them", exact=True).click()
        await sound(page)
        await kept_as(page, "question-refused", width)
        await page.get_by_label("What you told them").fill("Yes, there is.")
        await page.get_by_label("Everybody, without saying who asked").check()
        await page.get_by_label("The question, as everybody reads it").fill("Is there a lift?")
        await page.get_by_role("button", name="I have told them", exact=True).click()
        await sound(page)
        await page.goto(f"{address}/opportunities/{opportunity_id}")
        await page.get_by_role("heading", name="Is there a lift?").wait_for()
        await sound(page)
        await kept_as(page, "answers", width)
        for path in (f"{staff}/questions/{question_id}", f"{staff}/questions/{question_id}/take-back"):
            await page.goto(address + path)
            await sound(page)
            await kept_as(page, path.split("/")[-1].replace(str(question_id), "question-shown"), width)
        await page.get_by_role("button", name="Yes, take it back").click()
        await page.get_by_role("link", name="Show it to everybody").click()
        await sound(page)
        await kept_as(page, "question-show", width)
        await page.get_by_label("The question, as everybody reads it").fill("Is there a lift?")
        await page.get_by_label("The answer, as everybody reads it").fill("I rang 07700 900777: yes.")
        await page.get_by_role("button", name="Show it to everybody").click()
        await sound(page)
        await kept_as(page, "question-show-refused", width)
        await page.get_by_label("The answer, as everybody reads it").fill("Yes, by the door.")
        await page.get_by_role("button", name="Show it to everybody").click()
        await sound(page)
        await kept_as(page, "question-show-look", width)
        await page.get_by_label("I looked: it names nobody").check()
        await page.get_by_role("button", name="Show it to everybody").click()
        await here.write("UPDATE answers SET answer = 'I rang 07700 900777: yes.'")
        await page.goto(f"{address}{staff}/questions/{question_id}")
        await page.get_by_text("We would not show them today").wait_for()
        await sound(page)
        await kept_as(page, "question-shown-before", width)
        here.move(days=5)
        await page.goto(f"{address}{staff}/questions/{by_mail}")
        await page.get_by_role("button", name="We are finding out").click()
        await sound(page)
