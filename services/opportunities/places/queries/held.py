"""A place as its owner reads it: with us, or with another organisation."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.opportunities.places.domain import guests
from services.opportunities.places.domain.taking import Holding, PlaceShown, is_own_date
from services.opportunities.words.domain import PlaceState


@dataclass(frozen=True, slots=True)
class Attended:
    """OPP-11: what registers say of somebody's place. was_there: at one session at least. minutes: in all, 0 if
    unknown. lines: the number of sessions with a register line about them."""

    was_there: bool = False
    minutes: int = 0
    lines: int = 0

    def missed(self, dates: int) -> bool:
        """Whether there is a register line for each of so many dates, and all say that they were not there."""
        return 0 < dates <= self.lines and not self.was_there


@dataclass(frozen=True, slots=True)
class Unseen:
    """NET-01: a host wrote more about a place. joining: also how to join. refused: one of us checked it and did not
    show it."""

    joining: bool
    refused: bool
    look_by: datetime | None


@dataclass(frozen=True, slots=True)
class Changed:
    """OPP-16: a change of what another organisation runs, as our people were told of it."""

    changed_at: datetime
    changed: Sequence[str]
    differences: Sequence[Mapping[str, str]]
    reason: str


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody's place, with its own dates, their needs and the answers.

    host: who runs it, "" for ourselves; shown: its state for them now; dates: `mark_of_dates`, of all its dates;
    joining: how to join each session; cancelled: its dates that will not happen; reason: why it was cancelled, or
    refused; closes_on, how: the last day of what they do in their own time, and how, for whoever has a place; position:
    on the waiting list, if known (OPP-05): 1 is the next to be offered a place; changes: what changed since they asked
    for it, latest first (OPP-16), for the page of one place; uncertain: sessions that may be somewhere else
    (`places_being_changed`)."""

    host: str
    facts: Row[Any]
    shown: PlaceShown
    opportunity: Row[Any]
    sessions: Sequence[Row[Any]]
    needs: Sequence[Row[Any]]
    dates: str
    there: Attended
    joining: Mapping[UUID, str]
    reason: str = ""
    position: int | None = None
    unseen: Unseen | None = None
    cancelled: Sequence[Row[Any]] = ()
    closes_on: date | None = None
    how: str = ""
    changes: Sequence[Row[Any] | Changed] = ()
    uncertain: Collection[UUID] = ()

    @property
    def words_are_set_aside(self) -> bool:
        """FB-09: what they wrote about their needs, so that nobody but themselves and whoever has the concern reads
        it."""
        return not self.host and self.facts.set_aside

    @property
    def active(self) -> bool:
        """Asked for, waited for, or held."""
        return self.shown in guests.ACTIVE


def attended(lines: Iterable[Row[Any]]) -> dict[UUID, Attended]:
    """lines: (place_id, was_there, minutes, lines), one a place."""
    return {line.place_id: Attended(bool(line.was_there), int(line.minutes or 0), line.lines) for line in lines}


def own_dates(state: PlaceState | guests.GuestPlaceState, held: Holding, planned: Sequence[Row[Any]]) -> list[Row[Any]]:
    """OPP-11, OPP-05: the place's own dates among the planned sessions."""
    return [each for each in planned if is_own_date(state, held, each.id, each.starts_at, each.ends_at)]
