"""Safeguarding (FB-09): who sees a concern, who never does, and when somebody must have it in hand."""

import contextlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.feedback.domain.facts import LONGEST_ANSWER, Item
from shared.reasons import Reason

Part = Literal["lead", "deputy"]
Source = Literal["question", "need", "claim"]
"""What staff read outside feedback."""
PARTS: tuple[Part, ...] = ("lead", "deputy")
STANDS_IN: tuple[str, ...] = ("administrator", "coordinator", "approver")
"""The roles that stand in, in this order, if lead and deputy may not see a concern or are not there."""
SETTLED = Reason("FB-09", "This has been settled already. What was done stands below.")
WORKS_HERE = frozenset({"coordinator", "approver", "finance", "operator", "administrator"})


@dataclass(frozen=True, slots=True)
class Colleague:
    """Someone who works here, or did. paused: they have paused everything."""

    person_id: UUID
    roles: frozenset[str]
    paused: bool = False

    @property
    def present(self) -> bool:
        return not self.paused and bool(self.roles & WORKS_HERE)


@dataclass(frozen=True, slots=True)
class Named:
    """The people who were named. None: nobody yet."""

    lead: UUID | None = None
    deputy: UUID | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Who has a concern: people first, then the deputy."""

    people: tuple[UUID, ...] = ()
    deputy: UUID | None = None

    @property
    def everyone(self) -> tuple[UUID, ...]:
        return (*self.people, self.deputy) if self.deputy else self.people


def who_is_told(
    named: Named,
    colleagues: Sequence[Colleague],
    *,
    about: Collection[UUID],
    giver: UUID | None,
    run_out: bool,
    has_it: Sequence[UUID] = (),
    about_too: Collection[UUID] = (),
) -> Told:
    """FB-09: the lead and the deputy at once; never anyone whom it is about, nor its giver.

    If only one of the two is left, they have it alone, and once the hours have run out (run_out) those who stand in
    have it too. If neither is left, the administrators have it; without any, the coordinators; without any, the
    approvers. Once the hours have run out, the next of these have it too.

    has_it: who has it already. They keep it for as long as they are here, so that nobody takes a concern about
    themselves from them by naming others. about_too: whom other concerns are about that were raised from the same
    thing. They do not get this one, for it comes with what was written there."""
    free = [each for each in colleagues if each.present and each.person_id not in about and each.person_id != giver]
    ids = {each.person_id for each in free}
    may_read = [each for each in free if each.person_id not in about_too]
    lead, deputy = (
        person if person in ids and person not in about_too else None for person in (named.lead, named.deputy)
    )
    if lead is not None and deputy is not None:
        first = Told((lead,), deputy)
    else:
        one = [(only,) for only in (lead, deputy) if only is not None]
        ranks = [*one, *_who_stand_in(may_read, but={lead, deputy})]
        first = Told(tuple(person for rank in ranks[: 2 if run_out else 1] for person in rank))
    kept = [person for person in has_it if person in ids and person not in first.everyone]
    return Told((*first.people, *kept), first.deputy)


def who_gets_it(named: Named, colleagues: Sequence[Colleague]) -> str:
    """FB-09: who would have a new concern that is about nobody here, in words; "" if nobody would."""
    told = who_is_told(named, colleagues, about=(), giver=None, run_out=False)
    if told.deputy is not None:
        return "the safeguarding lead and deputy"
    if told.people and told.people[0] in (named.lead, named.deputy):
        return "the safeguarding lead" if told.people[0] == named.lead else "the safeguarding deputy"
    roles = {each.person_id: each.roles for each in colleagues}
    return next(
        (f"the {role}s" for role in STANDS_IN if told.people and all(role in roles[each] for each in told.people)), ""
    )


def _who_stand_in(free: Sequence[Colleague], *, but: Collection[UUID | None]) -> list[tuple[UUID, ...]]:
    """By role, in order; nobody twice, no empty rank."""
    seen, ranks = set(but), list[tuple[UUID, ...]]()
    for role in STANDS_IN:
        rank = tuple(sorted(each.person_id for each in free if role in each.roles and each.person_id not in seen))
        seen |= set(rank)
        ranks += [rank] if rank else []
    return ranks


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
    "999. Otherwise please ring us today, or the council’s safeguarding team.",
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


def sees_concern(person_id: UUID, told: Collection[UUID], *, about: Collection[UUID], giver: UUID | None) -> bool:
    """FB-09: only people who were told of it; never anyone whom it is about, nor its giver."""
    return person_id in told and person_id not in about and person_id != giver
