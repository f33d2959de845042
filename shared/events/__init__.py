"""The published language: what the services say to each other, independent of how it travels."""

from shared.events.base import Event, ParticipantRef
from shared.events.catalogue import EVENTS

__all__ = ["EVENTS", "Event", "ParticipantRef"]
