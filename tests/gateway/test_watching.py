"""NET-05: whether the hub works for us is known by what it answers, and said with what to do."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from deploy.local.servers import temporary_directory
from services.gateway import watching
from services.gateway.domain import HUB_IS_WELL
from tests.gateway.support import Organisation, organisation
from tests.network.region import Region
from tests.support.apps import eventually
from tests.support.servers import TestPostgres

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module", autouse=True)
def _at_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watching, "OUTAGE_SECONDS", 0.3)
        yield


@pytest.fixture(scope="module")
def region() -> Iterator[Region]:
    with temporary_directory() as directory, Region(directory, ("sun", "viewpoint")) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sun(region: Region, postgres: TestPostgres) -> AsyncIterator[Organisation]:
    async with organisation(region.members["sun"], region.directory / "sun-gateway", postgres) as found:
        yield found


async def told(sun: Organisation, *words: str) -> None:
    """What doctor and the operators' page show of the hub, once it holds these words; the gateway stays ready."""

    async def shown() -> bool:
        state = (await sun.operator("GET", "/gateway/operator/state")).json()["checks"]["hub"]
        assert all(word in state for word in words), state
        return True

    await eventually(shown)

    async def ready() -> bool:
        answer = await sun.http.get("/gateway/health/ready")
        assert answer.status_code == 200, answer.text
        return all(word in answer.json()["notices"]["hub"] for word in words)

    await eventually(ready)


async def well(sun: Organisation) -> None:
    async def shown() -> bool:
        return await sun.gateway.notices["hub"]() == HUB_IS_WELL

    await eventually(shown)
    assert sun.gateway.carrier.inward.silence.since is None


async def figure(sun: Organisation) -> float | None:
    for job in sun.gateway.jobs:
        if job.name == "watch-the-hub":
            await sun.gateway.run_job(job)
    return sun.gateway.registry.get_sample_value("chorus_network_hub_works")


async def test_net_05_a_hub_that_is_away_is_told_of_until_it_is_back(region: Region, sun: Organisation):
    await well(sun)
    region.hub.kill()
    await told(sun, "our NATS server is not connected to the hub", "nothing is lost", "ask its keeper if it runs")
    assert await figure(sun) == 0
    region.hub.start()
    await well(sun)
    assert await figure(sun) == 1


async def test_net_05_a_hub_that_is_connected_and_does_not_answer_us_is_told_of(region: Region, sun: Organisation):
    await well(sun)
    async with region.administrator() as hub:
        await hub.jetstream().delete_stream("TO_SUN")
    await told(sun, "is connected to the hub, but the hub does not answer us", "`chorus hub settle`")
    region.hub.kill()
    region.hub.start()
    await well(sun)


async def test_net_05_a_hub_that_takes_nothing_of_ours_is_told_of(region: Region, sun: Organisation):
    await well(sun)
    async with region.administrator() as hub:
        await hub.jetstream().delete_stream("FROM_SUN")
    assert await sun.border.jetstream().publish("out.public.opportunity-shared.v1", b"{}")
    await told(sun, "takes nothing of what we share, which waits here")
    region.hub.kill()
    region.hub.start()
    await well(sun)


async def test_net_05_a_hub_that_refuses_our_certificate_is_told_of(region: Region, sun: Organisation):
    await well(sun)
    region.hub.remove("sun")
    await told(sun, "our NATS server is not connected to the hub", "“Authorization Violation”", "`chorus hub up`")

    async def refused() -> bool:
        return "Authorization Violation" in sun.member.server.log.read_text()

    await eventually(refused)


async def test_net_05_who_is_in_no_network_misses_no_hub(region: Region, sun: Organisation):
    """After the removal, provisioned without a membership."""
    await told(sun, "not connected")
    sun.member.membership = None
    sun.member.provision_border()
    assert await sun.gateway.notices["hub"]() == HUB_IS_WELL
