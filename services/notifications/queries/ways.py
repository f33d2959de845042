"""Of what is told by hand: where letters cannot go just now, and which printed ones will not do any more (NOT-06)."""

from typing import Any

from sqlalchemy import and_, case, func, or_, select

from services.notifications.domain.channels import LETTER, PHONE
from services.notifications.tables import calls, cards

_whose = cards.alias()


def _of_theirs(condition: Any) -> Any:
    """Whether it is so of the person's card: one look by its key for each row, however many cards there are."""
    found = select(condition).where(_whose.c.person_id == calls.c.person_id).correlate(calls)
    return func.coalesce(found.scalar_subquery(), False)


_TO_WHERE_THEY_ARE = calls.c.why != "held-before"
HELD = and_(
    calls.c.way == LETTER,
    _TO_WHERE_THEY_ARE,
    calls.c.needless.is_(None),
    _of_theirs(_whose.c.post_failed >= func.coalesce(_whose.c.post_changes, 0)),
)
"""A letter to an address from which one came back. It waits until the address changes, or somebody rings."""

AGAIN = case(
    (HELD, "held"),
    (calls.c.printed_at.is_(None), None),
    (and_(_TO_WHERE_THEY_ARE, _of_theirs(_whose.c.post_changes > calls.c.printed_for)), "address"),
    (calls.c.print_again, "words"),
)
"""Why what is on paper, if it is, will not do (domain.posting.Again); NULL if it will."""


def told_by(way: str) -> Any:
    """NOT-06, NOT-08: what is told in this way, phone or letter. A letter that is held is told by telephone."""
    return or_(calls.c.way == PHONE, HELD) if way == PHONE else and_(calls.c.way == LETTER, ~HELD)


WAY = case((HELD, PHONE), else_=calls.c.way)
"""As told_by, of each."""
