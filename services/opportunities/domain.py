"""The rules of opportunities: facts in, decisions out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from shared.clock import london_date
from shared.reasons import Reason

State = Literal["draft", "published", "finished", "closed"]
PlaceState = Literal["waiting", "offered", "taken", "left", "lapsed"]
NeedState = Literal["asked", "promised", "met", "not-met", "withdrawn"]
ClaimState = Literal["open", "paid", "refused", "declined"]

KINDS = {
    "consultation": "Consultation",
    "evaluation": "Evaluation",
    "feedback": "Feedback",
    "review": "Looking over a document or service",
    "workshop": "Workshop",
    "tender-panel": "Tender panel",
    "interview-panel": "Interview panel",
    "blog": "Blog or vlog",
    "story": "Telling your story",
    "training-received": "Training for you",
    "training-delivered": "Giving training together",
    "meeting": "Meeting",
    "survey": "Survey",
    "board": "Board",
    "innovation": "Your own idea",
    "project": "One-off project",
}
"""OPP-01: each kind as events name it, and as pages say it."""

MODES = {"in-person": "In person", "online": "Online", "both": "In person or online"}

NEEDS = {
    "travel": "A lift, or help with travel",
    "easy-read": "Papers in easy read",
    "large-print": "Papers in large print",
    "interpreter": "British Sign Language or another interpreter",
    "hearing-loop": "A hearing loop",
    "step-free": "A way in without steps",
    "quiet-space": "A quiet space",
    "supporter": "A supporter or carer comes with me",
    "breaks": "Breaks",
    "food": "Food that suits me",
    "papers-beforehand": "Someone to go through the papers with me first",
    "technology": "Help with technology",
    "other": "Something else",
}
"""OPP-07: asked as needs, never as diagnoses."""

LONGEST_TIME = 720
"""Minutes. Nobody is recorded as taking part for longer, unless the session itself was planned to be longer."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the organisation has decided for itself."""

    notice_days: int = 14
    answer_days: int = 3
    needs_warning_days: int = 7


@dataclass(frozen=True, slots=True)
class PlannedSession:
    starts_at: datetime
    ends_at: datetime
    venue: str


# --- Publishing -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draft:
    """What has been written of an opportunity so far. Blank means not yet written."""

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

    @property
    def first_starts_at(self) -> datetime | None:
        return min((session.starts_at for session in self.sessions), default=None)


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


def missing_items(draft: Draft) -> list[str]:
    """Which items of OPP-02 (and OPP-04: the short version) are not written yet, in the order of the task list."""
    written = {
        "title": _is_written(draft.title) and draft.kind in KINDS,
        "background": _is_written(draft.background),
        "expected": _is_written(draft.expected),
        "time": _is_written(draft.time_needed),
        "where": draft.mode in MODES and _is_written(draft.area),
        "sessions": bool(draft.sessions),
        "payment": draft.paid is not None and _is_written(draft.payment),
        "contact": _is_written(draft.contact_role) and _is_written(draft.contact_how),
        "accessibility": _is_written(draft.accessibility),
        "result": _is_written(draft.result),
        "summary": _is_written(draft.summary),
    }
    return [item for item in MUST_BE_WRITTEN if not written[item]]


def _is_written(text: str) -> bool:
    return bool(text.strip())


def reasons_not_to_publish(state: State, draft: Draft, now: datetime, policy: Policy) -> list[Reason]:
    """OPP-02 and OPP-03: every reason at once. field is the item of the task list that puts it right."""
    if state != "draft":
        return [Reason("OPP-02", "This is published already.")]
    reasons = [Reason("OPP-04" if item == "summary" else "OPP-02", MUST_BE_WRITTEN[item], item) for item in missing_items(draft)]
    starts_at = draft.first_starts_at
    if starts_at is None:
        return reasons
    if starts_at <= now:
        reasons.append(Reason("OPP-02", "The first session is in the past. Give it a date that is still to come.", "sessions"))
    elif needs_notice_reason(days_of_notice(london_date(now), starts_at), policy) and not _is_written(draft.notice_reason):
        reasons.append(Reason("OPP-03", f"It starts in fewer than {policy.notice_days} days. Write why, so that people know.", "notice"))
    return reasons


def days_of_notice(today: date, starts_at: datetime) -> int:
    """Whole days, by the calendar in London, from today to the day of the first session (OPP-03)."""
    return (london_date(starts_at) - today).days


def needs_notice_reason(days: int, policy: Policy) -> bool:
    """OPP-03: fewer days than the organisation decided needs a reason that participants see."""
    return days < policy.notice_days


