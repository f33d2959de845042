"""The rules of feedback: facts in, decisions out.

Every item ends, with an answer that its giver hears (FB-02, FB-04). Days are calendar days in London.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

from shared.reasons import Reason

About = Literal["opportunity", "provider", "funder", "us"]
Answerer = Literal["us", "provider", "funder"]
Answer = Literal["used", "not-used", "thanked"]
Ending = Literal["used", "not-used", "thanked", "joined", "withdrawn", "spam", "safeguarding"]
HearBy = Literal["email", "in-app", "none", "code"]

ABOUTS: tuple[About, ...] = get_args(About)
ANSWERERS: tuple[Answerer, ...] = get_args(Answerer)
ANSWERS: tuple[Answer, ...] = get_args(Answer)
ENDINGS: tuple[Ending, ...] = get_args(Ending)

LONGEST_WORDS = 5_000
LONGEST_NAME = 120
LONGEST_ANSWER = 3_000

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O, U, 0 and 1, which are misread or make words."""
CODE_LENGTH = 10

_EMAIL = re.compile(r"\S+@\S+\.\S+")
_PHONE = re.compile(r"\+?\d(?:[ \-()]*\d){8,}")
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Item:
    """What the rules need to know of a feedback item.

    ending is None while it waits. answered_by are the people who wrote its answers so far; joined_to is the item
    that speaks for it. may_show is the giver's consent to the public board.
    """

    id: UUID
    waiting_for: Answerer
    ending: Ending | None = None
    reopened: bool = False
    may_show: bool = False
    giver_id: UUID | None = None
    joined_to: UUID | None = None
    answered_by: frozenset[UUID] = frozenset()

    @property
    def waiting(self) -> bool:
        return self.ending is None


# Giving (FB-01, FB-04)


def answerer_of(about: About) -> Answerer:
    """FB-02: who must answer, from what the item is about. Our opportunities are ours to answer for."""
    return "provider" if about == "provider" else "funder" if about == "funder" else "us"


def has_a_name(about: About) -> bool:
    """Whether the giver must say which service, or which funder."""
    return about in ("provider", "funder")


def reasons_not_to_be_about(about: str, *, opportunity_known: bool) -> list[Reason]:
    """FB-01: about one of our opportunities, a service, those who fund services, or us."""
    if about not in ABOUTS:
        return [Reason("FB-01", "Choose what your feedback is about.", "about")]
    if about == "opportunity" and not opportunity_known:
        return [Reason("FB-01", "We cannot find that opportunity. Choose something else that this is about.", "about")]
    return []


def reasons_not_to_name(about: About, name: str) -> list[Reason]:
    """FB-01: the name of the service, or of those who fund it, where it is about one."""
    if has_a_name(about) and not name.strip():
        return [Reason("FB-01", "Enter the name of the service, or of those who fund it.", "name")]
    if len(name) > LONGEST_NAME:
        return [Reason("FB-01", f"Use {LONGEST_NAME} characters or fewer for the name.", "name")]
    return []


def reasons_not_to_accept_words(words: str) -> list[Reason]:
    """FB-01: good and bad alike: the only wrong answers are none, and one too long for the box."""
    if not words.strip():
        return [Reason("FB-01", "Write what you want to say.", "words")]
    if len(words) > LONGEST_WORDS:
        return [Reason("FB-01", f"Use {LONGEST_WORDS:,} characters or fewer. You can send us more than one.", "words")]
    return []


def reasons_not_to_hear_by(hear_by: str, *, anonymous: bool) -> list[Reason]:
    """FB-04: an anonymous giver has a code and nothing else; someone we know has no code."""
    if anonymous and hear_by != "code":
        return [Reason("FB-04", "If you stay anonymous we can only answer you by code.", "hear_by")]
    if not anonymous and hear_by not in ("email", "in-app", "none"):
        return [Reason("FB-04", "Choose how you want to hear what we did.", "hear_by")]
    return []


# A giver's browser holds one secret from the first question to the last page. Everything below is made from it, so that a
# form sent twice is one item, and a code can be shown once without ever having been kept.


def draft_key(secret: str) -> bytes:
    """How the answers so far are found again. The secret itself is kept nowhere."""
    return hashlib.sha256(b"draft:" + secret.encode()).digest()


