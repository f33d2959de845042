"""Published by `people`. Consumers fetch a card for what they may know of the person; it never stands here."""

from uuid import UUID

from shared.events.base import Event


class PersonRegistered(Event):
    owner, name, aggregate = "people", "person-registered", "person_id"
    person_id: UUID
    roles: tuple[str, ...]


class PersonChanged(Event):
    owner, name, aggregate = "people", "person-changed", "person_id"
    person_id: UUID
    roles: tuple[str, ...]


class SessionEnded(Event):
    """Signed out, here or everywhere: every service refuses the session's tokens from now on."""

    owner, name, aggregate = "people", "session-ended", "session_id"
    session_id: UUID
    person_id: UUID
