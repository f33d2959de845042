"""The published language: what the services say to each other, independent of how it travels."""

from shared.events import feedback, listings, network, notifications, opportunities, payments, people
from shared.events.base import Event, ParticipantRef

_MODULES = (people, opportunities, listings, payments, feedback, notifications, network)

EVENTS: dict[str, type[Event]] = {
    event.subject(): event
    for module in _MODULES
    for event in vars(module).values()
    if isinstance(event, type) and issubclass(event, Event) and "name" in vars(event)
}
"""Every event by its subject, for example "payments.claim-paid.v1"."""

__all__ = ["EVENTS", "Event", "ParticipantRef"]
