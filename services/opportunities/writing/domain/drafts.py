"""What must be written before anyone reads it (OPP-02), and how much notice people get (OPP-03)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.opportunities.words.domain import FURTHEST_AHEAD, KINDS, MODES, WITHOUT_MEETING, Policy, State, is_written
from shared.clock import end_of_day, london_date
from shared.personal import says_how_to_reach
from shared.reasons import Reason
from shared.text import counted, in_hours


@dataclass(frozen=True, slots=True)
class PlannedSession:
    starts_at: datetime
    ends_at: datetime
    venue: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An opportunity as written so far. Blank means not yet written."""

    title: str
    kind: str
    background: str
    expected: str
    time_needed: str
    mode: str
    area: str
    paid: bool | None
    payment: str
    contact_role: str
    contact_how: str
    accessibility: str
    result: str
    summary: str
    notice_reason: str
    sessions: tuple[PlannedSession, ...] = ()
    closes_on: date | None = None
    joining: str = ""

    @property
    def first_starts_at(self) -> datetime | None:
        return min((session.starts_at for session in self.sessions), default=None)

    @property
    def in_own_time(self) -> bool:
        """OPP-01: people do it in their own time, until its closing day."""
        return self.closes_on is not None and self.kind in WITHOUT_MEETING

    @property
    def plan_from(self) -> date | None:
        """OPP-03: the day of which people have notice: the first session's, or the closing day. None: not yet
        written."""
        if self.first_starts_at is not None:
            return london_date(self.first_starts_at)
        return self.closes_on if self.in_own_time else None


MUST_BE_WRITTEN = {
    "title": "Give it a title.",
    "background": "Write why this is happening, and its background.",
    "expected": "Write what people will be asked to do.",
    "time": "Write how much time it will take.",
    "where": "Say whether it is online or in person, and for which area.",
    "sessions": "Add at least one session, so that people know when and where it is.",
    "payment": "Write what is paid.",
    "contact": "Write who people can ask, and how.",
    "accessibility": "Write how people can get in and take part: the building, or the call.",
    "result": "Write what happens with the result.",
    "summary": "Write the short version.",
}
"""The items of OPP-02 and the short version of OPP-04, in the order of the task list."""
NO_WAY_TO_REACH = "Write how to reach them: a telephone number, an email address or a web address."


def missing_items(draft: Draft) -> list[str]:
    """Which items of OPP-02 (and OPP-04: the short version) are not written yet, in the order of the task list."""
    written = {
        "title": is_written(draft.title) and draft.kind in KINDS,
        "background": is_written(draft.background),
        "expected": is_written(draft.expected),
        "time": is_written(draft.time_needed),
        "where": draft.mode in MODES and is_written(draft.area),
        "sessions": bool(draft.sessions) or (draft.in_own_time and is_written(draft.joining)),
        "payment": draft.paid is not None and is_written(draft.payment),
        "contact": is_written(draft.contact_role) and says_how_to_reach(draft.contact_how),
        "accessibility": is_written(draft.accessibility),
        "result": is_written(draft.result),
        "summary": is_written(draft.summary),
    }
    return [item for item in MUST_BE_WRITTEN if not written[item]]


def _what_to_write(item: str, draft: Draft) -> str:
    if item == "sessions" and draft.in_own_time:
        return "Write how people do it: a link, where the papers are, or whom to ring."
    if item == "sessions" and draft.kind in WITHOUT_MEETING:
        return "Write the last day to do it, or add a session."
    if item == "contact" and is_written(draft.contact_role) and is_written(draft.contact_how):
        return NO_WAY_TO_REACH
    return MUST_BE_WRITTEN[item]


def reasons_not_to_publish(state: State, draft: Draft, now: datetime, policy: Policy) -> list[Reason]:
    """OPP-02 and OPP-03: every reason at once. field is the task list's item that puts it right."""
    if state != "draft":
        return [Reason("OPP-02", "This is published already.")]
    reasons = [
        Reason("OPP-04" if item == "summary" else "OPP-02", _what_to_write(item, draft), item)
        for item in missing_items(draft)
    ]
    day, today = draft.plan_from, london_date(now)
    if day is None:
        return reasons
    if draft.first_starts_at is not None and draft.first_starts_at <= now:
        reasons.append(
            Reason("OPP-02", "The first session is in the past. Give it a date that is still to come.", "sessions")
        )
    elif draft.first_starts_at is None and day < today:
        reasons.append(Reason("OPP-02", "The last day has passed. Give it one that is still to come.", "sessions"))
    elif needs_notice_reason(days_of_notice(today, day), policy) and not is_written(draft.notice_reason):
        begins = "starts" if draft.sessions else "closes"
        reasons.append(
            Reason(
                "OPP-03",
                f"It {begins} in fewer than {counted(policy.notice_days, 'day')}. Write why, so that people know.",
                "notice",
            )
        )
    return reasons