def is_notice_failure(days: int) -> bool:
    """OPP-03: two days or fewer counts as a failure in the co-production record."""
    return days <= 2


def reasons_not_to_change_text(state: State) -> list[Reason]:
    """What people read when they took a place stays as it was; a change after that is told to them first (OPP-16)."""
    if state != "draft":
        return [Reason("OPP-16", "This is published, so its words and dates stay as people read them.")]
    return []


def reasons_not_to_add_session(starts_at: datetime, ends_at: datetime, now: datetime) -> list[Reason]:
    """OPP-02: a session lies in the future, ends after it starts, and lasts a day at most."""
    reasons = []
    if starts_at <= now:
        reasons.append(Reason("OPP-02", "That day and time are in the past. Choose one that is still to come.", "day"))
    if ends_at <= starts_at:
        reasons.append(Reason("OPP-02", "The end must be later than the start.", "ends"))
    elif ends_at - starts_at > timedelta(days=1):
        reasons.append(Reason("OPP-02", "A session can last a day at most. Add a session for each day.", "ends"))
    return reasons


# --- Places and the waiting list ------------------------------------------------------------------------------------


def reasons_not_to_take_part(state: State, last_ends_at: datetime | None, now: datetime) -> list[Reason]:
    """OPP-05: open to all. Nothing about the person is asked; only whether it is still open."""
    if state == "draft":
        return [Reason("OPP-05", "This is not open yet.")]
    if state != "published" or last_ends_at is None or last_ends_at <= now:
        return [Reason("OPP-05", "This has ended, so you cannot join it any more. There may be others that suit you.")]
    return []


@dataclass(frozen=True, slots=True)
class Queue:
    """How full it is. capacity None means that there is room for everyone. Walk-ins do not count."""

    capacity: int | None
    taken: int
    offered: int
    waiting: int

    @property
    def free(self) -> int | None:
        """Places that nobody holds and nobody has been offered; None without a limit."""
        return None if self.capacity is None else max(0, self.capacity - self.taken - self.offered)


def place_for_newcomer(queue: Queue) -> PlaceState:
    """OPP-05: "taken" if a place is free and nobody waits for it, else "waiting": whoever came first goes first."""
    if queue.free is None:
        return "taken"
    return "taken" if queue.free > queue.waiting else "waiting"


def number_to_offer(queue: Queue) -> int:
    """OPP-05: how many from the front of the waiting list are offered a place now."""
    return queue.waiting if queue.free is None else min(queue.free, queue.waiting)


def answer_by(now: datetime, first_starts_at: datetime, policy: Policy) -> datetime:
    """OPP-05: until when someone offered a place may answer; never later than the next session's start, if that is still to come."""
    limit = now + timedelta(days=policy.answer_days)
    return min(limit, first_starts_at) if first_starts_at > now else limit


def offers_that_lapse(answer_by_of: Sequence[tuple[object, datetime]], waiting: int, now: datetime) -> list[object]:
    """OPP-05: which offers end, given (place, answer by) pairs: those past their time, earliest first, as many as others wait.

    An offer that nobody else waits for stays open: nobody would gain by its end.
    """
    late = sorted((pair for pair in answer_by_of if pair[1] <= now), key=lambda pair: pair[1])
    return [place for place, _ in late[:waiting]]


def reasons_not_to_accept(place_state: PlaceState) -> list[Reason]:
    """OPP-05: a place is accepted only while it is offered."""
    if place_state == "offered":
        return []
    if place_state == "lapsed":
        return [Reason("OPP-05", "The time to answer is over, and the place went to the next person. You can join the waiting list again.")]
    return [Reason("OPP-05", "There is no offer to answer here.")]


# --- Access needs ---------------------------------------------------------------------------------------------------


def needs_asked(ticked: Sequence[str], words: str) -> list[str]:
    """OPP-07: the needs to be answered, in the order of the form. Words without a tick are "something else", so that they get an answer too."""
    asked = set(ticked)
    if words.strip() and not asked:
        asked.add("other")
    return [need for need in NEEDS if need in asked]


def reasons_not_to_answer_need(state: NeedState, answer: NeedState, reason: str) -> list[Reason]:
    """OPP-07: promised, met, or not met with a reason."""
    if state == "withdrawn":
        return [Reason("OPP-07", "They no longer ask for this.")]
    if answer not in ("promised", "met", "not-met"):
        return [Reason("OPP-07", "Choose promised, met or not met.", "answer")]
    if answer == "not-met" and not _is_written(reason):
        return [Reason("OPP-07", "Write why it could not be met. They will read it.", "reason")]
    return []


