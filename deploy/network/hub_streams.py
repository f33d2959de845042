"""The hub's streams: FROM_<ORGANISATION> takes what an organisation says and stamps who said it; TO_<ORGANISATION> gathers what the others say to it.

An organisation whose name is in `members` has both; of one that is not, what is there is taken away and the others are told.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from nats.aio.client import Client
from nats.js.api import DiscardPolicy, ExternalStream, StorageType, StreamConfig, StreamConsumerSource, StreamSource, SubjectTransform
from nats.js.client import JetStreamContext

from deploy.network.border import DUPLICATE_WINDOW, MAX_AGE, MAX_MESSAGE, OUT
from deploy.network.jetstream import settle_carrier, settle_stream
from deploy.network.names import HUB, delivered_from, delivered_to, said_by, said_to
from shared.db import new_id
from shared.events.network import OrganisationRemoved, organisation_id

BYTES_PER_ORGANISATION = 256 * 1024 * 1024
"""What one organisation may have waiting at the hub. Full, its own messages wait in its own OUT, and nobody else's."""


@dataclass
class Sequences:
    """The number of the last message in an organisation's two streams: if it comes back, they go on from there,

    so that nobody who knew the old streams takes the new ones' messages for those that they had already.
    """

    said_by: int
    said_to: int


def from_stream(organisation: str, replicas: int, max_bytes: int, after: int = 0) -> StreamConfig:
    """Whatever an organisation puts into its OUT, here it stands under its own name."""
    taken_up = StreamConsumerSource(name=HUB, deliver_subject=delivered_from(organisation))
    stamped = [
        SubjectTransform(src="out.public.>", dest=f"network.{organisation}.public.>"),
        SubjectTransform(src="out.to.>", dest=f"network.{organisation}.to.>"),
    ]
    source = StreamSource(name=OUT, external=ExternalStream(api=f"$JS.{organisation}.API"), consumer=taken_up, subject_transforms=stamped)
    return _stream(said_by(organisation), f"What {organisation} says", replicas, max_bytes, sources=[source], first_seq=after + 1 if after else None)


def to_stream(organisation: str, members: Collection[str], replicas: int, bytes_each: int, after: int = 0) -> StreamConfig:
    """What the others say to all, and to this organisation.

    It can't fill up: in any 30 days an organisation's stream takes at most its own bytes beside those that it held before, so
    twice that for each is the most that can stand here, however one of them floods.
    """
    others = sorted(set(members) - {organisation})
    sources = [_filtered(other, f"network.{other}.public.>", f"network.{other}.to.{organisation}.>") for other in others]
    sources.append(_filtered(HUB, f"network.{HUB}.public.>"))
    size = 2 * bytes_each * len(sources)
    return _stream(said_to(organisation), f"What the others say to {organisation}", replicas, size, sources=sources, first_seq=after + 1 if after else None)


def hub_stream(replicas: int, bytes_each: int) -> StreamConfig:
    return _stream(said_by(HUB), "What the hub itself says", replicas, bytes_each, subjects=[f"network.{HUB}.public.*.v1"])


def _filtered(origin: str, *subjects: str) -> StreamSource:
    """Only an origin's own subjects: whatever else it smuggled into its stream stays there."""
    return StreamSource(name=said_by(origin), subject_transforms=[SubjectTransform(src=subject, dest=subject) for subject in subjects])


def _stream(name: str, description: str, replicas: int, max_bytes: int, **more: object) -> StreamConfig:
    return StreamConfig(
        name=name,
        description=description,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_age=MAX_AGE,
        max_bytes=max_bytes,
        max_msg_size=2 * MAX_MESSAGE,
        duplicate_window=DUPLICATE_WINDOW,
        num_replicas=replicas,
        **more,  # pyright: ignore[reportArgumentType]
    )


async def settle(
    client: Client, members: Collection[str], left: dict[str, Sequences], remember: Callable[[], None], *, replicas: int, bytes_each: int
) -> list[str]:
    """Bring the streams to what the members ask for. left: where the streams of those who were removed stopped; filled in here.

    remember: writes `left` down, before the streams are deleted. May be repeated at any point. Returns what was done, a line each.
    """
    streams = client.jetstream(timeout=10)
    present = {str(info.config.name): info.state.last_seq for info in await streams.streams_info()}
    gone = sorted({name.partition("_")[2].lower() for name in present} - {HUB, *members})
    done = []
    await settle_stream(streams, hub_stream(replicas, bytes_each))
    for organisation in sorted(members):
        if said_by(organisation) not in present:
            after = left.get(organisation, Sequences(0, 0))
            done.append(await settle_stream(streams, from_stream(organisation, replicas, bytes_each, after.said_by)))
    for organisation in sorted(members):
        after = left.get(organisation, Sequences(0, 0)) if said_to(organisation) not in present else Sequences(0, 0)
        done.append(await settle_stream(streams, to_stream(organisation, members, replicas, bytes_each, after.said_to)))
        await settle_carrier(client, said_to(organisation), organisation, delivered_to(organisation), replicas=replicas)
    for organisation in gone:
        before = left.get(organisation, Sequences(0, 0))
        left[organisation] = Sequences(max(before.said_by, present.get(said_by(organisation), 0)), max(before.said_to, present.get(said_to(organisation), 0)))
        remember()
        await _say_removed(streams, organisation, left[organisation].said_by)
        for stream in {said_by(organisation), said_to(organisation)} & set(present):
            await streams.delete_stream(stream)
            done.append(f"stream {stream} taken away")
    return done


async def _say_removed(streams: JetStreamContext, organisation: str, version: int) -> None:
    """Once, however often it is tried: what was said last numbers the removal."""
    event = OrganisationRemoved(organisation_id=organisation_id(organisation), removed=organisation, version=version)
    headers = {
        "Nats-Msg-Id": f"removed-{organisation}-{version}",
        "ce-id": str(new_id()),
        "ce-type": OrganisationRemoved.subject(),
        "ce-time": datetime.now(UTC).isoformat(),
    }
    await streams.publish(
        f"network.{HUB}.public.{OrganisationRemoved.name}.v{OrganisationRemoved.schema_version}", event.model_dump_json().encode(), headers=headers
    )


async def until_it_leads(client: Client, within: float = 20.0) -> None:
    """Wait until JetStream answers: a cluster must first have chosen who leads. Raises TimeoutError."""
    async with asyncio.timeout(within):
        while True:
            try:
                answer = json.loads((await client.request("$JS.API.INFO", timeout=1)).data)
            except Exception:
                answer = {"error": "nobody answers yet"}
            if "error" not in answer:
                return
            await asyncio.sleep(0.1)
