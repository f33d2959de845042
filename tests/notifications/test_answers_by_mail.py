"""OPP-22: an answer to somebody without an account is mailed once, with our words and nothing of theirs; what became of
it is said."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import nats
import pytest_asyncio
from sqlalchemy import text

from services.notifications.gateways import letters
from services.notifications.use_cases import answers
from shared.db import SYSTEM, new_id
from shared.events.opportunities import QuestionAnswered, QuestionAsked
from tests.notifications.support import SOON
from tests.notifications.worker import Worker
from tests.support.servers import PASSWORD

ADDRESS = "amina@people.example"


class Questions:
    """Answers as opportunities does, on its own NATS user."""

    def __init__(self) -> None:
        self.answers: dict[UUID, dict[str, Any]] = {}

    def add(self, version: int = 2, **what: Any) -> QuestionAnswered:
        question_id, opportunity_id = new_id(), new_id()
        facts = {
            "address": ADDRESS,
            "title": "The cafe",
            "host": "",
            "answer": "Yes.\n\nIt is by the door.",
            "asked_at": SOON.isoformat(),
        }
        self.answers[question_id] = facts | {"version": version, "opportunity_id": str(opportunity_id)} | what
        return QuestionAnswered(version=version, question_id=question_id, opportunity_id=opportunity_id, by_mail=True)

    async def _answer(self, message: Any) -> None:
        asked = json.loads(message.data)["question_ids"]
        found = {each: self.answers[UUID(each)] for each in asked if UUID(each) in self.answers}
        await message.respond(json.dumps({"answers": found}).encode())

    @contextlib.asynccontextmanager
    async def answering(self, nats_server: Any) -> AsyncIterator["Questions"]:
        client = await nats.connect(
            nats_server.client_url("opportunities", PASSWORD), inbox_prefix="_INBOX.opportunities"
        )
        await client.subscribe("opportunities.answers.notifications", cb=self._answer)
        await client.flush()
        try:
            yield self
        finally:
            await client.close()


@pytest_asyncio.fixture
async def known(nats_server: Any) -> AsyncIterator[Questions]:
    async with Questions().answering(nats_server) as questions:
        yield questions


async def change(worker: Worker, sql: str) -> None:
    async with worker.database.transaction(new_id(), SYSTEM) as tx:
        await tx.execute(text(sql))


async def outcomes(worker: Worker) -> list[tuple[int, str]]:
    rows = await worker.rows(
        "SELECT body::jsonb AS said FROM outbox WHERE subject = 'notifications.answer-mailed.v1' ORDER BY id"
    )
    return [(row.said["version"], row.said["outcome"]) for row in rows]


async def test_opp_22_the_answer_is_mailed_once_and_says_so(worker: Worker, known: Questions) -> None:
    answered = known.add()
    event_id = await worker.hear(answered)
    await worker.hear(answered, event_id=event_id)
    await asyncio.gather(*(answers.mail_answers(worker.service) for _ in range(3)))
    [mail] = worker.catcher.mails
    assert (mail["To"], mail["Subject"]) == (ADDRESS, "We have answered your question")
    assert mail["Reply-To"] == "voice@voice.example" and mail["List-Unsubscribe"] is None, (
        "there is nothing to switch off"
    )
    assert await outcomes(worker) == [(2, "sent")]
    held = str(await worker.rows("SELECT * FROM answer_mails")) + str(await worker.rows("SELECT facts FROM steps"))
    assert ADDRESS not in held and "by the door" not in held
    assert await worker.broken() == {}


async def test_opp_22_the_mail_has_our_words_when_and_about_what_they_asked_and_what_happens_to_their_address(
    worker: Worker, known: Questions
) -> None:
    known.add(
        host="SUN",
        title="Win at www.sun.example now",
        answer="See https://voice.example/map.\n=> /people/sign-out Click here",
    )
    [(question_id, facts)] = known.answers.items()
    mail = letters.answer_as_mail(question_id, facts, worker.service.settings)
    words = " ".join(mail.get_body(("plain",)).get_content().split())  # type: ignore[union-attr]
    assert "On Thursday 31 December 2026 you asked us about “Win at www (dot) sun (dot) example now”." in words
    assert "SUN is running this. They are not told who asked." in words
    assert "See https://voice.example/map." in words, "our own words stay as they are written"
    assert "/people/sign-out Click here" in words and "/people/sign-out:" not in words, (
        "a line of it makes no link of ours"
    )
    for said in (
        "We delete your address now",
        "We do not use it for anything else",
        "If it was not you",
        "You can reply to this message.",
        "/help-now",
    ):
        assert said in words
    assert f"/opportunities/{facts['opportunity_id']}" in words


async def test_not_06_a_refused_address_is_said_at_once_and_a_tired_server_is_asked_again(
    worker: Worker, known: Questions
) -> None:
    worker.catcher.rcpt_answers[ADDRESS] = "550 no such person"
    worker.catcher.rcpt_answers["bo@people.example"] = "451 later"
    await worker.hear(known.add())
    await answers.mail_answers(worker.service)
    assert await outcomes(worker) == [(2, "failed")]
    await worker.hear(known.add(address="bo@people.example"))
    await answers.mail_answers(worker.service)
    assert await outcomes(worker) == [(2, "failed")] and worker.catcher.mails == []
    del worker.catcher.rcpt_answers["bo@people.example"]
    await change(worker, "UPDATE answer_mails SET due_at = clock_timestamp() - interval '1 second'")
    await answers.mail_answers(worker.service)
    assert await outcomes(worker) == [(2, "failed"), (2, "sent")]


async def test_not_02_what_nobody_knows_of_is_not_mailed_again_until_a_person_says_so(
    worker: Worker, known: Questions
) -> None:
    answered = known.add()
    await worker.hear(answered)
    await change(
        worker, "UPDATE answer_mails SET state = 'handing-over', lease_until = clock_timestamp() - interval '1 second'"
    )
    await worker.do(answers.find_left_over)
    await answers.mail_answers(worker.service)
    assert await outcomes(worker) == [(2, "unknown")] and worker.catcher.mails == []
    known.answers[answered.question_id]["version"] = 4
    await worker.hear(answered.model_copy(update={"version": 4}))
    await answers.mail_answers(worker.service)
    assert await outcomes(worker) == [(2, "unknown"), (4, "sent")] and len(worker.catcher.mails) == 1


async def test_opp_22_an_address_that_is_gone_is_not_mailed(worker: Worker, known: Questions) -> None:
    answered = known.add()
    known.answers.clear()
    await worker.hear(answered)
    await answers.mail_answers(worker.service)
    assert worker.catcher.mails == [] and await outcomes(worker) == [(2, "failed")]


async def test_opp_22_while_opportunities_is_away_it_waits(worker: Worker) -> None:
    await worker.hear(Questions().add())
    await answers.mail_answers(worker.service)
    [row] = await worker.rows("SELECT state, failures FROM answer_mails")
    assert (row.state, row.failures) == ("queued", 0)


async def test_opp_22_an_answer_that_did_not_arrive_is_on_the_list_again(worker: Worker) -> None:
    answered = Questions().add()
    about: dict[str, Any] = {"question_id": answered.question_id, "opportunity_id": answered.opportunity_id}
    for event in (
        QuestionAsked(version=1, due_at=SOON, **about),
        answered,
        QuestionAsked(version=3, due_at=SOON, **about),
    ):
        await worker.hear(event)
    [task] = await worker.rows("SELECT opened_version, settled_version, kind FROM tasks WHERE opened_at IS NOT NULL")
    assert (task.kind, task.opened_version, task.settled_version) == ("answer-question", 3, 2)