def command_id(secret: str) -> UUID:
    """The idempotency key of sending the answers: sent twice, they are one item."""
    return UUID(bytes=hashlib.sha256(b"command:" + secret.encode()).digest()[:16])


def look_up_code(secret: str) -> str:
    """FB-04: the code of an anonymous giver. Ten characters of thirty: 5.9 * 10**14 codes."""
    number = int.from_bytes(hashlib.sha256(b"code:" + secret.encode()).digest())
    code = ""
    for _ in range(CODE_LENGTH):
        number, place = divmod(number, len(CODE_ALPHABET))
        code += CODE_ALPHABET[place]
    return code


def hash_of_code(code: str, organisation: str) -> bytes:
    """FB-04: how a code is kept. Slow on purpose (about 50 ms): whoever steals the hashes cannot try every code."""
    return hashlib.scrypt(code.encode(), salt=f"feedback:{organisation}".encode(), n=2**14, r=8, p=1, dklen=32)


def spoken_code(code: str) -> str:
    """ "ABCDE23456" -> "ABCDE-23456": easier to write down and to read out."""
    return f"{code[:5]}-{code[5:]}"


def tidy_code(typed: str) -> str | None:
    """FB-04: the code as we know it, whatever its case, spaces and hyphens; None if it can be no code."""
    code = re.sub(r"[\s\-]", "", typed).upper()
    return code if len(code) == CODE_LENGTH and set(code) <= set(CODE_ALPHABET) else None


# The clock (FB-03)


def due_on(from_day: date, days: int) -> date:
    """FB-03: the last day on which an answer is in time. days: calendar days."""
    return from_day + timedelta(days=days)


def is_overdue(due: date, today: date) -> bool:
    """FB-03: overdue from the day after the last one."""
    return today > due


def waiting_for_whom(waiting_for: Answerer, name: str, *, reviewer: str | None) -> str:
    """FB-02, FB-07: whom the item shows as "waiting for". name: of the provider or funder; reviewer: role, once reopened."""
    if reviewer is not None:
        return f"our {reviewer}, who is looking at it again"
    if waiting_for == "us":
        return "us"
    return name or ("the service" if waiting_for == "provider" else "those who fund the service")


# Ending (FB-02, FB-05)


def reasons_not_to_answer(items: Sequence[Item], ending: str, text: str, *, by: UUID, roles: Collection[str], reviewer_role: str) -> list[Reason]:
    """FB-02, FB-05, FB-07: why this person's answer may not close these items, all of them or none."""
    reasons = _reasons_about_the_answer(ending, text)
    if not items:
        reasons.append(Reason("FB-05", "Choose at least one piece of feedback to answer.", "items"))
    if any(not item.waiting for item in items):
        reasons.append(Reason("FB-02", "Someone has already answered or ended this. Look at it again before you do more."))
    if len({item.waiting_for for item in items}) > 1:
        reasons.append(Reason("FB-05", "One answer can only close feedback that waits for the same people. Answer the others apart.", "items"))
    if any(item.giver_id == by for item in items):
        reasons.append(Reason("FB-02", "You gave this feedback yourself. Someone else must answer it."))
    for item in items:
        reasons += reasons_not_to_review(item, by=by, roles=roles, reviewer_role=reviewer_role)
    return _once_each(reasons)


def _reasons_about_the_answer(ending: str, text: str) -> list[Reason]:
    if ending not in ANSWERS:
        return [Reason("FB-02", "Choose how you answer: we did, we did not, or thank you.", "ending")]
    if not text.strip():
        wanted = {"used": "Write what changed.", "not-used": "Write why we did not do it.", "thanked": "Write a few words of thanks."}[ending]
        return [Reason("FB-02", wanted, "text")]
    if len(text) > LONGEST_ANSWER:
        return [Reason("FB-02", f"Use {LONGEST_ANSWER:,} characters or fewer.", "text")]
    return []


def reasons_not_to_review(item: Item, *, by: UUID, roles: Collection[str], reviewer_role: str) -> list[Reason]:
    """FB-07: what was reopened is answered by the named reviewer role, and not by someone who answered before."""
    if not item.reopened:
        return []
    if reviewer_role not in roles:
        return [Reason("FB-07", "The giver said that our answer did not answer it. Our reviewer must look at it now.")]
    if by in item.answered_by:
        return [Reason("FB-07", "You wrote the first answer. Another reviewer must look at it now.")]
    return []


