"""When somebody rings, or a mail goes out, asks the owning services what the pages say that the news leads to. Kept
nowhere (NOT-08)."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from services.notifications.domain.claims import tells_a_reason
from services.notifications.domain.messages import MESSAGES
from services.notifications.gateways.letters import Draft

Ask = Callable[[str, dict[str, Any]], Awaitable[Mapping[str, Any]]]
"""A request to another service and its answer. Raises ConnectionError or TimeoutError if that is away."""


async def what_stands(
    ask: Ask, news: Sequence[tuple[Any, Draft]], person_id: UUID, *, reader: UUID
) -> dict[UUID, Sequence[str] | None]:
    """For each call, what to read out besides the message: () if the message says everything, None if the owner is
    away.

    person_id: who is rung; reader: the caller, whose reading the owner writes down (PRI-03)."""
    told: dict[str, list[dict[str, str]]] = defaultdict(list)
    for call, draft in news:
        if owner := MESSAGES[call.template].rest_stands_with:
            told[owner].append({"event": call.template, "about": _about(call, draft)})
    asked = {"by": str(reader), "person_id": str(person_id)}
    answers = await asyncio.gather(*(_words(ask, owner, asked | {"told": each}) for owner, each in told.items()))
    said = dict(zip(told, answers, strict=True))
    return {call.call_id: _of_call(call, draft, said) for call, draft in news}


def _of_call(call: Any, draft: Draft, said: Mapping[str, Mapping[str, list[str]] | None]) -> Sequence[str] | None:
    owner = MESSAGES[call.template].rest_stands_with
    if not owner:
        return ()
    words = said[owner]
    return None if words is None else words.get(f"{call.template}/{_about(call, draft)}", ())


def _about(call: Any, draft: Draft) -> str:
    """The place, if the news is of one; otherwise what the message is about."""
    return str(draft.facts["place_id"] or call.about)


async def reasons_to_mail(ask: Ask, drafts: Sequence[Draft]) -> dict[UUID, Sequence[str]]:
    """PAY-14: for each mail that says that something is not paid: why, which no event holds. If the owner is away, the
    mail says where the reason is. A discreet mail has none (NOT-04)."""
    reasons: dict[UUID, Sequence[str]] = {}
    for draft in drafts:
        if draft.card.discreet or not tells_a_reason(draft.template, draft.facts):
            continue
        about, theirs = str(draft.facts["about"]), str(draft.card.person_id)
        told = [{"event": draft.template, "about": about}]
        words = await _words(ask, "payments", {"by": theirs, "person_id": theirs, "told": told, "in_mail": True})
        reasons[draft.message_id] = (words or {}).get(f"{draft.template}/{about}", ())
    return reasons


async def _words(ask: Ask, owner: str, question: dict[str, Any]) -> Mapping[str, list[str]] | None:
    try:
        return (await ask(f"{owner}.words.notifications", question))["words"]
    except (ConnectionError, TimeoutError):
        return None
