"""OPP-16: what has changed about an opportunity that people know of, and how their calendars are updated."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Meeting:
    """A session as it was published."""

    session_id: UUID
    starts_at: datetime
    ends_at: datetime
    venue: str


@dataclass(frozen=True, slots=True)
class Published:
    """What people with a place were told of an opportunity and need to know when it changes (OPP-16)."""

    title: str
    contact_role: str
    meetings: tuple[Meeting, ...]


def what_changed(before: Published, after: Published, said: Iterable[str]) -> list[str]:
    """OPP-16: which of "time", "place", "contact" and "purpose" changed, in that order: as its host says or as we see.

    We compare too, because we may have missed an earlier change. Only the host can say whether new wording is a new
    purpose."""
    were = {meeting.session_id: meeting for meeting in before.meetings}
    are = {meeting.session_id: meeting for meeting in after.meetings}
    kept = were.keys() & are.keys()
    seen = {
        "time": were.keys() != are.keys()
        or any((were[i].starts_at, were[i].ends_at) != (are[i].starts_at, are[i].ends_at) for i in kept),
        "place": any(were[i].venue != are[i].venue for i in kept),
        "contact": before.contact_role != after.contact_role,
    }
    said = set(said)
    return [what for what in ("time", "place", "contact", "purpose") if what in said or seen.get(what, False)]


def meetings_that_were(before: Published, after: Published) -> list[Meeting]:
    """OPP-16: the sessions that have changed or gone, as people knew them."""
    return [meeting for meeting in before.meetings if meeting not in after.meetings]


def sessions_that_are_new(before: Published, after: Published) -> list[UUID]:
    """OPP-16: the sessions that nobody knew of."""
    known = {meeting.session_id for meeting in before.meetings}
    return [meeting.session_id for meeting in after.meetings if meeting.session_id not in known]


def dates_have_changed(said: Iterable[Meeting], now: Iterable[Meeting], *, cancelled: bool) -> bool:
    """NOT-08: whether the dates that a message told of are no longer right, so that no calendar may take them."""
    return cancelled or not set(said) <= set(now)


_MOST_CHANGES_OF_A_PLACE = 999


def calendar_sequence(opportunity_version: int, place_version: int) -> int:
    """NOT-05: the least number of a calendar entry after this change of the opportunity, or of the place in it.

    The number that is sent is higher than all sent to the same person before, because versions of a new place start
    again at 1."""
    return opportunity_version * (_MOST_CHANGES_OF_A_PLACE + 1) + min(place_version, _MOST_CHANGES_OF_A_PLACE)
