"""The hub's streams: FROM_<ORGANISATION> takes what an organisation says and stamps who said it; TO_<ORGANISATION>
gathers what the others say to it.

An organisation whose name is in `members` has both; of one that is not, what is there is taken away and the others are
told.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

from nats.aio.client import Client
from nats.js.api import StreamConfig, StreamSource, SubjectTransform
from nats.js.client import JetStreamContext

from deploy.provisioning.border import KNOWN_AGAIN, says_at_hub
from deploy.provisioning.jetstream import read_by_carrier, settle_stream
from deploy.provisioning.names import said_by
from deploy.provisioning.streams import stream
from shared.db import new_id
from shared.events.network import OrganisationRemoved, organisation_id
from shared.messaging.network import HUB, MAX_MESSAGE, said_to

BYTES_PER_ORGANISATION = 256 * 1024 * 1024
"""What one organisation may have waiting at the hub. Once it is full, that organisation's messages wait in its own
OUT, and nobody else is affected."""

NOT_KNOWN_AGAIN = 0.1
"""Seconds: the smallest value allowed."""


def from_stream(organisation: str, replicas: int, max_bytes: int, after: int = 0) -> StreamConfig:
    """What an organisation says on the subjects that are its alone, under its name."""
    stamped = SubjectTransform(src=f"say.{organisation}.>", dest=f"network.{organisation}.>")
    first = after + 1 if after else None
    return _stream(
        said_by(organisation),
        f"What {organisation} says",
        replicas,
        max_bytes,
        subjects=says_at_hub(organisation),
        subject_transform=stamped,
        first_seq=first,
        allow_atomic=True,
    )


def to_stream(organisation: str, members: Collection[str], replicas: int, bytes_each: int) -> StreamConfig:
    """What the others say to all, and to this organisation.

    It can't fill up: in any 30 days an organisation's stream takes at most its own bytes beside those that it held
    before, so twice that for each is the most that can stand here, however one of them floods.
    """
    others = sorted(set(members) - {organisation})
    sources = [
        _filtered(other, f"network.{other}.public.>", f"network.{other}.to.{organisation}.>") for other in others
    ]
    sources.append(_filtered(HUB, f"network.{HUB}.public.>"))
    size = 2 * bytes_each * len(sources)
    description = f"What the others say to {organisation}"
    # Ids are of a stream that a message was carried from: here many of them meet.
    return _stream(
        said_to(organisation),
        description,
        replicas,
        size,
        sources=sources,
        duplicate_window=NOT_KNOWN_AGAIN,
        allow_direct=True,
    )


def hub_stream(replicas: int, bytes_each: int) -> StreamConfig:
    return _stream(
        said_by(HUB), "What the hub itself says", replicas, bytes_each, subjects=[f"network.{HUB}.public.*.v1"]
    )


def _filtered(origin: str, *subjects: str) -> StreamSource:
    """Which part of an origin's stream is for whom."""
    return StreamSource(
        name=said_by(origin), subject_transforms=[SubjectTransform(src=subject, dest=subject) for subject in subjects]
    )


def _stream(
    name: str, description: str, replicas: int, max_bytes: int, *, duplicate_window: float = KNOWN_AGAIN, **more: Any
) -> StreamConfig:
    return stream(
        name,
        description,
        max_bytes,
        max_msg_size=2 * MAX_MESSAGE,
        duplicate_window=duplicate_window,
        num_replicas=replicas,
        **more,
    )


async def settle(
    client: Client,
    members: Collection[str],
    left: dict[str, int],
    remember: Callable[[], None],
    *,
    replicas: int,
    bytes_each: int,
) -> list[str]:
    """Bring the streams to what the members ask for. Returns what was done, a line each. May be repeated at any point.

    left: the number of the last message of those who were removed; filled in here, and written down by `remember`
    before their streams are deleted. If one comes back, its numbers go on from there: those who knew the old stream
    would skip lower ones.
    """
    streams = client.jetstream(timeout=10)
    present = {str(info.config.name): info.state.last_seq for info in await streams.streams_info()}
    gone = sorted({name.partition("_")[2].lower() for name in present} - {HUB, *members})
    done = []
    await settle_stream(streams, hub_stream(replicas, bytes_each))
    for organisation in sorted(members):
        if said_by(organisation) not in present:
            done.append(
                await settle_stream(streams, from_stream(organisation, replicas, bytes_each, left.get(organisation, 0)))
            )
    for organisation in sorted(members):
        done.append(await settle_stream(streams, to_stream(organisation, members, replicas, bytes_each)))
        await streams.add_consumer(said_to(organisation), read_by_carrier(organisation))
    for organisation in gone:
        left[organisation] = max(left.get(organisation, 0), present.get(said_by(organisation), 0))
        remember()
        await _say_removed(streams, organisation, left[organisation])
        for name in {said_by(organisation), said_to(organisation)} & set(present):
            await streams.delete_stream(name)
            done.append(f"stream {name} taken away")
    return done


async def _say_removed(streams: JetStreamContext, organisation: str, version: int) -> None:
    """Only once, however often it is tried: the removal gets the number of the last message."""
    event = OrganisationRemoved(organisation_id=organisation_id(organisation), removed=organisation, version=version)
    headers = {
        "Nats-Msg-Id": f"removed-{organisation}-{version}",
        "ce-id": str(new_id()),
        "ce-type": OrganisationRemoved.subject(),
        "ce-time": datetime.now(UTC).isoformat(),
    }
    await streams.publish(
        f"network.{HUB}.public.{OrganisationRemoved.name}.v{OrganisationRemoved.schema_version}",
        event.model_dump_json().encode(),
        headers=headers,
    )


async def until_it_leads(client: Client, within: float = 20.0) -> None:
    """Waits until JetStream answers: a cluster must first have chosen its leader. Raises TimeoutError."""
    async with asyncio.timeout(within):
        while True:
            try:
                answer = json.loads((await client.request("$JS.API.INFO", timeout=1)).data)
            except Exception:
                answer = {"error": "nobody answers yet"}
            if "error" not in answer:
                return
            await asyncio.sleep(0.1)
