"""What we hold of a person, as the rules need it, and what we call them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.clock import london_date
from shared.text import number_of


@dataclass(frozen=True, slots=True)
class Contacts:
    """How somebody could be reached, and who entered it (PAY-10, PAY-13).

    phone_changes: when the number changed and what it was before, newest first. added_by: who added the person, if
    somebody else did. email_entered_by: who entered their first address, if somebody else did. introductions: everybody
    else who added them, or entered, changed or removed an address or a number, and when they last did."""

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
    """PEO-03: whether "Are you 18 or over?" was answered, or we hold the agreements for someone under 18."""
    post_changes: int = 0
    """How often their postal address has changed."""


def display_name(name: str, known_as: str) -> str:
    """The name someone goes by, where they gave one."""
    return known_as or name


def told_apart_by(person: Person) -> str:
    """Tells two people of one name apart where staff choose. It holds no contact details: reading those is written down
    (PRI-03)."""
    since = f"with us since {london_date(person.joined_at):%-d %B %Y}" if person.joined_at else ""
    whole = person.name if display_name(person.name, person.known_as) != person.name else ""
    return ", ".join(filter(None, [whole, person.area, since, f"our number {number_of(person.id)}"]))


def reached_by_message(person: Person) -> bool:
    """NOT-08: people with an address get mail and can sign in to read messages in the app. People without one are
    rung."""
    return bool(person.email)