def reasons_not_to_join(item: Item, target: Item | None, *, by: UUID) -> list[Reason]:
    """FB-02: joined to one that has an answer, or is still waiting for one. target is None if there is no such item."""
    if not item.waiting:
        return [_ALREADY_ENDED]
    if item.reopened:
        return [Reason("FB-07", "Its giver asked for another look. Our reviewer must answer it by itself.")]
    if item.giver_id == by:
        return [_OWN]
    if target is None or target.id == item.id or not (target.waiting or target.ending in ANSWERS):
        return [Reason("FB-02", "Choose another piece of feedback that has an answer or waits for one.", "target")]
    return []


def reasons_not_to_call_spam(item: Item, reason: str, *, by: UUID) -> list[Reason]:
    """FB-02: spam ends with a reason that its giver can read. Not liking what it says is no reason (FB-01)."""
    if not item.waiting:
        return [_ALREADY_ENDED]
    if item.reopened:
        return [Reason("FB-07", "Its giver asked for another look. Our reviewer must answer it.")]
    if item.giver_id == by:
        return [_OWN]
    if not reason.strip():
        return [Reason("FB-02", "Write why this is spam. The person who sent it can read what you write.", "reason")]
    if len(reason) > LONGEST_ANSWER:
        return [Reason("FB-02", f"Use {LONGEST_ANSWER:,} characters or fewer.", "reason")]
    return []


def reasons_not_to_pass_on(item: Item, to: str, name: str) -> list[Reason]:
    """FB-02: another can be named as the one who must answer while it waits; the clock goes on (FB-03)."""
    if not item.waiting:
        return [_ALREADY_ENDED]
    if item.reopened:
        return [Reason("FB-07", "Its giver asked for another look. It waits for our reviewer.")]
    if to not in ANSWERERS:
        return [Reason("FB-02", "Choose who must answer this.", "to")]
    if to != "us" and not name.strip():
        return [Reason("FB-02", "Enter the name of the service, or of those who fund it.", "name")]
    if len(name) > LONGEST_NAME:
        return [Reason("FB-02", f"Use {LONGEST_NAME} characters or fewer for the name.", "name")]
    return []


def speaks_for_joined(ending: Ending) -> bool:
    """FB-02: whether items joined to one that ended so have heard their answer too; if not, they wait again by themselves."""
    return ending in ANSWERS


# The giver (FB-02, FB-07)


def reasons_not_to_withdraw(item: Item) -> list[Reason]:
    """FB-02: a giver may take back what has not ended."""
    if item.ending == "withdrawn":
        return [Reason("FB-02", "You have already taken this back.")]
    if not item.waiting:
        return [Reason("FB-02", "This has already ended. You can still take it off our board.")]
    return []


def reasons_not_to_say_it_does_not_answer(item: Item) -> list[Reason]:
    """FB-07: once, and only against an ending that we chose. What was joined is heard through the other's answer."""
    if item.reopened:
        return [Reason("FB-07", "You have asked us once to look again. You can always send new feedback.")]
    if item.ending not in (*ANSWERS, "joined", "spam"):
        return [Reason("FB-07", "There is no answer to this yet.")]
    return []


# The board (FB-06)


def shown_on_board(ending: Ending | None, *, may_show: bool, wording_checked: bool) -> bool:
    """FB-06: answered, with the giver's consent, in a wording that staff checked for personal details."""
    return ending in ANSWERS and may_show and wording_checked


def reasons_not_to_publish(said: str, text: str, *, headings: Iterable[str], checked: bool, anyone_agreed: bool, names: Iterable[str]) -> list[Reason]:
    """FB-06: why this wording may not go on the public board.

    said: what people told us; text: our answer; headings: what it is about, as its givers wrote it; names: of its givers.
    """
    if not anyone_agreed:
        return [Reason("FB-06", "Nobody who said this has agreed to it being shown. Leave the wording for the board empty.", "said")]
    reasons = []
    if not said.strip():
        reasons.append(Reason("FB-06", "Write what people told us, for the board.", "said"))
    if len(said) > LONGEST_ANSWER:
        reasons.append(Reason("FB-06", f"Use {LONGEST_ANSWER:,} characters or fewer.", "said"))
    names = tuple(names)
    for field, words in (("said", said), ("text", text)):
        found = personal_details_in(words, names)
        if found:
            reasons.append(Reason("FB-06", f"Take out {' and '.join(found)}. The board shows nothing about who someone is.", field))
    if any(personal_details_in(heading, names) for heading in headings):
        reasons.append(Reason("FB-06", "The name of what this is about shows who someone is. Open the feedback and correct the name first.", "said"))
    if not checked:
        reasons.append(Reason("FB-06", "Confirm that you have read the wording and that it shows nothing about who someone is.", "checked"))
    return reasons


