"""What other services ask of this one because no event may say it: each reading of words is written down (PRI-03)."""

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from pydantic import BaseModel

from shared.db import Actor, Command, Database, Transaction
from shared.events.feedback import ConcernRaised
from shared.reasons import Missing


class Keeping(Protocol):
    """A service, which keeps what it is asked for."""

    database: Database


async def words_by_news(
    service: Keeping,
    request: dict[str, Any],
    words_of: Callable[[Transaction, str, UUID], Awaitable[list[str] | None]],
) -> dict[str, Any]:
    """NOT-08: for calls to people whom no message reaches: what their own pages say about each piece of news.

    words_of: gives it by the event's name and what the event is about. None or Missing: nothing, and no heading either.
    """
    told = [(each["event"], UUID(each["about"])) for each in request["told"]]

    async def read(tx: Transaction) -> dict[str, list[str]]:
        words: dict[str, list[str]] = {}
        for event, about in told:
            with contextlib.suppress(Missing):
                if (found := await words_of(tx, event, about)) is not None:
                    words[f"{event}/{about}"] = found
        return words

    reader = Actor("person", UUID(request["by"]))
    return {"words": await service.database.run(Command("read-out-what-stands", reader), read)}


async def words_set_aside(
    service: Keeping,
    request: dict[str, Any],
    read: Callable[[Transaction, UUID, frozenset[UUID]], Awaitable[dict[str, str | None] | None]],
) -> dict[str, Any]:
    """FB-09: what is set aside, for the page of its concern; nothing else, and nothing of what `feedback` says that
    they are kept from.

    read: gives it by its id and by what the reader is kept from. None or Missing: nothing."""
    about, kept_from = UUID(request["id"]), frozenset(UUID(each) for each in request.get("kept_from", ()))

    async def find(tx: Transaction) -> dict[str, str | None] | None:
        with contextlib.suppress(Missing):
            return await read(tx, about, kept_from)
        return None

    reader = Actor("person", UUID(request["by"]))
    return {"found": await service.database.run(Command("read-set-aside", reader), find)}


async def set_aside(
    service: Keeping,
    request: dict[str, Any],
    role_of: Callable[[Transaction, UUID], Awaitable[str | None]],
    hear: Callable[[Transaction, ConcernRaised], Awaitable[object]],
) -> dict[str, Any]:
    """FB-09: in which role somebody who works here may set something aside, because they can open it now; null if they
    may not.

    role_of: gives it by its id. hear: what its event does. If the request has the concern, as its event has it, it is
    set aside at once, and the event finds that done."""
    about = UUID(request["id"])
    concern = ConcernRaised.model_validate(request["concern"]) if request.get("concern") else None

    async def work(tx: Transaction) -> str | None:
        role = await role_of(tx, about)
        if role and concern:
            await hear(tx, concern)
        return role

    asker = Actor("person", UUID(request["by"]))
    return {"as": await service.database.run(Command("set-aside", asker), work)}


async def contents_to_seal(
    service: Keeping,
    request: dict[str, Any],
    read: Callable[[Transaction, Sequence[UUID]], Awaitable[Mapping[UUID, tuple[int, BaseModel | None]]]],
) -> dict[str, Any]:
    """NET-02: what our gateway seals together with an event of ours.

    read: gives the version and the content of each of these ids; None if it has gone for good. Unknown ones are left
    out."""
    ids = [UUID(each) for each in request["ids"]]
    found = await service.database.read(lambda tx: read(tx, ids))
    return {
        "contents": {
            str(each): {"version": version, "content": None if content is None else content.model_dump(mode="json")}
            for each, (version, content) in found.items()
        }
    }
