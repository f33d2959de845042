"""Opportunities as a realtime paged data exchange feed (RPDE 1.0, https://openactive.io/realtime-paged-data-exchange/).

Ordered by change number: a reader who continues from the last number gets every change and every withdrawal, once."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.opportunities.feeds.domain import Shown
from services.opportunities.feeds.gateways.schema_org import event

MEDIA_TYPE = "application/vnd.openactive.rpde+json; version=1"
LARGEST_NUMBER = 2**63 - 1
_ORDERING = frozenset({"afterchangenumber", "aftertimestamp", "afterid"})


@dataclass(frozen=True, slots=True)
class Change:
    """number: its position among the changes. shown: as it is now; None if it cannot be joined."""

    number: int
    id: UUID
    shown: Shown | None


def number_after(parameters: Iterable[tuple[str, str]]) -> int | None:
    """The change number from which a reader continues; None for the start. Raises ValueError, with a sentence, for a
    wrong one."""
    named = [(name, value) for name, value in parameters if name.lower() in _ORDERING]
    if not named:
        return None
    name, value = named[0]
    if len(named) > 1 or name != "afterChangeNumber":
        raise ValueError(
            "This feed is ordered by change number. Use the address that the page before gave as next, as it is."
        )
    if not re.fullmatch("[0-9]{1,19}", value) or int(value) > LARGEST_NUMBER:
        raise ValueError(
            "afterChangeNumber must be a whole number. Use the address that the page before gave as next, as it is."
        )
    return int(value)


def feed_page(changes: Sequence[Change], *, url: str, after: int | None, licence: str) -> bytes:
    """The changes after the number `after` (None: from the start). If there are none, `next` is the page itself."""
    last = changes[-1].number if changes else after
    page = {
        "next": url if last is None else f"{url}?afterChangeNumber={last}",
        "items": [_item(change) for change in changes],
        "license": licence,
    }
    return json.dumps(page, ensure_ascii=False).encode()


def _item(change: Change) -> dict[str, Any]:
    item: dict[str, Any] = {
        "state": "updated" if change.shown else "deleted",
        "kind": "Event",
        "id": str(change.id),
        "modified": change.number,
    }
    return item | {"data": event(change.shown)} if change.shown else item
