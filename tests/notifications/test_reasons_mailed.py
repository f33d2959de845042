"""PAY-14: a mail that says that something is not paid says why, which is asked for as it goes out and kept nowhere."""

from typing import Any

import pytest

from shared.events.lines import ClaimLine
from shared.events.payments import ClaimApproved
from tests.notifications.support import Claim, opportunity_created
from tests.notifications.worker import Worker

WHY = "Car, 10 miles: £4.50 of £5.40 agreed. The shortest way is ten miles."
MILES = ClaimLine(kind="mileage", pence=540, agreed_pence=450, state="less")


@pytest.fixture
def asked(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    return answers(worker, monkeypatch)


def answers(worker: Worker, monkeypatch: pytest.MonkeyPatch, *, away: bool = False) -> list[dict[str, Any]]:
    before, asked = worker.service.requests, list[dict[str, Any]]()

    async def requests(subject: str, question: dict[str, Any]) -> dict[str, Any]:
        if subject != "payments.words.notifications":
            return await before(subject, question)
        asked.append(question)
        if away:
            raise ConnectionError("away")
        return {"words": {f"{each['event']}/{each['about']}": [WHY] for each in question["told"]}}

    monkeypatch.setattr(worker.service, "requests", requests)
    return asked


async def mailed(worker: Worker, less: int = 90, **card_of: Any) -> str:
    person = await worker.person("Amina", **card_of)
    published = opportunity_created()
    claim = Claim(published, person)
    lines = (MILES,) if less else ()
    said = {"amount_pence": 1950, "not_agreed_pence": less, "not_agreed_lines": len(lines), "lines": lines}
    await worker.hear(published)
    await worker.hear(claim.other(ClaimApproved, 3, **said))
    await worker.hand_over()
    [mail] = [
        each for each in worker.catcher.mails if {"claim", "form"} & set(each["Subject"].replace(":", "").split())
    ]
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


async def test_pay_14_a_mail_says_why_and_the_app_where_it_stands(worker: Worker, asked: list[dict[str, Any]]):
    text = await mailed(worker)
    assert WHY in text and "on your claim's page" not in text
    [question] = asked
    assert question["in_mail"] and question["by"] == question["person_id"]
    [kept] = await worker.rows("SELECT facts FROM messages WHERE template = 'claim-approved'")
    assert "shortest" not in str(kept.facts) and kept.facts["lines"] == [MILES.model_dump()]


async def test_pay_14_without_its_owner_a_mail_goes_out_and_names_the_line(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
):
    answers(worker, monkeypatch, away=True)
    text = await mailed(worker)
    assert "Car miles: £5.40, and we said yes to £4.50" in text and "on your claim's page" in text


async def test_not_04_nobody_asks_for_a_reason_that_no_mail_says(worker: Worker, asked: list[dict[str, Any]]):
    await mailed(worker, less=0)
    assert asked == []


async def test_not_04_a_discreet_mail_has_no_reason(worker: Worker, asked: list[dict[str, Any]]):
    assert "miles" not in await mailed(worker, discreet=True) and asked == []
