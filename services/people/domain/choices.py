"""What people may choose: which work to rule out, what they need, how they hear of things. No answer is required."""

from collections.abc import Collection, Mapping
from typing import Any, Literal

from services.people.domain.contacts import reasons_against_name, reasons_against_phone
from services.people.domain.postal import reasons_against_postal_address
from shared import vocabulary
from shared.reasons import Reason

Format = Literal["plain", "easy-read"]


KINDS, NEEDS = vocabulary.KINDS_IN_GENERAL, vocabulary.NEEDS
USUAL_NEEDS = {need: words for need, words in NEEDS.items() if need != "other"}
"""What else somebody needs is asked in words each time they take part (OPP-07)."""

TIMES = {"weekday-daytime": "Daytime, Monday to Friday", "evening": "Evenings", "weekend": "Weekends"}

CHANNELS = {"email": "Email", "letter": "A letter in the post", "in-app": "On this website, when I sign in"}

FORMATS = {"plain": "Plain English", "easy-read": "Easy read: short sentences, one idea each"}

MESSAGE_KINDS = {
    "new-opportunities": "New things to take part in",
    "reminders": "Reminders",
    "thanks": "Thank-you messages",
    "feedback": "What came of feedback",
}
"""NOT-02: what a person may opt out of. Service messages, such as "your claim was paid", are not offered."""

WHY = {
    "better-services": "To make services better",
    "use-experience": "To use what I have been through to help others",
    "meet-people": "To meet people",
    "learn": "To learn new things",
    "confidence": "To feel more sure of myself",
    "work": "To get closer to work",
}
HOW = {
    "group": "In a group",
    "one-to-one": "One to one",
    "online": "Online, from home",
    "in-writing": "In writing, in my own time",
}
TIME = {
    "now-and-then": "An hour now and then",
    "monthly": "A few hours a month",
    "more": "More than that",
    "not-sure": "I am not sure yet",
}
PAID = {"yes": "Yes", "no": "No", "not-sure": "I am not sure yet"}
HELP = {
    "alongside": "Someone alongside me, the first few times",
    "before-and-after": "Someone to talk to before and after",
    "practice": "A go at it first, with nobody watching",
    "training": "Training",
}
"""PEO-01: what somebody may think about before joining. All of it is optional."""

HOPES: dict[str, Mapping[str, str]] = {
    "hopes_why": WHY,
    "hopes_how": HOW,
    "hopes_time": TIME,
    "hopes_paid": PAID,
    "hopes_help": HELP,
}

CHOICES: dict[str, Mapping[str, str]] = {
    "opted_out": MESSAGE_KINDS,
    "ruled_out_kinds": KINDS,
    "ruled_out_times": TIMES,
    "access_needs": USUAL_NEEDS,
    **HOPES,
}
"""The options where people may tick as many as they like. The areas come from the organisation's settings."""


def reasons_against_area(area: str, areas: Collection[str]) -> list[Reason]:
    """Blank is fine: nobody has to say where they live."""
    if area and area not in areas:
        return [
            Reason(
                "PEO-01",
                f"Choose one of these areas: {', '.join(areas)}" if areas else "We have no areas yet: leave it blank",
                field="area",
            )
        ]
    return []


def reasons_not_to_answer(
    question: str, answer: Any, *, areas: Collection[str], has_email: bool, has_post: bool = False, posted: bool = False
) -> list[Reason]:
    """Why an answer about oneself cannot be kept. Yes or no always can, and so can ticking nothing (NOT-03: nothing is
    ruled out). has_post: we hold where to post letters; posted: they chose letters."""
    if question == "name":
        return reasons_against_name(answer)
    if question == "known_as":
        return reasons_against_name(answer, "known_as") if answer else []
    if question == "phone":
        return reasons_against_phone(answer)
    if question == "postal_address":
        return [LETTERS_NEED_IT] if posted and not answer else reasons_against_postal_address(answer)
    if question == "area":
        return reasons_against_area(answer, areas)
    if question == "channels":
        return reasons_not_to_hear_by(answer, has_email, has_post)
    if question == "format":
        return _reasons_not_to_choose("format", [answer], FORMATS)
    if question == "ruled_out_areas":
        return _reasons_not_to_choose("ruled_out_areas", answer, areas)
    if question == "access_needs" and "other" in answer:
        return [NO_WORDS_FOR_IT]
    if question in CHOICES:
        chosen = [answer] if isinstance(answer, str) else answer
        return _reasons_not_to_choose(question, [each for each in chosen if each], CHOICES[question])
    return []


def _reasons_not_to_choose(field: str, chosen: Collection[str], offered: Collection[str]) -> list[Reason]:
    if not set(chosen) <= set(offered):
        return [Reason("PEO-01", f"Choose from: {', '.join(offered)}", field=field)]
    return []


NO_WORDS_FOR_IT = Reason(
    "OPP-07",
    "“Other” does not say what they need, and we cannot keep words here. Leave it out. We ask again each time "
    "they take part, and then they say it in words",
    field="access_needs",
)
LETTERS_NEED_IT = Reason("NOT-01", "You hear from us by letter. First choose another way to hear", field="postcode")
"""Nobody loses the only way in which they hear by clearing an address."""


def reasons_not_to_hear_by(channels: Collection[str], has_email: bool, has_post: bool = False) -> list[Reason]:
    """NOT-01: everyone hears in at least one way that can reach them."""
    if not channels:
        return [Reason("NOT-01", "Choose at least one way for us to tell you things", field="channels")]
    if not set(channels) <= set(CHANNELS):
        return [Reason("NOT-01", "Choose from the list", field="channels")]
    if "email" in channels and not has_email:
        return [
            Reason(
                "NOT-01",
                "We do not have an email address for you. Add one first, or choose another way",
                field="channels",
            )
        ]
    if "letter" in channels and not has_post:
        return [
            Reason(
                "NOT-01",
                "We do not have a postal address for you. Add one first, or choose another way",
                field="channels",
            )
        ]
    return []


def how_they_hear(channels: Collection[str], *, has_email: bool, phone: str) -> str:
    """NOT-01, NOT-08: the same words for the person, their helper and staff. People without email can't sign in, so we
    ring them."""
    if not has_email and "letter" in channels:
        return "A letter in the post. We ring if the post is too slow" if phone else "A letter in the post"
    if not has_email:
        return "By phone: we ring" if phone else "Nothing yet: we hold no email and no phone number"
    return "; ".join(CHANNELS[channel] for channel in channels)


def channels_for(has_email: bool) -> tuple[str, ...]:
    """NOT-01: how someone hears until they choose."""
    return ("email", "in-app") if has_email else ("in-app",)
