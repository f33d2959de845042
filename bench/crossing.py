"""What `bench.share` and `bench.catchup` have in common: two organisations and their hub, as far as a shared
opportunity passes through them.

Each is a whole instance as `chorus demo` makes it (its own PostgreSQL and NATS with full durability, its gateway),
but `opportunities` is the only service that runs.
"""

import asyncio
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import httpx

from deploy.local.region import LocalOrganisation, Region
from deploy.local.runner import RunningOrganisation
from deploy.local.servers import temporary_directory
from deploy.provisioning.parts import SERVICES
from shared.identity import Role

HOST, HOME = LocalOrganisation("sun", "SUN"), LocalOrganisation("viewpoint", "Viewpoint")
OTHERS = tuple(service for service in SERVICES if service != "opportunities")
SETTINGS = {
    "postgresql": "one an organisation, as deploy/local/servers.py starts it: fsync on, synchronous_commit on",
    "nats": "one an organisation and the hub's, sync_interval always, mutual TLS to the hub",
    "services": "opportunities and the gateway of each organisation, in processes of their own",
}


@contextmanager
def two_organisations(**listing_settings: int) -> Iterator[Region]:
    """A region of two, running. listing_settings: of the home organisation's opportunities."""
    with temporary_directory() as directory:
        folder = directory / "region" / HOME.name
        folder.mkdir(mode=0o755, parents=True)
        (folder / "opportunities.env").write_text(
            "".join(f"CHORUS_{name.upper()}={value}\n" for name, value in listing_settings.items())
        )
        with Region(directory / "region", (HOST, HOME), without={HOST.name: OTHERS, HOME.name: OTHERS}) as region:
            yield region


def site_of(organisation: RunningOrganisation, *roles: Role) -> httpx.AsyncClient:
    """The organisation's pages, for its own tool with these roles."""
    token = organisation.instance.operator_token(*roles)
    headers = {"authorization": f"Bearer {token}", "sec-fetch-site": "same-origin"}
    return httpx.AsyncClient(base_url=organisation.url, headers=headers, timeout=60, trust_env=False)


async def database_of(organisation: RunningOrganisation, name: str = "opportunities") -> asyncpg.Connection:
    return await asyncpg.connect(organisation.instance.owner_url(name))


def opportunities_file(count: int, source: Path) -> bytes:
    """An import file of `count` opportunities like the demo's first."""
    first = next(csv.DictReader(source.read_text().splitlines()))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(first))
    writer.writeheader()
    for number in range(count):
        writer.writerow(
            {
                **first,
                "Reference": f"bench-{number}",
                "Title": f"{first['Title']} {number}",
                "Sessions": "in 40 days 14:00 to 16:00",
                "Publish": "yes",
            }
        )
    return text.getvalue().encode()


async def until(
    connection: asyncpg.Connection, query: str, *values: object, within: float, every: float = 0.001
) -> None:
    """Wait until the query says true."""
    async with asyncio.timeout(within):
        while not await connection.fetchval(query, *values):  # noqa: ASYNC110 - the database's answer, nothing here wakes us
            await asyncio.sleep(every)
