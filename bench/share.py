"""How long sharing an opportunity takes: from pressing the button to its row in the other organisation's list, through
the hub.

The whole path: page, commit, relay, gateway, hub, gateway, relay of the other side, consumer, commit; every stream
with fsync.
"""

import asyncio
import random
import time

from bench.crossing import HOME, HOST, SETTINGS, database_of, opportunities_file, site_of, two_organisations, until
from bench.machine import describe
from bench.report import Result, bounded, percentile
from deploy.demo.play import HERE
from deploy.local.region import Region
from shared.identity import Role

GOAL_MS = 100.0
_LISTED = "SELECT EXISTS (SELECT FROM listings WHERE host_opportunity_id = $1)"


async def measure(*, rounds: int = 300) -> Result:
    """rounds: opportunities that are shared, one after another."""
    result = Result("share", describe())
    with two_organisations() as region:
        samples = await _share(region, rounds)
    counted = samples[min(20, rounds // 10) :]  # the first ones wait for imports, plans and caches
    result.settings = {**SETTINGS, "shared": rounds, "counted": len(counted)}
    result.samples = {"milliseconds": samples}
    note = "Measured from before the form is sent, so with the page's own time; looked for every millisecond."
    result.rows = [
        bounded("shared to listed elsewhere, p99", percentile(counted, 0.99), "ms", most=GOAL_MS, note=note),
        bounded("shared to listed elsewhere, p50", percentile(counted, 0.5), "ms", most=GOAL_MS),
    ]
    return result


async def _share(region: Region, count: int) -> list[float]:
    host, home = region.organisations[HOST.name], region.organisations[HOME.name]
    written, listed = await database_of(host), await database_of(home)
    async with site_of(host, Role.COORDINATOR) as site:
        file = opportunities_file(count, HERE / "opportunities.csv")
        answer = await site.post(
            "/opportunities/api/import/opportunities", content=file, headers={"content-type": "text/csv"}
        )
        answer.raise_for_status()
        samples = []
        for row in await written.fetch("SELECT id FROM opportunities WHERE state = 'published' ORDER BY id"):
            begun = time.perf_counter()
            answer = await site.post(
                f"/opportunities/staff/{row['id']}/share", data={"share": "true", "funding": "fees"}
            )
            if answer.status_code != 303:
                raise RuntimeError(f"sharing was answered with {answer.status_code}")
            await until(listed, _LISTED, row["id"], within=20)
            samples.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(random.uniform(0.02, 0.08))
    await written.close()
    await listed.close()
    return samples
