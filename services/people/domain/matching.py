"""Who of a list is somebody we hold already, or stands in it twice (PEO-04). Near matches are asked about: never joined or doubled in silence."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from rapidfuzz import fuzz

from services.people.domain.contacts import name_key, phone_key
from shared.reasons import Reason

NEARLY_THE_SAME = 80
"""Of 100: from here on two names with one number are asked about."""
_ASK = "In the column “same person”, write yes if it is them and no if it is somebody else."


@dataclass(frozen=True, slots=True)
class Told:
    """What a row of a list says of who it is. same: what it answers where we asked."""

    name: str
    email: str
    phone: str
    same: bool | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody we hold; what they were last imported with counts as well."""

    id: UUID
    emails: frozenset[str]
    names: frozenset[str]
    phones: frozenset[str]


@dataclass(slots=True)
class Index:
    """People by address, number and name, so that a list of thousands is looked through once."""

    by_email: dict[str, list[Held]] = field(default_factory=lambda: defaultdict(list))
    by_phone: dict[str, list[Held]] = field(default_factory=lambda: defaultdict(list))
    by_name: dict[str, list[Held]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, people: Iterable[Held]) -> "Index":
        index = cls()
        for person in people:
            for book, keys in ((index.by_email, person.emails), (index.by_phone, person.phones), (index.by_name, person.names)):
                for key in keys - {""}:
                    book[key].append(person)
        return index


def who_it_is(told: Told, held: Index) -> tuple[UUID | None, list[Reason]]:
    """The person whom a row is about, None for somebody new; or why we have to ask."""
    address, number, name = told.email.strip().lower(), phone_key(told.phone), name_key(told.name)
    if address and (known := held.by_email.get(address)):
        return known[0].id, []
    on_number = held.by_phone.get(number, []) if number else []
    exact = [each for each in on_number if name in each.names] if not address else []
    if exact and told.same is not False:
        return exact[0].id, []
    near = [each for each in on_number if _nearly(name, each.names)] + (held.by_name.get(name, []) if not address else [])
    near = list({each.id: each for each in near}.values())
    if not near or told.same is False:
        return None, []
    if told.same and len(near) == 1:
        return near[0].id, []
    several = "Several people we hold have" if len(near) > 1 else "Somebody we hold has"
    return None, [Reason("PEO-04", f"{several} nearly the same name and number. {_ASK}", field="same_person")]


def repeated_in(list_: Sequence[tuple[int, Told]]) -> list[tuple[int, Reason]]:
    """(row, why) for rows that say somebody who stands further up, or nearly. Rows with two addresses are two people."""
    by_phone: dict[str, list[tuple[int, str, bool]]] = defaultdict(list)
    by_name: dict[str, list[int]] = defaultdict(list)
    found: list[tuple[int, Reason]] = []
    for number, told in list_:
        phone, name, has_email = phone_key(told.phone), name_key(told.name), bool(told.email)
        alike = [row for row, other, mailed in by_phone[phone] if phone and not (mailed and has_email) and _nearly(name, {other})]
        alike += by_name[name] if not has_email else []
        if alike and told.same is not False:
            words = f"This is nearly the same person as in row {alike[0]}. Keep one of the rows, or write no in the column “same person”."
            found.append((number, Reason("PEO-04", words, field="same_person")))
        by_phone[phone].append((number, name, has_email))
        if not has_email:
            by_name[name].append(number)
    return found


def _nearly(name: str, others: Iterable[str]) -> bool:
    return any(fuzz.ratio(name, other) >= NEARLY_THE_SAME for other in others)
