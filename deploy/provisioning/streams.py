"""What a stream is, and the private streams of an organisation. Streams are declared only here; services make their
own durable consumers."""

from __future__ import annotations

from typing import Any

from nats.js.api import DiscardPolicy, StorageType, StreamConfig

from deploy.provisioning.jetstream import connected, settle_stream
from deploy.provisioning.parts import STREAM_OWNERS
from shared.messaging.streams import stream_name, stream_subjects

DAY = 24 * 60 * 60
MAX_AGE = 30 * DAY
MAX_BYTES = 256 * 1024 * 1024
DUPLICATE_WINDOW = 10 * 60
PROVISION = "provision"
"""The user that declares the private streams."""


def stream(name: str, description: str, max_bytes: int, **more: Any) -> StreamConfig:
    """Every stream of ours, at home and at the hub: on disk, for 30 days; when full, it refuses new messages and
    pushes nothing out."""
    return StreamConfig(
        name=name,
        description=description,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_age=MAX_AGE,
        max_bytes=max_bytes,
        **more,
    )


def own_stream(
    name: str,
    description: str,
    subjects: list[str],
    max_bytes: int,
    *,
    duplicate_window: float = DUPLICATE_WINDOW,
    **more: Any,
) -> StreamConfig:
    """A stream on an organisation's own server: it takes whole batches, and nobody can delete or purge what is in
    it."""
    rules = {"allow_atomic": True, "deny_delete": True, "deny_purge": True}
    return stream(name, description, max_bytes, subjects=subjects, duplicate_window=duplicate_window, **rules, **more)


def private_stream(owner: str, max_bytes: int = MAX_BYTES) -> StreamConfig:
    """What a service says, or what arrived over the network."""
    description = "What arrived over the network" if owner == "network" else f"What {owner} says"
    return own_stream(stream_name(owner), description, stream_subjects(owner), max_bytes)


async def provision_streams(provision_url: str, *, max_bytes: int = MAX_BYTES) -> list[str]:
    """Make or update the private streams, one for each of STREAM_OWNERS. provision_url: with the user `provision`.

    Returns what was done, a line each.
    """
    async with connected(provision_url, f"_INBOX.{PROVISION}") as client:
        streams = client.jetstream(timeout=10)
        return [await settle_stream(streams, private_stream(owner, max_bytes)) for owner in STREAM_OWNERS]
