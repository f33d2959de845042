"""Who has a safeguarding concern, who reads it once it has ended, and who never does (FB-09)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.reasons import Reason

Part = Literal["lead", "deputy"]
PARTS: tuple[Part, ...] = ("lead", "deputy")
STANDS_IN: tuple[str, ...] = ("administrator", "coordinator", "approver")
"""The roles that stand in, in this order, if lead and deputy may not see a concern or are not there."""
WORKS_HERE = frozenset({"coordinator", "approver", "finance", "operator", "administrator"})
IN_WORDS: dict[str, str] = {
    "administrator": "the administrators",
    "coordinator": "the coordinators",
    "approver": "the approvers",
    "finance": "the people in finance",
    "operator": "the operators",
}
"""Those with each role, in the order in which they are asked about."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """Someone who works here, or did. paused: they have paused everything. had: roles that they had once, and may have
    again."""

    person_id: UUID
    roles: frozenset[str]
    paused: bool = False
    had: frozenset[str] = frozenset()

    @property
    def ever(self) -> frozenset[str]:
        return self.roles | self.had

    @property
    def present(self) -> bool:
        return not self.paused and bool(self.roles & WORKS_HERE)


@dataclass(frozen=True, slots=True)
class Named:
    """The people who were named. None: nobody yet."""

    lead: UUID | None = None
    deputy: UUID | None = None

    @property
    def both(self) -> tuple[UUID, ...]:
        return tuple(each for each in (self.lead, self.deputy) if each is not None)


@dataclass(frozen=True, slots=True)
class Told:
    """Who has a concern: people first, then the deputy."""

    people: tuple[UUID, ...] = ()
    deputy: UUID | None = None

    @property
    def everyone(self) -> tuple[UUID, ...]:
        return (*self.people, self.deputy) if self.deputy else self.people


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides who has a concern.

    about: whom it is about. giver: who wrote the feedback. about_too: whom other concerns are about that were raised
    from the same thing: they do not get this one, for it comes with what was written there. about_roles: it is about
    somebody with one of these roles, so nobody who has one stands in. given: everybody who was given it; None while it
    is new. told: who has it now."""

    about: Collection[UUID] = ()
    giver: UUID | None = None
    about_too: Collection[UUID] = ()
    about_roles: Collection[str] = ()
    given: tuple[UUID, ...] | None = None
    told: Told = Told()


def who_is_told(named: Named, colleagues: Sequence[Colleague], concern: Standing, *, run_out: bool) -> Told:
    """FB-09: a new concern goes to the lead and the deputy; never to anyone whom it is about, nor its giver. If only
    one of the two is left, they have it alone; if neither, the administrators; without any, the coordinators; without
    any, the approvers.

    Naming others changes nothing about a concern of before: those who have it keep it while they are here. Who was
    given it comes back to it as lead or deputy alone; who was away when it came does not, however they come back. If
    nobody is left who was given it, those who stand in have it.

    run_out: its hours have just run out, or had while lead and deputy both had it. If there is no deputy to have it
    now, the next who stand in have it too; and so they do if all who have it may not read what it was raised from
    (about_too)."""
    free = _free(colleagues, concern)
    may_begin = [each for each in free if each.person_id not in concern.about_too]
    if concern.given is None:
        return _of_a_new_one(named, may_begin, concern, run_out=run_out)
    had = _who_had_it(named, {each.person_id for each in free}, concern.given, concern.told.everyone)
    told = _with_deputy(had, named, concern.told)
    if set(had) - set(concern.about_too) and not (run_out and told.deputy is None):
        return told
    if had:
        ranks = _who_stand_in(may_begin, concern, but={*had, *named.both})
    else:
        ranks = _who_stand_in(may_begin, concern) or [_here(named, may_begin)]
    return _with_deputy((*had, *next(iter(ranks), ())), named, concern.told)


def reaches_the_next(told: Told, *, runs_out: bool, had_run_out: bool, is_taken: bool) -> bool:
    """FB-09: run_out of `who_is_told`. told: who had it until now."""
    return runs_out or (had_run_out and not is_taken and told.deputy is not None)


def everybody_given(concern: Standing, told: Told) -> tuple[UUID, ...]:
    """FB-09: everybody who was given it, once these have it. A lead or deputy who was away when it came is none: it may
    be about them, and whoever raised it read that others have it."""
    return tuple(dict.fromkeys((*(concern.given or ()), *told.everyone)))


def begins_anew(before: Told, now: Told, taken_by: UUID | None) -> bool:
    """FB-09: whether it needs a new clock, because whoever had it, or had it in hand, has it no more."""
    if not now.everyone:
        return False
    return not {*before.everyone} & {*now.everyone} or (taken_by is not None and taken_by not in now.everyone)


