"""Safeguarding (FB-09): naming lead and deputy, raising a concern, having it in hand, and settling it."""

import contextlib
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.feedback.domain.facts import LONGEST_ANSWER, Item
from services.feedback.domain.who_reads import PARTS, Colleague, Named, Part
from shared.reasons import Reason

Source = Literal["question", "need", "claim"]
"""What staff read outside feedback."""
SETTLED = Reason("FB-09", "This has been settled already. What was done stands below.")


def newly_named(before: Named, now: Named) -> tuple[UUID, ...]:
    """FB-09: people who are lead or deputy now and were not before, so they must be told."""
    return tuple(
        person for part in PARTS if (person := getattr(now, part)) is not None and person != getattr(before, part)
    )


def named_no_longer(before: Named, now: Named) -> tuple[UUID, ...]:
    """FB-09: people who were lead or deputy and are neither now, so they must be told."""
    return tuple(
        person for person in (before.lead, before.deputy) if person is not None and person not in (now.lead, now.deputy)
    )


def parts_missing(named: Named, colleagues: Iterable[Colleague]) -> tuple[Part, ...]:
    """FB-09: which of the two is not named, has paused everything, or has left: administrators hear of it."""
    present = {each.person_id for each in colleagues if each.present}
    return tuple(part for part in PARTS if getattr(named, part) not in present)


def reasons_not_to_name_leads(lead: UUID | None, deputy: UUID | None, colleagues: Iterable[Colleague]) -> list[Reason]:
    """FB-09: two different people who work here and have not paused everything."""
    present = {each.person_id for each in colleagues if each.present}
    reasons = []
    if lead not in present:
        reasons.append(Reason("FB-09", "Choose the safeguarding lead: someone who works here now.", "lead"))
    if deputy not in present:
        reasons.append(Reason("FB-09", "Choose the deputy: someone who works here now.", "deputy"))
    elif deputy == lead:
        reasons.append(
            Reason(
                "FB-09",
                "Choose someone else as deputy. One of the two may be away, or a concern may be about them.",
                "deputy",
            )
        )
    return reasons


def respond_by(raised_at: datetime, hours: int) -> datetime:
    """FB-09: when the safeguarding lead must have it in hand. hours: on the clock, including nights and weekends."""
    return raised_at + timedelta(hours=hours)


def has_run_out(respond_by: datetime, taken_at: datetime | None, now: datetime) -> bool:
    """FB-09: its hours are over, and nobody has taken it in hand."""
    return taken_at is None and now > respond_by


def reasons_not_to_move_to_safeguarding(item: Item, why: str) -> list[Reason]:
    """FB-09: any item can be marked, ended or not, unless it is marked already or its giver withdrew it."""
    if item.ending == "safeguarding":
        return [Reason("FB-09", "This is already with those who look after safeguarding.")]
    if item.ending == "withdrawn":
        return [
            Reason("FB-09", "Its giver took this back and its words are gone. Ring those who look after safeguarding.")
        ]
    return reasons_not_to_tell_of_worry(why)


WORRIES_A_DAY = 10
"""As many as anybody tells of in a day; more would bury somebody else's. Whoever works here passes on more."""
TOO_MANY_WORRIES = Reason(
    "FB-09",
    "Many worries have come from you or from where you are, so this one was not sent. Is somebody in danger now? Ring "
    "999. Otherwise please ring us today, or the council’s safeguarding team: “Help now” says how.",
    "why",
)
NOT_SIGNED_IN_NOW = Reason(
    "FB-09",
    "You are not signed in any more, so nobody would know whom to ring. Say how we can reach you, or leave it empty, "
    "and send it again.",
    "reach",
)


def reasons_not_to_tell_of_worry(why: str, *, told_since_yesterday: int = 0) -> list[Reason]:
    """FB-09: anybody may tell of a worry, about anything. Only no words, words too long for the box, and far too many
    from one person are refused."""
    if told_since_yesterday >= WORRIES_A_DAY:
        return [TOO_MANY_WORRIES]
    if not why.strip():
        return [Reason("FB-09", "Write what worries you, so that somebody can act.", "why")]
    if len(why) > LONGEST_ANSWER:
        return [Reason("FB-09", f"Use {LONGEST_ANSWER:,} characters or fewer.", "why")]
    return []


_PAGES_THAT_STAFF_READ = re.compile(r"/(opportunities/staff|payments/approve)(/[0-9a-z-]{1,36}){1,3}")


def page_read(path: str) -> str:
    """FB-09: the path, if staff read there what others wrote to us; "" for any other, so that a concern links to
    nothing else."""
    return path if _PAGES_THAT_STAFF_READ.fullmatch(path) else ""


_SOURCES: Mapping[Source, re.Pattern[str]] = {
    "question": re.compile(r"/opportunities/staff/questions/([0-9a-f-]{36})(/show)?"),
    "need": re.compile(r"/opportunities/staff/[0-9a-f-]{36}/needs/([0-9a-f-]{36})"),
    "claim": re.compile(r"/payments/approve/([0-9a-f-]{36})"),
}


OWNERS: Mapping[Source, str] = {"question": "opportunities", "need": "opportunities", "claim": "payments"}
"""The service that sets each aside, and is asked for its words."""


def source_of(path: str) -> tuple[Source, UUID] | None:
    """FB-09: what staff read on this page, which its owner sets aside if they may open it; None for a page that shows
    more than one."""
    for source, page in _SOURCES.items():
        if (found := page.fullmatch(path)) is not None:
            with contextlib.suppress(ValueError):
                return (source, source_id) if str(source_id := UUID(found[1])) == found[1] else None
    return None


def readers_of(path: str) -> Literal["approver", "coordinator"]:
    """FB-09: the role that opens this page of what staff read."""
    return "approver" if path.startswith("/payments/") else "coordinator"


def reasons_not_to_take(
    person_id: UUID, *, holder: UUID | None, has_it: Collection[UUID | None], name: str
) -> list[Reason]:
    """FB-09: whoever has a concern in hand keeps it, and the other is told who. has_it: who may act on it now; a holder
    not among them has left it to the next. name: the holder's, as shown."""
    if holder in (None, person_id) or holder not in has_it:
        return []
    return [Reason("FB-09", f"{name} has it in hand already. Speak with them first: they may have begun.")]


def reasons_not_to_settle(note: str, *, settled: bool) -> list[Reason]:
    """FB-09: a concern ends once, with what was done."""
    if settled:
        return [SETTLED]
    if not note.strip():
        return [Reason("FB-09", "Write what was done, or why it is no concern.", "note")]
    if len(note) > LONGEST_ANSWER:
        return [Reason("FB-09", f"Use {LONGEST_ANSWER:,} characters or fewer.", "note")]
    return []
