"""What other websites may show of an opportunity: its public text, its state, and which parts go into a feed
(NET-01)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.clock import end_of_day

Standing = Literal["open", "cancelled", "over"]


@dataclass(frozen=True, slots=True)
class ShownSession:
    """previous_starts_at: the start before it was moved; None if it never was."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    venue: str
    previous_starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Organiser:
    """Who runs it. url: the organisation's own website for taking part."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One opportunity as anyone may read it: no joining link, no places, no numbers of people.

    id: ours, for a network listing too; url: its page here; hosts_url: its page at the host, "" for our own. version
    counts its changes; changed_at is the time of the last. sessions: the earliest first; none if people do it in their
    own time, from published_at until the end of closes_on."""

    id: UUID
    version: int
    changed_at: datetime
    standing: Standing
    title: str
    summary: str
    kind: str
    mode: str
    area: str
    background: str
    expected: str
    time_needed: str
    payment: str
    accessibility: str
    result: str
    commissioner: str
    host: Organiser
    url: str
    hosts_url: str
    sessions: tuple[ShownSession, ...]
    published_at: datetime | None = None
    closes_on: date | None = None

    @property
    def last_ends_at(self) -> datetime | None:
        closes_at = None if self.closes_on is None else end_of_day(self.closes_on)
        return max((session.ends_at for session in self.sessions), default=closes_at)


def standing_of(state: str, last_ends_at: datetime | None, now: datetime) -> Standing:
    """What the world sees of the state of a published opportunity or a network listing.

    state: "published" (ours) and "open" (a listing's) can be joined until the last session has ended; "cancelled" stays
    so; everything else is over."""
    if state == "cancelled":
        return "cancelled"
    if state in ("published", "open") and last_ends_at is not None and last_ends_at > now:
        return "open"
    return "over"


def is_in_feeds(shown: Shown, now: datetime) -> bool:
    """Calendars and news feeds show what is open. They also show what was cancelled until its dates have passed, so
    that people who noted it down learn of it."""
    if shown.standing == "cancelled":
        return shown.last_ends_at is not None and shown.last_ends_at > now
    return shown.standing == "open"


def is_moved(session: ShownSession) -> bool:
    """Whether its start has changed since people read it."""
    return session.previous_starts_at is not None and session.previous_starts_at != session.starts_at