def who_reads_what_ended(named: Named, colleagues: Sequence[Colleague], concern: Standing) -> tuple[UUID, ...]:
    """FB-09: of those who had it, who is lead or deputy today; if nobody is, all of them who are here; if nobody is
    left, those who stand in. A lead named later reads it when one of these has handed it over."""
    free = _free(colleagues, concern)
    here = {each.person_id for each in free}
    had = tuple(each for each in concern.given or () if each in here)
    ranks = [tuple(each for each in had if each in named.both), had, *_who_stand_in(free, concern), _here(named, free)]
    return next((rank for rank in ranks if rank), ())


def may_be_handed_to(
    named: Named, colleagues: Sequence[Colleague], concern: Standing, readers: Collection[UUID]
) -> tuple[UUID, ...]:
    """FB-09: the lead and deputy of today who do not have it and may."""
    free = [each for each in _free(colleagues, concern) if each.person_id not in concern.about_too]
    return tuple(each for each in _here(named, free) if each not in readers)


def reasons_not_to_hand_over(to: Collection[UUID], *, may_be: Collection[UUID], not_about_them: bool) -> list[Reason]:
    """FB-09: whoever has a concern hands it to the lead or deputy of today, and says that it is not about them."""
    if not to or not set(to) <= set(may_be):
        return [Reason("FB-09", "Choose to whom you hand it over.", "to")]
    if not not_about_them:
        return [Reason("FB-09", "Say that it is about nobody whom you chose. If it is, tick them above.", "not_about")]
    return []


def given_after_handing_over(
    named: Named, concern: Standing, *, by: UUID, to: Sequence[UUID], taken_by: UUID | None
) -> tuple[UUID, ...]:
    """FB-09: once it is handed over, the lead and deputy of today keep it, and whoever has it in hand. Others give it
    up: as few as can read it."""
    keep = {*named.both, *([taken_by] if taken_by not in (None, by) else [])}
    return tuple(dict.fromkeys((*(each for each in concern.given or () if each in keep), *to)))


def may_be_about(
    named: Named, colleagues: Iterable[Colleague], given: Collection[UUID] = (), about: Collection[UUID] = ()
) -> frozenset[UUID]:
    """FB-09: everybody who may be ticked: who works here or did, because a role that was taken away may come back; the
    lead and the deputy; and whoever was given it."""
    return frozenset((*(each.person_id for each in colleagues if each.ever & WORKS_HERE), *named.both, *given, *about))


def reasons_not_to_say_whom_it_is_about(
    people: Collection[UUID], *, about: Collection[UUID], may_be: Collection[UUID]
) -> list[Reason]:
    """FB-09: some of those whom it may be about, beside those who were ticked before. Nobody is taken off again."""
    if not set(people) - set(about) or not set(people) <= set(may_be):
        return [Reason("FB-09", "Tick whom it is about: somebody who works here, or did.", "about")]
    return []


def who_gets_it(named: Named, colleagues: Sequence[Colleague]) -> str:
    """FB-09: who would have a new concern that is about nobody here, in words; "" if nobody would."""
    return who_would_read(named, colleagues).at_once


@dataclass(frozen=True, slots=True)
class Readers:
    """Who would have a new concern, in words: at once, and once its hours have run out; "" for nobody."""

    at_once: str
    later: str = ""


def who_would_read(named: Named, colleagues: Sequence[Colleague], about: Collection[UUID] = ()) -> Readers:
    """FB-09: who would have a new concern that is about these people."""
    concern = Standing(about=about)
    first = who_is_told(named, colleagues, concern, run_out=False)
    more = set(who_is_told(named, colleagues, concern, run_out=True).everyone) - {*first.everyone}
    if first.deputy is not None:
        return Readers("the safeguarding lead and deputy")
    if first.people and first.people[0] in named.both:
        part = "lead" if first.people[0] == named.lead else "deputy"
        return Readers(f"the safeguarding {part}", _role_of(more, colleagues))
    return Readers(_role_of(first.people, colleagues), _role_of(more, colleagues))


def why_others_stand_in(named: Named, colleagues: Sequence[Colleague], about: Collection[UUID]) -> str:
    """FB-09: why neither lead nor deputy would have it, in words."""
    here = {each.person_id for each in colleagues if each.present} & {*named.both}
    if not here & {*about}:
        return "the people who look after safety here are away, or not chosen yet"
    if len(here) == len(PARTS):
        return "you ticked both people who look after safety here"
    return "you ticked one of the people who look after safety here. The other one is away, or not chosen yet"


