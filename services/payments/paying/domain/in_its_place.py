"""What was paid in the place of a payment that counts as not paid (PAY-08, PAY-12). A claim leaves in two ways at
most, so another payment of it may pay only the fee again, or only the costs."""

from collections.abc import Iterable
from typing import Literal

Part = Literal["fee", "costs"]
InItsPlace = Literal["", "made", "part", "whole"]
"""Of a payment that counts as not paid: nothing stands in its place; something does that can still be stopped, so
that nobody decides yet; a part of it was sent again; all of it was."""
Again = Literal["part", "whole", "another-claim"]
"""How it was paid again."""


def in_its_place(pays: frozenset[Part], others: Iterable[tuple[frozenset[Part], str]]) -> InItsPlace:
    """pays: what it pays; nothing if we did not keep that. others: what each other payment of its claim pays that may
    have left, and its state: made, sent or paid."""
    beside = [(theirs & pays if pays else theirs, state) for theirs, state in others]
    beside = [(theirs, state) for theirs, state in beside if theirs]
    again = frozenset(part for theirs, state in beside if state != "made" for part in theirs)
    if again >= pays and again:
        return "whole"
    if any(state == "made" for _, state in beside):
        return "made"
    return "part" if again else ""
