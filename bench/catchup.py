"""How fast an organisation that was cut off catches up: shared events that waited at the hub, into its database.

Compared with the raw limit (pulling and acknowledging the same messages from its NATS server and doing nothing with
them), and with what an organisation without the network would do: poll the host's RPDE feed page by page into the
same table.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import nats
from nats.aio.client import Client
from nats.js.api import ConsumerConfig

from bench.crossing import HOME, HOST, SETTINGS, database_of, opportunities_file, site_of, two_organisations, until
from bench.machine import describe
from bench.report import Result, compared, middle
from deploy.demo.play import HERE
from deploy.hub.config import PROVISION
from deploy.local.region import Region
from deploy.local.runner import RunningOrganisation
from deploy.provisioning.jetstream import connected
from shared.events.listings import OpportunityShared, PublicSession
from shared.identity import Role
from shared.messaging.network import said_to

PAGE = 500
FETCH = 500
_WAITS = """
INSERT INTO outbox (event_id, subject, aggregate_id, version, body, caused_by, business_at)
SELECT uuidv7(), $2, id, 1, replace($3, $4, id::text), '00000000-0000-0000-0000-000000000000', now()
  FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1)) AS made
"""
_OPEN = """
WITH copied AS (
  INSERT INTO opportunities (SELECT (jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid(), 'reference',
    NULL))).*
    FROM opportunities o, generate_series(1, $1) WHERE o.id = $2) RETURNING id)
INSERT INTO sessions (id, opportunity_id, starts_at, ends_at, venue, joining)
SELECT gen_random_uuid(), copied.id, s.starts_at, s.ends_at, s.venue, s.joining FROM copied, sessions s
  WHERE s.opportunity_id = $2
