"""One organisation with everything running, after the story of deploy/demo was played in it."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from deploy.demo.play import Story, Theatre, play
from deploy.demo.story import STEPS
from deploy.local.instance import Instance
from deploy.local.runner import RunningOrganisation
from deploy.local.servers import temporary_directory
from tests.support.browser import browser, visitor  # noqa: F401


@dataclass(frozen=True)
class Town:
    """The running organisation, and whom the story speaks of."""

    organisation: RunningOrganisation
    story: Story

    @property
    def url(self) -> str:
        return self.organisation.url


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    with temporary_directory() as directory:
        instance = Instance.open("journeys", directory / "instance", organisation_name="The Open Door", mode="demo")
        with RunningOrganisation(instance) as organisation:
            headers = {"authorization": f"Bearer {instance.operator_token()}"}
            with httpx.Client(base_url=organisation.url, headers=headers, timeout=60) as operator:
                place = Theatre(
                    organisation.url,
                    instance.facts.ports["imap"],
                    instance.facts.passwords["mail"],
                    operator,
                    people_database=instance.database_url("people"),
                )
                story = Story.read(place)
                problems = [
                    f"{outcome.step.title}: {outcome.problem}"
                    for outcome in play(story, STEPS, lambda _: None, lambda _: None)
                    if outcome.problem
                ]
                assert not problems, problems
                yield Town(organisation, story)
                story.close()