def personal_details_in(text: str, names: Iterable[str]) -> list[str]:
    """FB-06: what kinds of personal detail a text surely holds. It cannot find all of them: a person confirms too.

    names: display names; a part of one counts from three letters up, as a whole word in the same case.
    """
    found = []
    if _EMAIL.search(text):
        found.append("the email address")
    if _PHONE.search(text):
        found.append("the phone number")
    if _POSTCODE.search(text):
        found.append("the postcode")
    parts = {part for name in names for part in re.findall(r"\w{3,}", name)}
    if any(re.search(rf"\b{re.escape(part)}\b", text) for part in parts):
        found.append("the person's name")
    return found


# Past feedback, from a file


def reasons_not_to_take_past(received_on: date, ending: str | None, answer: str, answered_on: date | None, *, today: date) -> list[Reason]:
    """FB-02: what was answered has its answer and the day of it; what was not has neither. No day lies ahead."""
    reasons = []
    if received_on > today:
        reasons.append(Reason("FB-02", "This day has not come yet.", "received_on"))
    if ending is None:
        if answer or answered_on:
            reasons.append(Reason("FB-02", "There is an answer but no ending. Write used, not-used or thanked.", "ending"))
        return reasons
    reasons += [replace(reason, field="answer" if reason.field == "text" else reason.field) for reason in _reasons_about_the_answer(ending, answer)]
    if answered_on is None:
        reasons.append(Reason("FB-02", "Write the day of the answer.", "answered_on"))
    elif not received_on <= answered_on <= today:
        reasons.append(Reason("FB-02", "The day of the answer lies between the day it was received and today.", "answered_on"))
    return reasons


# Safeguarding (FB-09)


def respond_by(raised_at: datetime, hours: int) -> datetime:
    """FB-09: by when the safeguarding lead must have it in hand. hours: on the clock, nights and weekends included."""
    return raised_at + timedelta(hours=hours)


def reasons_not_to_move_to_safeguarding(item: Item, why: str) -> list[Reason]:
    """FB-09: anything can be marked, ended or not, but what is there already, and what its giver took back."""
    if item.ending == "safeguarding":
        return [Reason("FB-09", "This is already with the safeguarding lead.")]
    if item.ending == "withdrawn":
        return [Reason("FB-09", "Its giver took this back and its words are gone. Ring the safeguarding lead.")]
    if not why.strip():
        return [Reason("FB-09", "Write what worries you, so that the safeguarding lead can act.", "why")]
    if len(why) > LONGEST_ANSWER:
        return [Reason("FB-09", f"Use {LONGEST_ANSWER:,} characters or fewer.", "why")]
    return []


@dataclass(frozen=True, slots=True)
class Viewer:
    """FB-09: who wants to see a concern, and whom the organisation named as lead and deputy."""

    person_id: UUID
    roles: Collection[str]
    leads: Collection[UUID]

    def sees(self, about: Collection[UUID], giver: UUID | None) -> bool:
        """Whether a concern about these people, in what that giver wrote, may be seen."""
        if self.person_id in about or self.person_id == giver:
            return False
        return self._is_one_of(set(self.leads) - set(about) - {giver})

    @property
    def deals_with_concerns(self) -> bool:
        return self._is_one_of(self.leads)

    def _is_one_of(self, leads: Collection[UUID]) -> bool:
        """The lead and deputy. Where none is named, or none is left, its coordinators, so that a concern is never nobody's."""
        return self.person_id in leads if leads else "coordinator" in self.roles


_ALREADY_ENDED = Reason("FB-02", "This has already ended. Look at it again before you do more.")
_OWN = Reason("FB-02", "You gave this feedback yourself. Someone else must deal with it.")


def _once_each(reasons: Iterable[Reason]) -> list[Reason]:
    return list(dict.fromkeys(reasons))
