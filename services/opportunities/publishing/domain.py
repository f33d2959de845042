"""Changing and cancelling what is published: never without telling people (OPP-16, NOT-05)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from services.opportunities.words.domain import IN_THE_ROOM, PlaceState, State, is_written
from services.opportunities.writing.domain.drafts import NO_WAY_TO_REACH, days_of_notice
from shared.clock import london_date
from shared.personal import says_how_to_reach
from shared.reasons import Reason

CHANGEABLE = {
    "contact": ("contact_role", "contact_how"),
    "purpose": ("title", "summary", "background", "expected", "time_needed", "result"),
    "room": tuple(IN_THE_ROOM),
}
"""OPP-16: the texts of each page of changes. Time and place belong to each session."""


def reasons_not_to_change(
    state: State, last_ends_at: datetime, texts: Mapping[str, str], reason: str, now: datetime
) -> list[Reason]:
    """OPP-16: what is published and not over may be changed, with a reason. No required text may be left blank."""
    if state == "draft":
        return [Reason("OPP-16", "This is a draft. Change it on its list of items.")]
    if state == "cancelled":
        return [Reason("OPP-16", "This was cancelled, so it stays as it is.")]
    if state != "published" or last_ends_at <= now:
        return [Reason("OPP-16", "This is over, so it stays as it is.")]
    reasons = [
        Reason("OPP-02", "Write something here. People need to know.", name)
        for name, text in texts.items()
        if not is_written(text) and name not in IN_THE_ROOM
    ]
    if is_written(how := texts.get("contact_how", "")) and not says_how_to_reach(how):
        reasons.append(Reason("OPP-02", NO_WAY_TO_REACH, "contact_how"))
    if not is_written(reason):
        reasons.append(Reason("OPP-16", "Write why. Whoever has a place is told it.", "reason"))
    return reasons


SessionState = Literal["planned", "moved", "cancelled", "held"]


def session_state(ends_at: datetime, now: datetime, *, cancelled: bool, moved: bool) -> SessionState:
    """OPP-16, OPP-19: of a published session. moved: it is at another time or place than people first read."""
    if cancelled:
        return "cancelled"
    if ends_at <= now:
        return "held"
    return "moved" if moved else "planned"


def reasons_not_to_change_session(starts_at: datetime, now: datetime, *, cancelled: bool = False) -> list[Reason]:
    """OPP-16: a session that has begun cannot be changed, nor one that was cancelled alone (OPP-19)."""
    if cancelled:
        return [Reason("OPP-19", "This session was cancelled, so it stays as it is. Add a new one instead.")]
    return [Reason("OPP-16", "This session has begun, so it stays as it is.")] if starts_at <= now else []


def notice_after_moving(before: datetime, after: datetime, now: datetime) -> int | None:
    """OPP-03: whole days of notice of a session that was moved nearer, counted again; None if it was not."""
    return days_of_notice(london_date(now), london_date(after)) if after < before else None


def reasons_not_to_cancel_session(
    starts_at: datetime, still_to_end: int, all_of_it: int, now: datetime
) -> list[Reason]:
    """OPP-19: a session that has not begun can be cancelled alone, until it begins, if another is still to end.

    still_to_end: how many sessions are not over, this one among them; all_of_it: how many there are."""
    if starts_at <= now:
        return [Reason("OPP-19", "This session has begun, so it stays as it is.")]
    if all_of_it == 1:
        return [Reason("OPP-19", "This is the only session. Cancel all of it instead: then people are told why.")]
    if still_to_end == 1:
        return [Reason("OPP-19", "This is the last session. Say that it is over instead: then people are told why.")]
    return []


def reasons_not_to_cancel(state: State, last_ends_at: datetime, reason: str, now: datetime) -> list[Reason]:
    """OPP-16: what is published and not over may be cancelled, with a reason that people are told."""
    if state == "draft":
        return [Reason("OPP-16", "This was never published, so there is nothing to cancel.")]
    if state != "published" or last_ends_at <= now:
        return [Reason("OPP-16", "This is over, so it cannot be cancelled.")]
    return [] if is_written(reason) else [Reason("OPP-16", "Write why. Whoever has a place is told it.", "reason")]


def place_after_cancelling(place: PlaceState, a_session_has_begun: bool) -> PlaceState:
    """A place ends with its opportunity. One that was held when a session had begun stays, so that its register can
    still be filled in (OPP-11)."""
    return "taken" if place == "taken" and a_session_has_begun else "cancelled"
