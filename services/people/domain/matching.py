"""Which rows of a list are somebody we hold, or in it twice (PEO-04). We ask about near matches, and never join or
duplicate people silently."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from rapidfuzz import fuzz

from services.people.domain.contacts import name_key, name_words, phone_key
from shared.reasons import Reason

NEARLY_THE_SAME = 80
"""Out of 100. Two names this alike with the same number are asked about, whatever their words."""
_ASK = "In the column “same person”, write yes if it is them and no if it is somebody else."
Id = TypeVar("Id")


@dataclass(frozen=True, slots=True)
class Told:
    """Who a row of a list, or a form, is about. same: the answer in the column "same person".

    From the page: is_person, the near match that it is; not_these, the near matches that it is not; apart, the earlier
    rows that are somebody else."""

    name: str
    email: str
    phone: str
    same: bool | None = None
    known_as: str = ""
    is_person: UUID | None = None
    not_these: frozenset[UUID] = frozenset()
    apart: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Held(Generic[Id]):
    """Somebody we hold, or an earlier row. Includes what they were last imported with. phones holds keys."""

    id: Id
    emails: frozenset[str]
    names: frozenset[str]
    phones: frozenset[str]
    known_as: frozenset[str] = frozenset()


def keys_of_name(name: str) -> set[str]:
    """The keys that find a name: as it is written, and with its words in any order."""
    return {name_key(name), " ".join(sorted(name_words(name)))} - {""}


def reasons_not_to_take_in(asked: int, answered: int) -> list[Reason]:
    """PEO-04: every near match in a list is answered first."""
    left = asked - answered
    return [Reason("PEO-04", f"Answer {'the one' if left == 1 else f'all {left}'} left first")] if left > 0 else []


ANSWER_GONE = Reason(
    "PEO-04", "We kept nothing: one of your answers is not on this page any more. Look again, then answer"
)
TOO_BIG_A_LIST = Reason("FILE", "This file is too big. Split it into smaller files", field="file")


def same_as_row(row: int) -> Reason:
    """Another row of the list is about the same person."""
    return Reason("PEO-04", f"This row and row {row} are about the same person. Keep one of them.", field="same_person")


def nearly_as_row(row: int) -> Reason:
    words = (
        f"This is nearly the same person as in row {row}. Keep one of the rows, or write no in the column “same "
        "person”."
    )
    return Reason("PEO-04", words, field="same_person")


class Index(Generic[Id]):
    """People by address, number and name, so that a list of thousands is looked through once."""

    def __init__(self, people: Iterable[Held[Id]] = ()) -> None:
        self.by_email: dict[str, list[Held[Id]]] = defaultdict(list)
        self.by_phone: dict[str, list[Held[Id]]] = defaultdict(list)
        self.by_name: dict[str, list[Held[Id]]] = defaultdict(list)
        for person in people:
            self.add(person)

    def add(self, person: Held[Id]) -> None:
        for key in person.emails - {""}:
            self.by_email[key].append(person)
        for key in person.phones - {""}:
            self.by_phone[key].append(person)
        for key in {key for name in person.names for key in keys_of_name(name)}:
            self.by_name[key].append(person)

    def exactly(self, told: Told) -> list[Held[Id]]:
        """Those with this number and exactly this name."""
        number, name = phone_key(told.phone), name_key(told.name)
        return [each for each in self.by_phone.get(number, ()) if name in map(name_key, each.names)] if number else []

    def near(self, told: Told) -> list[Held[Id]]:
        """Those who may be the same person: they share a number and part of the name, or they share the name and one of
        the two has no address."""
        number, mailed = phone_key(told.phone), bool(told.email)
        found = (
            [
                each
                for each in self.by_phone.get(number, ())
                if _alike(told, each, strictly=mailed and bool(each.emails))
            ]
            if number
            else []
        )
        for key in keys_of_name(told.name):
            found += [each for each in self.by_name.get(key, ()) if not (mailed and each.emails)]
        return list({each.id: each for each in found}.values())


def who_it_is(told: Told, held: Index[UUID]) -> tuple[UUID | None, list[Reason]]:
    """The person whom a row is about, None for somebody new; or the question to ask."""
    address = told.email.strip().lower()
    if address and (known := held.by_email.get(address)):
        return _of_address(told, known)
    exact = [each for each in held.exactly(told) if each.id not in told.not_these] if not address else []
    if len(exact) == 1 and told.same is not False:
        return exact[0].id, []
    near = [each for each in held.near(told) if each.id not in told.not_these]
    if told.is_person in [each.id for each in near]:
        return told.is_person, []
    if not near or told.same is False:
        return None, []
    if told.same and len(near) == 1:
        return near[0].id, []
    if len(near) == 1:
        return None, [
            Reason("PEO-04", f"Somebody we hold has nearly the same name and number. {_ASK}", field="same_person")
        ]
    words = (
        "Several people we hold have nearly the same name and number. Write no in the column “same person” if it "
        "is none of them"
    )
    return None, [Reason("PEO-04", f"{words}; else give their name and number as we hold them.", field="same_person")]


def _of_address(told: Told, known: Sequence[Held[UUID]]) -> tuple[UUID | None, list[Reason]]:
    """People in a household may share an address. If the name differs we ask, because otherwise a list could join two
    people into one, or change somebody's name."""
    if told.same is False:
        words = (
            "Somebody we hold has this email address, and only one person can sign in with it. Give another, or "
            "leave it blank."
        )
        return None, [Reason("PEO-04", words, field="email")]
    named = [each for each in known if name_key(told.name) in map(name_key, each.names)]
    if told.is_person in [each.id for each in known]:
        return told.is_person, []
    if len(named) == 1 or (told.same and len(known) == 1):
        return (named or known)[0].id, []
    words = (
        "Somebody we hold has this email address, under another name. In the column “same person”, write yes if "
        "it is them."
    )
    return None, [
        Reason(
            "PEO-04", f"{words} If it is somebody else, give another address or leave it blank.", field="same_person"
        )
    ]


