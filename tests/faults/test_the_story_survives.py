"""The whole story on a whole organisation, each service in its own process, while one part after another is killed.

The crash points inside one event's way are in tests/messaging; those of handing over a mail are in tests/notifications.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import asyncpg
import httpx
import nats
import pytest

from deploy.demo.first_half import participants
from deploy.demo.play import Outcome, Story, Theatre, play
from deploy.demo.story import STEPS
from deploy.demo.visitor import Page, Visitor
from deploy.local.instance import Instance
from deploy.local.processes import free_port
from deploy.local.runner import RunningOrganisation
from deploy.local.servers import temporary_directory
from deploy.provisioning.parts import SERVICES
from shared.messaging.streams import stream_name
from tests.faults.parts import assert_all_is_well, back
from tests.support.apps import eventually

AFTER: dict[str, list[tuple[str, ...]]] = {
    "Send me a code": [("people",)],
    "Publish": [(), ("opportunities", "nats")],
    "Save the register": [("opportunities", "payments")],
    "Send my claim": [("payments",), ("postgres",)],
    "It was sent": [("payments",)],
    "Read the answer": [("payments", "nats")],
    "Send the answer": [("feedback",)],
    "Close it": [("opportunities",)],
}
"""What is killed once the answer to a press has come: its events may or may not be out."""
DURING: dict[str, list[tuple[str, ...]]] = {
    "Take a place": [("notifications",)],
    "It was handed over": [("notifications", "nats")],
}
"""What is killed before a press and comes back after it."""


@pytest.fixture
def organisation() -> Iterator[RunningOrganisation]:
    with temporary_directory() as directory:
        instance = Instance.open(
            "demo", directory / "instance", organisation_name="Fenshire Voices", mode="demo", ports={"web": free_port()}
        )
        with RunningOrganisation(instance, separate=True) as running:
            yield running


def operator_of(organisation: RunningOrganisation) -> httpx.Client:
    instance = organisation.instance
    headers = {"authorization": f"Bearer {instance.operator_token()}", "accept": "application/json"}
    return httpx.Client(base_url=instance.url_of("web"), headers=headers, timeout=60, trust_env=False)


def story_on(organisation: RunningOrganisation, operator: httpx.Client) -> Story:
    instance = organisation.instance
    return Story.read(
        Theatre(
            organisation.url,
            instance.facts.ports["imap"],
            instance.facts.passwords["mail"],
            operator,
            people_database=instance.database_url("people"),
        )
    )


def played(story: Story) -> list[Outcome]:
    try:
        return play(story, STEPS, lambda _: None, lambda _: None)
    finally:
        story.close()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_with_parts_killed_on_the_way_nobody_is_paid_twice_and_nothing_is_lost_or_stuck(
    organisation: RunningOrganisation, monkeypatch: pytest.MonkeyPatch
):
    after, during = ({words: iter(kills) for words, kills in plan.items()} for plan in (AFTER, DURING))
    killed: Counter[str] = Counter()
    press = Visitor.press

    def kill(parts: tuple[str, ...]) -> None:
        for part in parts:
            organisation.parts[part].kill()
            killed[part] += 1

    def pressed(self: Visitor, words: str, **more: Any) -> Page:
        away = next(during.get(words, iter(())), ())
        kill(away)
        page = press(self, words, **more)
        lost = next(after.get(words, iter(())), ())
        kill(lost)
        if away or lost:
            back(organisation, *away, *lost)
        return page

    monkeypatch.setattr(Visitor, "press", pressed)
    monkeypatch.setattr("deploy.demo.play.PATIENCE", 40.0)
    with operator_of(organisation) as operator:
        story = story_on(organisation, operator)
        story.undisturbed = False
        outcomes = played(story)
        assert [outcome.problem for outcome in outcomes if outcome.problem] == []
        assert len(outcomes) == len(STEPS)
        assert set(killed) == {*SERVICES, "nats", "postgres"}
        assert_all_is_well(operator)
        sent = mails(organisation)
        assert [each for each, times in sent.items() if times > 1] == []
        said_again = asyncio.run(say_everything_again(organisation))
        assert said_again > 100
        assert_all_is_well(operator)
    assert mails(organisation) == sent


async def say_everything_again(organisation: RunningOrganisation) -> int:
    """Each event once more, in another order, and stored by JetStream once more. Returns how many, once all are
    heard."""
    instance, shuffled, said = organisation.instance, random.Random(7), 0
    for service in SERVICES:
        database = await asyncpg.connect(instance.database_url(service))
        events = await database.fetch("SELECT event_id, subject, body, caused_by FROM outbox")
        await database.close()
        client = await nats.connect(instance.nats_url(service), inbox_prefix=f"_INBOX.{service}")
        for event in shuffled.sample(events, len(events)):
            headers = {"ce-id": str(event["event_id"]), "ce-causationid": str(event["caused_by"])}
            await client.request(event["subject"], event["body"].encode(), timeout=5, headers=headers)
            said += 1
        await client.close()
    looker = await nats.connect(instance.nats_url("operator"), inbox_prefix="_INBOX.operator")
    streams = looker.jetstream()

    async def all_heard() -> bool:
        consumers = [each for service in SERVICES for each in await streams.consumers_info(stream_name(service))]
        return all(each.num_pending == 0 and each.num_ack_pending == 0 for each in consumers)

    await eventually(all_heard, within=60)
    await looker.close()
    return said


def mails(organisation: RunningOrganisation) -> Counter[str]:
    """How often each message came to the catcher, by its Message-ID."""
    return Counter(
        str(mail["message-id"]) for row in participants() for mail in organisation.mail.messages(row["email"])
    )


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_with_any_one_service_stopped_the_story_fails_and_says_why(
    organisation: RunningOrganisation, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("deploy.demo.play.PATIENCE", 4.0)
    with operator_of(organisation) as operator:
        for service in SERVICES:
            organisation.parts[service].stop()
            outcomes = played(story_on(organisation, operator))
            assert outcomes[-1].problem, f"the story was seen whole without {service}"
            assert len(outcomes) < len(STEPS)
            back(organisation, service)
