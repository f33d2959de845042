"""What differs between two versions of another organisation's opportunity (OPP-16)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.opportunities.listings import domain
from services.opportunities.words.domain import PUBLIC_TEXTS
from services.opportunities.writing.domain.differences import (
    WHAT_CHANGED,
    Difference,
    SessionPlan,
    kept,
    kinds_of,
    of_new_session,
    of_session,
    of_texts,
)
from shared.db import Transaction
from shared.events import Event
from shared.events.opportunities import SessionAdded, SessionChanged

_PURPOSE = (
    "title",
    "kind",
    "summary",
    "background",
    "expected",
    "time_needed",
    "payment",
    "paid",
    "rate_pence",
    "accessibility",
    "result",
    "commissioner",
)

Values = Mapping[Any, Any]


def changes_between(
    before: Values, old: Sequence[Values], after: Values, new: Sequence[Values], declared: Sequence[Any]
) -> tuple[Any, ...]:
    kept = {each["id"] for each in old} & {each["id"] for each in new}
    return domain.changes_to_tell(_text(before, old, kept), _text(after, new, kept), declared)


def _text(row: Values, planned: Sequence[Values], kept: set[UUID]) -> domain.ListingText:
    in_order = sorted(planned, key=lambda each: each["id"])
    return domain.ListingText(
        when=tuple((each["id"], each["starts_at"], each["ends_at"]) for each in in_order),
        where=(row["mode"], row["area"], *((each["id"], each["venue"]) for each in in_order if each["id"] in kept)),
        contact=(row["contact_role"],),
        purpose=tuple(row[name] for name in _PURPOSE),
    )


def differences_between(
    before: Values, old: Sequence[Values], after: Values, new: Sequence[Values]
) -> list[Difference]:
    """OPP-16: what was and what is. Of the host's texts, only which: it may have taken words out for good (NET-02)."""
    were = {each["id"]: each for each in old}
    dates = [(were.get(each["id"]), _plan(each)) for each in sorted(new, key=lambda each: each["starts_at"])]
    found = [each for was, plan in dates for each in (of_session(_plan(was), plan) if was else of_new_session(plan))]
    texts = {name: after[name] for name in PUBLIC_TEXTS}
    return [*found, *of_texts(before, texts, in_words=False)]


def sessions_added(row: Values, planned: Sequence[Values]) -> list[Event]:
    """Of a listing that our people hear of: each of its sessions, in the listing's version."""
    in_order = sorted(planned, key=lambda each: (each["starts_at"], each["id"]))
    return [SessionAdded(**_facts(row, each)) for each in in_order]


def sessions_that_differ(tx: Transaction, row: Values, old: Sequence[Values], new: Sequence[Values]) -> list[Event]:
    """OPP-16: of a listing that our people know: the sessions that its host added, and those that it moved."""
    were = {each["id"]: each for each in old}
    moved = [each for each in new if each["id"] in were and _plan(each) != _plan(were[each["id"]])]
    changed = [
        SessionChanged(
            **_facts(row, each),
            **{f"was_{name}": were[each["id"]][name] for name in ("starts_at", "ends_at")},
            moved_at=tx.now,
        )
        for each in sorted(moved, key=lambda each: (each["starts_at"], each["id"]))
    ]
    return [*sessions_added(row, [each for each in new if each["id"] not in were]), *changed]


def _facts(row: Values, session: Values) -> dict[str, Any]:
    own = {"session_id": session["id"], "opportunity_id": row["id"]}
    versions = {"version": row["version"], "opportunity_version": row["version"]}
    return own | versions | {name: session[name] for name in ("starts_at", "ends_at", "venue")}


def _plan(session: Values) -> SessionPlan:
    return SessionPlan(session["starts_at"], session["ends_at"], session["venue"])


def called(changed: Sequence[str], differ: Sequence[Difference]) -> list[str]:
    """The kinds of change as pages say them. Hosts say "purpose" of how it works in the room, too."""
    seen = kinds_of(differ)
    rest = [each for each in changed if each != "purpose" or "purpose" in seen or "room" not in seen]
    return [kind for kind in WHAT_CHANGED if kind in rest or (kind == "room" and kind in seen)]


def both_called(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """The kinds of two changes, each once, in the order of pages."""
    return [kind for kind in WHAT_CHANGED if kind in one or kind in other]


def kept_at(tx: Transaction, differ: Sequence[Difference]) -> list[dict[str, str]]:
    return [{**each, "at": tx.now.isoformat()} for each in kept(differ)]
