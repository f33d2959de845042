"""What arrives over the network. The gateway has checked its form and its sender, and unsealed what was addressed to
us.

It is still another organisation's input: the ids in it are what that organisation wrote. Keep its own things under
`local_id`; an id of ours in it (the host's opportunity that a guest asks for) must be looked up, never trusted.
"""

from typing import Annotated
from uuid import UUID, uuid5

from pydantic import Field

from shared.events import feedback, listings, payments
from shared.events.base import Event, OrganisationName

_LOCAL = UUID("6f0d3f2a-8b9b-5c56-9a55-7a2f8d1f4c11")


def local_id(origin: str, their_id: UUID) -> UUID:
    """Our id for a thing of another organisation: always the same, and no other organisation can produce it."""
    return uuid5(_LOCAL, f"{origin}/{their_id}")


def organisation_id(name: str) -> UUID:
    """Stands for another organisation in places where a person's id is expected."""
    return uuid5(_LOCAL, name)


class OrganisationAnnounced(Event):
    """An organisation says what it is called, where it is, and which keys are its own. Its gateway publishes it, and
    hears the others'."""

    owner, name, aggregate = "network", "organisation-announced", "organisation_id"
    organisation_id: UUID
    origin: OrganisationName
    display_name: Annotated[str, Field(min_length=1, max_length=150)]
    url: Annotated[str, Field(max_length=300, pattern=r"^https?://[^\s<>\"']+$")]
    fingerprint: str = ""
    """Of its keys, to compare by telephone; "" if our gateway is older."""
    signs: bool | None = None
    """Whether it says that it signs what it shares; None if our gateway is older."""


class OrganisationRemoved(Event):
    """The hub's operator took an organisation out of the network: what it shared is no longer open."""

    owner, name, aggregate = "network", "organisation-removed", "organisation_id"
    organisation_id: UUID
    removed: OrganisationName


class OpportunityShared(listings.OpportunityShared):
    owner, name = "network", "opportunity-shared"
    origin: OrganisationName
    signed: bool | None = None
    """Whether its origin signed it; if not, the hub could have written it. None: our gateway was older and did not
    look."""


class OpportunityWithdrawn(listings.OpportunityWithdrawn):
    owner, name = "network", "opportunity-withdrawn"
    origin: OrganisationName


class GuestRequested(listings.GuestRequested):
    owner, name = "network", "guest-requested"
    origin: OrganisationName


class GuestAccepted(listings.GuestAccepted):
    owner, name = "network", "guest-accepted"
    origin: OrganisationName


class GuestLeft(listings.GuestLeft):
    owner, name = "network", "guest-left"
    origin: OrganisationName


class GuestAnswered(listings.GuestAnswered):
    owner, name = "network", "guest-answered"
    origin: OrganisationName


class GuestAttended(listings.GuestAttended):
    owner, name = "network", "guest-attended"
    origin: OrganisationName


class RechargeRaised(payments.RechargeRaised):
    owner, name = "network", "recharge-raised"
    origin: OrganisationName


class RechargeAnswered(payments.RechargeAnswered):
    owner, name = "network", "recharge-answered"
    origin: OrganisationName


class StatementIssued(payments.StatementIssued):
    owner, name = "network", "statement-issued"
    origin: OrganisationName


class StatementAnswered(payments.StatementAnswered):
    owner, name = "network", "statement-answered"
    origin: OrganisationName


class GuestFeedbackGiven(feedback.GuestFeedbackGiven):
    owner, name = "network", "guest-feedback-given"
    origin: OrganisationName


class GuestFeedbackAnswered(feedback.GuestFeedbackAnswered):
    owner, name = "network", "guest-feedback-answered"
    origin: OrganisationName
