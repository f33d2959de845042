"""Which news is told by telephone to people whom no message reaches, by when, and how long it matters (NOT-08)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from services.notifications.domain.messages import MESSAGES, Kind
from shared.clock import london_date, london_datetime
from shared.reasons import Reason
from shared.working_days import add_working_days, is_working_day

SOON_DAYS, USUAL_DAYS = 1, 3
"""Working days within which we ring: about a place, a question or an account, and about the rest."""
RINGING_BEGINS, RINGING_ENDS = 9, 17
"""The London hours of a working day in which we ring."""
LEAST = timedelta(minutes=15)
"""The least time in which somebody can ring."""


def is_rung_for(template: str, *, host: str) -> bool:
    """NOT-08: whether it is told by telephone to people whom no message reaches. host: the opportunity's organisation,
    "" for ours."""
    message = MESSAGES[template]
    return message.rung and (not message.echo or host != "")


def overtaken_by(happening: str) -> frozenset[str]:
    """NOT-08: the news that nobody needs to ring about after this has happened to the same place, claim, item or
    question."""
    if happening == "answers-gone":
        return frozenset({"answer-shown"})
    if happening.startswith("question-"):
        return _that_fade("question")
    if happening == "feedback-with-safeguarding-lead":
        return _that_fade("passing") - {"feedback-closed"}  # an answer from before stands again if it is no concern
    if happening == "opportunity-cancelled":
        return _that_fade("standing", "place", "news") - {happening}
    if happening in ("place-left", "place-lapsed", "place-refused"):
        return _that_fade("standing", "place", "news") - {"opportunity-cancelled"}
    if happening in _that_fade("standing"):
        return _that_fade("standing", "news")
    return _that_fade("passing") if happening.startswith(("claim-", "feedback-")) else frozenset()


def is_settled_by(happening: str, template: str, facts: Mapping[str, Any]) -> bool:
    """NOT-08: whether this later event makes the news needless. facts: what the message says.

    A claim that is paid in full makes news of its approval needless, unless some of it was refused or waits. Checking
    bank details with their owner makes news of entering or changing them needless."""
    if happening == "claim-paid":
        apart = any(each["state"] == "looked-at" for each in facts.get("lines", ()))
        left_out = facts.get("not_agreed_pence") or facts.get("waiting_lines") or apart
        return template == "claim-approved" and not left_out
    return happening == "details-done" and template == "bank-details-changed" and not facts.get("set_aside")


def no_longer_true(
    facts: Mapping[str, Any], claim_state: str | None, stopped: bool | None, first: Collection[str], today: date
) -> dict[str, Any]:
    """NOT-08, PAY-13: the facts of a message that have changed by the day of the call.

    claim_state, stopped: the state of its claim, and whether the claim's clock is stopped; None if it is about no
    claim. first: what must still happen before anything is paid, "call" and "details"."""
    paid = claim_state == "paid"
    over = {name: None for name in ("aim_by", "pay_by") if facts.get(name) and (paid or facts[name] < today)}
    done = {} if "call" in first and not paid else {"details_wait": False, "person_waits": False}
    done |= {} if "details" in first and not paid else {"asks_details": False}
    held = {"on_hold": False} if facts.get("on_hold") and (paid or stopped is False) else {}
    return over | done | held | ({"waits_for_bank": False} if paid else {}) | {"is_paid": paid}


def _that_fade(*ways: str) -> frozenset[str]:
    return frozenset(name for name, message in MESSAGES.items() if message.fades in ways)


def _is_of_a_place(template: str) -> bool:
    return MESSAGES[template].fades in ("standing", "place")


def is_of_a_question(template: str) -> bool:
    """OPP-22: news that somebody is told before the sessions that the question is about. After them it may be new all
    the same."""
    return MESSAGES[template].fades == "question" or template == "answer-shown"


def _is_of_sessions(template: str) -> bool:
    return _is_of_a_place(template) or is_said_as_it_is_now(template) or is_of_a_question(template)


def is_said_as_it_is_now(template: str) -> bool:
    """NOT-03, NOT-08: calls about new opportunities say what is true on the day of the call."""
    return MESSAGES[template].fades == "news"


def said_by_change(changed: Iterable[str]) -> list[str]:
    """NOT-08, OPP-16: the kinds of change that a newer one also tells: a change of time or place lists all times and
    places again."""
    said = set(changed)
    return sorted(said | ({"time", "place"} if said & {"time", "place"} else set()))


def is_still_true(template: str, *, cancelled: bool, has_place: bool, answered: bool, taken_back: bool) -> bool:
    """NOT-02, OPP-07: whether a mail that waited may go out still.

    cancelled: what it is about is; has_place: they have a place there, or wait for one; answered: their question is;
    taken_back: every answer that it tells of."""
    if template == "question-finding-out":
        return not answered
    if taken_back:
        return False
    if template == "opportunity-cancelled" or MESSAGES[template].fades != "place":
        return True
    return has_place and not cancelled


def matters_until(
    template: str, ends: Iterable[datetime], answer_by: datetime | None, now: datetime | None = None
) -> datetime | None:
    """NOT-08: when the news stops being of any use; None if it never does.

    ends: of all sessions that the person may still be going to, before and after the change. now: when it is told; what
    is answered after the last session never stops."""
    if template == "place-offered":
        return answer_by
    last = max(ends, default=None) if _is_of_sessions(template) else None
    is_after = last is not None and now is not None and last <= now
    return None if is_after and is_of_a_question(template) else last


def sessions_told_of(facts: Mapping[str, Any]) -> frozenset[str] | None:
    """OPP-16, OPP-19, NOT-08: the ids of the sessions that a change is about; None if it is about all of them, as
    other news is. facts: what the message says."""
    if set(facts.get("changed", [])) - {"time", "place"}:
        return None
    told_of = frozenset([*(each["session_id"] for each in facts.get("were", [])), *facts.get("added", [])])
    return told_of or None


def ring_by(template: str, now: datetime, before: Iterable[datetime]) -> datetime:
    """NOT-02, NOT-08: when somebody must have rung: within one or three working days, and with half of the time left
    before it is too late, in the hours in which we ring, and not sooner than it can be done, but always before it is
    too late.

    before: the moments before which they must know: when the sessions that it is about start, before and after the
    change, and the time to answer, theirs or ours. Nobody joins a session that begins too soon for a call, so news of
    it waits for the next one, if there is one."""
    of_them = _is_of_a_place(template) or is_of_a_question(template)
    days = SOON_DAYS if of_them or MESSAGES[template].kind is Kind.ACCOUNT else USUAL_DAYS
    usual = london_datetime(add_working_days(london_date(now), days), RINGING_ENDS)
    if not _is_of_sessions(template):
        return usual
    ahead = sorted(moment for moment in before if moment > now)
    in_time = [moment for moment in ahead if moment > now + LEAST] if is_said_as_it_is_now(template) else []
    first = next(iter([*in_time, *ahead]), None)
    return usual if first is None else min(usual, _while_we_ring(now, now + (first - now) / 2, min(first, usual)))


def _while_we_ring(now: datetime, half: datetime, first: datetime) -> datetime:
    """The last moment up to half of the time that lies in our hours; without one, when our hours next begin; without
    those, as soon as it can be done; and if that is too late, half of the time."""
    soonest = now + LEAST if now + LEAST < first else half
    days = [london_date(now) + timedelta(days=n) for n in range((london_date(first) - london_date(now)).days + 1)]
    hours = [
        (london_datetime(day, RINGING_BEGINS), london_datetime(day, RINGING_ENDS))
        for day in days
        if is_working_day(day)
    ]
    in_time = [min(half, ends) for begins, ends in hours if max(begins, soonest) <= min(half, ends)]
    later = [begins for begins, _ in hours if half < begins <= first - LEAST]
    return max(in_time, default=min(later, default=soonest))


ENTERED_IT = Reason("PAY-13", "You entered how they are reached. Somebody else must ring them about it.")
"""PAY-13: whoever entered a new way to reach somebody must not be the one who tells them of it."""