def _role_of(people: Collection[UUID], colleagues: Sequence[Colleague]) -> str:
    """What those who stand in are called; "" for nobody."""
    roles = {each.person_id: each.roles for each in colleagues}
    return next((IN_WORDS[role] for role in STANDS_IN if people and all(role in roles[each] for each in people)), "")


def about_with_roles(
    named: Named, colleagues: Sequence[Colleague], about: Collection[UUID], roles: Collection[str]
) -> frozenset[UUID]:
    """FB-09: whom it must not reach, if it may be about anybody who has or had these roles: visitors are told nobody's
    name."""
    any_of = {each.person_id for each in colleagues if each.ever & {*roles} and each.person_id not in named.both}
    return frozenset(about) | any_of


def roles_asked_about(colleagues: Sequence[Colleague]) -> list[str]:
    """FB-09: of whom somebody who does not work here is asked by their role: everybody who works here or did. Any of
    them may stand in one day, as long as it is open, though they are away or without that role now."""
    return [role for role in IN_WORDS if any(role in each.ever for each in colleagues)]


def reasons_to_ask_whom_it_is_about(shown: Readers, readers: Readers) -> list[Reason]:
    """FB-09: because of whom they ticked, others read it than the page said: they are asked whether it is about one of
    these, too, before it is sent. shown: what the page said."""
    if readers == shown:
        return []
    if not readers.at_once:
        words = "Then nobody is left here who may read it. Please ring the council’s safeguarding team today: “Help "
        return [Reason("FB-09", words + "now” says how. You can write to us too: send it again.", "about", asks=True)]
    later = f" If they do not have it in hand in time, {readers.later} read it too." if readers.later else ""
    one = "reads" if readers.at_once.endswith((" lead", "safeguarding deputy")) else "read"
    words = f"Then {readers.at_once} {one} it.{later} Is it about one of them as well? Tick them. Then send it again."
    return [Reason("FB-09", words, "about", asks=True)]


def sees_concern(person_id: UUID, told: Collection[UUID], *, about: Collection[UUID], giver: UUID | None) -> bool:
    """FB-09: only people who were told of it; never anyone whom it is about, nor its giver."""
    return person_id in told and person_id not in about and person_id != giver


def who_may_answer(colleagues: Iterable[Colleague], blocked: Collection[UUID | None]) -> list[UUID]:
    """FB-09: who may answer feedback that came back, for it was no concern: nobody whom it is about, nor its giver."""
    able = [each for each in colleagues if each.present and each.roles & {"coordinator", "approver"}]
    return [each.person_id for each in able if each.person_id not in blocked]


def _free(colleagues: Sequence[Colleague], concern: Standing) -> list[Colleague]:
    return [
        each
        for each in colleagues
        if each.present and each.person_id not in concern.about and each.person_id != concern.giver
    ]


def _here(named: Named, free: Sequence[Colleague]) -> tuple[UUID, ...]:
    ids = {each.person_id for each in free}
    return tuple(each for each in named.both if each in ids)


def _of_a_new_one(named: Named, free: Sequence[Colleague], concern: Standing, *, run_out: bool) -> Told:
    first = _here(named, free)
    if len(first) == len(PARTS):
        return Told(first[:1], first[1])
    ranks = [*([first] if first else []), *_who_stand_in(free, concern, but=first)]
    return Told(tuple(person for rank in ranks[: 2 if run_out else 1] for person in rank))


def _who_had_it(
    named: Named, here: Collection[UUID], given: Sequence[UUID], told: Collection[UUID]
) -> tuple[UUID, ...]:
    """Who has it still, and lead or deputy who came back; if nobody is left, whoever was given it and came back."""
    had = [each for each in given if each in here]
    return tuple(each for each in had if each in told or each in named.both) or tuple(had)


def _with_deputy(people: Sequence[UUID], named: Named, before: Told) -> Told:
    """The deputy of today, or who has it as deputy, apart from the others."""
    held = [each for each in (named.deputy, before.deputy) if each in people] if len(people) > 1 else []
    return Told(tuple(each for each in people if each not in held[:1]), held[0] if held else None)


def _who_stand_in(
    free: Sequence[Colleague], concern: Standing, *, but: Collection[UUID] = ()
) -> list[tuple[UUID, ...]]:
    """By role, in order; nobody twice, no empty rank."""
    may = [each for each in free if not each.roles & {*concern.about_roles}]
    seen, ranks = set(but), list[tuple[UUID, ...]]()
    for role in STANDS_IN:
        rank = tuple(sorted(each.person_id for each in may if role in each.roles and each.person_id not in seen))
        seen |= set(rank)
        ranks += [rank] if rank else []
    return ranks