"""


async def measure(*, events: int = 100_000, rounds: int = 3) -> Result:
    """rounds: of the raw pull. The whole path, 100,000 events of different opportunities, is run once; so is the
    feed."""
    result = Result("catchup", describe())
    with two_organisations(network_most_listings=10 * events) as region:
        size = await _wait_at_the_hub(region, events)
        ours = await _catch_up(region, events)
        raw = [await _pull(region, events) for _ in range(rounds)]
        feed = await _poll(region, events)
    result.settings = {
        **SETTINGS,
        "events": events,
        "bytes_each": size,
        "fetch": FETCH,
        "feed_page": PAGE,
        "rounds_of_raw": rounds,
    }
    result.samples = {"ours": ours, "raw_events_per_second": raw, "feed": feed}
    rate = events / ours["seconds"]
    note = (
        "Ours: from the moment the organisation's NATS server is started again until the last listing is committed: "
        "the connection to the hub made "
        "anew, two durable consumers and the gateway's checks; each listing with its session and the event that tells "
        "the organisation's own services."
    )
    result.rows = [
        compared(
            "catching up",
            rate,
            "events/s",
            "raw pull with acknowledgements",
            middle(raw),
            better="more",
            times=0.5,
            note=note,
        ),
        compared(
            "catching up",
            rate,
            "events/s",
            "polling the RPDE feed into a table",
            events / feed["seconds"],
            better="more",
        ),
    ]
    return result


async def _wait_at_the_hub(region: Region, events: int) -> int:
    """With the home organisation's server dead, this many events go the host's whole way out. Returns the bytes of
    one."""
    host = region.organisations[HOST.name]
    async with site_of(host, Role.COORDINATOR) as site:
        file = opportunities_file(1, HERE / "opportunities.csv")
        (
            await site.post(
                "/opportunities/api/import/opportunities", content=file, headers={"content-type": "text/csv"}
            )
        ).raise_for_status()
    connection = await database_of(host)
    [row] = await connection.fetch("SELECT * FROM opportunities WHERE state = 'published'")
    planned = await connection.fetch("SELECT * FROM sessions WHERE opportunity_id = $1", row["id"])
    body = _event(row, planned).model_dump_json()
    region.organisations[HOME.name].parts["nats"].kill()
    async with connected(region.hub.client_urls(), f"_INBOX.{PROVISION}") as hub:
        waiting_before = await _messages(hub)
        await connection.execute(_WAITS, events, OpportunityShared.subject(), body, str(row["id"]))
        async with asyncio.timeout(600):
            while await _messages(hub) < waiting_before + events:  # noqa: ASYNC110 - the server's number, nothing here wakes us
                await asyncio.sleep(0.2)
    await connection.close()
    return len(body)


async def _messages(hub: Client) -> int:
    return (await hub.jetstream().stream_info(said_to(HOME.name))).state.messages


def _event(row: Mapping[str, Any], planned: list[asyncpg.Record]) -> OpportunityShared:
    texts = {name: row[name] for name in OpportunityShared.model_fields.keys() & set(row.keys())}
    sessions = tuple(
        PublicSession(session_id=each["id"], starts_at=each["starts_at"], ends_at=each["ends_at"], venue=each["venue"])
        for each in planned
    )
    more = {
        "opportunity_id": row["id"],
        "version": 1,
        "host_name": HOST.display_name,
        "sessions": sessions,
        "url": "https://sun.example.org/opportunities/1",
    }
    terms = {
        "rate_pence": 1000,
        "funding": "fees",
        "expenses_cap_pence": 0,
        "waiting_list": False,
        "short_notice_reason": row["notice_reason"],
    }
    facts: dict[str, Any] = {**texts, **more, **terms}
    return OpportunityShared(**facts)


async def _catch_up(region: Region, events: int) -> dict[str, float]:
    home = region.organisations[HOME.name]
    connection = await database_of(home)
    begun = time.perf_counter()
    home.parts["nats"].start()
    first: float | None = None
    async with asyncio.timeout(900):
        while first is None or not await connection.fetchval("SELECT count(*) >= $1 FROM listings", events):
            if first is None and await connection.fetchval("SELECT EXISTS (SELECT FROM listings)"):
                first = time.perf_counter()
            await asyncio.sleep(0.1)
    ended = time.perf_counter()
    await connection.close()
    return {"seconds": ended - begun, "seconds_until_the_first": first - begun}


async def _pull(region: Region, events: int) -> float:
    """Events a second, with nats-py alone: fetched and acknowledged."""
    client = await _border(region.organisations[HOME.name])
    context = client.jetstream(timeout=10)
    name = f"gateway-raw-{time.monotonic_ns()}"
    await context.add_consumer(
        "NETWORK",
        ConsumerConfig(
            name=name, durable_name=name, filter_subject=f"network.{HOST.name}.>", max_ack_pending=4 * FETCH
        ),
    )
    subscription = await context.pull_subscribe_bind(name, "NETWORK")
    pulled, begun = 0, time.perf_counter()
    while pulled < events:
        for message in await subscription.fetch(FETCH, timeout=10):
            await message.ack()
            pulled += 1
    seconds = time.perf_counter() - begun
    await client.close()
    return pulled / seconds


async def _border(organisation: RunningOrganisation) -> Client:
    return await nats.connect(organisation.instance.nats_url("border"), inbox_prefix="_INBOX.border")


async def _poll(region: Region, events: int) -> dict[str, float]:
    """The host's own feed, until it is empty, each page in one transaction into a table like our listings' texts."""
    host = region.organisations[HOST.name]
    theirs, ours = await database_of(host), await database_of(region.organisations[HOME.name])
    one = await theirs.fetchval("SELECT id FROM opportunities WHERE state = 'published'")
    await theirs.execute(_OPEN, events - 1, one)
    await ours.execute("CREATE TABLE polled (id uuid PRIMARY KEY, modified bigint, starts_at timestamptz, data jsonb)")
    async with site_of(host) as site:
        await until(theirs, f"SELECT count(*) >= {events} FROM feed_changes", within=60)
        url, begun, items = "/opportunities/feeds/rpde", time.perf_counter(), 0
        while True:
            page = (await site.get(url)).raise_for_status().json()
            if not page["items"]:
                break
            rows = [
                (UUID(each["id"]), each["modified"], _starts(each["data"]), json.dumps(each["data"]))
                for each in page["items"]
                if each["state"] == "updated"
            ]
            await ours.executemany(
                "INSERT INTO polled VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET modified = $2, starts_at = "
                "$3, data = $4",
                rows,
            )
            items += len(page["items"])
            url = page["next"]
        seconds = time.perf_counter() - begun
    if not await ours.fetchval("SELECT count(*) >= $1 FROM polled", events):
        raise RuntimeError(f"the feed gave {items} of {events} items")
    await theirs.close()
    await ours.close()
    return {"seconds": seconds, "items": items}


def _starts(data: Mapping[str, Any]) -> datetime | None:
    return datetime.fromisoformat(data["startDate"]) if "startDate" in data else None