def is_unanswered_need(state: NeedState, next_starts_at: datetime | None, now: datetime, policy: Policy) -> bool:
    """OPP-07: warn the coordinator of a need without an answer, from a week (configurable) before the next session."""
    if state != "asked" or next_starts_at is None:
        return False
    return next_starts_at - now <= timedelta(days=policy.needs_warning_days)


# --- Attendance -----------------------------------------------------------------------------------------------------


def planned_minutes(starts_at: datetime, ends_at: datetime) -> int:
    """Whole minutes from the planned start to the planned end of a session."""
    return int((ends_at - starts_at).total_seconds()) // 60


def reasons_not_to_record_attendance(opportunity_state: State, starts_at: datetime, now: datetime) -> list[Reason]:
    """OPP-11: a register is filled in once the session has begun, never before. It may be entered much later."""
    if opportunity_state == "draft":
        return [Reason("OPP-11", "This is not published, so nobody can have been there.")]
    if now < starts_at:
        return [Reason("OPP-11", "This session has not started. Fill in the register when it has.")]
    return []


def reasons_against_minutes(present: bool, minutes: int, planned: int) -> list[Reason]:
    """OPP-11: someone who was there took part for at least a minute, and not longer than a long day (or the plan, if that is longer)."""
    if not present:
        return []
    if minutes < 1:
        return [Reason("OPP-11", "Write how many minutes they took part, from arriving to leaving.", "minutes")]
    longest = max(planned, LONGEST_TIME)
    if minutes > longest:
        return [Reason("OPP-11", f"Check the minutes: {longest} is the most that can be recorded for one session.", "minutes")]
    return []


def minutes_taking_part(present: bool, minutes: int, planned: int, planned_time_counts: bool) -> int:
    """OPP-11: minutes from arriving to leaving; at least the planned time for someone who left in distress or over an unmet need."""
    if not present:
        return 0
    return max(minutes, planned) if planned_time_counts else minutes


# --- Ending ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EndingFacts:
    """What is known when somebody looks at the ending of an opportunity (OPP-12)."""

    sessions_to_come: int
    sessions_without_register: int
    thanked: bool
    asked_to_stay: bool
    outcome: str
    attended_without_claim: int
    """People who were at a paid session and for whom no claim has opened yet."""
    claims: tuple[ClaimState, ...]
    feedback_waiting: int


def is_settled(claim: ClaimState) -> bool:
    """OPP-12: a claim is settled when it was paid, refused, or declined by its owner."""
    return claim in ("paid", "refused", "declined")


def missing_before_close(facts: EndingFacts) -> list[Reason]:
    """OPP-12: everything that the ending still lacks. Empty means that it can be closed."""
    reasons = []
    if facts.sessions_to_come:
        reasons.append(_still(facts.sessions_to_come, "session is still to come.", "sessions are still to come.", "sessions"))
    if facts.sessions_without_register:
        reasons.append(_still(facts.sessions_without_register, "session has no register yet.", "sessions have no register yet.", "sessions"))
    if not facts.thanked:
        reasons.append(Reason("OPP-12", "Thank the people who took part.", "thanked"))
    unsettled = facts.attended_without_claim + sum(1 for claim in facts.claims if not is_settled(claim))
    if unsettled:
        reasons.append(_still(unsettled, "claim is not settled yet.", "claims are not settled yet.", "claims"))
    if not _is_written(facts.outcome):
        reasons.append(Reason("OPP-12", "Write what came of it.", "outcome"))
    if not facts.asked_to_stay:
        reasons.append(Reason("OPP-12", "Ask people whether they want to stay involved.", "asked"))
    if facts.feedback_waiting:
        one, many = "piece of feedback is waiting for an answer.", "pieces of feedback are waiting for an answer."
        reasons.append(_still(facts.feedback_waiting, one, many, "feedback"))
    return reasons


def _still(count: int, one: str, many: str, field: str) -> Reason:
    return Reason("OPP-12", f"{count} {one if count == 1 else many}", field)


def reasons_not_to_close(state: State, facts: EndingFacts) -> list[Reason]:
    """OPP-12: nothing may be missing, unless staff marked it finished: then what is missing is shown, and does not block."""
    if state == "closed":
        return [Reason("OPP-12", "This is closed already.")]
    if state == "draft":
        return [Reason("OPP-12", "This was never published, so there is nothing to close.")]
    return [] if state == "finished" else missing_before_close(facts)


def reasons_not_to_finish(state: State) -> list[Reason]:
    """OPP-12: staff may mark a published opportunity finished at any time."""
    if state == "draft":
        return [Reason("OPP-12", "This was never published, so there is nothing to finish.")]
    return [] if state == "published" else [Reason("OPP-12", "This is finished already.")]
