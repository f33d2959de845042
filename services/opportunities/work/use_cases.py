"""Tells the first page what waits for coordinators, when it begins to wait and when it stops (PEO-05)."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert

from services.opportunities.words import domain
from services.opportunities.work.tables import work_said
from shared.db import Transaction
from shared.events.opportunities import WorkWaits
from shared.messaging import outbox

SOON_DAYS = 2
"""A session is on the first page from this many days before it."""
ENDING_DAYS = 14
"""An opportunity should have been ended this many days after its last session."""

HAD_A_PLACE = """
p.opportunity_id = s.opportunity_id
AND (p.only_session_id = s.id OR (p.only_session_id IS NULL AND p.taken_at < s.ends_at
  AND (p.ended_at IS NULL OR p.ended_at > s.starts_at)))"""
"""OPP-11: whoever has place p had one at session s. A session at which nobody had a place has nobody to write into its
register."""

_MISSING = f"""
EXISTS (SELECT FROM places p
         WHERE {HAD_A_PLACE}
           AND NOT EXISTS (SELECT FROM attendances a
                            WHERE a.session_id = s.id AND a.participant_kind = p.participant_kind
                              AND a.participant_id = p.participant_id
                                AND a.participant_home = p.participant_home OFFSET 0))"""
"""Somebody who had a place when session s began is not in its register yet. OFFSET 0 makes PostgreSQL look up each,
instead of hashing all attendances."""

_TO_FILL_IN = f"""
o.state IN ('published', 'finished', 'cancelled') AND s.cancelled_at IS NULL
AND (o.cancelled_at IS NULL OR o.cancelled_at >= s.starts_at) AND {_MISSING}"""
"""The register of session s of opportunity o waits once s has begun."""

_WAITS = text(f"""
WITH planned AS (
    SELECT s.* FROM sessions s JOIN opportunities o ON o.id = s.opportunity_id
     WHERE o.state = 'published' AND s.cancelled_at IS NULL AND (CAST(:only AS uuid) IS NULL
       OR o.id = CAST(:only AS uuid))
), in_own_time AS (
    SELECT id, (closes_on + 1)::timestamp AT TIME ZONE 'Europe/London' AS closes_at FROM opportunities
     WHERE state = 'published' AND closes_on IS NOT NULL
       AND (CAST(:only AS uuid) IS NULL OR id = CAST(:only AS uuid))
), not_closed AS (
    SELECT id FROM opportunities WHERE state = 'published'
    UNION ALL
    SELECT id FROM opportunities WHERE state = 'finished'
), coming AS (
    SELECT opportunity_id, min(starts_at) AS starts_at FROM planned WHERE starts_at > :now GROUP BY opportunity_id
    UNION ALL
    SELECT id, closes_at FROM in_own_time WHERE closes_at > :now
)
SELECT 'needs' AS kind, c.opportunity_id AS about, c.opportunity_id, c.starts_at AS due_at FROM coming c
 WHERE c.starts_at <= :needs_until
   AND EXISTS (SELECT FROM places p JOIN needs n ON n.place_id = p.id
                WHERE p.opportunity_id = c.opportunity_id AND p.state = 'taken' AND n.state = 'asked')
UNION ALL
SELECT 'register', s.id, s.opportunity_id, s.ends_at + interval '1 day' FROM sessions s JOIN opportunities o
  ON o.id = s.opportunity_id
 WHERE NOT s.register_full AND s.starts_at <= :now AND (CAST(:only AS uuid) IS NULL OR o.id = CAST(:only AS uuid))
   AND {_TO_FILL_IN}
UNION ALL
SELECT 'session', s.id, s.opportunity_id, s.starts_at FROM planned s
 WHERE s.starts_at > :now AND s.starts_at <= :soon_until
UNION ALL
SELECT 'bookings', b.opportunity_id, b.opportunity_id, min(b.since) + interval '1 day' FROM bookings_to_cancel b
 WHERE b.done_at IS NULL AND (CAST(:only AS uuid) IS NULL OR b.opportunity_id = CAST(:only AS uuid))
   GROUP BY b.opportunity_id
