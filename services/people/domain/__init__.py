"""The rules of people: who may sign in, who may join, what each service may know of a person. Facts in, decisions out."""

import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from services.people.domain.contacts import (
    canonical_phone,
    changes_to_say,
    changes_to_tell,
    name_key,
    phone_key,
    readings_of,
    reasons_against_name,
    reasons_against_phone,
)
from services.people.domain.roles import (
    OF_TWO,
    ROLES,
    Answer,
    RoleRequest,
    reasons_not_to_adopt,
    reasons_not_to_ask_for_roles,
    reasons_not_to_confirm_roles,
    reasons_not_to_give_roles,
    reasons_not_to_make_first_administrator,
    reasons_not_to_turn_down_roles,
    roles_after,
    roles_for_two,
    roles_given_at_once,
    roles_in_order,
)
from shared.clock import london_date
from shared.reasons import Reason
from shared.text import digits, is_email, number_of

__all__ = [
    "OF_TWO",
    "ROLES",
    "Answer",
    "RoleRequest",
    "canonical_phone",
    "changes_to_say",
    "changes_to_tell",
    "name_key",
    "phone_key",
    "readings_of",
    "reasons_against_name",
    "reasons_against_phone",
    "reasons_not_to_adopt",
    "reasons_not_to_ask_for_roles",
    "reasons_not_to_confirm_roles",
    "reasons_not_to_give_roles",
    "reasons_not_to_make_first_administrator",
    "reasons_not_to_turn_down_roles",
    "roles_after",
    "roles_for_two",
    "roles_given_at_once",
    "roles_in_order",
]

Format = Literal["plain", "easy-read"]
CodePurpose = Literal["sign-in", "join", "change-email"]

KINDS = {
    "consultation": "Consultations",
    "evaluation": "Evaluations",
    "feedback": "Giving feedback",
    "review": "Looking over a document or service",
    "workshop": "Workshops",
    "tender-panel": "Tender panels",
    "interview-panel": "Interview panels",
    "blog": "Blogs and vlogs",
    "story": "Telling your story",
    "training-received": "Training for you",
    "training-delivered": "Giving training together",
    "meeting": "Meetings",
    "survey": "Surveys",
    "board": "Boards",
    "innovation": "Your own ideas",
    "project": "One-off projects",
}
"""OPP-01: each kind as events name it, and as pages say it."""

TIMES = {"weekday-daytime": "Daytime, Monday to Friday", "evening": "Evenings", "weekend": "Weekends"}

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

CHANNELS = {"email": "Email", "in-app": "On this website, when I sign in"}

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
HOW = {"group": "In a group", "one-to-one": "One to one", "online": "Online, from home", "in-writing": "In writing, in my own time"}
TIME = {"now-and-then": "An hour now and then", "monthly": "A few hours a month", "more": "More than that", "not-sure": "I am not sure yet"}
PAID = {"yes": "Yes", "no": "No", "not-sure": "I am not sure yet"}
HELP = {
    "alongside": "Someone alongside me, the first few times",
    "before-and-after": "Someone to talk to before and after",
    "practice": "A go at it first, with nobody watching",
    "training": "Training",
}
"""PEO-01: what somebody may think about before joining. Every one of these is optional."""

HOPES: dict[str, Mapping[str, str]] = {"hopes_why": WHY, "hopes_how": HOW, "hopes_time": TIME, "hopes_paid": PAID, "hopes_help": HELP}

CHOICES: dict[str, Mapping[str, str]] = {
    "opted_out": MESSAGE_KINDS,
    "ruled_out_kinds": KINDS,
    "ruled_out_times": TIMES,
    "access_needs": NEEDS,
    **HOPES,
}
"""What is offered where any number may be ticked; the areas come from the organisation's settings."""

CONSENT_VERSION = "2026-11"
"""Counts up with every change of the text that people agree to when they join (PRI-02)."""

CODE_MINUTES = 10
CODE_TRIES = 5
SESSION_HOURS = 12
JOINING_MINUTES = 60
"""How long what somebody has answered so far waits for their next answer, or for the code: others may use this device after them."""
LEFT_ALONE_MINUTES = 15
"""How long it is shown without another answer: many share a computer at a drop-in. What is posted from a page that stayed open is taken
for the whole hour."""
FRESH_FOR = timedelta(minutes=15)
"""How long ago somebody may have proved who they are, to change how they are reached."""


CardReader = Literal["opportunities", "payments", "feedback", "notifications"]


KNOWN_NUMBER_DAYS = 30
"""A number that somebody else entered within so many days is not the one to ring about it (PAY-13)."""
MOST_PHONE_CHANGES = 20
"""Of one person, in what payments is told."""


