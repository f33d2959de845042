"""OPP-16: what changed of an opportunity that people know of, and how their calendars hear of it."""

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
    """What people were told of an opportunity, as far as a change of it matters to those with a place (OPP-16)."""

    title: str
    contact_role: str
    meetings: tuple[Meeting, ...]


def what_changed(before: Published, after: Published, said: Iterable[str]) -> list[str]:
    """OPP-16: "time", "place", "contact", "purpose": what its host says and what we see ourselves, in that order.

    What we see counts too, because a change in between may never have reached us. Whether wording is another purpose is
    for its host alone to say.
    """
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
    """OPP-16: the sessions that are no longer as people knew them, as they were."""
    return [meeting for meeting in before.meetings if meeting not in after.meetings]


_MOST_CHANGES_OF_A_PLACE = 999


def calendar_sequence(opportunity_version: int, place_version: int) -> int:
    """NOT-05: the least number of a calendar entry after this change of the opportunity, or of the place in it.

    The number sent is above every one that was sent to the same person before, whichever place it was for: a new place
    starts again at 1.
    """
    return opportunity_version * (_MOST_CHANGES_OF_A_PLACE + 1) + min(place_version, _MOST_CHANGES_OF_A_PLACE)
