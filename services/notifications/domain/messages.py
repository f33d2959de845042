"""Every message that we send, declared once with all its properties. Tasks are declared in `tasks`."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Standing = Literal["possible", "booked", "given-back"]
"""What a message's calendar entry says about the session."""


class Kind(StrEnum):
    """What a message is for. People opt out by kind (NOT-02)."""

    NEW_OPPORTUNITIES = "new-opportunities"
    REMINDERS = "reminders"
    THANKS = "thanks"
    FEEDBACK = "feedback"
    PLACES = "places"
    CLAIMS = "claims"
    ACCOUNT = "account"
    WORK = "work"
    SAFEGUARDING = "safeguarding"


@dataclass(frozen=True, slots=True)
class KindRule:
    """why: the sentence at the foot that says why somebody got it.

    switches_off: what people stop when they opt out, in words; "" if they cannot, because they asked for it or are owed
    it (NOT-02). kept_in_a_pause: it concerns somebody's place, claims or account, and continues while they have paused
    everything (PEO-04, NOT-05). for_helpers: a helper may see it on that person's list (PEO-02).
    posted: it goes by post to people who chose letters. Not what is of use for a day or two, nor what is told in every
    channel at once."""

    why: str
    switches_off: str = ""
    posted: bool = False
    kept_in_a_pause: bool = False
    for_helpers: bool = True


_OF_WORK = "You got this because of the work you do here."

KINDS = {
    Kind.NEW_OPPORTUNITIES: KindRule(
        "You got this because you have not ruled out this kind of thing, this area or this time.",
        switches_off="news of new things to take part in",
        posted=True,
    ),
    Kind.REMINDERS: KindRule(
        "You got this because you have a place, and you have not switched off reminders.",
        switches_off="reminders",
        kept_in_a_pause=True,
    ),
    Kind.THANKS: KindRule("You got this because you took part.", switches_off="thank-you messages", posted=True),
    Kind.FEEDBACK: KindRule(
        "You got this because you told us something, and we owe you an answer.",
        switches_off="messages about what came of feedback",
        posted=True,
    ),
    Kind.PLACES: KindRule(
        "You got this because of a place that you have, had or asked for.", kept_in_a_pause=True, posted=True
    ),
    Kind.CLAIMS: KindRule("You got this because of a claim you have with us.", kept_in_a_pause=True, posted=True),
    Kind.ACCOUNT: KindRule(
        "You got this because we always tell people when details or roles are changed.", kept_in_a_pause=True
    ),
    Kind.WORK: KindRule(_OF_WORK, for_helpers=False),
    Kind.SAFEGUARDING: KindRule(_OF_WORK, for_helpers=False),  # a concern that they look after (FB-09)
}


@dataclass(frozen=True, slots=True)
class Message:
    """One message; its texts are in the file of its name in templates/messages.

    rung: it is told by telephone to people whom no message reaches (NOT-08). That includes what matters to the person
    and news that they did not switch off, but no reminders, thanks or staff's own work. echo: it repeats what somebody
    without an address did together with one of us (PEO-02), so they know; only another organisation's answer is news.

    fades: what makes it untrue. "standing": a newer message about the same place; "place": something that happens to
    that place; "news": the opportunity is over, or they have acted on a place in it; "passing": anything else that
    happens to the same claim or item; "question": a later word about the same question, or the end of what it is about.

    of_staff: it is about their work here as staff. own_eyes: it may be about their helper (FB-09). Helpers see neither
    (PEO-02). Nobody rings about either, since the caller may be the person concerned. rest_stands_with: the service
    with the page that the message leads to, which the caller reads out too; "" if the message says everything. posted:
    it goes by post, whatever its kind does: to the address held before (PAY-13)."""

    kind: Kind
    rung: bool = False
    echo: bool = False
    fades: Literal["standing", "place", "news", "passing", "question"] | None = None
    calendar: Standing | None = None
    of_staff: bool = False
    own_eyes: bool = False
    posted: bool = False
    rest_stands_with: Literal["opportunities", "payments", "feedback", ""] = ""