def days_of_notice(today: date, day: date) -> int:
    """Whole days, by the calendar in London, from today to the day of the first session, or the closing day
    (OPP-03)."""
    return (day - today).days


def needs_notice_reason(days: int, policy: Policy) -> bool:
    """OPP-03: fewer days than the organisation decided needs a reason that participants see."""
    return days < policy.notice_days


def is_notice_failure(days: int) -> bool:
    """OPP-03: two days or fewer counts as a failure in the co-production record."""
    return days <= 2


def reasons_not_to_change_text(state: State) -> list[Reason]:
    """What people read when they took a place cannot be changed here; a later change must be told to them (OPP-16)."""
    if state != "draft":
        return [Reason("OPP-16", "This is published, so its words and dates stay as people read them.")]
    return []


HERE_ALREADY = Reason(
    "OPP-02", "This reference is here already, and the row was another one then. Change it on its page.", "reference"
)


def reasons_not_to_plan(*, sessions: str, venue: str) -> list[Reason]:
    """OPP-02: sessions in a file have a place."""
    return (
        [Reason("OPP-02", "Write where the sessions are, or that they are online.", "venue")]
        if sessions and not venue
        else []
    )


def reasons_not_to_add_session(starts_at: datetime, ends_at: datetime, now: datetime) -> list[Reason]:
    """OPP-02: a session is in the future, but not beyond all planning; it ends after it starts, and lasts a day at
    most."""
    reasons = []
    if starts_at <= now:
        reasons.append(Reason("OPP-02", "That day and time are in the past. Choose one that is still to come.", "day"))
    if starts_at - now > FURTHEST_AHEAD:
        reasons.append(Reason("OPP-02", "That is more than five years away. Check the year.", "day"))
    if ends_at <= starts_at:
        reasons.append(Reason("OPP-02", "The end must be later than the start.", "ends"))
    elif ends_at - starts_at > timedelta(days=1):
        reasons.append(Reason("OPP-02", "A session can last a day at most. Add a session for each day.", "ends"))
    return reasons


def reasons_not_to_close_on(kind: str, sessions: int, closes_on: date, now: datetime) -> list[Reason]:
    """OPP-01: a closing day stands in place of sessions, for kinds that need no meeting. sessions: how many it has."""
    if kind not in WITHOUT_MEETING:
        return [Reason("OPP-01", "This kind needs a meeting. Add a session, or choose another kind.", "closes_on")]
    if sessions:
        return [Reason("OPP-01", "This has a session. Take it out first, or leave the last day blank.", "closes_on")]
    if closes_on < london_date(now):
        return [Reason("OPP-02", "That day is in the past. Choose one that is still to come.", "closes_on")]
    if end_of_day(closes_on) - now > FURTHEST_AHEAD:
        return [Reason("OPP-02", "That is more than five years away. Check the year.", "closes_on")]
    return []


def reasons_not_to_meet(closes_on: date | None) -> list[Reason]:
    """OPP-01: what people do in their own time has no sessions."""
    if closes_on is None:
        return []
    return [Reason("OPP-01", "This has a last day, and no sessions. Take the last day out first.", "day")]


LONG_DAY = timedelta(hours=9)
"""A longer session is more often a mistake than a plan."""


def reasons_to_ask_if_so_long(starts_at: datetime, ends_at: datetime, *, is_sure: bool) -> list[Reason]:
    """OPP-02: a session longer than a working day counts once someone has confirmed it."""
    if is_sure or not LONG_DAY < ends_at - starts_at <= timedelta(days=1):
        return []
    lasts = in_hours(planned_minutes(starts_at, ends_at))
    return [Reason("OPP-02", f"This would last {lasts}. Is that right? Then tick the box.", "sure")]


def planned_minutes(starts_at: datetime, ends_at: datetime) -> int:
    """Whole minutes from the planned start to the planned end of a session."""
    return int((ends_at - starts_at).total_seconds()) // 60
