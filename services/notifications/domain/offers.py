"""NOT-03: who hears of an opportunity."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.notifications.domain.channels import Card, channels_for
from services.notifications.domain.messages import Kind
from shared.clock import LONDON

EVENING_BEGINS = 17
"""The London hour from which a weekday session counts as an evening one."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What decides who hears of an opportunity. times are the slots of its sessions."""

    kind: str
    mode: str
    area: str
    times: frozenset[str]


def time_slot(starts_at: datetime) -> str:
    """The part of the week in which a session starts, by London's clock: "weekday-daytime", "evening" or "weekend"."""
    start = starts_at.astimezone(LONDON)
    if start.weekday() >= 5:
        return "weekend"
    return "evening" if start.hour >= EVENING_BEGINS else "weekday-daytime"


def time_slots(starts: Iterable[datetime]) -> frozenset[str]:
    return frozenset(time_slot(start) for start in starts)


def has_not_ruled_out(card: Card, offer: Offer) -> bool:
    """NOT-03: whether this person left the opportunity's kind, area and time open. A blank answer rules out nothing.

    The area does not matter if people can join online. The time is ruled out only if all sessions are at times that the
    person ruled out; otherwise they may come to some."""
    if offer.kind in card.ruled_out_kinds:
        return False
    if offer.mode == "in-person" and offer.area in card.ruled_out_areas:
        return False
    return not offer.times or not offer.times <= card.ruled_out_times


def who_hears_of(offer: Offer, cards: Iterable[Card]) -> list[tuple[UUID, str]]:
    """NOT-03: the participants who have not ruled it out, each with every channel in which they hear it."""
    return [
        (card.person_id, channel)
        for card in cards
        if "participant" in card.roles and has_not_ruled_out(card, offer)
        for channel in channels_for(card, Kind.NEW_OPPORTUNITIES)
    ]


def is_last_chance(answer_by: datetime | None, starts: Iterable[datetime]) -> bool:
    """OPP-05: whether nobody else is offered the place after answer_by, because the last session has begun then."""
    return answer_by is not None and answer_by >= max(starts, default=datetime.max.replace(tzinfo=answer_by.tzinfo))
