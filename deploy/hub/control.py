"""Makes the hub's running servers follow its registry. Every wait is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

import nats.errors
import nats.js.errors

from deploy.hub.config import PROVISION, account_of
from deploy.hub.connections import have_loaded, let_go, reload_all
from deploy.hub.registry import Facts
from deploy.hub.streams import settle, until_it_leads
from deploy.provisioning.jetstream import connected
from deploy.provisioning.names import HubAway, HubFull

T = TypeVar("T")
SETTLED_WITHIN = 60.0
RELOADED_WITHIN = 15.0

_NO_ROOM = (10023, 10047)
"""JetStream's error numbers for too few resources, and too little storage."""

Urls = Callable[[str], Sequence[str]]
"""The servers' client URLs with the password of a user, `provision` or `sys`."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own, so that it may be called while an event loop runs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def loaded_and_let_go(urls: Urls, facts: Facts, since: datetime, servers: int) -> None:
    """Wait until so many servers have read their configuration after that moment, then end the connections of those
    they no longer know.

    They read it twice: what an account that is new imports is bound to the account that has the streams only at the
    next reading (nats-server 2.15.1).
    """
    try:
        async with asyncio.timeout(RELOADED_WITHIN):
            while not await _loaded(urls, since, servers):  # noqa: ASYNC110 - nothing tells us when it has
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise HubAway("The hub did not take up its new configuration; its servers' logs say why.") from None
    async with connected(urls("sys"), "_INBOX") as client:
        await reload_all(client, servers)
        await let_go(client, {member.certificate: account_of(name) for name, member in facts.members.items()}, servers)


async def _loaded(urls: Urls, since: datetime, servers: int) -> bool:
    """While a server reads its configuration, it may refuse us."""
    try:
        async with connected(urls("sys"), "_INBOX") as client:
            return await have_loaded(client, since, servers)
    except OSError:
        return False


async def settle_streams(urls: Urls, facts: Facts, save: Callable[[], None]) -> list[str]:
    """Bring the streams to what the members ask for; a cluster that has just started must first choose who leads.
    Returns what was done."""
    problem: Exception | None = None
    try:
        async with asyncio.timeout(SETTLED_WITHIN):
            while True:
                try:
                    async with connected(urls(PROVISION), f"_INBOX.{PROVISION}") as client:
                        await until_it_leads(client)
                        return await settle(
                            client,
                            facts.members,
                            facts.left,
                            save,
                            replicas=len(facts.nodes),
                            bytes_each=facts.bytes_each,
                        )
                except (OSError, nats.errors.Error) as error:
                    if isinstance(error, nats.js.errors.APIError) and error.err_code in _NO_ROOM:
                        raise HubFull(
                            f"The hub has no room for another organisation's streams ({error.description})."
                        ) from error
                    problem = error
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise HubAway(
            f"The hub's servers do not answer, or do not agree on who leads ({_in_words(problem)}). Their logs say why."
        ) from problem


def _in_words(problem: Exception | None) -> str:
    return str(problem.description) if isinstance(problem, nats.js.errors.APIError) else type(problem).__name__
