"""OPP-16: what has changed about an opportunity that people know of, and how their calendars are updated."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from shared.clock import end_of_day


@dataclass(frozen=True, slots=True)
class Meeting:
    """A session as it was published."""

    session_id: UUID
    starts_at: datetime
    ends_at: datetime
    venue: str


@dataclass(frozen=True, slots=True)
class Dates:
    """When an opportunity is: its sessions, the earliest first; or the last day of what people do in their own time
    (OPP-01)."""

    meetings: tuple[Meeting, ...]
    closes_on: date | None = None

    @property
    def starts(self) -> list[datetime]:
        """When each session begins, or the last day is over: the moments before which people must know."""
        return [meeting.starts_at for meeting in self.meetings] + self._closes_at

    @property
    def ends(self) -> list[datetime]:
        return [meeting.ends_at for meeting in self.meetings] + self._closes_at

    @property
    def _closes_at(self) -> list[datetime]:
        return [] if self.closes_on is None else [end_of_day(self.closes_on)]


@dataclass(frozen=True, slots=True)
class Published:
    """What people with a place were told of an opportunity and need to know when it changes (OPP-16)."""

    title: str
    contact_role: str
    dates: Dates

    @property
    def meetings(self) -> tuple[Meeting, ...]:
        return self.dates.meetings


def what_changed(before: Published, after: Published, said: Iterable[str]) -> list[str]:
    """OPP-16: which of "time", "place", "contact" and "purpose" changed, in that order: as its host says or as we see.

    We compare too, because we may have missed an earlier change. Only the host can say whether new wording is a new
    purpose."""
    were = {meeting.session_id: meeting for meeting in before.meetings}
    are = {meeting.session_id: meeting for meeting in after.meetings}
    kept = were.keys() & are.keys()
    seen = {
        "time": (were.keys(), before.dates.closes_on) != (are.keys(), after.dates.closes_on)
        or any((were[i].starts_at, were[i].ends_at) != (are[i].starts_at, are[i].ends_at) for i in kept),
        "place": any(were[i].venue != are[i].venue for i in kept),
        "contact": before.contact_role != after.contact_role,
    }
    said = set(said)
    return [what for what in ("time", "place", "contact", "purpose") if what in said or seen.get(what, False)]


def meetings_that_were(before: Published, after: Published) -> list[Meeting]:
    """OPP-16: the sessions that have changed or gone, as people knew them."""
    return [meeting for meeting in before.meetings if meeting not in after.meetings]


def last_day_that_was(before: Published, after: Published) -> date | None:
    """OPP-16: the last day as people knew it, if it has changed."""
    was = before.dates.closes_on
    return was if was != after.dates.closes_on else None


def sessions_that_are_new(before: Published, after: Published) -> list[UUID]:
    """OPP-16: the sessions that nobody knew of."""
    known = {meeting.session_id for meeting in before.meetings}
    return [meeting.session_id for meeting in after.meetings if meeting.session_id not in known]


def meetings_said(meetings: Iterable[Mapping[str, str]]) -> tuple[Meeting, ...]:
    """Sessions as a message keeps them, whatever became of them since."""
    return tuple(
        Meeting(
            UUID(meeting["session_id"]),
            datetime.fromisoformat(meeting["starts_at"]),
            datetime.fromisoformat(meeting["ends_at"]),
            meeting["venue"],
        )
        for meeting in meetings
    )


def dates_that_were(facts: Mapping[str, Any]) -> Dates:
    """OPP-16: the dates that a message says are no longer so. facts: what it says."""
    was = facts.get("closes_was")
    return Dates(meetings_said(facts.get("were", [])), date.fromisoformat(was) if was else None)


def dates_have_changed(said: Dates, now: Dates, *, cancelled: bool) -> bool:
    """NOT-08: whether the dates that a message told of are no longer right, so that no calendar may take them."""
    return cancelled or said.closes_on != now.closes_on or not set(said.meetings) <= set(now.meetings)


_MOST_CHANGES_OF_A_PLACE = 999


def calendar_sequence(opportunity_version: int, place_version: int) -> int:
    """NOT-05: the least number of a calendar entry after this change of the opportunity, or of the place in it.

    The number that is sent is higher than all sent to the same person before, because versions of a new place start
    again at 1."""
    return opportunity_version * (_MOST_CHANGES_OF_A_PLACE + 1) + min(place_version, _MOST_CHANGES_OF_A_PLACE)
