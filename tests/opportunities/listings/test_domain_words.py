"""Which words of a neighbour wait for a look, one sentence each (NET-01)."""

import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from services.opportunities.listings.domain import WORDS
from services.opportunities.places.domain.guests import words_to_look_at, words_until_looked_at
from shared.events import EVENTS, Event

EVIL = "Send your bank card number to http://evil.example"


HELD = {f"opportunity-shared.{name}" for name in WORDS} | {
    "opportunity-shared.sessions.venue",
    "opportunity-shared.reason",
    "opportunity-withdrawn.reason",
    "organisation-announced.display_name",
    "organisation-announced.url",
    "guest-answered.reason",
    "guest-answered.needs.reason",
    "guest-answered.joining.how",
}
"""Read by our people, and held: each by the release of what it belongs to."""


FOR_STAFF = {
    "opportunity-shared.host_name",
    "organisation-announced.fingerprint",
    "organisation-announced.origin",
    "organisation-removed.removed",
    "guest-feedback-given.words",
    "recharge-raised.guest_code",
    "statement-issued.period",
}
"""No words to a participant: identifiers, or read by coordinators and finance alone."""


NAMED_BY_US = {"opportunity-shared.kind"}
"""A slug: pages say our own name for it, or nothing."""


BY_THEIR_OWN_WISH = {"guest-feedback-answered.answer"}
"""The answer to feedback that its giver sent to that very host: `feedback` hands it on as the host's own."""


def texts_of(model: type[BaseModel], path: str) -> Iterator[str]:
    """Every field of an event, or of what is sealed with it, that may hold words: text without a pattern that keeps
    words out."""
    for name, field in model.model_fields.items():
        if name in ("origin", "to") or name.startswith("event_"):
            continue
        constrained = any(getattr(each, "pattern", None) for each in field.metadata) and name != "url"
        for part in _parts(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from texts_of(part, f"{path}.{name}")
            elif part is str and not constrained:
                yield f"{path}.{name}"


def _parts(annotation: Any) -> Iterator[Any]:
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is typing.Literal:
        return
    if not arguments:
        yield annotation
    elif typing.get_origin(annotation) is typing.Annotated:
        if not any(getattr(each, "pattern", None) for each in arguments[1:]):
            yield from _parts(arguments[0])
    else:
        for each in arguments:
            yield from _parts(each)


def arriving() -> list[type[Event]]:
    return sorted(
        {each for subject, each in EVENTS.items() if subject.startswith("network.")}, key=lambda each: each.name
    )


def test_net_01_each_text_that_a_neighbour_may_send_is_held_or_read_by_staff_alone() -> None:
    found: set[str] = set()
    for event in arriving():
        found |= set(texts_of(event, event.name))
        content = getattr(event, "content", None)
        if content is not None:
            found |= set(texts_of(content, event.name))
    assert found - HELD - FOR_STAFF - NAMED_BY_US - BY_THEIR_OWN_WISH == set()
    assert found >= HELD


def test_net_01_words_to_a_guest_wait_until_looked_at_and_what_they_read_already_passes() -> None:
    said, read = (
        {"need:breaks": EVIL, "joining:1": "New link", "reason": "Full"},
        {"joining:1": "Old link", "reason": "Full"},
    )
    waits = words_to_look_at(said, read, trusted=False)
    assert waits == {"need:breaks": EVIL, "joining:1": "New link"}
    assert words_until_looked_at(waits, read) == {"need:breaks": "", "joining:1": "Old link"}
    assert words_to_look_at(said, read, trusted=True) == {}