@dataclass(frozen=True, slots=True)
class Contacts:
    """How somebody could be reached, and who entered it (PAY-10, PAY-13).

    phone_changes: when the number changed and what it was before, the newest first. added_by: who took them in, if it was not they themselves.
    email_entered_by: who entered their first address, likewise. introductions: each who was not they themselves and took them in, or entered,
    changed or took away an address or a number, and when they last did.
    """

    phone: str = ""
    phone_changes: tuple[tuple[datetime, str], ...] = ()
    email_changed_at: datetime | None = None
    added_by: UUID | None = None
    email_entered_by: UUID | None = None
    introductions: tuple[tuple[UUID, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """What we hold of a person, as the rules need it."""

    id: UUID
    version: int
    name: str
    known_as: str
    email: str | None
    area: str
    roles: tuple[str, ...]
    channels: tuple[str, ...]
    discreet: bool
    format: str
    paused: bool
    opted_out: tuple[str, ...] = ()
    ruled_out_kinds: tuple[str, ...] = ()
    ruled_out_areas: tuple[str, ...] = ()
    ruled_out_times: tuple[str, ...] = ()
    contacts: Contacts = Contacts()
    joined_at: datetime | None = None
    age_known: bool = False
    """PEO-03: whether "Are you 18 or over?" was answered, or the agreements for someone under 18 are held."""


@dataclass(frozen=True, slots=True)
class Joiner:
    """What somebody has answered by the end of joining by themselves. None: not answered."""

    name: str
    email: str
    over_18: bool | None
    area: str
    agreed: bool


# What each service may know


def display_name(name: str, known_as: str) -> str:
    """The name someone goes by, where they gave one."""
    return known_as or name


def told_apart_by(person: Person) -> str:
    """What tells two of one name apart where staff choose. Nothing by which they are reached: reading that is written down (PRI-03)."""
    since = f"with us since {london_date(person.joined_at):%-d %B %Y}" if person.joined_at else ""
    whole = person.name if display_name(person.name, person.known_as) != person.name else ""
    return ", ".join(filter(None, [whole, person.area, since, f"our number {number_of(person.id)}"]))


def card(reader: CardReader, person: Person) -> dict[str, Any]:
    """What one service may know of a person, and no more: names for staff pages, and what tells two of one name apart;
    for notifications also how and what to tell them; for opportunities and notifications whether a message reaches them at all (NOT-08);
    for payments whom to ring about bank details, and who must not decide about this person's money (PAY-10, PAY-13)."""
    known = {"version": person.version, "name": display_name(person.name, person.known_as), "roles": list(person.roles)}
    known |= {"told_apart_by": told_apart_by(person)}
    if reader == "payments":
        return known | _contacts(person.contacts)
    if reader == "feedback":
        return known | {"paused": person.paused}  # FB-09: a safeguarding lead who is away
    if reader == "opportunities":
        return known | {"age_known": person.age_known, "reached_by_message": reached_by_message(person)}  # PEO-03: never the answer itself
    if reader != "notifications":
        return known
    return known | {
        "ruled_out": {"kinds": list(person.ruled_out_kinds), "areas": list(person.ruled_out_areas), "times": list(person.ruled_out_times)},
        "area": person.area,
        "channels": list(person.channels),
        "discreet": person.discreet,
        "format": person.format,
        "opted_out": list(person.opted_out),
        "paused": person.paused,
        "reached_by_message": reached_by_message(person),
    }


def reached_by_message(person: Person) -> bool:
    """NOT-08: mail goes to an address, and with one somebody signs in to read what waits in the app. Whoever has none is rung."""
    return bool(person.email)


def _contacts(contacts: Contacts) -> dict[str, Any]:
    changes = contacts.phone_changes
    return {
        "phone": contacts.phone,
        "phone_changed_at": changes[0][0].isoformat() if changes else None,
        "phone_before": changes[0][1] if changes else "",
        "phone_changes": [{"at": at.isoformat(), "before": before} for at, before in changes],
        "email_changed_at": contacts.email_changed_at.isoformat() if contacts.email_changed_at else None,
        "added_by": str(contacts.added_by) if contacts.added_by else None,
        "email_entered_by": str(contacts.email_entered_by) if contacts.email_entered_by else None,
        "introductions": [{"by": str(by), "at": at.isoformat()} for by, at in contacts.introductions],
    }


# Signing in


def hash_of_code(key: bytes, request_id: UUID, code: str) -> bytes:
    """A code is kept only as this: useless without the key, and different for each request."""
    return hmac.digest(key, request_id.bytes + code.encode(), hashlib.sha256)


def typed_code(text: str) -> str:
    """The digits of what someone typed: "123 456" is as good as "123456"."""
    return digits(text)


def code_runs_out_at(made_at: datetime) -> datetime:
    return made_at + timedelta(minutes=CODE_MINUTES)


def session_ends_at(began_at: datetime) -> datetime:
    return began_at + timedelta(hours=SESSION_HOURS)


@dataclass(frozen=True, slots=True)
class CodeAsked:
    """A code that somebody asked for. person_known is false where the address is nobody's: then no code is right."""

    expires_at: datetime
    tries: int
    used: bool
    person_known: bool


def reasons_not_to_sign_in(asked: CodeAsked, right: bool, now: datetime) -> list[Reason]:
    """A code works once, for 10 minutes, and for 5 tries. The answer is the same whether or not we know the address.

    tries counts the earlier ones; now is machine time.
    """
    if asked.used or asked.tries >= CODE_TRIES or now >= asked.expires_at:
        return reasons_code_ran_out()
    if not right or not asked.person_known:
        return [Reason("SIGN-IN", "That is not the code we sent. Check the newest email from us and try again.", field="code")]
    return []


def reasons_code_ran_out() -> list[Reason]:
    """Used, too old, tried too often, or mailed to an address that has changed since."""
    return [Reason("SIGN-IN", "This code has run out. Ask for a new one.", field="code")]


def session_lasts(expires_at: datetime, ended_at: datetime | None, now: datetime) -> bool:
    """Whether a session may still be renewed: not signed out of, and begun less than 12 hours ago. now is machine time."""
    return ended_at is None and now < expires_at


# Joining


def email_key(email: str) -> str:
    """Two spellings of one address that differ only in case are one address."""
    return email.strip().lower()


def same_address(one: str | None, other: str | None) -> bool:
    """Whether a code that was mailed to the one proves the other. No address is the same as none."""
    return bool(one and other) and email_key(str(one)) == email_key(str(other))


def reasons_against_email(email: str) -> list[Reason]:
    if not is_email(email):
        return [Reason("PEO-01", "Write an email address like name@example.org", field="email")]
    return []


def reasons_against_area(area: str, areas: Collection[str]) -> list[Reason]:
    """Blank is fine: nobody has to say where they live."""
    if area and area not in areas:
        return [Reason("PEO-01", f"Choose one of these areas: {', '.join(areas)}" if areas else "We have no areas yet: leave it blank", field="area")]
    return []


def reasons_not_to_join(joiner: Joiner, areas: Collection[str]) -> list[Reason]:
    """PEO-03: by oneself one joins at 18 or over. PRI-02: nobody joins without having agreed. The area may stay blank."""
    reasons = reasons_against_name(joiner.name) + reasons_against_email(joiner.email) + reasons_against_age(joiner.over_18)
    reasons += reasons_against_area(joiner.area, areas)
    if not joiner.agreed:
        reasons.append(Reason("PRI-02", "Tick the box if you agree. We need this before you can join", field="agreed"))
    return reasons


def reasons_against_age(over_18: bool | None) -> list[Reason]:
    """PEO-03: under-18s take part only with the agreements of the organisation's policy, so they ring us first."""
    if over_18 is None:
        return [Reason("PEO-03", "Tell us if you are 18 or over", field="over_18")]
    if not over_18:
        return [Reason("PEO-03", "You need to be 18 or over to join here by yourself. Please ring us: there may be another way", field="over_18")]
    return []


def reasons_not_to_keep_age(over_18: bool, *, asked_by_staff: bool, agreements_held: bool) -> list[Reason]:
    """PEO-03: who came in without an age is asked. Under 18, staff say that we hold the agreements of our policy; alone they ring us."""
    if over_18 or (asked_by_staff and agreements_held):
        return []
    if asked_by_staff:
        return [Reason("PEO-03", "Under 18, someone needs the agreements that our policy names. Tick the box when we hold them", field="agreements_held")]
    return [Reason("PEO-03", "Under 18, you can take part once we hold some agreements. Please ring us: we will help", field="over_18")]


def reasons_not_to_add(*, name: str, phone: str, area: str, areas: Collection[str], over_18: bool, agreements_held: bool, agreed: bool) -> list[Reason]:
    """PEO-02, PEO-03: staff add someone who has no email. Under 18 it needs the agreements that the organisation's policy names."""
    reasons = reasons_against_name(name) + reasons_against_phone(phone) + reasons_against_area(area, areas)
    if not over_18 and not agreements_held:
        reasons.append(
            Reason("PEO-03", "Under 18, someone needs the agreements that our policy names. Tick the box when we hold them", field="agreements_held")
        )
    if not agreed:
        reasons.append(Reason("PRI-02", "Ask the person if they agree, and tick the box when they do", field="agreed"))
    return reasons


# Choices


def reasons_not_to_answer(question: str, answer: Any, *, areas: Collection[str], has_email: bool) -> list[Reason]:
    """Why an answer about oneself cannot be kept. Yes or no always can; so can ticking nothing (NOT-03: that rules out nothing)."""
    if question == "name":
        return reasons_against_name(answer)
    if question == "known_as":
        return reasons_against_name(answer, "known_as") if answer else []
    if question == "phone":
        return reasons_against_phone(answer)
    if question == "area":
        return reasons_against_area(answer, areas)
    if question == "channels":
        return reasons_not_to_hear_by(answer, has_email)
    if question == "format":
        return _reasons_not_to_choose("format", [answer], FORMATS)
    if question == "ruled_out_areas":
        return _reasons_not_to_choose("ruled_out_areas", answer, areas)
    if question in CHOICES:
        chosen = [answer] if isinstance(answer, str) else answer
        return _reasons_not_to_choose(question, [each for each in chosen if each], CHOICES[question])
    return []


def _reasons_not_to_choose(field: str, chosen: Collection[str], offered: Collection[str]) -> list[Reason]:
    if not set(chosen) <= set(offered):
        return [Reason("PEO-01", f"Choose from: {', '.join(offered)}", field=field)]
    return []


def reasons_not_to_hear_by(channels: Collection[str], has_email: bool) -> list[Reason]:
    """NOT-01: everyone hears in at least one way that can reach them."""
    if not channels:
        return [Reason("NOT-01", "Choose at least one way for us to tell you things", field="channels")]
    if not set(channels) <= set(CHANNELS):
        return [Reason("NOT-01", "Choose from the list", field="channels")]
    if "email" in channels and not has_email:
        return [Reason("NOT-01", "We do not have an email address for you. Add one first, or choose another way", field="channels")]
    return []


def channels_for(has_email: bool) -> tuple[str, ...]:
    """NOT-01: how someone hears who has not chosen yet."""
    return ("email", "in-app") if has_email else ("in-app",)


def reasons_not_to_help(helper_id: UUID, person_id: UUID, roles: Collection[str]) -> list[Reason]:
    """PEO-02: participants are helped, by somebody else. roles: the helped person's; nobody steps into a colleague's shoes."""
    if helper_id == person_id:
        return [Reason("PEO-02", "This is you. You can change your own details under My details")]
    if set(roles) != {"participant"}:
        return [Reason("PEO-02", "They work here. Only participants can be helped in this way")]
    return []


def reasons_not_to_change_email(email: str, *, has_email: bool, helping: bool, of_another: bool = False) -> list[Reason]:
    """Whoever reads someone's email signs in as them: a helper may add a first address (PEO-02), never replace one. of_another: another record
    has it; asked only of who has shown that they read what is sent there."""
    reasons = reasons_against_email(email)
    if helping and has_email:
        reasons = [Reason("PEO-02", "Only they can change their email address, when they have signed in themselves", field="email")]
    if of_another:
        reasons.append(Reason("PEO-04", "We hold this address for another record of yours. Ask us to join the two", field="code"))
    return reasons


# Importing


def reasons_not_to_import(row: Mapping[str, Any], *, has_email: bool, areas: Collection[str]) -> list[Reason]:
    """Every answer must be one that the person could have given themselves. PEO-03: nobody under 18 joins by a list."""
    reasons = reasons_against_email(row["email"]) if row["email"] else []
    if not row["email"] and not row["phone"]:
        reasons.append(Reason("PEO-01", "Write an email address or a phone number, so that we can tell people apart", field="email"))
    for question, answer in row.items():
        reasons += reasons_not_to_answer(question, answer, areas=areas, has_email=has_email)
    reasons += reasons_not_to_give_roles(row["roles"], has_email=has_email, was_operator=False, other_operators=0)
    if row["over_18"] is False:
        reasons.append(Reason("PEO-03", "Add someone under 18 on the page for it, which asks for the agreements", field="over_18"))
    return reasons


def import_changes(row: Mapping[str, Any], filled: Collection[str], last: Mapping[str, Any] | None, now: Mapping[str, Any]) -> dict[str, Any]:
    """What an imported row changes of a person: only what differs from the row last imported for them.

    So what someone changed themselves since then is kept, and a file imported twice changes nothing. Someone who was never
    imported takes what the row says otherwise than we hold. A blank cell, like a column that the file has not (not in filled), says
    nothing and erases nothing: what is to go is taken away on the person's own page.
    """
    before = now if last is None else last
    return {field: row[field] for field in filled if before.get(field) != row[field] and now.get(field) != row[field]}


def imported_with(row: Mapping[str, Any], filled: Collection[str], last: Mapping[str, Any] | None) -> dict[str, Any]:
    """What to compare the next list with: what this row said, and what an earlier one said that this one leaves out."""
    return dict(row) if last is None else {**last, **{field: row[field] for field in filled}}
