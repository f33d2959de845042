"""Ending (FB-02, FB-05), and what the giver may still do (FB-02, FB-07)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from services.feedback.domain.facts import ANSWERERS, ANSWERS, LONGEST_ANSWER, LONGEST_NAME, LONGEST_WORDS, Ending, Item
from shared.reasons import Reason

_ALREADY_ENDED = Reason("FB-02", "This has already ended. Look at it again before you do more.")
_HOST_ANSWERS = Reason(
    "FB-02",
    "The organisation that ran this was asked to answer it. To answer it yourselves, first say that you must answer "
    "it.",
)
_OWN = Reason("FB-02", "You gave this feedback yourself. Someone else must deal with it.")


def reasons_not_to_answer(
    items: Sequence[Item], ending: str, text: str, *, by: UUID, roles: Collection[str], reviewer_role: str
) -> list[Reason]:
    """FB-02, FB-05, FB-07: why this person's answer may not close these items, all of them or none."""
    reasons = _reasons_about_the_answer(ending, text)
    if not items:
        reasons.append(Reason("FB-05", "Choose at least one piece of feedback to answer.", "items"))
    if any(not item.waiting for item in items):
        reasons.append(
            Reason("FB-02", "Someone has already answered or ended this. Look at it again before you do more.")
        )
    if len({item.waiting_for for item in items}) > 1:
        reasons.append(
            Reason(
                "FB-05",
                "One answer can only close feedback that waits for the same people. Answer the others apart.",
                "items",
            )
        )
    if any(item.waiting and item.with_host for item in items):
        reasons.append(_HOST_ANSWERS)
    for item in items:
        reasons += reasons_it_is_not_theirs(item, by=by, roles=roles, reviewer_role=reviewer_role)
    return _once_each(reasons)


def reasons_it_is_not_theirs(item: Item, *, by: UUID, roles: Collection[str], reviewer_role: str) -> list[Reason]:
    """FB-02, FB-07: why this person must not be the one to answer it, whatever they write."""
    own = [Reason("FB-02", "You gave this feedback yourself. Someone else must answer it.")]
    return (own if item.giver_id == by else []) + reasons_not_to_review(
        item, by=by, roles=roles, reviewer_role=reviewer_role
    )


def _reasons_about_the_answer(ending: str, text: str) -> list[Reason]:
    if ending not in ANSWERS:
        return [Reason("FB-02", "Choose how you answer: we did, we did not, or thank you.", "ending")]
    if not text.strip():
        wanted = {
            "used": "Write what changed.",
            "not-used": "Write why we did not do it.",
            "thanked": "Write a few words of thanks.",
        }[ending]
        return [Reason("FB-02", wanted, "text")]
    if len(text) > LONGEST_ANSWER:
        return [Reason("FB-02", f"Use {LONGEST_ANSWER:,} characters or fewer.", "text")]
    return []


def reasons_not_to_review(item: Item, *, by: UUID, roles: Collection[str], reviewer_role: str) -> list[Reason]:
    """FB-07: reopened feedback is answered by the reviewer role, and not by someone who answered it before."""
    if not item.reopened:
        return []
    if (item.reviewer_role or reviewer_role) not in roles:
        return [Reason("FB-07", "The giver said that our answer did not answer it. Our reviewer must look at it now.")]
    if by in item.answered_by:
        return [Reason("FB-07", "You wrote the first answer. Another reviewer must look at it now.")]
    return []


def role_that_reviews(
    configured: str, colleagues: Iterable[tuple[UUID, Collection[str]]], *, but: Collection[UUID]
) -> str:
    """FB-07: the role that looks again: the configured one. If everybody with it has answered before, the other
    answering role, so that a small team still has a reviewer. colleagues: who works here, with their roles; but: who
    may not."""
    held = [roles for person, roles in colleagues if person not in but]
    return next(
        (role for role in (configured, "approver", "coordinator") if any(role in roles for roles in held)), configured
    )


def reasons_not_to_join(item: Item, target: Item | None, *, by: UUID) -> list[Reason]:
    """FB-02: it may be joined to an item that has an answer or still waits for one. target is None if there is no such
    item."""
    if not item.waiting:
        return [_ALREADY_ENDED]
    if item.with_host:
        return [_HOST_ANSWERS]
    if item.reopened:
        return [Reason("FB-07", "Its giver asked for another look. Our reviewer must answer it by itself.")]
    if item.giver_id == by:
        return [_OWN]
    if target is None or target.id == item.id or not (target.waiting or target.ending in ANSWERS):
        return [Reason("FB-02", "Choose another piece of feedback that has an answer or waits for one.", "target")]
    return []


def reasons_not_to_call_theme(name: str) -> list[Reason]:
    """FB-05: themes have short names."""
    return (
        [Reason("FB-05", f"Use {LONGEST_NAME} characters or fewer for the theme.", "theme")]
        if len(name) > LONGEST_NAME
        else []
    )


def reasons_not_to_call_spam(item: Item, reason: str, *, by: UUID) -> list[Reason]:
    """FB-02: spam ends with a reason that its giver can read. Disliking what it says is no reason (FB-01)."""
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
    """FB-02: while it waits, somebody else can be named to answer it; the clock keeps running (FB-03)."""
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
    """FB-02: whether the items joined to one that ended so are answered too; if not, each waits
    again for an answer of its own."""
    return ending in ANSWERS


# The giver (FB-02, FB-07)


def reasons_not_to_withdraw(item: Item) -> list[Reason]:
    """FB-02: a giver may withdraw what has not ended."""
    if item.ending == "withdrawn":
        return [Reason("FB-02", "You have already taken this back.")]
    if not item.waiting:
        return [Reason("FB-02", "This has already ended. You can still take it off our board.")]
    return []


def reasons_not_to_say_it_does_not_answer(item: Item, why: str = "") -> list[Reason]:
    """FB-07: once, and only against an ending that we chose. The item that speaks for a joined one answers it."""
    if item.reopened:
        return [Reason("FB-07", "You have asked us once to look again. You can always send new feedback.")]
    if item.ending not in (*ANSWERS, "joined", "spam"):
        return [Reason("FB-07", "There is no answer to this yet.")]
    if len(why) > LONGEST_WORDS:
        return [Reason("FB-07", f"Use {LONGEST_WORDS:,} characters or fewer.", "why")]
    return []


# Past feedback, from a file


PAST_SAID_OTHERWISE = Reason(
    "FB-02", "This reference was imported before, and said something else. Past feedback is not changed.", "reference"
)


def reasons_not_to_take_past(
    received_on: date, ending: str | None, answer: str, answered_on: date | None, *, today: date
) -> list[Reason]:
    """FB-02: answered feedback has its answer and the day of it; unanswered feedback has neither. No day is in the
    future."""
    reasons = []
    if received_on > today:
        reasons.append(Reason("FB-02", "This day has not come yet.", "received_on"))
    if ending is None:
        if answer or answered_on:
            reasons.append(
                Reason("FB-02", "There is an answer but no ending. Write used, not-used or thanked.", "ending")
            )
        return reasons
    reasons += [
        replace(reason, field="answer" if reason.field == "text" else reason.field)
        for reason in _reasons_about_the_answer(ending, answer)
    ]
    if answered_on is None:
        reasons.append(Reason("FB-02", "Write the day of the answer.", "answered_on"))
    elif not received_on <= answered_on <= today:
        reasons.append(
            Reason("FB-02", "The day of the answer lies between the day it was received and today.", "answered_on")
        )
    return reasons


def _once_each(reasons: Iterable[Reason]) -> list[Reason]:
    return list(dict.fromkeys(reasons))
