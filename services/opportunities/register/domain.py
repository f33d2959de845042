"""Who was there, and how long they took part (OPP-11)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.opportunities.words.domain import State
from services.opportunities.writing.domain.drafts import planned_minutes
from shared.reasons import Reason
from shared.text import in_hours

LONGEST_TIME = 720
"""Minutes. Nobody is recorded as taking part for longer, unless the session was planned to be longer."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a line of a register says of somebody. minutes: from arriving to leaving."""

    present: bool
    minutes: int = 0
    planned_time_counts: bool = False


def what_to_do_with_line(said: Said, shown: Said | None, now: Said | None) -> Literal["write", "keep", "ask"]:
    """OPP-11: a line that somebody else wrote since the page was opened is not overwritten unseen. None: nothing was
    written.

    A line sent as the page showed it was not touched, so the present one is kept. A line sent with changes counts once
    its sender has seen the present one."""
    if now in (shown, said):
        return "write"
    return "keep" if said == shown else "ask"


CHANGED_SINCE = "Somebody else has written this line since you opened the page"


def reasons_not_to_overwrite_line() -> list[Reason]:
    """OPP-11: see `what_to_do_with_line`. The page shows the present line beside it."""
    return [Reason("OPP-11", f"{CHANGED_SINCE}. Look at what they wrote, choose which is right, and save again")]


def reasons_not_to_record_attendance(
    opportunity_state: State, starts_at: datetime, now: datetime, cancelled_at: datetime | None = None
) -> list[Reason]:
    """OPP-11: a register is filled in once the session has begun, never before. It may be entered much later.

    OPP-16: a session that was cancelled before it began had nobody there."""
    if opportunity_state == "draft":
        return [Reason("OPP-11", "This is not published, so nobody can have been there.")]
    if cancelled_at is not None and cancelled_at < starts_at:
        return [Reason("OPP-16", "This session was cancelled before it began, so it has no register.")]
    if now < starts_at:
        return [Reason("OPP-11", "This session has not started. Fill in the register when it has.")]
    return []


def reasons_against_minutes(present: bool, minutes: int, planned: int) -> list[Reason]:
    """OPP-11: someone who was there took part for at least a minute, and no longer than a long day (or the plan, if
    that is longer)."""
    if not present:
        return []
    if minutes < 1:
        return [Reason("OPP-11", "Write how many minutes they took part, from arriving to leaving.", "minutes")]
    longest = max(planned, LONGEST_TIME)
    if minutes > longest:
        return [
            Reason(
                "OPP-11", f"Check the minutes: {longest} is the most that can be recorded for one session.", "minutes"
            )
        ]
    return []


def is_far_above_plan(minutes: int, planned: int) -> bool:
    """OPP-11: an hour more than planned, or half as much again if that is less. Up to half an hour more needs no
    question."""
    return minutes > planned + max(30, min(60, planned // 2))


def reasons_to_ask_before_the_end(
    longest: int, starts_at: datetime, ends_at: datetime, now: datetime, is_sure: bool
) -> list[Reason]:
    """OPP-11: minutes that have not passed yet are only a plan, but a claim opens with them. So before a session's end
    they count once someone has confirmed them. longest: the most minutes on a line of somebody who was there."""
    if is_sure or now >= ends_at or longest <= planned_minutes(starts_at, now):
        return []
    return [
        Reason(
            "OPP-11",
            "This session has not ended, and more minutes stand here than have passed. Save it after the end, or say "
            "that it is right",
            "early",
        )
    ]


def reasons_to_ask_about_minutes(present: bool, minutes: int, planned: int, sure_of: int | None) -> list[Reason]:
    """OPP-11: minutes are money, and typing mistakes are easy, so minutes far above the plan count once someone has
    confirmed them.

    sure_of: the minutes that were checked and confirmed."""
    if not present or minutes == sure_of or not is_far_above_plan(minutes, planned):
        return []
    asked = (
        f"Is this right? {minutes} minutes is {in_hours(minutes)}, and {in_hours(planned)} was planned. Correct "
        "it, or say that it is right"
    )
    return [Reason("OPP-11", asked, "minutes")]


def minutes_taking_part(present: bool, minutes: int, planned: int, planned_time_counts: bool) -> int:
    """OPP-11: minutes from arriving to leaving; at least the planned time for someone who left in distress or over an
    unmet need."""
    if not present:
        return 0
    return max(minutes, planned) if planned_time_counts else minutes


FEWEST_VOICES = 5
VOICES = {"self": "for themselves", "group": "for a group", "both": "for themselves and a group", "": "did not say"}


def voices(speaks_for: Iterable[str]) -> list[tuple[str, int]]:
    """OPP-24: how many speak for whom, in the order of VOICES and without names; nothing of fewer than five who said,
    because with so few everybody knows who is meant."""
    counted = Counter(speaks_for)
    if counted.total() - counted[""] < FEWEST_VOICES:
        return []
    return [(words, counted[each]) for each, words in VOICES.items() if counted[each]]