MESSAGES = {
    "opportunity-created": Message(Kind.NEW_OPPORTUNITIES, rung=True, fades="news", calendar="possible"),
    "opportunity-closed": Message(Kind.THANKS),
    "session-reminder": Message(Kind.REMINDERS),
    "closing-reminder": Message(Kind.REMINDERS),
    "place-taken": Message(
        Kind.PLACES, rung=True, echo=True, fades="standing", calendar="booked", rest_stands_with="opportunities"
    ),
    "place-offered": Message(Kind.PLACES, rung=True, fades="standing"),
    "place-left": Message(Kind.PLACES, rung=True, echo=True, fades="standing", calendar="given-back"),
    "place-queued": Message(Kind.PLACES, rung=True, echo=True, fades="standing"),
    "place-refused": Message(
        Kind.PLACES, rung=True, fades="standing", calendar="given-back", rest_stands_with="opportunities"
    ),
    "place-lapsed": Message(Kind.PLACES, rung=True, fades="standing"),
    "question-answered": Message(Kind.PLACES, rung=True, fades="question", rest_stands_with="opportunities"),
    "question-finding-out": Message(Kind.PLACES, rung=True, fades="question"),
    "answer-shown": Message(Kind.PLACES, rung=True, fades="place", rest_stands_with="opportunities"),
    "opportunity-changed": Message(
        Kind.PLACES, rung=True, fades="place", calendar="booked", rest_stands_with="opportunities"
    ),
    "opportunity-cancelled": Message(Kind.PLACES, rung=True, fades="place", calendar="given-back"),
    "access-need-answered": Message(Kind.PLACES, rung=True, fades="place", rest_stands_with="opportunities"),
    "claim-opened": Message(Kind.CLAIMS, rung=True, fades="passing"),
    "claim-approved": Message(Kind.CLAIMS, rung=True, rest_stands_with="payments"),
    "claim-refused": Message(Kind.CLAIMS, rung=True, rest_stands_with="payments"),
    "claim-withdrawn": Message(Kind.CLAIMS, rung=True, fades="passing", rest_stands_with="payments"),
    "claim-returned": Message(Kind.CLAIMS, rung=True, fades="passing", rest_stands_with="payments"),
    "claim-owed-again": Message(Kind.CLAIMS, rung=True, fades="passing", rest_stands_with="payments"),
    "claim-declined": Message(Kind.CLAIMS, rung=True, echo=True),
    "claim-paid": Message(Kind.CLAIMS, rung=True),
    "bank-details-changed": Message(Kind.ACCOUNT, rung=True),
    "contact-entered": Message(Kind.ACCOUNT, rung=True, posted=True),
    "roles-asked": Message(Kind.ACCOUNT, of_staff=True),
    "roles-answered": Message(Kind.ACCOUNT, of_staff=True),
    "second-step-changed": Message(Kind.ACCOUNT, of_staff=True),
    "feedback-closed": Message(Kind.FEEDBACK, rung=True, fades="passing", rest_stands_with="feedback"),
    "feedback-news": Message(Kind.FEEDBACK, own_eyes=True),
    "feedback-words": Message(Kind.FEEDBACK, rung=True, fades="passing", rest_stands_with="feedback"),
    "feedback-due": Message(Kind.WORK),
    "claim-overdue": Message(Kind.WORK),
    "safeguarding-leads-missing": Message(Kind.WORK),
    "safeguarding-leads-named": Message(Kind.WORK),
    "concern-raised": Message(Kind.SAFEGUARDING),
    "concern-overdue": Message(Kind.SAFEGUARDING),
}
"""Each named for the event it tells of."""


def may_opt_out(kind: Kind) -> bool:
    """NOT-02: people may switch off news, but never lose what they asked for or are owed."""
    return KINDS[kind].switches_off != ""


def goes_on_in_a_pause(kind: Kind) -> bool:
    """PEO-04, NOT-05, NOT-08: whether people who have paused still hear it where they chose, or by telephone."""
    return KINDS[kind].kept_in_a_pause


def is_for_helpers(kind: Kind) -> bool:
    """FB-09, PEO-02: whether a helper sees the person's messages of this kind."""
    return KINDS[kind].for_helpers


def kinds_that(rule: Callable[[Kind], bool]) -> list[str]:
    """The kinds for which this rule is true, for SQL."""
    return [kind.value for kind in Kind if rule(kind)]


def messages_not_for_helpers() -> list[str]:
    """PEO-02, FB-09: messages that no helper sees, although their kind is for helpers."""
    return [name for name, message in MESSAGES.items() if message.of_staff or message.own_eyes]