UNION ALL
SELECT 'ending', o.id, o.id, max(s.ends_at) + make_interval(days => :ending_days)
  FROM not_closed o JOIN sessions s ON s.opportunity_id = o.id
 WHERE s.cancelled_at IS NULL AND (CAST(:only AS uuid) IS NULL OR o.id = CAST(:only AS uuid))
 GROUP BY o.id HAVING max(s.ends_at) <= :now
UNION ALL
SELECT 'ending', o.id, o.id, o.closes_at + make_interval(days => :ending_days) FROM (
    SELECT id, (closes_on + 1)::timestamp AT TIME ZONE 'Europe/London' AS closes_at FROM opportunities
     WHERE id IN (SELECT id FROM not_closed) AND closes_on IS NOT NULL
       AND (CAST(:only AS uuid) IS NULL OR id = CAST(:only AS uuid))
) o WHERE o.closes_at <= :now
 ORDER BY 1, 2
""")


_FULL = text(f"""
UPDATE sessions s SET register_full = true FROM opportunities o
 WHERE o.id = s.opportunity_id AND NOT s.register_full AND s.ends_at <= :a_day_ago AND o.state <> 'draft'
   AND NOT ({_TO_FILL_IN})
""")
"""From a day after its end nobody takes a place for a session, and register lines are never deleted, so a full register
stays full."""


async def say_what_waits(tx: Transaction, policy: domain.Policy) -> None:
    """The job: says what is new or different among what waits, and what has stopped waiting."""
    await tx.execute(_FULL, {"a_day_ago": tx.now - timedelta(days=1)})
    waits = await _waits(tx, policy.needs_warning_days)
    said = {(row.kind, row.about): row for row in await tx.all(select(work_said).where(work_said.c.waiting))}
    for key, row in waits.items():
        held = said.get(key)
        if held is None or held.due_at != row.due_at:
            await _say(tx, row.kind, row.about, row.opportunity_id, waiting=True, due_at=row.due_at)
    for key, row in said.items():
        if key not in waits:
            await _say(tx, row.kind, row.about, row.opportunity_id, waiting=False)


async def say_what_is_done(tx: Transaction, opportunity_id: UUID) -> None:
    """Somebody has just dealt with or moved it, so what no longer waits, or waits until another moment, is said at
    once."""
    said = await tx.all(
        select(work_said)
        .where(work_said.c.waiting, work_said.c.opportunity_id == opportunity_id)
        .order_by(work_said.c.kind)
    )
    if not said:
        return
    waits = await _waits(tx, None, opportunity_id)
    for row in said:
        now = waits.get((row.kind, row.about))
        if now is None:
            await _say(tx, row.kind, row.about, opportunity_id, waiting=False)
        elif now.due_at != row.due_at:
            await _say(tx, row.kind, row.about, opportunity_id, waiting=True, due_at=now.due_at)


async def _waits(tx: Transaction, needs_days: int | None, only: UUID | None = None) -> dict[tuple[str, UUID], Row[Any]]:
    """needs_days: an unanswered need waits from this many days before the next session; None: always."""
    days = domain.FURTHEST_AHEAD if needs_days is None else timedelta(days=needs_days)
    until = {"needs_until": tx.now + days, "soon_until": tx.now + timedelta(days=SOON_DAYS)}
    rows = await tx.all(_WAITS, {"now": tx.now, "only": only, "ending_days": ENDING_DAYS, **until})
    return {(row.kind, row.about): row for row in rows}


async def _say(
    tx: Transaction, kind: Any, about: UUID, opportunity_id: UUID, *, waiting: bool, due_at: Any = None
) -> None:
    of_it = {"opportunity_id": opportunity_id, "waiting": waiting, "due_at": due_at}
    adding = insert(work_said).values(kind=kind, about=about, version=1, **of_it)
    kept = adding.on_conflict_do_update(
        index_elements=["kind", "about"], set_={**of_it, "version": work_said.c.version + 1}
    )
    version = await tx.scalar(kept.returning(work_said.c.version))
    work_id = uuid5(about, kind)
    await outbox.add(tx, WorkWaits(version=version, work_id=work_id, kind=kind, about=about, **of_it))
