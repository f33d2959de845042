"""Published by `people`. Never holds facts about a person: consumers fetch a card with what they may know."""

from typing import Literal
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
    """Signed out, here or everywhere: every service refuses the sign-in's tokens from now on."""

    owner, name, aggregate = "people", "session-ended", "session_id"
    session_id: UUID
    person_id: UUID


class RolesAsked(Event):
    """A change of somebody's roles waits for a second administrator. asked_by: None if only an imported list asks for
    it.

    give and take are names of roles.
    """

    owner, name, aggregate = "people", "roles-asked", "request_id"
    request_id: UUID
    person_id: UUID
    asked_by: UUID | None = None
    give: tuple[str, ...] = ()
    take: tuple[str, ...] = ()


class RolesAnswered(Event):
    """It was confirmed, and is in force from now on; or it was refused or taken back, and nothing changed."""

    owner, name, aggregate = "people", "roles-answered", "request_id"
    request_id: UUID
    person_id: UUID
    answer: Literal["confirmed", "refused", "taken-back"]
    answered_by: UUID
    asked_by: UUID | None = None
    give: tuple[str, ...] = ()
    take: tuple[str, ...] = ()


class SecondStepChanged(Event):
    """A person's second step changed, perhaps without their knowledge: they are told in every channel, and so are
    the administrators named.

    passkey-stopped: its counter fell, so there may be a copy of it. taken-away: by the operator, at the machine.
    guessed: many codes were tried in browsers where it was never given. recovery-code-used: whoever finds the sheet
    and reads their mail could sign in with one.
    """

    owner, name, aggregate = "people", "second-step-changed", "change_id"
    change_id: UUID
    person_id: UUID
    what: Literal[
        "passkey-added",
        "passkey-removed",
        "passkey-stopped",
        "taken-away",
        "guessed",
        "recovery-code-used",
        "recovery-codes-made",
    ]
    administrators: tuple[UUID, ...] = ()


class ContactEntered(Event):
    """Somebody else entered or changed how a person is reached whom no mail reached until then: they are told in the
    channel that they had before, and not in the new one (PAY-13). entered_by: who did; somebody else tells
    the person. Or the postal address of somebody who hears by letter has changed, whoever did that: by_phone is then
    false.

    post_changed: their postal address is another now. by_letter: they had one, and a letter to it tells them too."""

    owner, name, aggregate = "people", "contact-entered", "change_id"
    change_id: UUID
    person_id: UUID
    entered_by: UUID
    what: tuple[Literal["email", "phone"], ...]
    post_changed: bool = False
    by_letter: bool = False
    by_phone: bool = True
