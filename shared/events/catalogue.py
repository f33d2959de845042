"""Every event there is."""

from shared.events import feedback, listings, network, notifications, opportunities, payments, people
from shared.events.base import Event

_MODULES = (people, opportunities, listings, payments, feedback, notifications, network)

EVENTS: dict[str, type[Event]] = {
    event.subject(): event
    for module in _MODULES
    for event in vars(module).values()
    if isinstance(event, type) and issubclass(event, Event) and "name" in vars(event)
}
"""Every event by its subject, for example "payments.claim-paid.v1"."""
