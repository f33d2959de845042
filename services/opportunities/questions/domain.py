"""Asking about an opportunity before, during or after it, and getting an answer (OPP-05, OPP-22)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from services.opportunities.words.domain import is_written
from shared.clock import london_date, london_datetime
from shared.reasons import Reason
from shared.text import is_email
from shared.working_days import add_working_days, is_working_day

ANSWER_DAYS = 3
"""Working days in which we answer: long enough for a team of two who work part of the week, and short enough to decide
whether to join."""
ANSWERING_BEGINS, ANSWERING_ENDS = 9, 17
"""The London hours of a working day between which somebody is there to answer."""
AN_HOUR = timedelta(hours=1)
"""The least in which we promise an answer, and the least by which a later promise is worth a message."""
MOST_WAITING = 5
"""Open questions that are answered by mail or phone to one address or number. More could flood its owner with mail or
calls that they did not ask for."""


def way_to_answer(reach: str) -> Literal["mail", "phone"] | None:
    """OPP-22: what somebody without an account left: one email address and nothing else, or a number to ring, with or
    without other words."""
    if is_email(reach):
        return "mail"
    return "phone" if "@" not in reach and sum(each.isdigit() for each in reach) >= 6 else None


TOO_MANY_QUESTIONS = Reason(
    "OPP-22",
    "Many questions came from where you are in a short time. Yours is not sent yet, but nothing is lost:"
    " it is still in the box below. Please wait an hour, then send it again.",
)


NOT_SIGNED_IN_NOW = Reason(
    "OPP-22",
    "You are not signed in any more, so we do not know that it is you who asks. Say how we can answer you, and send it "
    "again.",
    "reach",
)


def reasons_not_to_ask_us(words: str, reach: str, *, signed_in: bool) -> list[Reason]:
    """OPP-22: a question needs words and a way to answer it. Nobody needs to join, or say who they are (OPP-05).

    Other questions with the same address or number are no reason: a stranger would learn of them, and could lock the
    owner out (PRI-01)."""
    reasons = [] if is_written(words) else [Reason("OPP-22", "Write what you would like to know.", "words")]
    if signed_in:
        return reasons
    if way_to_answer(reach) is None:
        reasons.append(
            Reason(
                "OPP-22",
                "Give one phone number, or one email address like name@example.org, so that we can answer you.",
                "reach",
            )
        )
    return reasons


def is_too_many(waiting: int) -> bool:
    """OPP-22: whether a further question's answer is held back from mail, so that nobody can flood another person.

    waiting: open questions with the same address or number."""
    return waiting >= MOST_WAITING


def is_note(*, too_many: bool, send: bool) -> bool:
    """OPP-22: whether what we write is for us alone, because nobody is told it.

    send: we decided all the same to mail it, or rang them."""
    return too_many and not send


def was_note(*, too_many: bool, mailing: str) -> bool:
    """The same of one answered. Answers that were mailed all the same were left marked once."""
    return too_many and mailing == ""


def reasons_not_to_mail_again(reach: str, mailing: str) -> list[Reason]:
    """OPP-22: an answer is mailed again only if it did not arrive, or may not have, and only to an address."""
    if mailing not in UNDELIVERED:
        return [Reason("OPP-22", "This answer does not wait to be sent again.")]
    return [] if is_email(reach) else [Reason("OPP-22", "Write one email address, like name@example.org.", "reach")]


UNDELIVERED = frozenset({"failed", "unknown"})
"""Outcomes of mailing an answer after which a person must decide what happens next."""


def answer_question_by(now: datetime, starts: Iterable[datetime]) -> datetime:
    """OPP-22: when it must be answered: within ANSWER_DAYS, and with half of the time left before the next session, at
    an hour when somebody is there. If half of it is too soon for that, after an hour of work: it may begin before, and
    then whoever asks is told to ring."""
    usual = london_datetime(add_working_days(london_date(now), ANSWER_DAYS), ANSWERING_ENDS)
    first = min((moment for moment in starts if moment > now), default=None)
    if first is None:
        return usual
    half = now + (first - now) / 2
    last = _last_hour_of_work(half)
    return min(usual, last if last - now >= AN_HOUR else _after_an_hour_of_work(now))


def _last_hour_of_work(moment: datetime) -> datetime:
    """The moment itself, if somebody is there then; otherwise the last end of a working day before it."""
    day = london_date(moment)
    if is_working_day(day) and moment >= london_datetime(day, ANSWERING_BEGINS):
        return min(moment, london_datetime(day, ANSWERING_ENDS))
    day -= timedelta(days=1)
    while not is_working_day(day):
        day -= timedelta(days=1)
    return london_datetime(day, ANSWERING_ENDS)


def _after_an_hour_of_work(moment: datetime) -> datetime:
    """An hour later, if somebody is there all that time; otherwise an hour after the next working day begins."""
    day = london_date(moment)
    begins, ends = london_datetime(day, ANSWERING_BEGINS), london_datetime(day, ANSWERING_ENDS)
    if is_working_day(day) and moment + AN_HOUR <= ends:
        return max(moment, begins) + AN_HOUR
    return london_datetime(add_working_days(day, 1), ANSWERING_BEGINS) + AN_HOUR


def reasons_not_to_say_finding_out(due_at: datetime, then: datetime, *, answered: bool) -> list[Reason]:
    """OPP-22: "we are finding out" must give a later moment than the asker already knows. then: when we would
    answer."""
    if answered:
        return [Reason("OPP-22", "Somebody has answered this already.")]
    if then < due_at + AN_HOUR:
        return [Reason("OPP-22", "They know a day already, and it is not here yet. Say this when it is near.")]
    return []


def reasons_not_to_answer_question(answer: str, *, answered: bool) -> list[Reason]:
    """OPP-22: a question is answered once, in words."""
    if answered:
        return [Reason("OPP-22", "Somebody has answered this already.")]
    return [] if is_written(answer) else [Reason("OPP-22", "Write the answer.", "answer")]


def reasons_not_to_tell_everybody(*, answered: bool, is_note: bool, set_aside: bool = False) -> list[Reason]:
    """OPP-22: the group reads what the asker was told. is_note: it was written down for us, and sent to nobody.
    set_aside: FB-09, it left ordinary view."""
    if set_aside:
        return [Reason("FB-09", "This is set aside, so only the person who asked reads the answer.", "readers")]
    if not answered:
        return [Reason("OPP-22", "Answer who asked first.")]
    if is_note:
        return [
            Reason("OPP-22", "This goes to nobody. Tick the box if they get it, or choose the other answer.", "readers")
        ]
    return []
