"""What somebody's page of a place says, in words to read out to people who cannot open it (NOT-08)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.opportunities.places.domain.needs import ANSWERS, HOSTS_ANSWERS
from services.opportunities.places.domain.taking import is_by_tomorrow
from services.opportunities.places.queries import guest_places, own
from services.opportunities.places.queries.held import Place
from services.opportunities.words.domain import NEEDS
from shared.db import Transaction
from shared.events import ParticipantRef
from shared.reasons import Missing
from shared.web.filters import moment, sentence

_PARTS = {
    "place-taken": ("code", "joining", "needs", "day"),
    "access-need-answered": ("needs",),
    "opportunity-changed": ("joining", "day"),
    "place-refused": ("reason",),
}
"""Parts of the page, by the news that leads to it. All other news says everything itself."""
TELLS_NEEDS = frozenset(event for event, parts in _PARTS.items() if "needs" in parts)


async def place_told_of(tx: Transaction, event: str, about: UUID, participant: ParticipantRef) -> Place | None:
    """The place that this news is about, with us or with another organisation. about: a place; or, for a change, the
    opportunity in which they have one. None if it is not theirs, or gone."""
    if event not in _PARTS:
        return None
    place_id = about
    if event == "opportunity-changed":
        ours = await own.active_place_id(tx, about, participant)
        place_id = ours or await guest_places.active_guest_place_id(tx, about, participant) or about
    if elsewhere := await guest_places.own_guest_place(tx, place_id, participant):
        return elsewhere
    try:
        return await own.own_place(tx, place_id, participant)
    except Missing:
        return None


def words_of_place(event: str, place: Place, duty_number: str, now: datetime) -> list[str]:
    """duty_number: ours, "" if we have none."""
    parts: Mapping[str, list[str]] = {
        "code": _code(place),
        "joining": _joining(place, duty_number, now),
        "needs": _needs(place),
        "day": _on_the_day(place, duty_number),
        "reason": [sentence(f"The reason: {place.reason}")] if place.reason else [],
    }
    return [line for part in _PARTS.get(event, ()) for line in parts[part]]


def _code(place: Place) -> list[str]:
    if not place.host:
        return []
    return [
        f"Your code is {place.facts.code}. {place.host} knows you as our guest with this code, and not by your name. "
        "Say it when you come, and when you ring them."
    ]


def _joining(place: Place, duty_number: str, now: datetime) -> list[str]:
    if place.shown != "taken":
        return []
    ring = f"Ring us on {duty_number}" if duty_number else "Get in touch with us"
    if place.closes_on is not None:
        return [sentence(f"How to do it: {place.how}") if place.how else f"{ring}, and we tell you how to do it."]
    known = [
        sentence(f"How to join on {moment(session.starts_at)}: {how}")
        for session in place.sessions
        if (how := place.joining.get(session.id))
    ]
    waits = place.unseen is not None and place.unseen.joining
    if known or (place.opportunity.mode == "in-person" and not waits):
        return known
    online = " online" if place.opportunity.mode == "both" else ""
    if is_by_tomorrow([session.starts_at for session in place.sessions], now):
        return [f"We have not written yet how to join{online}. {ring} before it begins, and we tell you."]
    return [f"We tell you how to join{online} before it begins. Have you not heard the day before? {ring}."]


def _needs(place: Place) -> list[str]:
    answers = HOSTS_ANSWERS if place.host else ANSWERS
    return [_need(place, need, answers) for need in place.needs]


def _need(place: Place, need: Any, answers: Mapping[str, str]) -> str:
    if need.need != "other":
        asked = NEEDS[need.need]
    else:
        asked = "something else" if place.words_are_set_aside else place.facts.needs_words
    said = " ".join(sentence(each) for each in (answers[need.state], need.reason) if each)
    return f"You asked for: {sentence(asked)} {said}"


def _on_the_day(place: Place, duty_number: str) -> list[str]:
    """Whom to ring on the day itself, or while they do it in their own time."""
    if place.shown != "taken":
        return []
    if place.closes_on is not None:
        return [f"A hand wanted, or is it done? Ring us: {duty_number}."] if duty_number else []
    theirs, late = place.facts.duty_number if place.host else "", "Late, lost, or not coming?"
    if theirs:
        ours = f" Or ring us: {duty_number}." if duty_number not in ("", theirs) else ""
        return [f"{late} Ring {place.host}: {theirs}. Say your code.{ours}"]
    if duty_number:
        return [f"{late} Ring us: {duty_number}."]
    return (
        []
        if place.host
        else [sentence(f"{late} Ask our {place.opportunity.contact_role}: {place.opportunity.contact_how}")]
    )
