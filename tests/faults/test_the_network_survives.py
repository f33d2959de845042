"""The network's story on a whole region while gateways, the hub, NATS and databases are killed; and with any one part
away."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from deploy.cli.demo import told
from deploy.demo import first_half, joining
from deploy.demo.play import Outcome, Scene, Story, play
from deploy.demo.story import NETWORK_STEPS, STEPS
from deploy.demo.visitor import Page, Visitor
from deploy.local.region import Region
from deploy.local.servers import temporary_directory
from tests.faults.parts import assert_all_is_well, back
from tests.support.apps import eventually

PLAYED = tuple(
    step for step in (*STEPS, *NETWORK_STEPS) if step in NETWORK_STEPS or step.play is first_half.import_files
)
STEPS_OF_THREE = tuple(step for step in PLAYED if step.play is not joining.join)
HUB = "hub"
AFTER: dict[str, tuple[str, ...]] = {
    "Ask for a place": ("viewpoint/gateway",),
    "Ask to join the waiting list": (HUB,),
    "Yes, agree to pay our people": ("viewpoint/opportunities", "sun/gateway"),
    "Cancel it and tell people": ("sun/nats",),
    "Change it and tell people": (HUB, "sun/gateway"),
    "Save the register": ("sun/gateway", "viewpoint/nats"),
    "Send my claim": ("viewpoint/postgres",),
    "Read the answer": ("viewpoint/payments", "viewpoint/gateway"),
    "Yes, we have paid it": ("sun/payments", HUB),
    "Send the answer": ("sun/feedback", "viewpoint/gateway"),
}
"""What is killed once the answer to a press has come: what it says to others may or may not be out."""
STOPPED = {
    "viewpoint/feedback": "The guest's feedback",
    "viewpoint/people": "The neighbours bring",
    "viewpoint/payments": "The neighbours bring",
    "viewpoint/opportunities": "SUN shares",
    "viewpoint/notifications": "The neighbours bring",
    "sun/gateway": "SUN shares",
    "viewpoint/gateway": "SUN shares",
    "suffolk/gateway": "SUN shares",
}
"""A part, and the step that can't be seen without it."""


@pytest.fixture
def region() -> Iterator[Region]:
    with temporary_directory() as directory, Region(directory / "region", separate=("sun", "viewpoint")) as running:
        yield running


def played(story: Story, steps: Sequence[Scene] = STEPS_OF_THREE) -> list[Outcome]:
    return play(story, steps, lambda _: None, lambda _: None)


def kill(region: Region, part: str) -> None:
    if part == HUB:
        region.hub.kill()
    else:
        organisation, _, name = part.partition("/")
        region.organisations[organisation].parts[name].kill()


def bring_back(region: Region, parts: Sequence[str]) -> None:
    lost: dict[str, list[str]] = {}
    for part in parts:
        organisation, _, name = part.rpartition("/")
        lost.setdefault(organisation, []).append(name)
    for organisation, names in lost.items():
        if organisation:
            back(region.organisations[organisation], *names)
        else:
            region.hub.start()


@pytest.mark.slow
@pytest.mark.timeout(590)
async def test_net_04_with_parts_killed_on_the_way_everyone_hears_once_and_both_ledgers_agree(
    region: Region, monkeypatch: pytest.MonkeyPatch
):
    killed: Counter[str] = Counter()
    press = Visitor.press

    def pressed(self: Visitor, words: str, **more: Any) -> Page:
        page = press(self, words, **more)
        lost = () if killed[words] else AFTER.get(words, ())
        if page.status == 200 and lost:
            killed[words] += 1
            for part in lost:
                kill(region, part)
            bring_back(region, lost)
        return page

    monkeypatch.setattr(Visitor, "press", pressed)
    monkeypatch.setattr("deploy.demo.play.PATIENCE", 60.0)
    with told(region) as story:
        outcomes = await asyncio.to_thread(played, story)
        assert [outcome.problem for outcome in outcomes if outcome.problem] == []
        assert len(outcomes) == len(STEPS_OF_THREE)
        assert set(killed) == set(AFTER)
        for place in (story.place, *(neighbour.place for neighbour in story.neighbours.values())):

            async def all_is_well(operator=place.operator) -> bool:
                assert_all_is_well(operator)
                return True

            await eventually(all_is_well, within=60)
        people = {address for each in (story, *story.neighbours.values()) for address in each.people.values()}
        mails = Counter(str(mail["message-id"]) for address in people for mail in region.mail.messages(address))
        assert [message for message, times in mails.items() if times > 1] == []


@pytest.mark.slow
@pytest.mark.timeout(1500)  # each turn waits for new codes of the second step, thirty seconds each
def test_with_any_one_service_or_gateway_of_one_organisation_stopped_the_story_fails(
    region: Region, monkeypatch: pytest.MonkeyPatch
):
    with told(region) as story:
        title = story.facts["network"]["opportunity"]["title"]
        for number, (part, step) in enumerate(STOPPED.items()):
            organisation, _, name = part.partition("/")
            region.organisations[organisation].parts[name].stop()
            # those of earlier turns are still listed
            story.facts["network"]["opportunity"]["title"] = f"{title}, group {number + 1}"
            *_, last = played(story)
            assert last.problem, f"the story was seen whole without {part}"
            assert last.step.title.startswith(step), f"without {part} it ended at “{last.step.title}”: {last.problem}"
            back(region.organisations[organisation], name)
            monkeypatch.setattr("deploy.demo.play.PATIENCE", 6.0)  # the first turn is played almost to its end
