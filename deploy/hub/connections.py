"""Asks the system account of the hub's servers who is connected, and disconnects whoever the hub no longer knows."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg


@dataclass(frozen=True)
class Connection:
    """A leaf connection. user: the certificate's own name, in which account. server: the id of the hub's server that
    has it."""

    user: str
    account: str
    server: str
    number: int
    since: str


async def connections(client: Client, servers: int) -> list[Connection]:
    """Every organisation's connection. servers: how many of the hub's servers run."""
    found = []
    for answer in await _ask_each(client, "CONNZ", {"auth": True, "limit": 10_000}, servers):
        for seen in answer["data"].get("connections", []):
            if seen.get("kind") == "Leafnode":
                found.append(
                    Connection(
                        seen.get("authorized_user", ""),
                        seen.get("account", ""),
                        answer["server"]["id"],
                        seen["cid"],
                        seen["start"],
                    )
                )
    return found


async def let_go(client: Client, known: Mapping[str, str], servers: int) -> int:
    """Ends the connections of users that are unknown, or not in that account. A reload alone leaves them open.
    Returns how many there were."""
    strangers = [
        connection
        for connection in await connections(client, servers)
        if known.get(connection.user) != connection.account
    ]
    for stranger in strangers:
        await client.request(
            f"$SYS.REQ.SERVER.{stranger.server}.KICK", json.dumps({"cid": stranger.number}).encode(), timeout=5
        )
    return len(strangers)


async def have_loaded(client: Client, since: datetime, servers: int) -> bool:
    """Whether each server has read its configuration after that moment."""
    answers = await _ask_each(client, "VARZ", {}, servers)
    times = [datetime.fromisoformat(_seconds(answer["data"]["config_load_time"])) for answer in answers]
    return len(times) >= servers and min(times) > since


async def reload_all(client: Client, servers: int) -> int:
    """Make each server that answers read its configuration again. Returns how many there were."""
    answers = await _ask_each(client, "VARZ", {}, servers)
    for answer in answers:
        await client.request(f"$SYS.REQ.SERVER.{answer['server']['id']}.RELOAD", timeout=10)
    return len(answers)


def _seconds(moment: str) -> str:
    """Go writes nanoseconds, Python reads microseconds."""
    whole, _, fraction = moment.removesuffix("Z").partition(".")
    return f"{whole}.{fraction[:6] or '0'}+00:00"


async def _ask_each(
    client: Client, what: str, question: dict[str, Any], servers: int, within: float = 2.0
) -> list[dict[str, Any]]:
    """One answer from each server, as many as answer in time."""
    answers: list[dict[str, Any]] = []
    complete = asyncio.Event()

    async def take(message: Msg) -> None:
        answers.append(json.loads(message.data))
        if len(answers) >= servers:
            complete.set()

    inbox = client.new_inbox()
    subscription = await client.subscribe(inbox, cb=take)
    await client.publish(f"$SYS.REQ.SERVER.PING.{what}", json.dumps(question).encode(), reply=inbox)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(complete.wait(), within)
    await subscription.unsubscribe()
    return answers
