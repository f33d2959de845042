"""What each service may know of a person, and no more."""

from collections.abc import Collection
from typing import Any, Literal

from services.people.domain.people import Contacts, Person, display_name, reached_by_message, told_apart_by

CardReader = Literal["opportunities", "payments", "feedback", "notifications"]


KNOWN_NUMBER_DAYS = 30
"""For this many days after somebody else enters a number, that number is not used to ring about bank details
(PAY-13)."""
MOST_PHONE_CHANGES = 20
"""The most changes of one person's number that payments is told of."""


def card(reader: CardReader, person: Person) -> dict[str, Any]:
    """What one service may know of a person, and no more.

    Every service gets names for staff pages, and what tells two people of one name apart. Notifications also gets how
    and what to tell them. Opportunities and notifications learn whether messages reach them at all (NOT-08). Payments
    learns whom to ring about bank details, and who must not decide about this person's money (PAY-10, PAY-13)."""
    known = {"version": person.version, "name": display_name(person.name, person.known_as), "roles": list(person.roles)}
    known |= {"told_apart_by": told_apart_by(person)}
    if reader == "payments":
        return known | _contacts(person.contacts)
    if reader == "feedback":
        return known | {"paused": person.paused}  # FB-09: a safeguarding lead who is away
    if reader == "opportunities":
        return known | {
            "age_known": person.age_known,
            "reached_by_message": reached_by_message(person) and set(person.channels) != {"letter"},
            "by_letter": "letter" in person.channels,
        }  # PEO-03: never the answer itself
    if reader != "notifications":
        return known
    return known | {
        "ruled_out": {
            "kinds": list(person.ruled_out_kinds),
            "areas": list(person.ruled_out_areas),
            "times": list(person.ruled_out_times),
        },
        "area": person.area,
        "channels": list(person.channels),
        "discreet": person.discreet,
        "format": person.format,
        "opted_out": list(person.opted_out),
        "paused": person.paused,
        "reached_by_message": reached_by_message(person),
        "post_changes": person.post_changes,
    }


def works_here(roles: Collection[str]) -> bool:
    """FB-09: feedback learns the numbers of such people alone, so that colleagues can ring the safeguarding lead."""
    return bool(set(roles) - {"participant"})


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
