"""What pages about a place share, here and with another organisation."""

from collections.abc import Collection
from typing import ClassVar

from pydantic import Field, field_validator

from services.opportunities.places.domain.needs import ANSWERS, HOSTS_ANSWERS, NeedsChange
from services.opportunities.words.domain import NEEDS
from shared.web import Form

PLACE_STATES = {
    "requested": ("We have asked", "blue"),
    "taken": ("You have a place", "green"),
    "waiting": ("On the waiting list", "blue"),
    "offered": ("A place is free for you", "orange"),
    "left": ("You left", "grey"),
    "lapsed": ("The time to answer is over", "grey"),
    "refused": ("There is no place", "grey"),
    "cancelled": ("It was cancelled", "grey"),
    "over": ("This is over", "grey"),
    "missed": ("This is over", "grey"),
    "was-there": ("You were there", "green"),
    "came": ("You are on the list of who came", "green"),
}
"""The states of a place, in the words for its owner, here and with another organisation."""
_COLOURS = {"asked": "blue", "promised": "green", "met": "green", "not-met": "orange"}
NEED_STATES = {state: (words, _COLOURS[state]) for state, words in ANSWERS.items()}
HOSTS_NEED_STATES = {state: (words, _COLOURS[state]) for state, words in HOSTS_ANSWERS.items()}
NEED_OPTIONS = [(need, name) for need, name in NEEDS.items() if need != "other"]
"""The options to tick. Anything else is written in the box below: a need with an answer of its own (OPP-07)."""
_IN_THE_ROOM = frozenset({"travel", "step-free", "food", "hearing-loop"})
"""Needs that make no sense for people who take part from home."""


def need_options(mode: str, asked: Collection[str] = ()) -> list[tuple[str, str]]:
    """OPP-07: the options for the way in which it is held. asked: what they have asked for already stays."""
    online = mode == "online"
    return [(need, name) for need, name in NEED_OPTIONS if not online or need not in _IN_THE_ROOM or need in asked]


NEED_NAMES = NEEDS | {"other": "What you wrote"}
NEEDS_SAVED: dict[NeedsChange, str] = {
    "asked": "We have written down what you need. We will answer, and tell you.",
    "changed": "We changed it.",
    "same": "Nothing has changed.",
}
GUEST_NEEDS_SAVED: dict[NeedsChange, str] = {
    "asked": "We pass on what you need, and tell you the answer.",
    "changed": "We changed it, and pass that on.",
    "same": "Nothing has changed.",
}


class NeedsForm(Form):
    """Everything is optional. Only the needs that somebody usually has are ticked beforehand (PEO-01)."""

    options: ClassVar[Collection[str]] = NEEDS
    needs: list[str] = Field(default_factory=list)

    @field_validator("needs")
    @classmethod
    def _known(cls, ticked: list[str]) -> list[str]:
        if not set(ticked) <= set(cls.options):
            raise ValueError("Choose from the list")
        return ticked
