"""What crosses, by class: the registry of events says it, so a new Crossing event needs nothing here."""

from shared.events import EVENTS, Event
from shared.events.base import Addressed, Crossing, Fact, Public

LEAVING: dict[str, type[Crossing]] = {
    subject: event
    for subject, event in EVENTS.items()
    if issubclass(event, Crossing) and event.owner != "network" and issubclass(event, (Public, Addressed))
}
"""By our own subject, for example "opportunities.opportunity-shared.v1"."""
BY_NAME: dict[str, type[Crossing]] = {event.name: event for event in LEAVING.values()}
"""By the name under which it crosses."""
ARRIVING: dict[str, type[Event]] = {event.name: event for event in EVENTS.values() if event.owner == "network"}
"""What it becomes here, by the same name."""


def content_of(event: type[Crossing]) -> type[Fact] | None:
    """What goes with it in a sealed message, because it is about a person."""
    return event.content if issubclass(event, Addressed) else None
