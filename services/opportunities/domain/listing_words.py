"""What a person reads as text in a listing, and what of a later version waits until a coordinator has looked at it (NET-01)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from services.opportunities.domain.listings import CHANGES, Change
from shared.reasons import Reason

TEXTS = (
    "title",
    "summary",
    "area",
    "background",
    "expected",
    "time_needed",
    "payment",
    "accessibility",
    "result",
    "contact_role",
    "commissioner",
    "short_notice_reason",
)
WORDS = (*TEXTS, "host_name", "url")
"""NET-01: of a listing's columns those that a host words as it likes. All others are facts: dates, pay, whether it is online, how it ended."""
PLACE_TO_COME = "We will tell you where"
"""Stands for the place of a new date until somebody has looked at its words."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What nobody has looked at yet. texts: by column; venues: by session; reason: why it changed; changed: what the host says that it changed."""

    texts: Mapping[str, str] = field(default_factory=dict[str, str])
    venues: Mapping[str, str] = field(default_factory=dict[str, str])
    reason: str = ""
    changed: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.texts or self.venues or self.reason)

    @classmethod
    def kept(cls, row: Mapping[str, Any] | None) -> Self:
        return cls(**{**row, "changed": tuple(row["changed"])}) if row else cls()

    def is_as_refused(self, refused: "Waiting") -> bool:
        """Whether a host says again what a coordinator did not show: then nobody need look once more."""
        same = (self.texts, self.venues) == (refused.texts, refused.venues)
        return bool(refused) and same and self.reason in refused.reason

    def to_keep(self) -> dict[str, Any] | None:
        if not self:
            return None
        return {"texts": dict(self.texts), "venues": dict(self.venues), "reason": self.reason, "changed": list(self.changed)}


def waiting_words(
    read: Mapping[Any, Any], said: Mapping[Any, Any], venues_read: Mapping[UUID, str], venues_said: Mapping[UUID, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """NET-01: (texts, venues) that are other than our people read. A new date at a place that they know already has nothing to look at."""
    texts = {name: said[name] for name in WORDS if said[name] != read[name]}
    return texts, {str(each): venue for each, venue in venues_said.items() if venue != venue_until_looked_at(each, venue, venues_read)}


def venue_until_looked_at(session_id: UUID, said: str, venues_read: Mapping[UUID, str]) -> str:
    """NET-01: where people read that it is, until somebody has looked at what is said now."""
    if session_id in venues_read:
        return venues_read[session_id]
    return said if said in venues_read.values() else PLACE_TO_COME


def and_reason(before: str, reason: str) -> str:
    """Of several versions that wait, each reason once."""
    return reason if before in reason else before if reason in before else f"{before} {reason}"


def all_changed(*declared: Sequence[Change]) -> tuple[Change, ...]:
    return tuple(change for change in CHANGES if any(change in each for each in declared))


def reasons_not_to_decide(version: int, read: int) -> list[Reason]:
    """NET-01: one shows what one has read, not what the host has made of it meanwhile."""
    if version == read:
        return []
    return [Reason("NET-01", "This has changed since you looked. Please read it again, then decide.")]
