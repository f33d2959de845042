"""Places and the waiting list: open to all, first come first served, free to leave (OPP-05)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from services.opportunities.places.domain.guests import ACTIVE, GuestPlaceState
from services.opportunities.words.domain import PlaceState, Policy, State
from shared.clock import end_of_day, london_date
from shared.reasons import Reason, mark_of

PlaceShown = GuestPlaceState | Literal["over", "missed", "came", "was-there"]


SPEAKS_FOR: dict[str, str] = {"self": "For myself", "group": "For a group", "both": "Both"}
"""OPP-24: whom somebody speaks for, in their own words. They can say it, and never must."""


def reasons_not_to_take_part(state: State, last_ends_at: datetime | None, now: datetime) -> list[Reason]:
    """OPP-05: open to all. Asks nothing about the person, only whether it is still open."""
    if state == "draft":
        return [Reason("OPP-05", "This is not open yet.")]
    if state == "cancelled":
        return [Reason("OPP-05", "This was cancelled, so you cannot join it.")]
    if state != "published" or last_ends_at is None or last_ends_at <= now:
        return [Reason("OPP-05", "This has ended, so you cannot join it any more. There may be others that suit you.")]
    return []


def mark_of_dates(mode: str, sessions: Iterable[Any], closes_on: date | None = None) -> str:
    """OPP-16: a mark of the dates and places that somebody read before they took or accepted a place. sessions: all
    that are not cancelled, the earliest first."""
    planned = [(each.id, each.starts_at.isoformat(), each.ends_at.isoformat(), each.venue) for each in sessions]
    return mark_of(mode, planned, *([] if closes_on is None else [closes_on.isoformat()]))


def reasons_to_look_at_dates_again(seen: str, now: str) -> list[Reason]:
    """OPP-16: nobody takes a place for a date or venue that they did not read. seen, now: the marks then and now."""
    if seen == now:
        return []
    return [
        Reason(
            "OPP-16",
            "The days, times or place have changed since you opened this page. Nothing was sent. Read them below, and "
            "then answer.",
        )
    ]


@dataclass(frozen=True, slots=True)
class Fullness:
    """How full it is. capacity None: room for everyone. Walk-ins do not count. kept_back: who waits, and is offered no
    place for now (`is_kept_back`); they are not among waiting."""

    capacity: int | None
    taken: int
    offered: int
    waiting: int
    kept_back: int = 0

    @property
    def free(self) -> int | None:
        """Places neither held nor offered; None without a limit."""
        return None if self.capacity is None else max(0, self.capacity - self.taken - self.offered)


def place_for_newcomer(full: Fullness, *, kept_back: bool = False) -> PlaceState:
    """OPP-05: "taken" if a place is free and nobody waits for it, else "waiting": first come, first served. kept_back:
    `is_kept_back`, of a guest."""
    if kept_back:
        return "waiting"
    if full.free is None:
        return "taken"
    return "taken" if full.free > full.waiting else "waiting"


def number_to_offer(full: Fullness) -> int:
    """OPP-05: how many people from the front of the waiting list are offered a place now."""
    return full.waiting if full.free is None else min(full.free, full.waiting)


def answer_by(now: datetime, first_starts_at: datetime, policy: Policy) -> datetime:
    """OPP-05: until when someone offered a place may answer; never later than the start of the next coming session."""
    limit = now + timedelta(days=policy.answer_days)
    return min(limit, first_starts_at) if first_starts_at > now else limit


def offers_that_lapse(answer_by_of: Sequence[tuple[object, datetime]], waiting: int, now: datetime) -> list[object]:
    """OPP-05: which offers end, given (place, answer by) pairs: those past their time, earliest first, as many as
    others wait.

    An offer that nobody else waits for stays open, because nobody would gain by its end."""
    late = sorted((pair for pair in answer_by_of if pair[1] <= now), key=lambda pair: pair[1])
    return [place for place, _ in late[:waiting]]


def reasons_not_to_accept(place_state: PlaceState) -> list[Reason]:
    """OPP-05: a place is accepted only while it is offered."""
    if place_state == "offered":
        return []
    if place_state == "lapsed":
        return [
            Reason(
                "OPP-05",
                "The time to answer is over, and the place went to the next person. You can join the waiting list "
                "again.",
            )
        ]
    return [Reason("OPP-05", "There is no offer to answer here.")]


def over_at(state: State, closes_on: date | None, last_ends_at: datetime | None, now: datetime) -> datetime | None:
    """OPP-12: what people do in their own time is over when staff end it; a session under way goes on."""
    return now if closes_on is not None and state in ("finished", "closed") else last_ends_at


def place_shown(
    place: GuestPlaceState,
    is_cancelled: bool,
    last_ends_at: datetime | None,
    now: datetime,
    *,
    ended: bool = False,
    came_without: bool = False,
    came_until: datetime | None = None,
    was_there: bool = False,
    last_starts_at: datetime | None = None,
) -> PlaceShown:
    """OPP-05: the state of a place, here or with another organisation, in the eyes of the person who has it or hoped
    for it.

    From the end of the last session it is "over" for people who had a place, whether they came or not, and "missed" for
    those who got none. People who left see "left"; but if a register says that they were there (was_there) and they
    gave no later date back, they see that they were there. ended: staff said that it is over, so nobody waits any
    longer, but a session under way still belongs to those with a place. came_without: they came to one session without
    a place, which ends at came_until."""
    if came_without:
        return "came" if came_until is not None and came_until > now else "over"
    if place == "left" and was_there and last_starts_at is not None and last_starts_at <= now:
        return "over" if last_ends_at is None or last_ends_at <= now else "was-there"
    if place not in (*ACTIVE, "lapsed"):
        return place
    if is_cancelled:
        return "cancelled"
    if ended and place != "taken":
        return "missed"
    if last_ends_at is None or last_ends_at > now:
        return place
    return "over" if place == "taken" else "missed"


@dataclass(frozen=True, slots=True)
class DateToCome:
    """A session for which somebody has a place, here or with another organisation, and that place. cancelled: it will
    not happen. closes_on: the last day of what they do in their own time, without a session."""

    session: Any
    place: Any
    cancelled: bool = False
    closes_on: date | None = None

    @property
    def at(self) -> datetime:
        return self.session.starts_at if self.closes_on is None else end_of_day(self.closes_on)


def dates_to_come(places: Iterable[Any], now: datetime) -> list[DateToCome]:
    """PEO-05: every coming session and last day of all somebody's places in one list, earliest first. Dates that they
    only wait for are left out. OPP-19: cancelled ones stay, marked, until their day has passed."""
    held = list[DateToCome]()
    for place in places:
        if place.shown == "taken":
            held += [DateToCome(session, place) for session in place.sessions if session.ends_at > now]
            if place.closes_on is not None and end_of_day(place.closes_on) > now:
                held.append(DateToCome(None, place, closes_on=place.closes_on))
        held += [
            DateToCome(session, place, cancelled=True) for session in place.cancelled if is_still_told_of(session, now)
        ]
    return sorted(held, key=lambda each: each.at)


def is_still_told_of(session: Any, now: datetime) -> bool:
    """OPP-19: a cancelled session stays where people look for it until its day has passed."""
    return london_date(session.starts_at) >= london_date(now)


def is_by_tomorrow(starts: Iterable[datetime], now: datetime) -> bool:
    """NOT-08: whether the next session is today or tomorrow, so that nothing more is said "the day before"."""
    days = [(london_date(each) - london_date(now)).days for each in starts if each > now]
    return min(days, default=2) < 2


def has_ended(place: PlaceShown) -> bool:
    """OPP-05: nothing is left to answer, change or leave."""
    return place in ("over", "missed", "cancelled", "came", "was-there")


def is_told_of_changes(place: PlaceShown) -> bool:
    """OPP-16: whoever has a place, waits for one or had one until the end reads what changed."""
    return place in (*ACTIVE, "over", "missed")


@dataclass(frozen=True, slots=True)
class Holding:
    """From when until when somebody had a place. only_session: for people who came to that session without one."""

    taken_at: datetime | None
    ended_at: datetime | None = None
    only_session: UUID | None = None


def is_on_register(held: Holding, session_id: UUID, starts_at: datetime, ends_at: datetime) -> bool:
    """OPP-11: people who had a place when a session began stay on its register, whatever they do later; so do those who
    took one while it was on.

    A place that ended before the session began, or was taken after it ended, is not on it. People who came without a
    place are on that session's register alone."""
    if held.only_session is not None:
        return held.only_session == session_id
    if held.taken_at is None or held.taken_at >= ends_at:
        return False
    return held.ended_at is None or held.ended_at > starts_at


def is_own_date(
    state: PlaceState | GuestPlaceState, held: Holding, session_id: UUID, starts_at: datetime, ends_at: datetime
) -> bool:
    """OPP-11, OPP-05: whether a session is one of a place's own dates. taken_at: from when it was had, or hoped for.

    For people who came without a place, or left one: the sessions whose register they are on. For all others: every
    session that was not over at that time."""
    if state == "left" or held.only_session is not None:
        return is_on_register(held, session_id, starts_at, ends_at)
    return held.taken_at is not None and held.taken_at < ends_at