def reasons_not_to_add_anew(near: Iterable[UUID], said_not_to_be: Iterable[UUID]) -> list[Reason]:
    """PEO-04: before staff add somebody, they say that it is none of the near matches we hold."""
    if set(near) <= set(said_not_to_be):
        return []
    return [Reason("PEO-04", "Choose the person, or say that it is none of these", field="which")]


class Repeated:
    """Rows of one list that are, or may be, about the same person as an earlier row. Rows answered "not the same
    person" are left out."""

    def __init__(self) -> None:
        self._index: Index[int] = Index()

    def among(self, list_: Sequence[tuple[int, Told]]) -> list[tuple[int, int]]:
        """(row, row further up) among the next rows of the list."""
        found: list[tuple[int, int]] = []
        for number, told in list_:
            alike = [each for each in self._index.near(told) if each.id not in told.apart]
            if told.same is not False and alike:
                found.append((number, alike[0].id))
            self._index.add(held_of(number, told))
        return found


def held_of(id: Id, told: Told) -> Held[Id]:
    emails, known_as = frozenset({told.email.strip().lower()} - {""}), frozenset({told.known_as} - {""})
    return Held(id, emails, frozenset({told.name}), frozenset({phone_key(told.phone)} - {""}), known_as)


def _alike(told: Told, held: Held[Id], *, strictly: bool) -> bool:
    """Whether two names may be one person's. strictly: they must be nearly the same; otherwise one shared word is
    enough (a nickname, an initial)."""
    ours, theirs = [told.name, *filter(None, [told.known_as])], [*held.names, *held.known_as]
    if any(
        fuzz.ratio(name_key(one), name_key(other)) >= NEARLY_THE_SAME or keys_of_name(one) & keys_of_name(other)
        for one in ours
        for other in theirs
    ):
        return True
    words = {word for other in theirs for word in name_words(other)}
    return not strictly and any(_same_word(word, other) for one in ours for word in name_words(one) for other in words)


def _same_word(one: str, other: str) -> bool:
    """An initial matches any word that begins with it."""
    return one == other or (min(len(one), len(other)) == 1 and one[:1] == other[:1])
